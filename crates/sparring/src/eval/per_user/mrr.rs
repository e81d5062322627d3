//! Reciprocal rank of the first relevant item.

use crate::eval::metric::{Judged, Metric};

/// Reciprocal rank at `k`; its mean over users is the MRR.
///
/// ```text
/// mrr@k = 1 / (place of the first hit, from 1), 0 if none of the first k places hits
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mrr {
    /// Length of the list.
    pub k: usize,
}

impl Metric for Mrr {
    fn label(&self) -> String {
        format!("mrr@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let first = list.first(self.k).iter().position(|&hit| hit);
        Some(first.map_or(0.0, |place| (place as f64 + 1.0).recip()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::Mrr { k: 4 });

    #[test]
    fn worked_by_hand() {
        // The first hit is at place 3.
        let hits = [false, false, true, true];
        assert_close(score(&Mrr { k: 4 }, &hits, 3), 1.0 / 3.0);
        assert_close(score(&Mrr { k: 2 }, &hits, 3), 0.0);
    }
}
