//! Rank-biased precision (Moffat and Zobel, 2008).

use crate::eval::metric::{Judged, Metric};

/// Rank-biased precision at `k`, for a reader who goes on to the next place with the chance
/// `patience`.
///
/// ```text
/// rbp@k = (1 - patience) * sum over hits at place p <= k (from 1) of patience^(p - 1)
/// ```
/// or, `normalized`, the sum divided by that of a list whose first places all hit, as many as the
/// relevant items and the list allow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankBiasedPrecision {
    /// Length of the list.
    pub k: usize,
    /// Chance to go on, above 0 and below 1.
    pub patience: f64,
    /// Whether the best list is worth 1.
    pub normalized: bool,
}

impl Metric for RankBiasedPrecision {
    fn label(&self) -> String {
        format!("rbp@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let (mut sum, mut ideal, mut worth) = (0.0, 0.0, 1.0);
        for (place, &hit) in list.first(self.k).iter().enumerate() {
            if hit {
                sum += worth;
            }
            if place < list.n_relevant() {
                ideal += worth;
            }
            worth *= self.patience;
        }
        Some(match self.normalized {
            true if ideal > 0.0 => sum / ideal,
            true => 0.0,
            false => (1.0 - self.patience) * sum,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    const RBP: RankBiasedPrecision = RankBiasedPrecision {
        k: 3,
        patience: 0.8,
        normalized: false,
    };

    metric_contract!(RBP);

    #[test]
    fn worked_by_hand() {
        // .2 * (1 + .8^2) = .328
        let hits = [true, false, true, true];
        assert_close(score(&RBP, &hits, 2), 0.328);
        // (1 + .8^2) / (1 + .8) with two relevant items
        let normalized = RankBiasedPrecision {
            normalized: true,
            ..RBP
        };
        assert_close(score(&normalized, &hits, 2), 1.64 / 1.8);
        assert_close(score(&normalized, &[], 2), 0.0);
    }
}
