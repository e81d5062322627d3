//! Models that are a trained form of another type: factors, an item-item matrix.

/// Scores, explanations and weights of `$model(pub $inner)` are those of the inner type.
macro_rules! delegate {
    ($model:ident($inner:ty)) => {
        const _: () = {
            use crate::data::ItemIx;
            use crate::recommend::{
                NamedTensors, Query, Recommender, ScoreError, Weights, WeightsError,
            };

            impl Recommender for $model {
                fn n_items(&self) -> usize {
                    self.0.n_items()
                }

                fn score_into(
                    &self,
                    queries: &[Query<'_>],
                    scores: &mut [f32],
                ) -> Result<(), ScoreError> {
                    self.0.score_into(queries, scores)
                }

                fn explain(
                    &self,
                    query: &Query<'_>,
                    item: ItemIx,
                ) -> Result<Option<Vec<f32>>, ScoreError> {
                    self.0.explain(query, item)
                }
            }

            impl Weights for $model {
                fn weights(&self) -> NamedTensors {
                    self.0.weights()
                }

                fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
                    <$inner>::from_weights(weights).map(Self)
                }
            }
        };
    };
}
