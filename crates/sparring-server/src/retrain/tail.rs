//! How well a model ranks the latest events of users by what they did before.

use sparring::artifact::Artifact;
use sparring::data::{ItemIx, UserIx};
use sparring::recommend::{Query, ScoreError, top_k};

/// Entries of a list that count.
const K: usize = 10;
/// Histories that are scored together.
const TOGETHER: usize = 32;

/// A user, by external ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) user: String,
    /// Oldest first.
    pub(super) history: Vec<String>,
    /// What came then.
    pub(super) wanted: Vec<String>,
}

/// Users with what they did before and after a point in time.
#[derive(Debug)]
pub(super) struct Tail(Vec<Asked>);

impl Tail {
    pub(super) fn new(asked: Vec<Asked>) -> Self {
        Self(asked)
    }

    pub(super) fn users(&self) -> usize {
        self.0.len()
    }

    pub(super) fn events(&self) -> usize {
        self.0.iter().map(|asked| asked.wanted.len()).sum()
    }

    /// Mean ndcg@10 over users. What a model does not know it cannot list, and that counts against it.
    pub(super) fn score(&self, artifact: &Artifact) -> Result<f64, ScoreError> {
        let n = artifact.model.n_items();
        let mut sum = 0.0;
        for users in self.0.chunks(TOGETHER) {
            let known: Vec<(Option<UserIx>, Vec<ItemIx>)> = users
                .iter()
                .map(|asked| {
                    let items = asked.history.iter().filter_map(|id| artifact.items.get(id));
                    let user = artifact.users.get(&asked.user).map(UserIx);
                    (user, items.map(ItemIx).collect())
                })
                .collect();
            let queries: Vec<Query<'_>> = known
                .iter()
                .map(|(user, history)| Query {
                    user: *user,
                    history,
                })
                .collect();
            let mut scores = vec![0.0; users.len() * n];
            artifact.model.score_into(&queries, &mut scores)?;
            for ((asked, (_, history)), scores) in users.iter().zip(&known).zip(scores.chunks(n)) {
                if history.is_empty() {
                    continue;
                }
                let best = top_k(scores, history, K);
                let hits = best.iter().map(|item| {
                    let id = artifact.items.id(item.0);
                    asked.wanted.iter().any(|wanted| wanted == id)
                });
                sum += ndcg(hits, asked.wanted.len());
            }
        }
        Ok(sum / self.0.len().max(1) as f64)
    }
}

/// Gains of 1, discounted by `log2(1 + place)`, over those of the best list of `min(wanted, 10)` hits.
fn ndcg(hits: impl Iterator<Item = bool>, wanted: usize) -> f64 {
    let gain = |at: usize| 1.0 / (at as f64 + 2.0).log2();
    let got: f64 = hits
        .enumerate()
        .filter(|(_, hit)| *hit)
        .map(|(at, _)| gain(at))
        .sum();
    let best: f64 = (0..wanted.min(K)).map(gain).sum();
    if best > 0.0 { got / best } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gain_of_a_list() {
        // A hit in the second place of two wanted: (1 / log2 3) / (1 + 1 / log2 3) = .6309 / 1.6309.
        let found = ndcg([false, true, false].into_iter(), 2);
        assert!((found - 0.386_853).abs() < 1e-5, "{found}");
        assert!((ndcg([true, true].into_iter(), 2) - 1.0).abs() < 1e-12);
        assert!(ndcg([false].into_iter(), 3) == 0.0 && ndcg(std::iter::empty(), 0) == 0.0);
    }
}
