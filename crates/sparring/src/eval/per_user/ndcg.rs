//! Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002), with binary gains.

use crate::eval::metric::{Judged, Metric};

/// nDCG at `k` with binary gains, ideal over `min(|R|, k)` places.
///
/// ```text
/// dcg@k  = sum over hits at place p <= k (from 1) of 1 / log2(p + 1)
/// ndcg@k = dcg@k / sum over p <= min(|R|, k) of 1 / log2(p + 1)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ndcg {
    /// Length of the list.
    pub k: usize,
}

impl Metric for Ndcg {
    fn label(&self) -> String {
        format!("ndcg@{}", self.k)
    }

    fn score(&self, list: &Judged<'_>) -> Option<f64> {
        let ideal: f64 = (0..list.n_relevant.min(self.k)).map(discount).sum();
        Some(dcg(list.first(self.k)) / ideal)
    }
}

/// The sum of the discounts of the places that hit.
fn dcg(hits: &[bool]) -> f64 {
    let places = hits.iter().enumerate().filter(|&(_, &hit)| hit);
    places.map(|(place, _)| discount(place)).sum()
}

/// The worth of a place, counted from 0.
fn discount(place: usize) -> f64 {
    (place as f64 + 2.0).log2().recip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::Ndcg { k: 4 });

    #[test]
    fn worked_by_hand() {
        // dcg = 1/log2(3) + 1/log2(5) = .6309298 + .4306766 = 1.0616063
        // ideal over 3 places = 1 + .6309298 + .5 = 2.1309298; 1.0616063 / 2.1309298 = .4981892
        let hits = [false, true, false, true, true];
        assert_close(score(&Ndcg { k: 4 }, &hits, 3), 0.498_189_25);
        // ideal over min(9, 1) = 1 place.
        assert_close(score(&Ndcg { k: 1 }, &[true], 9), 1.0);
    }
}
