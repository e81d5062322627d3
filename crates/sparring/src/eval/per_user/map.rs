//! Average precision.

use crate::eval::metric::{Judged, Metric};

/// Average precision at `k`; its mean over users is the MAP.
///
/// ```text
/// map@k = sum over hits at place p <= k (from 1) of precision@p / min(|R|, k)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AveragePrecision {
    /// Length of the list.
    pub k: usize,
}

impl Metric for AveragePrecision {
    fn label(&self) -> String {
        format!("map@{}", self.k)
    }

    fn score(&self, list: &Judged<'_>) -> Option<f64> {
        Some(summed_precision(list.first(self.k)) / list.n_relevant.min(self.k) as f64)
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

    metric_contract!(crate::eval::per_user::AveragePrecision { k: 4 });

    #[test]
    fn worked_by_hand() {
        // Hits at 1, 3 and 4: (1/1 + 2/3 + 3/4) / min(5, 4) = 2.4166667 / 4 = .6041667
        let hits = [true, false, true, true, true];
        assert_close(score(&AveragePrecision { k: 4 }, &hits, 5), 0.604_166_67);
        // (1/1 + 2/3 + 3/4) / min(3, 4)
        assert_close(
            score(&AveragePrecision { k: 4 }, &hits[..4], 3),
            0.805_555_56,
        );
    }
}
