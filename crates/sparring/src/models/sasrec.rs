//! SASRec: self-attention over a user's events (Kang and McAuley, "Self-attentive sequential
//! recommendation", ICDM 2018), trained with the cross-entropy over the catalogue.
//!
//! ```text
//! x_t = sqrt(K) E[item_t] + P[t]        h = transformer(x)        score(i) = E_i . h_t
//! min  -sum_t ln softmax(E h_t)_item_{t+1}                                (Klenitskiy and Vasilev, 2023, eq. 3)
//! ```
//!
//! Departures: the loss over all items instead of one negative (eq. 7 there), drawn evenly with the
//! logQ correction in larger catalogues; norms before the layers, none skipped; places count from
//! the start of a window, not from its end; windows longer than the longest are cut at a place
//! drawn anew every epoch; the rate falls along a cosine and the weights are averaged over steps.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use sparring_deep::{Device, NextItem, Transformer, TransformerSizes};

use super::check;
use super::sequential::{
    Course, Sequential, body_sizes, count, full_up_to, settings_of, with_body,
};
use crate::data::Dataset;
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Run, Tune, Values, Weights, WeightsError,
};

/// Settings of SASRec.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SasrecConfig {
    /// Width `K` of an event.
    pub embedding_dim: NonZeroUsize,
    /// Attention heads; they divide `K`.
    pub heads: NonZeroUsize,
    /// Layers of attention.
    pub layers: NonZeroUsize,
    /// Width of the feed-forward layers.
    pub feedforward: NonZeroUsize,
    /// Events that are looked at, the last ones.
    pub longest: NonZeroUsize,
    /// Whether attention fades with distance, by head.
    pub recency: bool,
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

impl Default for SasrecConfig {
    fn default() -> Self {
        Self {
            embedding_dim: count(64),
            heads: count(2),
            layers: count(2),
            feedforward: count(256),
            longest: count(200),
            recency: false,
            dropout: 0.2,
            negatives: 4_096,
            learning_rate: 2e-3,
            warmup: 0.05,
            weight_decay: 0.0,
            average: 0.99,
            epochs: count(40),
            batch_events: count(4_096),
            check_every: count(1),
            patience: count(5),
        }
    }
}

impl SasrecConfig {
    fn course(&self, n_items: usize) -> Course {
        Course {
            model: "sasrec",
            longest: self.longest.get(),
            batch_events: self.batch_events.get(),
            epochs: self.epochs.get(),
            learning_rate: self.learning_rate,
            warmup: self.warmup,
            weight_decay: self.weight_decay,
            average: self.average,
            negatives: full_up_to(n_items, self.negatives),
            check_every: self.check_every.get(),
            patience: self.patience.get(),
        }
    }
}

impl Fit for SasrecConfig {
    type Model = Sequential<Transformer>;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Sequential<Transformer>, FitError> {
        let (width, heads) = (self.embedding_dim.get(), self.heads.get());
        let ok = (0.0..1.0).contains(&self.dropout);
        check::setting(
            ok,
            "sasrec",
            "dropout",
            "0 or more and below 1",
            self.dropout,
        )?;
        let ok = width.is_multiple_of(heads);
        check::setting(ok, "sasrec", "heads", "a divisor of embedding_dim", heads)?;
        let course = self.course(train.n_items());
        course.check()?;
        let sizes = TransformerSizes {
            width,
            heads,
            layers: self.layers.get(),
            feedforward: self.feedforward.get(),
            dropout: self.dropout,
            recency: self.recency,
        };
        let seed = run.seed.derive("sasrec").derive("weights");
        let body = Transformer::new(sizes, run.device, seed);
        let shape = (train.n_items(), course.longest, width);
        let network = NextItem::new(shape, body, self.dropout, seed);
        let wrap = |network| Sequential::new(network, course.longest, train);
        let network = course.train(network, settings_of(self), (train, train), (run, wrap))?;
        Ok(wrap(network))
    }
}

impl Tune for SasrecConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("embedding_dim", Values::Integers(&[32, 64, 128])),
            dimension("layers", Values::Integers(&[1, 2, 3])),
            dimension("dropout", Values::Uniform(0.1, 0.5)),
            dimension("learning_rate", Values::LogUniform(5e-4, 4e-3)),
            dimension("longest", Values::Integers(&[50, 200])),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

impl Weights for Sequential<Transformer> {
    fn weights(&self) -> NamedTensors {
        let sizes = self.body().sizes();
        let recency = vec![u32::from(sizes.recency)];
        with_body(self.tensors(), sizes).with_indices("recency", &[1], recency)
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (_, width, _) = weights.matrix("items")?;
        let recency = weights.indices("recency")? == [1];
        let sizes = body_sizes(weights, (width, recency))?;
        let body = Transformer::new(sizes, Device::Cpu, sparring_wide::Seed(0));
        Self::from_tensors(weights, body)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Small enough for a test.
    pub(in crate::models) fn tiny() -> SasrecConfig {
        SasrecConfig {
            embedding_dim: count(16),
            feedforward: count(32),
            longest: count(12),
            epochs: count(3),
            batch_events: count(256),
            ..SasrecConfig::default()
        }
    }

    recommender_contract!(crate::models::sasrec::tests::tiny());
}
