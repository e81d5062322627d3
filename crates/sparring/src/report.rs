//! What a person sees of results: the leaderboard, robustness and fairness, and the fidelity of
//! synthetic users, as JSON, CSV and a page that needs no network.

mod charts;
mod csv;
mod fidelity;
mod fidelity_charts;
mod fidelity_page;
mod fidelity_verdict;
mod leaderboard;
mod page;
mod robustness;
mod robustness_page;

pub use charts::plotly_script;
pub use csv::to_csv;
pub use fidelity::{Fidelity, Figure, Floor, Source};
pub use fidelity_page::fidelity_page;
pub use leaderboard::{Comparison, Estimate, Facts, Leaderboard, Row, Timing, Timings, Tuned};
pub use page::leaderboard_page;
pub use robustness::{Attacked, Endurance, Exposure, Robustness, in_percent};
pub use robustness_page::robustness_page;
