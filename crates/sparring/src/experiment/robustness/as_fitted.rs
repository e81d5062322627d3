//! A model that is asked about the histories it was fitted on.

use crate::data::Dataset;
use crate::recommend::{Query, Recommender, ScoreError};

/// A model that sees of each user what was in its training log, and never lists it.
///
/// An evaluation asks with the clean history. Where events were replaced, the model would then be
/// told the truth again, but only a model that scores histories could use it. With the history of
/// the log all models are spoiled alike. The replaced items stay out of the lists as well, since
/// the evaluation excludes the clean history.
#[derive(Debug)]
pub(super) struct AsFitted<'a> {
    pub(super) model: &'a dyn Recommender,
    pub(super) log: &'a Dataset,
}

impl Recommender for AsFitted<'_> {
    fn n_items(&self) -> usize {
        self.model.n_items()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let asked: Vec<Query<'_>> = queries
            .iter()
            .map(|query| match query.user {
                Some(user) => Query::known(self.log, user),
                None => *query,
            })
            .collect();
        self.model.score_into(&asked, scores)?;
        for (query, row) in asked.iter().zip(scores.chunks_mut(self.n_items())) {
            for item in query.history {
                row[item.at()] = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }
}
