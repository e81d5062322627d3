//! Precision: the share of the list that is relevant.

use crate::eval::metric::{Judged, Metric};

/// Precision at `k`.
///
/// ```text
/// precision@k = hits / k
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precision {
    /// Length of the list.
    pub k: usize,
}

impl Metric for Precision {
    fn label(&self) -> String {
        format!("precision@{}", self.k)
    }

    fn score(&self, list: &Judged<'_>) -> Option<f64> {
        Some(list.n_hits(self.k) as f64 / self.k as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::Precision { k: 4 });

    #[test]
    fn worked_by_hand() {
        // 2 of the first 4 places hit; a list of 3 is still divided by 4.
        let metric = Precision { k: 4 };
        assert_close(score(&metric, &[true, false, true, false, true], 3), 0.5);
        assert_close(score(&metric, &[true, false, true], 3), 0.5);
    }
}
