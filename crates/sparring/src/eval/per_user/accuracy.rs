//! Accuracy of the list as a classifier of the catalogue.

use super::confusion::Confusion;
use crate::eval::metric::{Judged, Metric};

/// The share of the catalogue that is rightly listed or rightly left out.
///
/// ```text
/// accuracy@k = (tp + tn) / I
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accuracy {
    /// Length of the list.
    pub k: usize,
}

impl Metric for Accuracy {
    fn label(&self) -> String {
        format!("accuracy@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let Confusion { tp, tn, .. } = Confusion::new(list, self.k);
        Some((tp + tn) / list.n_items as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    #[test]
    fn worked_by_hand() {
        // 100 items, 4 listed with 2 hits, 6 relevant: tp 2, fp 2, fn 4, tn 92.
        let hits = [true, false, true, false];
        assert_close(score(&Accuracy { k: 4 }, &hits, 6), 0.94);
    }
}
