//! Ranking all items for all held-out users.

use serde::{Deserialize, Serialize};

use super::corpus::Shown;
use super::error::EvalError;
use super::evaluation::{Evaluation, Overall};
use super::metric::Metric;
use super::plan::{Block, Plan};
use super::profile::Profile;
use crate::data::{ItemIx, UserIx};
use crate::recommend::Recommender;
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
    let metrics = config.metrics()?;
    let mut evaluation = config.plan(&metrics).run(model, holdout)?;
    if config.corpus {
        let shown = (evaluation.users.as_slice(), evaluation.lists.as_slice());
        evaluation.overall = config.overall(shown, holdout);
    }
    Ok(evaluation)
}

/// Measures lists that come from elsewhere, best first, one for each of `users`.
///
/// A user with held-out items but without a list has an empty one, and every list counts in the
/// metrics of all lists together, unless the profile has it otherwise. What needs the scores of all
/// items is `NaN`.
///
/// # Errors
/// [`EvalError`] if a cut-off is 0 or nobody can be evaluated.
///
/// # Panics
/// If there is not one list for each user.
pub fn evaluate_lists(
    users: &[UserIx],
    lists: &[Vec<ItemIx>],
    holdout: &Holdout,
    config: &EvalConfig,
) -> Result<Evaluation, EvalError> {
    assert_eq!(users.len(), lists.len(), "one list for each user");
    let metrics = config.metrics()?;
    let plan = config.plan(&metrics);
    let (n_users, n_items) = (holdout.relevant.n_users(), holdout.relevant.n_items());
    let definitions = config.profile.definitions();
    let missing: Option<&[ItemIx]> = definitions.missing_lists_count.then_some(&[]);
    let mut by_user = vec![missing; n_users];
    for (user, list) in users.iter().zip(lists) {
        by_user[user.at()] = Some(&list[..plan.depth.min(list.len())]);
    }
    let mut block = Block::default();
    let barred = holdout.barred();
    for user in holdout.relevant.user_indices() {
        if let (Some(wanted), Some(list)) =
            (plan.wanted((holdout, &barred), user), by_user[user.at()])
        {
            let judged = wanted.judge(list, n_items);
            plan.measure(user, list.to_vec(), &judged, &mut block);
        }
    }
    let mut evaluation = plan.join(vec![block], n_users)?;
    if config.corpus {
        let shown = if definitions.unwanted_lists_count {
            (users, lists)
        } else {
            (evaluation.users.as_slice(), evaluation.lists.as_slice())
        };
        evaluation.overall = config.overall(shown, holdout);
    }
    Ok(evaluation)
}

impl EvalConfig {
    fn metrics(&self) -> Result<Vec<Box<dyn Metric>>, EvalError> {
        if let Some(k) = self.ks.iter().find(|&&k| k == 0) {
            let label = format!("ndcg@{k}");
            return Err(EvalError::CutOff { label });
        }
        Ok(self.profile.metrics(&self.ks))
    }

    fn plan<'a>(&self, metrics: &'a [Box<dyn Metric>]) -> Plan<'a> {
        Plan {
            metrics,
            depth: self.ks.iter().copied().max().unwrap_or(0),
            exclude_known: self.exclude_known,
        }
    }

    fn overall(
        &self,
        (users, lists): (&[UserIx], &[Vec<ItemIx>]),
        holdout: &Holdout,
    ) -> Vec<Overall> {
        let shown = Shown {
            users,
            lists,
            holdout,
            counts: &holdout.train().item_counts(),
        };
        let metrics = self.profile.corpus_metrics(&self.ks);
        let values = metrics.iter().map(|metric| Overall {
            label: metric.label(),
            direction: metric.direction(),
            value: metric.score(&shown),
        });
        values.collect()
    }
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;
    use crate::eval::Direction;
    use crate::eval::per_user::checks::assert_close;
    use crate::recommend::{Query, ScoreError};
    use crate::split::contract::{log, planted};
    use crate::split::{Candidates, RandomRatio, Splitter, UserHoldout};

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
    fn candidates_alone_are_listed_and_wanted() {
        // Nobody has 3 in training. User 0 wants 1 and 3, user 2 wants 0 and 3 and 4.
        let known = log(&[&[0], &[1, 4], &[2, 2]]);
        let rows = log(&[&[1, 3], &[], &[0, 3, 4]]);
        let relevant = known.with_interactions(rows.interactions().clone());
        let mut holdout = Holdout::new(known, relevant);
        for (candidates, lists, recall) in [
            (Candidates::All, [[1, 2, 3], [0, 1, 3]], 5.0 / 6.0),
            (Candidates::Warm, [[1, 2, 4], [0, 1, 4]], 1.0),
        ] {
            holdout.candidates = candidates;
            let found = evaluate(&InOrder(5), &holdout, &EvalConfig::at(&[3])).unwrap();
            assert_eq!(found.lists, lists.map(|list| list.map(ItemIx).to_vec()));
            assert_close(found.mean("recall@3").unwrap(), recall);
        }
        holdout.candidates = Candidates::Cold;
        let found = evaluate(&InOrder(5), &holdout, &EvalConfig::at(&[2])).unwrap();
        assert_eq!(found.lists, vec![vec![ItemIx(3)]; 2]);
        assert_eq!(found.mean("recall@2"), Some(1.0));
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
        assert_eq!(found.labels().first().unwrap(), "precision@2");
        assert_eq!(found.direction("gini@2"), Some(Direction::Minimize));
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

    #[test]
    fn given_lists_are_judged_alike() {
        let config = EvalConfig::at(&[2]);
        let model = evaluate(&InOrder(5), &holdout(), &config).unwrap();
        let lists = evaluate_lists(&model.users, &model.lists, &holdout(), &config).unwrap();
        assert_eq!(lists.values("ndcg@2"), model.values("ndcg@2"));
        assert_eq!(lists.mean("coverage@2"), model.mean("coverage@2"));
        assert!(lists.mean("auc").unwrap().is_nan(), "there are no scores");
        // A user without a list has an empty one.
        let one = evaluate_lists(&model.users[1..], &model.lists[1..], &holdout(), &config);
        let one = one.unwrap();
        assert_eq!(one.users, model.users);
        assert_eq!(one.values("recall@2").unwrap(), [0.0, 1.0]);
        // Longer lists are cut at the largest cut-off.
        let long = [vec![ItemIx(1), ItemIx(2), ItemIx(4)]];
        let cut = evaluate_lists(&[UserIx(0)], &long, &holdout(), &config).unwrap();
        assert_eq!(cut.lists[0], long[0][..2]);
    }

    #[test]
    fn the_last_rating_of_an_item_counts() {
        use crate::data::InteractionsBuilder;
        let known = log(&[&[0], &[4]]);
        let mut builder = InteractionsBuilder::new();
        builder.push(UserIx(0), ItemIx(1), Some(2.0), None);
        builder.push(UserIx(0), ItemIx(1), Some(5.0), None);
        let holdout = Holdout::new(known.clone(), known.with_interactions(builder.build(2)));
        let plan = Plan {
            metrics: &[],
            depth: 1,
            exclude_known: true,
        };
        let judged = plan
            .wanted((&holdout, &[]), UserIx(0))
            .unwrap()
            .judge(&[ItemIx(1)], 5);
        assert_eq!((judged.gains, judged.ideal), (vec![5.0], vec![5.0]));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let split = RandomRatio::default().split(&planted(3), Seed(3)).unwrap();
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let config = EvalConfig::default();
            let run = || evaluate(&InOrder(40), &split.test, &config).unwrap();
            format!("{:?}", pool.build().unwrap().install(run))
        };
        assert_eq!(with(1), with(2));
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn new_users_are_scored_by_their_history() {
        /// Refuses users with an index.
        #[derive(Debug)]
        struct ByHistory;
        impl Recommender for ByHistory {
            fn n_items(&self) -> usize {
                40
            }
            fn score_into(&self, queries: &[Query<'_>], _: &mut [f32]) -> Result<(), ScoreError> {
                let new = |query: &Query<'_>| query.user.is_none() && !query.history.is_empty();
                assert!(queries.iter().all(new));
                Ok(())
            }
        }
        let split = UserHoldout::default().split(&planted(3), Seed(3)).unwrap();
        let found = evaluate(&ByHistory, &split.test, &EvalConfig::default()).unwrap();
        assert_eq!((found.users.len(), found.left_out), (6, 54));
    }
}
