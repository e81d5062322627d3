//! GRU4Rec: a gated recurrent unit over a user's events (Hidasi et al., "Session-based
//! recommendations with recurrent neural networks", ICLR 2016), trained with the cross-entropy over
//! the catalogue (Hidasi and Karatzoglou, 2018, eq. 4).
//!
//! ```text
//! h_t = GRU(E[item_t], h_{t-1})        score(i) = E_i . h_t
//! ```
//!
//! Departures: items share their embeddings with the head, as the authors' own later code allows;
//! whole windows are differentiated, not one step; in larger catalogues negatives are drawn evenly
//! with the logQ correction instead of by popularity; the rate falls along a cosine and the weights
//! are averaged over steps, as for `sasrec`.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use sparring_deep::{Gru, NextItem};

use super::check;
use super::sequential::{Course, Sequential, count, full_up_to, settings_of};
use crate::data::Dataset;
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Run, Tune, Values, Weights, WeightsError,
};

/// Settings of GRU4Rec.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gru4recConfig {
    /// Width `K` of an event and of the state.
    pub embedding_dim: NonZeroUsize,
    /// Events that are looked at, the last ones.
    pub longest: NonZeroUsize,
    /// Share of activations that are dropped, `>= 0` and below 1.
    pub dropout: f32,
    /// Items drawn as negatives for a step in catalogues of more than 5,000 items; 0 for all items.
    pub negatives: usize,
    /// Learning rate at its highest.
    pub learning_rate: f32,
    /// Share of the training in which the rate rises, `>= 0` and below 1.
    pub warmup: f32,
    /// Decoupled decay of the weights, `>= 0`.
    pub weight_decay: f32,
    /// Decay of the average of the weights, `>= 0` and below 1; 0 for none.
    pub average: f32,
    /// Epochs.
    pub epochs: NonZeroUsize,
    /// Events of a step.
    pub batch_events: NonZeroUsize,
    /// Epochs between looks at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for Gru4recConfig {
    fn default() -> Self {
        Self {
            embedding_dim: count(128),
            longest: count(200),
            dropout: 0.2,
            negatives: 4_096,
            learning_rate: 2e-3,
            warmup: 0.05,
            weight_decay: 0.0,
            average: 0.99,
            epochs: count(30),
            batch_events: count(4_096),
            check_every: count(1),
            patience: count(5),
        }
    }
}

impl Fit for Gru4recConfig {
    type Model = Sequential<Gru>;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Sequential<Gru>, FitError> {
        let ok = (0.0..1.0).contains(&self.dropout);
        check::setting(
            ok,
            "gru4rec",
            "dropout",
            "0 or more and below 1",
            self.dropout,
        )?;
        let course = Course {
            model: "gru4rec",
            longest: self.longest.get(),
            batch_events: self.batch_events.get(),
            epochs: self.epochs.get(),
            learning_rate: self.learning_rate,
            warmup: self.warmup,
            weight_decay: self.weight_decay,
            average: self.average,
            negatives: full_up_to(train.n_items(), self.negatives),
            check_every: self.check_every.get(),
            patience: self.patience.get(),
        };
        course.check()?;
        let width = self.embedding_dim.get();
        let seed = run.seed.derive("gru4rec").derive("weights");
        let body = Gru::new(width, self.dropout, seed);
        let network = NextItem::new((train.n_items(), 0, width), body, self.dropout, seed);
        let wrap = |network| Sequential::new(network, course.longest, train);
        let network = course.train(network, settings_of(self), (train, train), (run, wrap))?;
        Ok(wrap(network))
    }
}

impl Tune for Gru4recConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("embedding_dim", Values::Integers(&[64, 128, 256])),
            dimension("dropout", Values::Uniform(0.0, 0.5)),
            dimension("learning_rate", Values::LogUniform(5e-4, 5e-3)),
            dimension("longest", Values::Integers(&[50, 200])),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

impl Weights for Sequential<Gru> {
    fn weights(&self) -> NamedTensors {
        self.tensors()
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (_, width, _) = weights.matrix("items")?;
        let body = Gru::new(width, 0.0, sparring_wide::Seed(0));
        Self::from_tensors(weights, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> Gru4recConfig {
        Gru4recConfig {
            embedding_dim: count(12),
            longest: count(10),
            epochs: count(3),
            batch_events: count(256),
            ..Gru4recConfig::default()
        }
    }

    recommender_contract!(super::tiny());
}
