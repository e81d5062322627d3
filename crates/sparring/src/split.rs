//! Splitting a log into what is known and what is to be predicted.
//!
//! A splitter gives a [`Split`]: training data, a validation [`Holdout`] to choose settings on and
//! a test [`Holdout`] to report on. [`Split::tuning`] and [`Split::report`] say for each of the two
//! what to fit on. A new protocol is one file with its `impl Splitter` and `splitter_contract!`.

#[cfg(test)]
#[macro_use]
pub(crate) mod contract;
mod cold_items;
mod error;
mod global_temporal;
mod leave_one_out;
mod official;
mod parts;
mod random_ratio;
mod thin;
mod user_holdout;

pub use cold_items::ColdItems;
pub use error::SplitError;
pub use global_temporal::GlobalTemporal;
pub use leave_one_out::LeaveOneOut;
pub use parts::{Candidates, Holdout, Split, Splitter, Stage};
pub use random_ratio::RandomRatio;
pub use thin::Thinning;
pub use user_holdout::UserHoldout;
