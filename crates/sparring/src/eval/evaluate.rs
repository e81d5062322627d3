//! Ranking all items for all held-out users.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::corpus::{CorpusMetric, Shown};
use super::error::EvalError;
use super::evaluation::{Evaluation, Measured, Overall};
use super::metric::{Judged, Metric, hits};
use super::profile::Profile;
use super::ranking::ranking;
use crate::data::{ItemIx, UserIx};
use crate::recommend::{Query, Recommender, top_k};
use crate::split::Holdout;

/// What to measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvalConfig {
    /// Lengths of the lists, each at least 1.
    pub ks: Vec<usize>,
    /// Whose definitions.
    pub profile: Profile,
    /// Whether a user's known items are kept out of the list.
    pub exclude_known: bool,
    /// Whether the metrics of all lists together are computed.
    pub corpus: bool,
}

impl Default for EvalConfig {
    fn default() -> Self {
        Self::at(&[5, 10, 20])
    }
}

impl EvalConfig {
    /// The default profile at these lengths.
    pub fn at(ks: &[usize]) -> Self {
        Self {
            ks: ks.to_vec(),
            profile: Profile::Default,
            exclude_known: true,
            corpus: true,
        }
    }
}

/// Ranks all items for every held-out user and measures the lists.
///
/// Items that a user knows are neither listed nor counted as relevant, unless
/// [`EvalConfig::exclude_known`] is off. An item that nobody has in training may be listed. Users
/// with nothing relevant are left out and counted.
///
/// # Errors
/// [`EvalError`] if a cut-off is 0, nobody can be evaluated or the model cannot score them.
pub fn evaluate(
    model: &dyn Recommender,
    holdout: &Holdout,
    config: &EvalConfig,
) -> Result<Evaluation, EvalError> {
    if let Some(k) = config.ks.iter().find(|&&k| k == 0) {
        let label = format!("ndcg@{k}");
        return Err(EvalError::CutOff { label });
    }
    let metrics = config.profile.metrics(&config.ks);
    let plan = Plan {
        metrics: &metrics,
        depth: config.ks.iter().copied().max().unwrap_or(0),
        exclude_known: config.exclude_known,
    };
    let mut evaluation = plan.run(model, holdout)?;
    if config.corpus {
        let metrics = config.profile.corpus_metrics(&config.ks);
        evaluation.overall = overall(&metrics, &evaluation, holdout);
    }
    Ok(evaluation)
}

fn overall(
    metrics: &[Box<dyn CorpusMetric>],
    evaluation: &Evaluation,
    holdout: &Holdout,
) -> Vec<Overall> {
    let shown = Shown {
        users: &evaluation.users,
        lists: &evaluation.lists,
        holdout,
        counts: &holdout.train().item_counts(),
    };
    let values = metrics.iter().map(|metric| Overall {
        label: metric.label(),
        direction: metric.direction(),
        value: metric.score(&shown),
    });
    values.collect()
}

/// What to do for each user.
pub(super) struct Plan<'a> {
    pub(super) metrics: &'a [Box<dyn Metric>],
    /// Length of the lists.
    pub(super) depth: usize,
    pub(super) exclude_known: bool,
}

/// The outcome for some users, metric after metric and user after user.
#[derive(Default)]
struct Block {
    users: Vec<UserIx>,
    lists: Vec<Vec<ItemIx>>,
    /// Value and weight, `[users, metrics]`.
    values: Vec<(f64, f64)>,
}

/// What a user's list should hold and what it may not, both sorted and distinct.
struct Wanted {
    user: UserIx,
    known: Vec<ItemIx>,
    relevant: Vec<ItemIx>,
}

/// Scores held at once by one thread: 16 MiB.
const SCORES_AT_ONCE: usize = 1 << 22;
/// The most users in a block, so that there are enough blocks for all threads.
const MAX_BLOCK: usize = 128;

impl Plan<'_> {
    pub(super) fn run(
        &self,
        model: &dyn Recommender,
        holdout: &Holdout,
    ) -> Result<Evaluation, EvalError> {
        let (model_items, data_items) = (model.n_items(), holdout.relevant.n_items());
        if model_items != data_items {
            return Err(EvalError::Catalogue {
                model: model_items,
                data: data_items,
            });
        }
        let users: Vec<UserIx> = holdout
            .relevant
            .user_indices()
            .filter(|&user| !holdout.relevant.history(user).is_empty())
            .collect();
        // Blocks depend on the catalogue alone and are joined in order: same bits at any number of
        // threads.
        let block = (SCORES_AT_ONCE / data_items.max(1)).clamp(1, MAX_BLOCK);
        let blocks: Vec<Block> = users
            .par_chunks(block)
            .map_init(Vec::new, |scores, users| {
                self.block(model, holdout, users, scores)
            })
            .collect::<Result<_, EvalError>>()?;
        self.join(blocks, holdout.relevant.n_users())
    }

    fn block(
        &self,
        model: &dyn Recommender,
        holdout: &Holdout,
        users: &[UserIx],
        scores: &mut Vec<f32>,
    ) -> Result<Block, EvalError> {
        let wanted: Vec<Wanted> = users
            .iter()
            .map(|&user| self.wanted(holdout, user))
            .filter(|wanted| !wanted.relevant.is_empty())
            .collect();
        let queries: Vec<Query<'_>> = wanted
            .iter()
            .map(|wanted| query(holdout, wanted.user))
            .collect();
        let n_items = model.n_items();
        scores.resize(queries.len() * n_items, 0.0);
        model.score_into(&queries, scores)?;
        let needs_ranking = self.metrics.iter().any(|metric| metric.needs_ranking());
        let mut block = Block::default();
        for (wanted, scores) in wanted.into_iter().zip(scores.chunks(n_items)) {
            let list = top_k(scores, &wanted.known, self.depth);
            let judged = Judged {
                hits: &hits(&list, &wanted.relevant),
                n_relevant: wanted.relevant.len(),
                n_candidates: n_items - wanted.known.len(),
                ranking: needs_ranking.then(|| ranking(scores, &wanted.known, &wanted.relevant)),
            };
            let values = self.metrics.iter().map(|metric| {
                let value = metric.score(&judged).unwrap_or(f64::NAN);
                (value, metric.weight(&judged))
            });
            block.values.extend(values);
            block.users.push(wanted.user);
            block.lists.push(list);
        }
        Ok(block)
    }

    fn wanted(&self, holdout: &Holdout, user: UserIx) -> Wanted {
        let known = if self.exclude_known {
            sorted(holdout.known.history(user))
        } else {
            Vec::new()
        };
        let mut relevant = sorted(holdout.relevant.history(user));
        relevant.retain(|item| known.binary_search(item).is_err());
        Wanted {
            user,
            known,
            relevant,
        }
    }

    fn join(&self, blocks: Vec<Block>, n_users: usize) -> Result<Evaluation, EvalError> {
        let mut users = Vec::with_capacity(n_users);
        let mut lists = Vec::with_capacity(n_users);
        let mut values = vec![Vec::with_capacity(n_users); self.metrics.len()];
        for block in blocks {
            users.extend(block.users);
            lists.extend(block.lists);
            for row in block.values.chunks(self.metrics.len().max(1)) {
                for (column, &value) in values.iter_mut().zip(row) {
                    column.push(value);
                }
            }
        }
        if users.is_empty() {
            return Err(EvalError::NobodyToEvaluate { users: n_users });
        }
        let measured = self.metrics.iter().zip(values);
        let measured = measured.map(|(metric, values)| measure(&**metric, &values));
        Ok(Evaluation {
            left_out: n_users - users.len(),
            measured: measured.collect(),
            overall: Vec::new(),
            users,
            lists,
        })
    }
}

/// Whom to score for: users of the training log by index and history, others by history alone.
fn query(holdout: &Holdout, user: UserIx) -> Query<'_> {
    if holdout.has_new_users() {
        Query::new_user(holdout.known.history(user))
    } else {
        Query::known(&holdout.known, user)
    }
}

/// The mean of values and their weights where they are defined.
fn measure(metric: &dyn Metric, values: &[(f64, f64)]) -> Measured {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (value, weight) in values.iter().filter(|(value, _)| !value.is_nan()) {
        sum += weight * value;
        weights += weight;
    }
    Measured {
        label: metric.label(),
        direction: metric.direction(),
        mean: sum / weights,
        values: values.iter().map(|&(value, _)| value).collect(),
    }
}

/// The distinct items, sorted.
fn sorted(items: &[ItemIx]) -> Vec<ItemIx> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::assert_close;
    use crate::recommend::ScoreError;
    use crate::split::contract::log;

    /// Scores `-item` for everyone, so that the order is that of the indices.
    #[derive(Debug)]
    struct InOrder(usize);

    impl Recommender for InOrder {
        fn n_items(&self) -> usize {
            self.0
        }

        fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
            assert_eq!(scores.len(), queries.len() * self.0);
            for row in scores.chunks_mut(self.0) {
                for (item, score) in row.iter_mut().enumerate() {
                    *score = -(item as f32);
                }
            }
            Ok(())
        }
    }

    fn holdout() -> Holdout {
        // Three users and five items; the second user has nothing held out.
        let known = log(&[&[0], &[1, 4], &[2, 2]]);
        let relevant = known.with_interactions({
            let rows = log(&[&[1, 4], &[], &[0, 2, 0]]);
            rows.interactions().clone()
        });
        Holdout::new(known, relevant)
    }

    #[test]
    fn worked_by_hand() {
        let config = EvalConfig::at(&[2]);
        let found = evaluate(&InOrder(5), &holdout(), &config).unwrap();
        assert_eq!(found.users, [UserIx(0), UserIx(2)]);
        assert_eq!(found.left_out, 1);
        // User 0 knows 0, sees 1 2, wants 1 4: one hit in two places, one of two found.
        // User 2 knows 2, sees 0 1, wants 0 (the known 2 cannot be listed): one of one found.
        assert_eq!(found.lists[0], [ItemIx(1), ItemIx(2)]);
        assert_eq!(found.lists[1], [ItemIx(0), ItemIx(1)]);
        assert_eq!(found.values("precision@2").unwrap(), [0.5, 0.5]);
        assert_eq!(found.values("recall@2").unwrap(), [0.5, 1.0]);
        assert_close(found.mean("recall@2").unwrap(), 0.75);
        assert_eq!(found.mean("recall@3"), None);
    }

    #[test]
    fn known_items_can_be_listed() {
        let config = EvalConfig {
            exclude_known: false,
            ..EvalConfig::at(&[3])
        };
        let found = evaluate(&InOrder(5), &holdout(), &config).unwrap();
        // User 2 sees 0 1 2 and wants 0 and 2.
        assert_eq!(found.values("recall@3").unwrap(), [0.5, 1.0]);
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        let config = EvalConfig::at(&[2]);
        let error = evaluate(&InOrder(6), &holdout(), &config).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the model scores 6 items, the data have 5"
        );
        let mut empty = holdout();
        empty.relevant = empty.relevant.filter(|user, _| user == UserIx(1));
        let error = evaluate(&InOrder(5), &empty, &config).unwrap_err();
        assert!(
            matches!(error, EvalError::NobodyToEvaluate { users: 3 }),
            "{error}"
        );
        let error = evaluate(&InOrder(5), &holdout(), &EvalConfig::at(&[2, 0])).unwrap_err();
        assert!(matches!(error, EvalError::CutOff { .. }), "{error}");
        assert!(!error.hint().is_empty());
    }
}
