//! Adam, in one pass over memory.

use rayon::prelude::*;

use crate::RowGradient;
use crate::parallel::{BLOCK, SMALL, row_blocks};
use crate::simd::vectorised;

/// Adam with bias correction (Kingma and Ba, 2015, algorithm 1), and `AdamW` if the decay is
/// decoupled (Loshchilov and Hutter, 2019, algorithm 2).
///
/// ```text
/// m = b1 m + (1 - b1) g      v = b2 v + (1 - b2) g^2
/// w = w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub learning_rate: f32,
    /// Decay `b1` of the mean of gradients.
    pub beta1: f32,
    /// Decay `b2` of the mean of squared gradients.
    pub beta2: f32,
    /// What is added to the root.
    pub epsilon: f32,
    /// Weight decay: `weight_decay w` is added to `g`, or `rate weight_decay w` subtracted from
    /// `w` if `decoupled`.
    pub weight_decay: f32,
    /// Whether the decay is that of `AdamW`.
    pub decoupled: bool,
}

impl Default for Adam {
    fn default() -> Self {
        Self {
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
        }
    }
}

/// The moments of one parameter tensor, and its number of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamState {
    mean: Vec<f32>,
    square: Vec<f32>,
    step: i32,
}

/// Factors of one step.
#[derive(Clone, Copy)]
struct Rule {
    adam: Adam,
    /// `rate / (1 - b1^t)`
    rate: f32,
    /// `1 / sqrt(1 - b2^t)`
    root: f32,
    coupled: f32,
    shrink: f32,
}

impl AdamState {
    /// The squared norm of the running mean of the gradients.
    pub fn mean_square(&self) -> f64 {
        self.mean.iter().map(|m| f64::from(*m).powi(2)).sum()
    }

    /// For a tensor of `len` parameters.
    pub fn new(len: usize) -> Self {
        Self {
            mean: vec![0.0; len],
            square: vec![0.0; len],
            step: 0,
        }
    }

    /// The running means of the gradients and of their squares, and the number of steps: all that
    /// a checkpoint needs.
    pub fn parts(&self) -> (&[f32], &[f32], i32) {
        (&self.mean, &self.square, self.step)
    }

    /// The state that [`parts`](Self::parts) gave.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn from_parts(mean: Vec<f32>, square: Vec<f32>, step: i32) -> Self {
        assert_eq!(mean.len(), square.len(), "two moments a weight");
        Self { mean, square, step }
    }

    /// One step by a full gradient.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn step(&mut self, adam: &Adam, weights: &mut [f32], gradient: &[f32]) {
        assert_eq!(weights.len(), self.mean.len(), "weights of this state");
        assert_eq!(weights.len(), gradient.len(), "one derivative a weight");
        let rule = self.next(adam);
        if weights.len() <= SMALL {
            return rule.apply(weights, &mut self.mean, &mut self.square, gradient);
        }
        self.blocks(weights, BLOCK)
            .zip(gradient.par_chunks(BLOCK))
            .for_each(|(((w, m), v), g)| rule.apply(w, m, v, g));
    }

    /// One step by the rows of a gradient `[I, width]`, exactly as if the others were zeros:
    /// their moments fade and still move the weights.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn step_rows(
        &mut self,
        adam: &Adam,
        weights: &mut [f32],
        width: usize,
        gradient: &RowGradient,
    ) {
        assert_eq!(weights.len(), self.mean.len(), "weights of this state");
        let rule = self.next(adam);
        let (zeros, rows) = (vec![0.0; width], row_blocks(width));
        self.blocks(weights, rows * width.max(1))
            .enumerate()
            .for_each(|(block, ((w, m), v))| {
                let each = w.chunks_mut(width).zip(m.chunks_mut(width));
                let each = each.zip(v.chunks_mut(width));
                for (((w, m), v), g) in each.zip(gradient.rows_from(block * rows, &zeros)) {
                    rule.apply(w, m, v, g);
                }
            });
    }

    /// One step of only the rows that the gradient touches (`lazy` Adam): fast, and not Adam.
    ///
    /// # Panics
    /// If a row lies outside.
    pub fn step_rows_lazy(
        &mut self,
        adam: &Adam,
        weights: &mut [f32],
        width: usize,
        gradient: &RowGradient,
    ) {
        let rule = self.next(adam);
        for (row, g) in gradient.rows.iter().zip(gradient.data.chunks(width)) {
            let range = *row as usize * width..(*row as usize + 1) * width;
            let (m, v) = (
                &mut self.mean[range.clone()],
                &mut self.square[range.clone()],
            );
            rule.apply(&mut weights[range], m, v, g);
        }
    }

    fn blocks<'a>(
        &'a mut self,
        weights: &'a mut [f32],
        block: usize,
    ) -> impl IndexedParallelIterator<Item = ((&'a mut [f32], &'a mut [f32]), &'a mut [f32])> {
        weights
            .par_chunks_mut(block)
            .zip(self.mean.par_chunks_mut(block))
            .zip(self.square.par_chunks_mut(block))
    }

    #[expect(clippy::cast_possible_truncation, reason = "factors, rounded to f32")]
    fn next(&mut self, adam: &Adam) -> Rule {
        self.step = self.step.saturating_add(1);
        let left = |beta: f32| 1.0 - f64::from(beta).powi(self.step);
        let decay = adam.weight_decay;
        Rule {
            adam: *adam,
            rate: (f64::from(adam.learning_rate) / left(adam.beta1)) as f32,
            root: left(adam.beta2).sqrt().recip() as f32,
            coupled: if adam.decoupled { 0.0 } else { decay },
            shrink: if adam.decoupled {
                adam.learning_rate * decay
            } else {
                0.0
            },
        }
    }
}

impl Rule {
    fn apply(self, w: &mut [f32], m: &mut [f32], v: &mut [f32], g: &[f32]) {
        let (b1, b2) = (1.0 - self.adam.beta1, 1.0 - self.adam.beta2);
        vectorised(|| {
            for (((w, m), v), g) in w.iter_mut().zip(m).zip(v).zip(g) {
                let g = g + self.coupled * *w;
                *m += b1 * (g - *m);
                *v += b2 * (g * g - *v);
                let step = self.rate * *m / (v.sqrt() * self.root + self.adam.epsilon);
                *w -= step + self.shrink * *w;
            }
        });
    }
}

#[cfg(test)]
#[path = "adam_tests.rs"]
mod tests;
