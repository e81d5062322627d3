//! The masked network: a history in, scores of all items out, trained to find what was hidden.
//!
//! ```text
//! h = tanh(x / |x| W + b),  s = h V' + c
//! ```
//!
//! A share `mask` of each history is hidden and only hidden items are wanted, so that copying the
//! input is no solution.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use sparring_wide::{Activation, Matrix, OutputHead, Seed, SparseLinear, SparseRows};

use super::opponent::{Opponent, Rules};
use crate::data::ItemIx;
use crate::models::check;
use crate::models::contributions::{dot, each_once, scored};
use crate::models::profiles::distinct;
use crate::recommend::{
    FitError, NamedTensors, Query, Recommender, ScoreError, Weights, WeightsError,
};

/// Settings of the masked network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NeuralConfig {
    /// Who picks the negatives: `own`, `uniform`, or `none` for a likelihood instead.
    pub opponent: Opponent,
    /// Width `H` of the hidden layer.
    pub hidden: NonZeroUsize,
    /// Share of a history that is hidden and wanted, above 0 and below 1.
    pub mask: f32,
    /// Share of the hidden units that a step leaves out, `>= 0` and below 1.
    pub dropout: f32,
    /// Most hidden items of a user in a step.
    pub positives: NonZeroUsize,
    /// Picks of the opponent for a user in a step.
    pub negatives: NonZeroUsize,
    /// How evenly the opponent picks, `> 0`.
    pub temperature: f32,
    /// Learning rate.
    pub learning_rate: f32,
    /// Decay of the weights but not of the biases, `>= 0`.
    pub l2: f32,
    /// Users in a step.
    pub batch_size: NonZeroUsize,
    /// Steps.
    pub steps: NonZeroUsize,
    /// Steps between looks at the health, and at the validation metric where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for NeuralConfig {
    fn default() -> Self {
        let count = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            opponent: Opponent::Own,
            hidden: count(256),
            mask: 0.5,
            dropout: 0.5,
            positives: count(16),
            negatives: count(64),
            temperature: 1.0,
            learning_rate: 1e-3,
            l2: 1e-6,
            batch_size: count(128),
            steps: count(1500),
            check_every: count(100),
            patience: count(5),
        }
    }
}

impl NeuralConfig {
    pub(super) fn check(&self) -> Result<(), FitError> {
        let model = "sparring";
        let inside = |share: f32| share > 0.0 && share < 1.0;
        check::setting(
            inside(self.mask),
            model,
            "neural.mask",
            "between 0 and 1",
            self.mask,
        )?;
        let (key, expected) = ("neural.dropout", "0 or more and below 1");
        check::setting(
            (0.0..1.0).contains(&self.dropout),
            model,
            key,
            expected,
            self.dropout,
        )?;
        check::positive(model, "neural.temperature", self.temperature.into())?;
        check::positive(model, "neural.learning_rate", self.learning_rate.into())?;
        check::not_negative(model, "neural.l2", self.l2.into())
    }

    pub(super) fn rules(&self) -> Rules {
        Rules {
            opponent: self.opponent,
            positives: self.positives.get(),
            negatives: self.negatives.get(),
            temperature: self.temperature,
        }
    }
}

/// The two layers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Neural {
    pub(crate) encoder: SparseLinear,
    pub(crate) head: OutputHead,
}

impl Neural {
    pub(crate) fn new(n_items: usize, hidden: usize, seed: Seed) -> Self {
        Self {
            encoder: SparseLinear::new(n_items, hidden, seed.derive("encoder")),
            head: OutputHead::new(hidden, n_items, seed.derive("head")),
        }
    }

    /// The hidden units `[B, H]` of normalised histories.
    pub(crate) fn hidden(&self, input: &SparseRows, hidden: &mut Matrix) {
        self.encoder.forward(input, hidden);
        Activation::Tanh.forward(&mut hidden.data);
    }
}

impl Recommender for Neural {
    fn n_items(&self) -> usize {
        self.head.bias.len()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let mut input = SparseRows::new();
        for query in queries {
            input.push_row(distinct(query.history, self.n_items())?);
        }
        input.l2_normalise();
        let (mut hidden, mut logits) = (Matrix::default(), Matrix::default());
        self.hidden(&input, &mut hidden);
        self.head.forward(&hidden, &mut logits);
        scores.copy_from_slice(&logits.data);
        Ok(())
    }

    /// The gradient of the score by each input times that input, `x_j ds_i / dx_j` with
    /// `x_j = 1 / sqrt(n)` for a history of `n` items (Shrikumar et al., "Not just a black box",
    /// 2016; the gradient alone is Simonyan et al., 2014).
    ///
    /// This is of first order: contributions do not sum to the score.
    fn explain(&self, query: &Query<'_>, item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        let n = self.n_items();
        let to = scored(item, n)?;
        let mut input = SparseRows::new();
        input.push_row(distinct(query.history, n)?);
        input.l2_normalise();
        let mut hidden = Matrix::default();
        self.hidden(&input, &mut hidden);
        let mut slopes = self.head.weight.row(to).to_vec();
        Activation::Tanh.backward(&hidden.data, &mut slopes);
        let value = input.values().first().copied().unwrap_or_default();
        let of = |from| value * dot(&slopes, self.encoder.weight.row(from));
        each_once(query.history, n, of).map(Some)
    }
}

impl Weights for Neural {
    fn weights(&self) -> NamedTensors {
        let (encoder, head) = (&self.encoder, &self.head);
        let (n, h) = encoder.weight.shape();
        NamedTensors::new()
            .with("encoder.weight", &[n, h], encoder.weight.data.clone())
            .with("encoder.bias", &[h], encoder.bias.clone())
            .with("head.weight", &[n, h], head.weight.data.clone())
            .with("head.bias", &[n], head.bias.clone())
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (n, h, encoder) = weights.matrix("encoder.weight")?;
        let head = weights.matrix_of("head.weight", n, h)?;
        Ok(Self {
            encoder: SparseLinear {
                weight: Matrix::from_vec(n, h, encoder.to_vec()),
                bias: weights.vector_of("encoder.bias", h)?.to_vec(),
            },
            head: OutputHead {
                weight: Matrix::from_vec(n, h, head.to_vec()),
                bias: weights.vector_of("head.bias", n)?.to_vec(),
            },
        })
    }
}
