//! What a count of hits is divided by: the point on which packages differ most.

use crate::eval::metric::Judged;

/// What a count of hits is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The cut-off `k`, however long the list is.
    K,
    /// The places of the list up to `k`.
    Listed,
    /// The number `|R|` of relevant items.
    Relevant,
    /// The hits that a list of `k` places can have: `min(|R|, k)`.
    Achievable,
    /// The hits that this list can have: the least of `|R|`, `k` and its length.
    AchievableHere,
}

impl Over {
    /// The divisor for one list, which may be 0.
    pub(super) fn of(self, list: &Judged, k: usize) -> f64 {
        let listed = list.first(k).len();
        let divisor = match self {
            Self::K => k,
            Self::Listed => listed,
            Self::Relevant => list.n_relevant(),
            Self::Achievable => list.n_relevant().min(k),
            Self::AchievableHere => list.n_relevant().min(listed),
        };
        divisor as f64
    }

    /// `sum` divided by it, 0 if it is 0, as for an empty list.
    pub(super) fn divide(self, sum: f64, list: &Judged, k: usize) -> f64 {
        let divisor = self.of(list, k);
        if divisor > 0.0 { sum / divisor } else { 0.0 }
    }
}
