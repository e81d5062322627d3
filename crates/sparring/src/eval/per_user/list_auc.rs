//! Area under the ROC curve of which only the list is known.

use crate::eval::metric::{Judged, Metric};

/// AUC of a list of `k` places and the whole catalogue behind it, in unknown order.
///
/// ```text
/// auc@k = (sum over misses in the list of the hits before
///          + (hits + |R|) / 2 * (I - |R| - misses)) / (|R| (I - |R|))
/// ```
/// The `k` places are hits or misses, also those past the end of a shorter list. Known items count
/// as irrelevant. Undefined if the whole catalogue is relevant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListAuc {
    /// Length of the list.
    pub k: usize,
}

impl Metric for ListAuc {
    fn label(&self) -> String {
        format!("auc@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let (mut hits, mut misses, mut won) = (0.0, 0.0, 0.0);
        let k = self.k.min(list.n_items);
        let padding = std::iter::repeat(&false);
        for &hit in list.hits.iter().chain(padding).take(k) {
            if hit {
                hits += 1.0;
            } else {
                misses += 1.0;
                won += hits;
            }
        }
        let relevant = list.n_relevant() as f64;
        let irrelevant = list.n_items as f64 - relevant;
        won += f64::midpoint(hits, relevant) * (irrelevant - misses);
        (irrelevant > 0.0).then(|| won / (relevant * irrelevant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::ListAuc { k: 4 });

    #[test]
    fn worked_by_hand() {
        // 100 items, 5 relevant; hit, miss, hit, miss: the misses lie behind 1 and 2 hits;
        // the 93 other irrelevant items behind (2 + 5) / 2 on average.
        let hits = [true, false, true];
        let expected = (1.0 + 2.0 + 3.5 * 93.0) / (5.0 * 95.0);
        assert_close(score(&ListAuc { k: 4 }, &hits, 5), expected);
    }
}
