//! The work of an evaluation: blocks of users, each scored, ranked and judged.

use rayon::prelude::*;

use super::error::EvalError;
use super::evaluation::{Evaluation, Measured};
use super::metric::{Judged, Metric};
use super::ranking::ranking;
use crate::data::{ItemIx, UserIx};
use crate::recommend::{Query, Recommender, top_k};
use crate::split::Holdout;

/// What to do for each user.
pub(super) struct Plan<'a> {
    pub(super) metrics: &'a [Box<dyn Metric>],
    /// Length of the lists.
    pub(super) depth: usize,
    /// Whether known items are neither listed nor relevant.
    pub(super) exclude_known: bool,
}

/// What a user's list should hold, with ratings, and what it may not; both sorted and distinct.
pub(super) struct Wanted {
    pub(super) user: UserIx,
    /// Not to be listed: what the user knows, and what nobody is to be told of.
    known: Vec<ItemIx>,
    relevant: Vec<(ItemIx, f32)>,
}

/// The outcome for some users.
#[derive(Default)]
pub(super) struct Block {
    users: Vec<UserIx>,
    lists: Vec<Vec<ItemIx>>,
    /// Value and weight, `[users, metrics]`.
    values: Vec<(f64, f64)>,
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
        let barred = holdout.barred();
        let blocks: Vec<Block> = users
            .par_chunks(block)
            .map_init(Vec::new, |scores, users| {
                self.block(model, (holdout, &barred), users, scores)
            })
            .collect::<Result<_, EvalError>>()?;
        self.join(blocks, holdout.relevant.n_users())
    }

    fn block(
        &self,
        model: &dyn Recommender,
        (holdout, barred): (&Holdout, &[ItemIx]),
        users: &[UserIx],
        scores: &mut Vec<f32>,
    ) -> Result<Block, EvalError> {
        let wanted: Vec<Wanted> = users
            .iter()
            .filter_map(|&user| self.wanted((holdout, barred), user))
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
        for (wanted, scores) in wanted.iter().zip(scores.chunks(n_items)) {
            let list = top_k(scores, &wanted.known, self.depth);
            let mut judged = wanted.judge(&list, n_items);
            if needs_ranking {
                judged.ranking = Some(ranking(scores, &wanted.known, &wanted.relevant));
            }
            self.measure(wanted.user, list, &judged, &mut block);
        }
        Ok(block)
    }

    /// Appends the values of one user.
    pub(super) fn measure(
        &self,
        user: UserIx,
        list: Vec<ItemIx>,
        judged: &Judged,
        block: &mut Block,
    ) {
        let values = self.metrics.iter().map(|metric| {
            let value = metric.score(judged).unwrap_or(f64::NAN);
            (value, metric.weight(judged))
        });
        block.values.extend(values);
        block.users.push(user);
        block.lists.push(list);
    }

    /// What is wanted of a user's list; `None` if nothing is.
    pub(super) fn wanted(
        &self,
        (holdout, barred): (&Holdout, &[ItemIx]),
        user: UserIx,
    ) -> Option<Wanted> {
        let mut known = if self.exclude_known {
            holdout.known.history(user).to_vec()
        } else {
            Vec::new()
        };
        known.extend_from_slice(barred);
        known.sort_unstable();
        known.dedup();
        let ratings = holdout.relevant.interactions().ratings(user);
        let items = holdout.relevant.history(user).iter().enumerate();
        let mut relevant: Vec<(ItemIx, f32)> = items
            .map(|(at, &item)| (item, ratings.map_or(1.0, |ratings| ratings[at])))
            .collect();
        // Of an item that occurs more than once, the last rating counts.
        relevant.reverse();
        relevant.sort_by_key(|wanted| wanted.0);
        relevant.dedup_by_key(|wanted| wanted.0);
        relevant.retain(|(item, _)| known.binary_search(item).is_err());
        (!relevant.is_empty()).then_some(Wanted {
            user,
            known,
            relevant,
        })
    }

    pub(super) fn join(&self, blocks: Vec<Block>, n_users: usize) -> Result<Evaluation, EvalError> {
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
        let measured = measured.map(|(metric, values)| summarise(&**metric, &values));
        Ok(Evaluation {
            left_out: n_users - users.len(),
            measured: measured.collect(),
            overall: Vec::new(),
            users,
            lists,
        })
    }
}

impl Wanted {
    /// A list beside what is wanted.
    pub(super) fn judge(&self, list: &[ItemIx], n_items: usize) -> Judged {
        Judged::new(list, &self.relevant, n_items - self.known.len(), n_items)
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
fn summarise(metric: &dyn Metric, values: &[(f64, f64)]) -> Measured {
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
