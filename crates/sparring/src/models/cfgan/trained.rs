//! A trained generator, and how it scores.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, Par};
use rayon::prelude::*;

use super::rows::Rows;
use super::stack::{Activation, forward};
use crate::models::factors::Factors;
use crate::models::product::view;
use crate::recommend::{
    NamedTensors, Query, Recommender, ScoreError, Tensor, Weights, WeightsError,
};

/// Users scored together.
const BLOCK: usize = 64;

/// A trained CFGAN.
#[derive(Debug, Clone, PartialEq)]
pub struct Cfgan(pub(in crate::models) Trained);

#[derive(Debug, Clone, PartialEq)]
pub(in crate::models) enum Trained {
    /// User mode: the generator itself.
    User(Network),
    /// Item mode: an item is the top of its hidden layers, a user a row of the output.
    Item(Factors),
}

/// The generator's weights in user mode.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::models) struct Network {
    pub(in crate::models) hidden: usize,
    pub(in crate::models) activation: Activation,
    pub(in crate::models) normalised: bool,
    /// `[I, H]`, `[I, H]`, `[I]`, then `b_0, W_1, b_1, ...`.
    pub(in crate::models) values: Vec<Vec<f32>>,
}

impl Network {
    fn n_items(&self) -> usize {
        self.values[2].len()
    }

    /// The top of the hidden layers for some profiles.
    pub(in crate::models) fn encode(&self, rows: Rows) -> Vec<f32> {
        let rows = if self.normalised {
            rows.normalised()
        } else {
            rows
        };
        let layers: Vec<&[f32]> = self.values[3..].iter().map(|values| &values[..]).collect();
        let sums = rows.sum_rows(&self.values[0], self.hidden);
        forward(self.hidden, self.activation, &layers, sums)
            .top()
            .to_vec()
    }

    fn score_block(&self, queries: &[Query<'_>], scores: &mut [f32]) {
        let (n, h) = (self.n_items(), self.hidden);
        let histories = queries.iter().map(|query| query.history.iter().copied());
        let top = self.encode(Rows::new(n, histories));
        scores
            .chunks_mut(n)
            .for_each(|row| row.copy_from_slice(&self.values[2]));
        let out = MatMut::from_row_major_slice_mut(scores, queries.len(), n);
        let output = view(&self.values[1], n, h).transpose();
        matmul(
            out,
            Accum::Add,
            view(&top, queries.len(), h),
            output,
            1.0,
            Par::Seq,
        );
    }
}

impl Cfgan {
    /// Whether every weight is a number.
    pub(in crate::models) fn is_finite(&self) -> bool {
        let tensors = self.weights();
        tensors.0.values().all(|tensor| match tensor {
            Tensor::F32 { data, .. } => data.iter().all(|value| value.is_finite()),
            Tensor::U32 { .. } => true,
        })
    }
}

impl Recommender for Cfgan {
    fn n_items(&self) -> usize {
        match &self.0 {
            Trained::User(network) => network.n_items(),
            Trained::Item(factors) => factors.n_items(),
        }
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let network = match &self.0 {
            Trained::User(network) => network,
            Trained::Item(factors) => return factors.score_into(queries, scores),
        };
        let n_items = network.n_items();
        assert_eq!(scores.len(), queries.len() * n_items, "scores are [Q, I]");
        let mut items = queries.iter().flat_map(|query| query.history);
        if let Some(&item) = items.find(|item| item.at() >= n_items) {
            return Err(ScoreError::UnknownItem { item, n_items });
        }
        let blocks = queries
            .par_chunks(BLOCK)
            .zip(scores.par_chunks_mut(BLOCK * n_items));
        blocks.for_each(|(queries, scores)| network.score_block(queries, scores));
        Ok(())
    }
}

const ACTIVATIONS: [Activation; 4] = [
    Activation::Linear,
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Relu,
];

impl Weights for Cfgan {
    fn weights(&self) -> NamedTensors {
        let network = match &self.0 {
            Trained::User(network) => network,
            Trained::Item(factors) => return factors.weights(),
        };
        let (n, h, values) = (network.n_items(), network.hidden, &network.values);
        let code = (0..)
            .zip(ACTIVATIONS)
            .find(|(_, known)| *known == network.activation);
        let code = code.map_or(0, |(code, _)| code);
        let layers = values[3..].len() / 2;
        let concat = |from: usize| {
            values[from..]
                .iter()
                .step_by(2)
                .flatten()
                .copied()
                .collect()
        };
        NamedTensors::new()
            .with_indices(
                "activation",
                &[2],
                vec![code, u32::from(network.normalised)],
            )
            .with("hidden", &[layers * h, h], concat(4))
            .with("hidden_bias", &[layers + 1, h], concat(3))
            .with("input", &[n, h], values[0].clone())
            .with("output", &[n, h], values[1].clone())
            .with("output_bias", &[n], values[2].clone())
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        if !weights.0.contains_key("output") {
            return Factors::from_weights(weights).map(|factors| Self(Trained::Item(factors)));
        }
        let (n, h, output) = weights.matrix("output")?;
        let (layers, _, bias) = weights.matrix("hidden_bias")?;
        let bias = weights
            .matrix_of("hidden_bias", layers.max(1), h)
            .map_or_else(Err, |_| Ok(bias))?;
        let hidden = weights.matrix_of("hidden", (layers - 1) * h, h)?;
        let mut values = vec![
            weights.matrix_of("input", n, h)?.to_vec(),
            output.to_vec(),
            weights.vector_of("output_bias", n)?.to_vec(),
            bias[..h].to_vec(),
        ];
        for (weights, bias) in hidden.chunks(h * h).zip(bias[h..].chunks(h)) {
            values.extend([weights.to_vec(), bias.to_vec()]);
        }
        let refused = |found: &[u32]| WeightsError::Value {
            name: "activation".to_owned(),
            expected: "a code from 0 to 3 and 0 or 1",
            found: format!("{found:?}"),
        };
        let (activation, normalised) = match weights.indices("activation")? {
            &[code, flag @ (0 | 1)] if code < 4 => (ACTIVATIONS[code as usize], flag == 1),
            found => return Err(refused(found)),
        };
        Ok(Self(Trained::User(Network {
            hidden: h,
            activation,
            normalised,
            values,
        })))
    }
}
