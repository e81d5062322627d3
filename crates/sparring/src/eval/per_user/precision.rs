//! Precision: the share of the list that is relevant.

use super::over::Over;
use crate::eval::metric::{Judged, Metric};

/// Precision at `k`.
///
/// ```text
/// precision@k = hits / k
/// ```
/// Other divisors by [`Over`]; with `min(|R|, k)` it is known as R-precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precision {
    /// Length of the list.
    pub k: usize,
    /// What the hits are divided by.
    pub over: Over,
    /// Whether a user weighs as much as the divisor, so that the mean is all hits over all
    /// divisors.
    pub pooled: bool,
}

impl Precision {
    /// `hits / k`, and every user weighs the same.
    pub fn at(k: usize) -> Self {
        Self {
            k,
            over: Over::K,
            pooled: false,
        }
    }
}

impl Metric for Precision {
    fn label(&self) -> String {
        format!("precision@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        Some(self.over.divide(list.n_hits(self.k) as f64, list, self.k))
    }

    fn weight(&self, list: &Judged) -> f64 {
        if self.pooled {
            self.over.of(list, self.k)
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, of_hits, score};

    metric_contract!(crate::eval::per_user::Precision::at(4));

    #[test]
    fn worked_by_hand() {
        // 2 of the first 4 places hit; a list of 3 is still divided by 4.
        let metric = Precision::at(4);
        assert_close(score(&metric, &[true, false, true, false, true], 3), 0.5);
        assert_close(score(&metric, &[true, false, true], 3), 0.5);
    }

    #[test]
    fn other_divisors() {
        let hits = [true, false, true];
        let over = |over| Precision {
            over,
            pooled: true,
            ..Precision::at(4)
        };
        // 2 hits over 3 places, over 6 relevant items, over the least of 6 and 4.
        assert_close(score(&over(Over::Listed), &hits, 6), 2.0 / 3.0);
        assert_close(score(&over(Over::Relevant), &hits, 6), 2.0 / 6.0);
        assert_close(score(&over(Over::Achievable), &hits, 6), 2.0 / 4.0);
        let list = of_hits(&hits, 6);
        assert_close(over(Over::Achievable).weight(&list), 4.0);
        assert_close(Precision::at(4).weight(&list), 1.0);
        assert_close(score(&over(Over::Listed), &[], 1), 0.0);
    }
}
