//! Area under the ROC curve of the full ranking.

use crate::eval::metric::{Judged, Metric};

/// The chance that a relevant item is ranked above an irrelevant candidate.
///
/// ```text
/// auc = (pairs won + pairs tied / 2) / (|R| * (candidates - |R|))
/// ```
///
/// All candidates count, not the list alone. Undefined if every candidate is relevant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Auc {
    /// Whether a user weighs as much as there are relevant items (group AUC, Zhou et al., 2018).
    pub weighted: bool,
}

impl Metric for Auc {
    fn label(&self) -> String {
        "auc".to_owned()
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let irrelevant = list.n_candidates - list.n_relevant();
        let pairs = list.n_relevant() as f64 * irrelevant as f64;
        let ranking = list.ranking.filter(|_| irrelevant > 0)?;
        Some(ranking.won_pairs / pairs)
    }

    fn weight(&self, list: &Judged) -> f64 {
        if self.weighted {
            list.n_relevant() as f64
        } else {
            1.0
        }
    }

    fn needs_ranking(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::metric::Ranking;
    use crate::eval::per_user::checks::{assert_close, of_hits};

    fn auc(n_candidates: usize, won_pairs: f64) -> Option<f64> {
        Auc::default().score(&Judged {
            n_candidates,
            ranking: Some(Ranking { won_pairs }),
            ..of_hits(&[], 2)
        })
    }

    #[test]
    fn worked_by_hand() {
        // 2 relevant and 3 irrelevant items make 6 pairs; 4 won and 1 tied.
        assert_close(auc(5, 4.5).unwrap(), 0.75);
        assert_eq!(auc(2, 0.0), None);
        assert_close(Auc { weighted: true }.weight(&of_hits(&[], 2)), 2.0);
    }
}
