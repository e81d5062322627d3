//! Average precision.

use super::over::Over;
use crate::eval::metric::{Judged, Metric};

/// Average precision at `k`; its mean over users is the MAP.
///
/// ```text
/// map@k = sum over hits at place p <= k (from 1) of precision@p / min(|R|, k)
/// ```
/// Other divisors by [`Over`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AveragePrecision {
    /// Length of the list.
    pub k: usize,
    /// What the sum is divided by.
    pub over: Over,
}

impl AveragePrecision {
    /// Divided by `min(|R|, k)`.
    pub fn at(k: usize) -> Self {
        Self {
            k,
            over: Over::Achievable,
        }
    }
}

impl Metric for AveragePrecision {
    fn label(&self) -> String {
        format!("map@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        Some(
            self.over
                .divide(summed_precision(list.first(self.k)), list, self.k),
        )
    }
}

/// The precision at each hit, summed.
fn summed_precision(hits: &[bool]) -> f64 {
    let places = (1_u32..).zip(hits).filter(|&(_, &hit)| hit);
    let precisions = (1_u32..).zip(places);
    precisions
        .map(|(hits, (place, _))| f64::from(hits) / f64::from(place))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::AveragePrecision::at(4));

    #[test]
    fn worked_by_hand() {
        // Hits at 1, 3 and 4: (1/1 + 2/3 + 3/4) / min(5, 4) = 2.4166667 / 4 = .6041667
        let hits = [true, false, true, true, true];
        assert_close(score(&AveragePrecision::at(4), &hits, 5), 0.604_166_67);
        // (1/1 + 2/3 + 3/4) / min(3, 4)
        let hits = &hits[..4];
        assert_close(score(&AveragePrecision::at(4), hits, 3), 0.805_555_56);
        let over = Over::Relevant;
        let metric = AveragePrecision { k: 2, over };
        // 1/1 / 5
        assert_close(score(&metric, hits, 5), 0.2);
    }
}
