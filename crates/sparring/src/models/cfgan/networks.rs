//! The generator and the discriminator: tensors as wide as a profile around hidden layers.

use rand_distr::{Distribution, StandardNormal};
use sparring_wide::Stream;

use super::rows::Rows;
use super::stack::{Activation, Stack, Trace};
use crate::models::product::{add, multiply, view};
use crate::models::tensor::{Adam, Tensor};

/// `G(c, z) = out(h V' + v)`, `h` the hidden layers over `c A + z N`.
#[derive(Debug, Clone)]
pub(in crate::models) struct Generator {
    /// `A`, `[N, H]`.
    pub(in crate::models) input: Tensor,
    /// `[Z, H]`.
    pub(in crate::models) noise: Tensor,
    pub(in crate::models) stack: Stack,
    /// `V`, `[N, H]`, and `v`, `[N]`.
    pub(in crate::models) output: Tensor,
    pub(in crate::models) output_bias: Tensor,
}

/// `D(c, x) = h w + b`, a logit, `h` the hidden layers over `c C + x P`.
#[derive(Debug, Clone)]
pub(in crate::models) struct Discriminator {
    /// `C` and `P`, `[N, H]`.
    pub(in crate::models) condition: Tensor,
    pub(in crate::models) profile: Tensor,
    pub(in crate::models) stack: Stack,
    /// `w`, `[H]`, and `b`.
    pub(in crate::models) top: Tensor,
    pub(in crate::models) bias: Tensor,
}

/// Sizes of a network.
#[derive(Debug, Clone, Copy)]
pub(in crate::models) struct Shape {
    /// Width `N` of a profile.
    pub(in crate::models) width: usize,
    /// Width `H` of the hidden layers.
    pub(in crate::models) hidden: usize,
    pub(in crate::models) layers: usize,
    pub(in crate::models) activation: Activation,
}

impl Generator {
    pub(in crate::models) fn new(shape: Shape, noise_dim: usize, stream: &mut Stream) -> Self {
        let Shape {
            width,
            hidden,
            layers,
            activation,
        } = shape;
        Self {
            input: Tensor::glorot(width, hidden, stream),
            noise: Tensor::glorot(noise_dim, hidden, stream),
            stack: Stack::new(hidden, layers, activation, stream),
            output: Tensor::glorot(width, hidden, stream),
            output_bias: Tensor::new(vec![0.0; width]),
        }
    }

    /// The noise of a batch, `[B, Z]`.
    pub(in crate::models) fn draw_noise(&self, rows: usize, stream: &mut Stream) -> Vec<f32> {
        let n = rows * self.noise.value.len() / self.stack.width;
        (0..n).map(|_| StandardNormal.sample(stream)).collect()
    }

    /// The hidden layers, given conditions and noise.
    pub(in crate::models) fn encode(&self, condition: &Rows, noise: &[f32]) -> Trace {
        let h = self.stack.width;
        let mut z = condition.sum_rows(&self.input.value, h);
        if !noise.is_empty() {
            let n = noise.len() / condition.len();
            add(
                &mut z,
                &multiply(
                    view(noise, condition.len(), n),
                    view(&self.noise.value, n, h),
                ),
            );
        }
        self.stack.forward(z)
    }

    /// Updates all below the top of the hidden layers, given the gradient there.
    pub(in crate::models) fn descend_below(
        &mut self,
        seen: (&Rows, &[f32], &Trace),
        top: Vec<f32>,
        adam: Adam,
    ) {
        let (condition, noise, trace) = seen;
        let h = self.stack.width;
        let z = self.stack.backward(trace, top, Some(adam));
        self.input.update(h, adam, |from, _, out| {
            for (column, row) in (from..).zip(out.chunks_mut(h)) {
                condition.add_holders(column, row, &z);
            }
        });
        if !noise.is_empty() {
            let n = noise.len() / condition.len();
            let noise = view(noise, condition.len(), n).transpose();
            self.noise
                .update_by(adam, &multiply(noise, view(&z, condition.len(), h)));
        }
    }

    /// The norm of the running mean of the gradients.
    pub(in crate::models) fn gradient_norm(&self) -> f64 {
        let ends = [&self.input, &self.noise, &self.output, &self.output_bias];
        let all = ends.into_iter().chain(&self.stack.tensors);
        all.map(Tensor::mean_square).sum::<f64>().sqrt()
    }

    /// The values of all tensors that score, in a fixed order.
    pub(in crate::models) fn values(&self) -> Vec<&[f32]> {
        let ends = [&self.input, &self.output, &self.output_bias];
        ends.into_iter()
            .chain(&self.stack.tensors)
            .map(|tensor| &tensor.value[..])
            .collect()
    }
}

impl Discriminator {
    /// The norm of the running mean of the gradients.
    pub(in crate::models) fn gradient_norm(&self) -> f64 {
        let ends = [&self.condition, &self.profile, &self.top, &self.bias];
        let all = ends.into_iter().chain(&self.stack.tensors);
        all.map(Tensor::mean_square).sum::<f64>().sqrt()
    }

    pub(in crate::models) fn new(shape: Shape, stream: &mut Stream) -> Self {
        let Shape {
            width,
            hidden,
            layers,
            activation,
        } = shape;
        // One tensor of `2 N` rows as far as its initialisation is concerned.
        let both = Tensor::glorot(2 * width, hidden, stream).value;
        let (condition, profile) = both.split_at(width * hidden);
        Self {
            condition: Tensor::new(condition.to_vec()),
            profile: Tensor::new(profile.to_vec()),
            stack: Stack::new(hidden, layers, activation, stream),
            top: Tensor::glorot(hidden, 1, stream),
            bias: Tensor::new(vec![0.0]),
        }
    }

    /// The logits, given the top of the hidden layers.
    pub(in crate::models) fn logits(&self, trace: &Trace) -> Vec<f32> {
        let h = self.stack.width;
        let rows = trace.top().chunks(h);
        rows.map(|row| super::rows::dot(row, &self.top.value) + self.bias.value[0])
            .collect()
    }

    /// The gradient at the first sums, given that at the logits; updates the layers above them if
    /// there is an optimiser.
    pub(in crate::models) fn backward(
        &mut self,
        trace: &Trace,
        logits: &[f32],
        adam: Option<Adam>,
    ) -> Vec<f32> {
        let h = self.stack.width;
        let mut top = vec![0.0; logits.len() * h];
        for (row, logit) in top.chunks_mut(h).zip(logits) {
            super::rows::add_scaled(row, &self.top.value, *logit);
        }
        if let Some(adam) = adam {
            let mut change = vec![0.0; h];
            for (row, logit) in trace.top().chunks(h).zip(logits) {
                super::rows::add_scaled(&mut change, row, *logit);
            }
            self.top.update_by(adam, &change);
            self.bias.update_by(adam, &[logits.iter().sum()]);
        }
        self.stack.backward(trace, top, adam)
    }
}
