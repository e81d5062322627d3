//! Recall: the share of the relevant items that is listed.

use crate::eval::metric::{Judged, Metric};

/// Recall at `k`.
///
/// ```text
/// recall@k = hits / |R|
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recall {
    /// Length of the list.
    pub k: usize,
}

impl Metric for Recall {
    fn label(&self) -> String {
        format!("recall@{}", self.k)
    }

    fn score(&self, list: &Judged<'_>) -> Option<f64> {
        Some(list.n_hits(self.k) as f64 / list.n_relevant as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::Recall { k: 4 });

    #[test]
    fn worked_by_hand() {
        // 2 of 8 relevant items are among the first 4 places.
        let hits = [true, false, true, false, true];
        assert_close(score(&Recall { k: 4 }, &hits, 8), 0.25);
    }
}
