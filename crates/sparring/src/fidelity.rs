//! How far synthetic users are like real ones, what they are good for, and whom they give away.
//!
//! All of it compares interaction logs over one catalogue ([`Logs`]); where they came from does not
//! matter. To add a measure: a file here, and a line in [`Likeness`] or in the report.

mod activity;
mod auc;
mod classifier;
mod cooccurrence;
mod copying;
mod correlation;
mod divergence;
mod error;
mod likeness;
mod logs;
mod modes;
mod neighbours;
mod pictures;
mod popularity;
mod ratings;
mod resemblance;
mod sample;
mod sequences;
mod support;
mod times;
mod utility;
mod yardstick;

pub use activity::Activity;
pub use auc::Auc;
pub use classifier::MOST_CLASSIFIED;
pub use cooccurrence::Cooccurrence;
pub use copying::{Copying, MOST_COMPARED, Membership, Shares};
pub use correlation::{kendall, pearson, spearman};
pub use divergence::{jensen_shannon, kolmogorov_smirnov, total_variation};
pub use error::FidelityError;
pub use likeness::Likeness;
pub use logs::{Crowd, LEAST_USERS, Logs};
pub use modes::Modes;
pub use pictures::{Drawn, Pictures, SideBySide};
pub use popularity::Popularity;
pub use ratings::Ratings;
pub use resemblance::{Points, Resemblance};
pub use sequences::Sequences;
pub use times::Times;
pub use utility::{Exam, Useful, Utility};

pub(crate) use neighbours::nearest;
pub(crate) use sample::{at_most, drawn};

#[cfg(test)]
mod checks {
    /// A figure that is there and as expected.
    pub(super) fn close(found: Option<f64>, expected: f64) {
        let found = found.expect("a figure");
        assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
    }
}
