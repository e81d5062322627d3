//! Releases with planted bugs, which the audit must catch; for its tests alone.

use super::sketch::{Released, Sums, entries, units};
use super::{MARGIN, PrivateConfig, Rows};
use crate::data::Dataset;

/// A bug that a release has been seen to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// None.
    None,
    /// Entries are not divided by the norm of a user.
    NoClipping,
    /// The noise is divided by the number of users, as if their sums were means.
    NoiseOverUsers,
}

impl PrivateConfig {
    /// The release of a log, with a bug.
    pub(crate) fn flawed(&self, log: &Dataset, flaw: Flaw) -> Released {
        let rows = Rows::of(log).without_empty_rows();
        let weights = self.shares();
        let noise = self.noise().expect("there is such a guarantee");
        let (one, scale) = units(noise * MARGIN);
        let users = u64::try_from(rows.n_rows()).expect("a number of users");
        let scale = match flaw {
            Flaw::NoiseOverUsers => (scale / users).max(1),
            _ => scale,
        };
        let adds = |n: usize| match flaw {
            Flaw::NoClipping => entries(1, weights, one),
            _ => entries(n, weights, one),
        };
        Sums::with(&rows, weights, (one, scale), adds).release(log.n_items())
    }
}
