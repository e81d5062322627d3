//! F1: the harmonic mean of precision and recall.

use crate::eval::metric::{Judged, Metric};

/// F1 at `k`, 0 without hits.
///
/// ```text
/// f1@k = 2 hits / (k + |R|)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct F1 {
    /// Length of the list.
    pub k: usize,
}

impl Metric for F1 {
    fn label(&self) -> String {
        format!("f1@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        Some(2.0 * list.n_hits(self.k) as f64 / (self.k + list.n_relevant()) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::F1 { k: 4 });

    #[test]
    fn worked_by_hand() {
        // precision 2/4, recall 2/6: 2 * (1/2 * 1/3) / (1/2 + 1/3) = .4
        let hits = [true, false, true, false];
        assert_close(score(&F1 { k: 4 }, &hits, 6), 0.4);
    }
}
