//! Popularity: the same list for everyone, the reference that a recommender has to beat.
//!
//! ```text
//! score(u, i) = number of users with item i
//! ```

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Query, Recommender, Run, ScoreError, Tune, Weights,
    WeightsError,
};

/// Popularity has no settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PopConfig {}

/// The counts of all items.
#[derive(Debug, Clone, PartialEq)]
pub struct Pop {
    counts: Vec<f32>,
}

impl Fit for PopConfig {
    type Model = Pop;

    fn fit(&self, train: &Dataset, _run: &Run<'_>) -> Result<Pop, FitError> {
        Ok(Pop {
            counts: train
                .item_counts()
                .into_iter()
                .map(|count| count as f32)
                .collect(),
        })
    }
}

impl Tune for PopConfig {
    fn space() -> Vec<Dimension> {
        Vec::new()
    }
}

impl Recommender for Pop {
    fn n_items(&self) -> usize {
        self.counts.len()
    }

    fn score_into(&self, _queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        for row in scores.chunks_mut(self.counts.len()) {
            row.copy_from_slice(&self.counts);
        }
        Ok(())
    }
}

impl Weights for Pop {
    fn weights(&self) -> NamedTensors {
        NamedTensors::new().with("counts", &[self.counts.len()], self.counts.clone())
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        Ok(Self {
            counts: weights.vector("counts")?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    recommender_contract!(crate::models::pop::PopConfig::default());
}
