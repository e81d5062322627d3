//! A model over the indices of another log.

use super::Artifact;
use crate::data::{Dataset, ItemIx, UserIx};
use crate::recommend::{Query, Recommender, ScoreError};

/// An artifact's model that speaks the indices of a log at hand, matched by external ids.
///
/// Items that the model does not know get minus infinity and are never recommended; unknown items
/// of a history are left out of it.
#[derive(Debug)]
pub struct Bound<'a> {
    artifact: &'a Artifact,
    /// The model's index of each item of the log.
    items: Vec<Option<ItemIx>>,
    /// The model's index of each user of the log.
    users: Vec<Option<UserIx>>,
}

impl Artifact {
    /// The model over the indices of `data`.
    pub fn bind(&self, data: &Dataset) -> Bound<'_> {
        let items = data
            .items()
            .iter()
            .map(|id| self.items.get(id).map(ItemIx))
            .collect();
        let users = data
            .users()
            .iter()
            .map(|id| self.users.get(id).map(UserIx))
            .collect();
        Bound {
            artifact: self,
            items,
            users,
        }
    }
}

impl Bound<'_> {
    /// Number of items of the log that the model does not know.
    pub fn unknown_items(&self) -> usize {
        self.items.iter().filter(|item| item.is_none()).count()
    }

    /// The known items of a history by the model's index.
    fn history(&self, query: &Query<'_>) -> Vec<ItemIx> {
        let items = query.history.iter();
        items.filter_map(|item| self.items[item.at()]).collect()
    }

    /// The query by the model's indices.
    fn query<'q>(&self, query: &Query<'_>, history: &'q [ItemIx]) -> Query<'q> {
        Query {
            user: query.user.and_then(|user| self.users[user.at()]),
            history,
        }
    }
}

impl Recommender for Bound<'_> {
    fn n_items(&self) -> usize {
        self.items.len()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let histories: Vec<_> = queries.iter().map(|query| self.history(query)).collect();
        let translated: Vec<Query<'_>> = queries
            .iter()
            .zip(&histories)
            .map(|(query, history)| self.query(query, history))
            .collect();
        let n_model = self.artifact.model.n_items();
        let mut inner = vec![0.0; queries.len() * n_model];
        self.artifact.model.score_into(&translated, &mut inner)?;
        for (row, inner) in scores
            .chunks_mut(self.items.len())
            .zip(inner.chunks(n_model))
        {
            for (score, item) in row.iter_mut().zip(&self.items) {
                *score = item.map_or(f32::NEG_INFINITY, |item| inner[item.at()]);
            }
        }
        Ok(())
    }
    /// Items of the history that the model does not know add nothing.
    fn explain(&self, query: &Query<'_>, item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        let unknown = ScoreError::UnknownItem {
            item,
            n_items: self.artifact.model.n_items(),
        };
        let inner = self
            .items
            .get(item.at())
            .copied()
            .flatten()
            .ok_or(unknown)?;
        let history = self.history(query);
        let model = &self.artifact.model;
        let Some(told) = model.explain(&self.query(query, &history), inner)? else {
            return Ok(None);
        };
        let mut told = told.into_iter();
        let each = query.history.iter().map(|item| {
            let known = self.items[item.at()].and_then(|_| told.next());
            known.unwrap_or_default()
        });
        Ok(Some(each.collect()))
    }
}
