//! Partial AUC: relevant items against the first `k` misses (pAp@k, Budhiraja et al., 2020).

use crate::eval::metric::{Judged, Metric};

/// Share of pairs, of a relevant item and one of the first `k` misses, that the list has in order.
///
/// ```text
/// pauc@k = sum over hits with fewer than k misses before of (k - misses before) / (|R| k)
/// pap@k  = the same over the first k hits, with min(|R|, k) for |R|
/// ```
/// The whole list counts, not its first `k` places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialAuc {
    /// How many misses count.
    pub k: usize,
    /// Whether at most `k` relevant items count as well: `pap` instead of `pauc`.
    pub capped: bool,
    /// Whether users are left out whose list ends before `k` misses and before all relevant items.
    pub exclude_short: bool,
}

impl Metric for PartialAuc {
    fn label(&self) -> String {
        let name = if self.capped { "pap" } else { "pauc" };
        let suffix = if self.exclude_short { "_exclude" } else { "" };
        format!("{name}{suffix}@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let most = if self.capped { self.k } else { usize::MAX };
        let (mut hits, mut misses, mut won) = (0, 0, 0);
        for &hit in &list.hits {
            if !hit {
                misses += 1;
                continue;
            }
            hits += 1;
            if hits <= most {
                won += self.k.saturating_sub(misses);
            }
        }
        if self.exclude_short && misses < self.k && hits < list.n_relevant() {
            return None;
        }
        Some(won as f64 / (list.n_relevant().min(most) * self.k) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, of_hits, score};

    #[test]
    fn worked_by_hand() {
        let metric = |capped| PartialAuc {
            k: 2,
            capped,
            exclude_short: false,
        };
        // Hits with 0, 1, 1 and 2 misses before: (2 + 1 + 1 + 0) / (4 * 2); the first two of
        // them: (2 + 1) / (2 * 2).
        let hits = [true, false, true, true, false, true];
        assert_close(score(&metric(false), &hits, 4), 0.5);
        assert_close(score(&metric(true), &hits, 4), 0.75);
    }

    #[test]
    fn short_lists_can_be_left_out() {
        let metric = PartialAuc {
            k: 2,
            capped: false,
            exclude_short: true,
        };
        assert_eq!(metric.score(&of_hits(&[true, false], 2)), None);
        assert!(metric.score(&of_hits(&[true, false], 1)).is_some());
        assert!(metric.score(&of_hits(&[false, false], 1)).is_some());
    }
}
