//! Weight matrices that are updated block by block.

use rand::RngExt;
use rayon::prelude::*;
use sparring_wide::Stream;

/// Rows of a weight matrix that are updated together.
const BLOCK: usize = 128;

/// A weight matrix with its Adam moments.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) value: Vec<f32>,
    mean: Vec<f32>,
    square: Vec<f32>,
}

/// One step of Adam (Kingma and Ba, 2015) with bias correction and l2 in the gradient.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adam {
    rate: f32,
    l2: f32,
}

impl Adam {
    /// The step number `step`, from 1.
    pub(super) fn at(step: u32, learning_rate: f32, l2: f32) -> Self {
        let t = f64::from(step);
        let correction = (1.0 - 0.999_f64.powf(t)).sqrt() / (1.0 - 0.9_f64.powf(t));
        #[expect(clippy::cast_possible_truncation, reason = "a factor below 1")]
        let rate = learning_rate * correction as f32;
        Self { rate, l2 }
    }

    fn apply(self, value: &mut [f32], mean: &mut [f32], square: &mut [f32], gradient: &[f32]) {
        for (((w, m), v), g) in value.iter_mut().zip(mean).zip(square).zip(gradient) {
            let g = g + self.l2 * *w;
            *m += 0.1 * (g - *m);
            *v += 0.001 * (g * g - *v);
            *w -= self.rate * *m / (v.sqrt() + 1e-8);
        }
    }
}

impl Tensor {
    pub(super) fn new(value: Vec<f32>) -> Self {
        Self {
            mean: vec![0.0; value.len()],
            square: vec![0.0; value.len()],
            value,
        }
    }

    /// Glorot's uniform initialisation of `[rows, columns]`.
    pub(super) fn glorot(rows: usize, columns: usize, stream: &mut Stream) -> Self {
        let bound = (6.0 / (rows + columns) as f32).sqrt();
        Self::new(
            (0..rows * columns)
                .map(|_| stream.random_range(-bound..bound))
                .collect(),
        )
    }

    /// Updates every row; `gradient(first row, weights, buffer)` fills the zeroed gradient of a
    /// block of rows, given their weights.
    pub(super) fn update(
        &mut self,
        width: usize,
        adam: Adam,
        gradient: impl Fn(usize, &[f32], &mut [f32]) + Sync,
    ) {
        let length = BLOCK * width;
        self.value
            .par_chunks_mut(length)
            .zip(self.mean.par_chunks_mut(length))
            .zip(self.square.par_chunks_mut(length))
            .enumerate()
            .for_each(|(block, ((value, mean), square))| {
                let mut buffer = vec![0.0; value.len()];
                gradient(block * BLOCK, value, &mut buffer);
                adam.apply(value, mean, square, &buffer);
            });
    }

    /// Updates every weight by a whole gradient.
    pub(super) fn update_by(&mut self, adam: Adam, gradient: &[f32]) {
        adam.apply(&mut self.value, &mut self.mean, &mut self.square, gradient);
    }

    /// The squared norm of the running mean of the gradients.
    pub(super) fn mean_square(&self) -> f64 {
        self.mean.iter().map(|m| f64::from(*m).powi(2)).sum()
    }

    /// The gradient of the first step, from the first moment that it left.
    #[cfg(test)]
    pub(super) fn first_gradient(&self, at: usize) -> f32 {
        self.mean[at] / 0.1
    }
}
