//! For whom and for what a recommender works least: users of short histories, its worst served
//! users, and unpopular items.

use serde::{Deserialize, Serialize};

use super::bootstrap::{BootstrapConfig, Interval, mean_interval, user_means};
use super::error::EvalError;
use super::evaluate::{EvalConfig, evaluate_lists};
use super::evaluation::Evaluation;
use crate::data::{Dataset, ItemIx, UserIx};
use crate::split::Holdout;

/// How evenly a model serves.
///
/// A quarter is rounded up. Equal users and items are told apart by their index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fairness {
    /// The metric over the quarter of the evaluated users with the shortest training histories.
    pub short_histories: Interval,
    /// The longest history among them.
    pub longest_short: usize,
    /// The metric over the quarter of the evaluated users for whom it is lowest, which may be
    /// others for every model: the mean of the lowest quarter of its values.
    pub worst_quarter: f64,
    /// Recall over the held-out items that are in the least popular quarter of the catalogue by
    /// training count; none if nobody has such an item held out.
    pub tail_recall: Option<Interval>,
    /// Users with such an item.
    pub tail_users: usize,
    /// Evaluated users without one, left out of the recall.
    pub tail_left_out: usize,
}

/// How evenly a model serves, by the metric with this label averaged over its runs, and by recall
/// at `k`.
///
/// The lists of the runs must be `k` long or longer.
///
/// # Errors
/// [`EvalError`] if the runs have not evaluated the same users, or the metric is not among theirs.
pub fn fairness(
    runs: &[Evaluation],
    (label, k): (&str, usize),
    holdout: &Holdout,
    config: &BootstrapConfig,
) -> Result<Fairness, EvalError> {
    let values = user_means(runs, label)?;
    let users = &runs[0].users;
    let short = shortest_quarter(users, &holdout.known);
    let chosen: Vec<f64> = short.iter().map(|&at| values[at]).collect();
    let length = |at: &usize| holdout.known.history(users[*at]).len();
    let tail = tail_recall(runs, holdout, k)?;
    Ok(Fairness {
        short_histories: mean_interval(&chosen, config),
        longest_short: short.iter().map(length).max().unwrap_or(0),
        worst_quarter: lowest_quarter(&values),
        tail_recall: (!tail.is_empty()).then(|| mean_interval(&tail, config)),
        tail_users: tail.len(),
        tail_left_out: users.len() - tail.len(),
    })
}

/// The positions among `users` of the quarter with the shortest histories.
fn shortest_quarter(users: &[UserIx], known: &Dataset) -> Vec<usize> {
    let mut order: Vec<usize> = (0..users.len()).collect();
    order.sort_by_key(|&at| (known.history(users[at]).len(), users[at]));
    order.truncate(users.len().div_ceil(4));
    order
}

/// The mean of the lowest quarter of the values that are defined.
fn lowest_quarter(values: &[f64]) -> f64 {
    let mut values: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.truncate(values.len().div_ceil(4));
    values.iter().sum::<f64>() / values.len() as f64
}

/// Recall at `k` of each user with a held-out item of the tail, averaged over the runs.
fn tail_recall(runs: &[Evaluation], holdout: &Holdout, k: usize) -> Result<Vec<f64>, EvalError> {
    let tail = least_popular_quarter(holdout.train());
    let relevant = &holdout.relevant;
    let relevant = relevant.filter(|user, at| tail[relevant.history(user)[at].at()]);
    let holdout = Holdout {
        relevant,
        ..holdout.clone()
    };
    let config = EvalConfig {
        corpus: false,
        ..EvalConfig::at(&[k])
    };
    let runs: Result<Vec<Evaluation>, EvalError> = runs
        .iter()
        .map(|run| evaluate_lists(&run.users, &run.lists, &holdout, &config))
        .collect();
    match runs {
        Err(EvalError::NobodyToEvaluate { .. }) => Ok(Vec::new()),
        runs => user_means(&runs?, &format!("recall@{k}")),
    }
}

/// Whether each item is in the least popular quarter of the catalogue.
fn least_popular_quarter(train: &Dataset) -> Vec<bool> {
    let counts = train.item_counts();
    let mut order: Vec<ItemIx> = (0..).map(ItemIx).take(counts.len()).collect();
    order.sort_by_key(|item| (counts[item.at()], *item));
    let mut tail = vec![false; counts.len()];
    for item in &order[..counts.len().div_ceil(4)] {
        tail[item.at()] = true;
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::assert_close;
    use crate::split::contract::log;

    /// Five users and eight items. Counts: item 0 three, items 1 to 4 two each, 5 one, 6 and 7
    /// none, so that 6 and 7 are the tail.
    fn holdout() -> Holdout {
        let known = log(&[&[0, 1, 2], &[0, 3], &[0, 4, 5], &[1, 2], &[3, 4], &[7]]);
        let relevant = log(&[&[6], &[1, 7], &[1], &[6, 7, 0], &[5], &[7]]);
        let first_five = |data: &Dataset| {
            let rows = data.filter(|user, _| user.at() < 5);
            rows.interactions().clone()
        };
        Holdout::new(
            known.with_interactions(first_five(&known)),
            known.with_interactions(first_five(&relevant)),
        )
    }

    fn run(holdout: &Holdout, lists: [[u32; 2]; 5]) -> Evaluation {
        let users: Vec<UserIx> = (0..5).map(UserIx).collect();
        let lists = lists.map(|list| list.map(ItemIx).to_vec());
        evaluate_lists(&users, &lists, holdout, &EvalConfig::at(&[2])).unwrap()
    }

    #[test]
    fn worked_by_hand() {
        let holdout = holdout();
        assert_eq!(
            least_popular_quarter(&holdout.known),
            [false, false, false, false, false, false, true, true]
        );
        let lists = [[6, 7], [7, 2], [2, 3], [6, 5], [6, 7]];
        let runs = [run(&holdout, lists)];
        let of = |label| fairness(&runs, (label, 2), &holdout, &BootstrapConfig::default());
        let found = of("recall@2").unwrap();
        // Recall of each user: 1, 1/2, 0, 1/3, 0. A quarter of five is two users: the shortest
        // histories are those of users 1, 3 and 4, all of two items; 1 and 3 come first.
        assert_close(found.short_histories.mean, f64::midpoint(0.5, 1.0 / 3.0));
        assert_eq!(found.longest_short, 2);
        assert_close(found.worst_quarter, 0.0);
        // Tail items are held out for users 0 (6, found), 1 (7, found) and 3 (6 found, 7 not).
        assert_close(found.tail_recall.unwrap().mean, (1.0 + 1.0 + 0.5) / 3.0);
        assert_eq!((found.tail_users, found.tail_left_out), (3, 2));
        assert!(of("ndcg@9").is_err());
    }

    #[test]
    fn runs_are_averaged_before_the_worst_are_chosen() {
        let holdout = holdout();
        let good = [[6, 7], [7, 1], [1, 3], [6, 7], [5, 7]];
        let mut other = good;
        other[2] = [2, 3];
        let runs = [run(&holdout, good), run(&holdout, other)];
        let found = fairness(
            &runs,
            ("recall@2", 2),
            &holdout,
            &BootstrapConfig::default(),
        );
        // User 2 has recall 1 and 0, user 3 has 2/3 twice, all others have 1.
        assert_close(found.unwrap().worst_quarter, f64::midpoint(0.5, 2.0 / 3.0));
    }

    #[test]
    fn nobody_may_have_an_item_of_the_tail() {
        let mut holdout = holdout();
        holdout.relevant = log(&[&[5], &[1], &[1], &[0], &[5], &[7]]);
        let rows = holdout.relevant.filter(|user, _| user.at() < 5);
        holdout.relevant = holdout.known.with_interactions(rows.interactions().clone());
        let runs = [run(&holdout, [[5, 7]; 5])];
        let found = fairness(
            &runs,
            ("recall@2", 2),
            &holdout,
            &BootstrapConfig::default(),
        );
        let found = found.unwrap();
        assert_eq!((found.tail_recall, found.tail_left_out), (None, 5));
    }
}
