//! The number of relevant items in the list.

use crate::eval::metric::{Judged, Metric};

/// Hits at `k`, a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hits {
    /// Length of the list.
    pub k: usize,
}

impl Metric for Hits {
    fn label(&self) -> String {
        format!("hits@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        Some(list.n_hits(self.k) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    #[test]
    fn worked_by_hand() {
        assert_close(score(&Hits { k: 2 }, &[true, true, true], 3), 2.0);
    }
}
