//! Stochastic gradient descent with momentum.

use rayon::prelude::*;

use crate::RowGradient;
use crate::parallel::{BLOCK, row_blocks};
use crate::simd::vectorised;

/// Gradient descent with momentum (Sutskever et al., 2013, eq. 1, the rate outside the velocity).
///
/// ```text
/// u = momentum u + g + weight_decay w      w = w - rate u
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub learning_rate: f32,
    /// What remains of the velocity `u`, in `[0, 1)`.
    pub momentum: f32,
    /// Weight decay, added to the gradient.
    pub weight_decay: f32,
}

impl Default for Sgd {
    fn default() -> Self {
        Self {
            learning_rate: 1e-2,
            momentum: 0.0,
            weight_decay: 0.0,
        }
    }
}

/// The velocity of one parameter tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct SgdState {
    velocity: Vec<f32>,
}

impl SgdState {
    /// For a tensor of `len` parameters.
    pub fn new(len: usize) -> Self {
        Self {
            velocity: vec![0.0; len],
        }
    }

    /// One step by a full gradient.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn step(&mut self, sgd: &Sgd, weights: &mut [f32], gradient: &[f32]) {
        assert_eq!(weights.len(), self.velocity.len(), "weights of this state");
        assert_eq!(weights.len(), gradient.len(), "one derivative a weight");
        let blocks = weights.par_chunks_mut(BLOCK);
        blocks
            .zip(self.velocity.par_chunks_mut(BLOCK))
            .zip(gradient.par_chunks(BLOCK))
            .for_each(|((w, u), g)| sgd.apply(w, u, g));
    }

    /// One step by the rows of a gradient `[I, width]`, exactly as if the others were zeros.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn step_rows(
        &mut self,
        sgd: &Sgd,
        weights: &mut [f32],
        width: usize,
        gradient: &RowGradient,
    ) {
        assert_eq!(weights.len(), self.velocity.len(), "weights of this state");
        let (zeros, rows) = (vec![0.0; width], row_blocks(width));
        weights
            .par_chunks_mut(rows * width.max(1))
            .zip(self.velocity.par_chunks_mut(rows * width.max(1)))
            .enumerate()
            .for_each(|(block, (w, u))| {
                let each = w.chunks_mut(width).zip(u.chunks_mut(width));
                for ((w, u), g) in each.zip(gradient.rows_from(block * rows, &zeros)) {
                    sgd.apply(w, u, g);
                }
            });
    }
}

impl Sgd {
    fn apply(&self, w: &mut [f32], u: &mut [f32], g: &[f32]) {
        vectorised(|| {
            for ((w, u), g) in w.iter_mut().zip(u).zip(g) {
                *u = self.momentum * *u + (g + self.weight_decay * *w);
                *w -= self.learning_rate * *u;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_by_hand() {
        let sgd = Sgd {
            learning_rate: 0.5,
            momentum: 0.5,
            weight_decay: 0.25,
        };
        let (mut state, mut w) = (SgdState::new(1), [4.0]);
        // u = 1 + 0.25 * 4 = 2, w = 4 - 1 = 3
        state.step(&sgd, &mut w, &[1.0]);
        assert!((w[0] - 3.0).abs() < 1e-6);
        // u = 0.5 * 2 + 0.25 * 3 = 1.75, w = 3 - 0.875
        state.step(&sgd, &mut w, &[0.0]);
        assert!((w[0] - 2.125).abs() < 1e-6);
    }
}
