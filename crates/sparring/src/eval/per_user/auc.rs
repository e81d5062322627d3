//! Area under the ROC curve of the full ranking.

use crate::eval::metric::{Judged, Metric};

/// The chance that a relevant item is ranked above an irrelevant candidate.
///
/// ```text
/// auc = (pairs won + pairs tied / 2) / (|R| * (candidates - |R|))
/// ```
///
/// All candidates count, not the list alone. Undefined if every candidate is relevant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Auc;

impl Metric for Auc {
    fn label(&self) -> String {
        "auc".to_owned()
    }

    fn score(&self, list: &Judged<'_>) -> Option<f64> {
        let irrelevant = list.n_candidates - list.n_relevant;
        let pairs = list.n_relevant as f64 * irrelevant as f64;
        let ranking = list.ranking.filter(|_| irrelevant > 0)?;
        Some(ranking.won_pairs / pairs)
    }

    fn needs_ranking(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::metric::Ranking;
    use crate::eval::per_user::checks::assert_close;

    fn auc(n_candidates: usize, won_pairs: f64) -> Option<f64> {
        let ranking = Some(Ranking { won_pairs });
        Auc.score(&Judged {
            hits: &[],
            n_relevant: 2,
            n_candidates,
            ranking,
        })
    }

    #[test]
    fn worked_by_hand() {
        // 2 relevant and 3 irrelevant items make 6 pairs; 4 won and 1 tied.
        assert_close(auc(5, 4.5).unwrap(), 0.75);
        assert_eq!(auc(2, 0.0), None);
    }
}
