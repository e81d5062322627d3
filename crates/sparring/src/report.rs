//! What a person sees of results: the leaderboard, robustness and fairness, synthetic users, their
//! fidelity, what they add and attacks on them, as JSON, CSV and a page that needs no network.

mod audit;
mod audit_charts;
mod audit_page;
mod audit_verdict;
mod augment;
mod augment_charts;
mod augment_page;
mod charts;
mod csv;
mod fidelity;
mod fidelity_beside;
mod fidelity_charts;
mod fidelity_page;
mod fidelity_verdict;
mod leaderboard;
mod page;
mod robustness;
mod robustness_page;
mod synthesis;
mod synthesis_charts;
mod synthesis_page;

pub use audit::{Audit, Bound};
pub use audit_page::audit_page;
#[cfg(test)]
pub(crate) use augment::example as augmentation_example;
pub use augment::{Augmentation, Branch, Chosen, Group, Outcome, Tried};
pub use augment_page::augment_page;
pub use charts::plotly_script;
pub use csv::to_csv;
pub use fidelity::{Fidelity, Figure, Floor, Source};
pub use fidelity_beside::{Beside, BesideError, Line, Named};
pub use fidelity_page::fidelity_page;
pub use leaderboard::{Comparison, Estimate, Facts, Leaderboard, Row, Timing, Timings, Tuned};
pub use page::{document, leaderboard_page};
pub use robustness::{Attacked, Endurance, Exposure, Robustness, in_percent};
pub use robustness_page::robustness_page;
pub use synthesis::{Synthesis, SynthesisReport};
pub use synthesis_page::synthesis_page;
