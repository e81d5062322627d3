//! Which items of a history carried a recommendation.

use super::query::Query;
use super::traits::{Recommender, ScoreError};
use crate::data::ItemIx;

/// An item of the history and what it added to a score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    /// The item of the history.
    pub item: ItemIx,
    /// What it added, in units of the score; above 0.
    pub contribution: f32,
    /// Of all that was added, which leaves out what was taken off.
    pub share: f32,
}

/// The `most` items of a history that added most to the score of `item`, the largest first; `None` where
/// the model cannot tell.
///
/// # Errors
/// As [`Recommender::explain`].
pub fn reasons<M: Recommender + ?Sized>(
    model: &M,
    query: &Query<'_>,
    item: ItemIx,
    most: usize,
) -> Result<Option<Vec<Reason>>, ScoreError> {
    let Some(told) = model.explain(query, item)? else {
        return Ok(None);
    };
    let mut added: Vec<(ItemIx, f32)> = query
        .history
        .iter()
        .copied()
        .zip(told)
        .filter(|(_, contribution)| *contribution > 0.0)
        .collect();
    let all: f32 = added.iter().map(|(_, contribution)| contribution).sum();
    added.sort_by(|a, b| b.1.total_cmp(&a.1));
    added.truncate(most);
    let reason = |(item, contribution)| Reason {
        item,
        contribution,
        share: contribution / all,
    };
    Ok(Some(added.into_iter().map(reason).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells of item `i` that it added `i - 1`, or nothing at all.
    #[derive(Debug)]
    struct Teller(bool);

    impl Recommender for Teller {
        fn n_items(&self) -> usize {
            9
        }

        fn score_into(&self, _: &[Query<'_>], _: &mut [f32]) -> Result<(), ScoreError> {
            Ok(())
        }

        fn explain(&self, query: &Query<'_>, _: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
            let told = query.history.iter().map(|item| item.0 as f32 - 1.0);
            Ok(self.0.then(|| told.collect()))
        }
    }

    #[test]
    fn worked_by_hand() {
        // Contributions 3, -1, 1, 0 of 4 in all.
        let history = [4, 0, 2, 1].map(ItemIx);
        let query = Query::new_user(&history);
        let told = reasons(&Teller(true), &query, ItemIx(5), 5)
            .unwrap()
            .unwrap();
        let told: Vec<_> = told
            .iter()
            .map(|r| (r.item.0, r.contribution, r.share))
            .collect();
        assert_eq!(told, [(4, 3.0, 0.75), (2, 1.0, 0.25)]);
        let first = reasons(&Teller(true), &query, ItemIx(5), 1)
            .unwrap()
            .unwrap();
        assert_eq!((first.len(), first[0].share), (1, 0.75));
        assert_eq!(reasons(&Teller(false), &query, ItemIx(5), 1).unwrap(), None);
    }
}
