//! Recall: the share of the relevant items that is listed.

use super::over::Over;
use crate::eval::metric::{Judged, Metric};

/// Recall at `k`.
///
/// ```text
/// recall@k = hits / |R|
/// ```
/// Other divisors by [`Over`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recall {
    /// Length of the list.
    pub k: usize,
    /// What the hits are divided by.
    pub over: Over,
}

impl Recall {
    /// `hits / |R|`.
    pub fn at(k: usize) -> Self {
        Self {
            k,
            over: Over::Relevant,
        }
    }
}

impl Metric for Recall {
    fn label(&self) -> String {
        format!("recall@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        Some(self.over.divide(list.n_hits(self.k) as f64, list, self.k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::Recall::at(4));

    #[test]
    fn worked_by_hand() {
        // 2 of 8 relevant items are among the first 4 places, of which all 4 could hit.
        let hits = [true, false, true, false, true];
        assert_close(score(&Recall::at(4), &hits, 8), 0.25);
        let over = Over::Achievable;
        assert_close(score(&Recall { k: 4, over }, &hits, 8), 0.5);
    }
}
