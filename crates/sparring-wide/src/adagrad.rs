//! Adagrad, in one pass over memory.

use rayon::prelude::*;

use crate::RowGradient;
use crate::parallel::{BLOCK, row_blocks};
use crate::simd::vectorised;

/// Adagrad with a diagonal matrix (Duchi et al., 2011, eq. 1).
///
/// ```text
/// g = g + weight_decay w      s = s + g^2      w = w - rate g / (sqrt(s) + eps)
/// ```
///
/// A row without a gradient and without decay does not move, so [`AdagradState::step_rows`] reads
/// only the rows of the gradient and is still exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adagrad {
    /// Learning rate.
    pub learning_rate: f32,
    /// What is added to the root.
    pub epsilon: f32,
    /// Weight decay, added to the gradient.
    pub weight_decay: f32,
}

impl Default for Adagrad {
    fn default() -> Self {
        Self {
            learning_rate: 1e-2,
            epsilon: 1e-10,
            weight_decay: 0.0,
        }
    }
}

/// The sums of squared derivatives of one parameter tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct AdagradState {
    sum: Vec<f32>,
}

impl AdagradState {
    /// For a tensor of `len` parameters.
    pub fn new(len: usize) -> Self {
        Self {
            sum: vec![0.0; len],
        }
    }

    /// One step by a full gradient.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn step(&mut self, adagrad: &Adagrad, weights: &mut [f32], gradient: &[f32]) {
        assert_eq!(weights.len(), self.sum.len(), "weights of this state");
        assert_eq!(weights.len(), gradient.len(), "one derivative a weight");
        let blocks = weights.par_chunks_mut(BLOCK);
        blocks
            .zip(self.sum.par_chunks_mut(BLOCK))
            .zip(gradient.par_chunks(BLOCK))
            .for_each(|((w, s), g)| adagrad.apply(w, s, g));
    }

    /// One step by the rows of a gradient `[I, width]`, exactly as if the others were zeros.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn step_rows(
        &mut self,
        adagrad: &Adagrad,
        weights: &mut [f32],
        width: usize,
        gradient: &RowGradient,
    ) {
        assert_eq!(weights.len(), self.sum.len(), "weights of this state");
        let (zeros, rows) = (vec![0.0; width], row_blocks(width));
        // An exact zero changes nothing when there is no decay.
        let all = adagrad.weight_decay != 0.0;
        weights
            .par_chunks_mut(rows * width.max(1))
            .zip(self.sum.par_chunks_mut(rows * width.max(1)))
            .enumerate()
            .for_each(|(block, (w, s))| {
                let first = block * rows;
                if all {
                    let each = w.chunks_mut(width).zip(s.chunks_mut(width));
                    for ((w, s), g) in each.zip(gradient.rows_from(first, &zeros)) {
                        adagrad.apply(w, s, g);
                    }
                } else {
                    for (row, g) in gradient.within(first, w.len() / width) {
                        let range = (row - first) * width..(row - first + 1) * width;
                        adagrad.apply(&mut w[range.clone()], &mut s[range], g);
                    }
                }
            });
    }
}

impl Adagrad {
    fn apply(&self, w: &mut [f32], s: &mut [f32], g: &[f32]) {
        vectorised(|| {
            for ((w, s), g) in w.iter_mut().zip(s).zip(g) {
                let g = g + self.weight_decay * *w;
                *s += g * g;
                *w -= self.learning_rate * g / (s.sqrt() + self.epsilon);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_by_hand() {
        let adagrad = Adagrad {
            learning_rate: 1.0,
            ..Adagrad::default()
        };
        let (mut state, mut w) = (AdagradState::new(1), [5.0]);
        // s = 9, step 3 / 3 = 1; s = 9 + 16 = 25, step 4 / 5 = 0.8.
        state.step(&adagrad, &mut w, &[3.0]);
        assert!((w[0] - 4.0).abs() < 1e-6);
        state.step(&adagrad, &mut w, &[4.0]);
        assert!((w[0] - 3.2).abs() < 1e-6);
    }
}
