//! What the tests of these metrics share.

use super::{CorpusMetric, Shown};
use crate::data::{ItemIx, UserIx};
use crate::split::Holdout;
use crate::split::contract::log;

/// The value of lists for the first users, given what all users know.
pub(super) fn score(metric: &dyn CorpusMetric, known: &[&[u32]], lists: &[&[u32]]) -> Option<f64> {
    // One more user makes the catalogue reach up to item 4 without adding to it.
    let known = log(&[known, &[&[4]]].concat()).filter(|user, _| user.at() < known.len());
    let holdout = Holdout::new(known.clone(), known.clone());
    let lists: Vec<Vec<ItemIx>> = lists
        .iter()
        .map(|list| list.iter().map(|&item| ItemIx(item)).collect())
        .collect();
    let users: Vec<UserIx> = known.user_indices().take(lists.len()).collect();
    metric.score(&Shown {
        users: &users,
        lists: &lists,
        holdout: &holdout,
        counts: &known.item_counts(),
    })
}
