//! The layer from hidden units to the catalogue, for all items or only for some of each row.

use rayon::prelude::*;

use crate::simd::vectorised;
use crate::sparse_linear::add_scaled;
use crate::{
    Beta, DenseGradient, Matrix, RowGradient, Seed, SparseRows, add_to_rows, gemm, gemm_nt,
    gemm_tn, sum_rows, xavier_uniform,
};

/// `z = h V' + b`, whose weights lie by item, so that the logits of a few items read only theirs.
///
/// The losses write their derivatives over the logits; where a mask leaves few of them, the
/// functions that end in `_at` take and give sparse logits and skip all other items.
///
/// # Shapes
/// `h [B, H]`, `V [I, H]`, `b [I]`, `z [B, I]`.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputHead {
    /// `V [I, H]`, a row for each item.
    pub weight: Matrix,
    /// `b [I]`.
    pub bias: Vec<f32>,
}

/// Derivatives by the weights of an [`OutputHead`] of which only some items had logits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeadRows {
    /// By `V`, the rows of those items.
    pub weight: RowGradient,
    /// By `b`, `[I]`, zero for all other items.
    pub bias: Vec<f32>,
}

impl OutputHead {
    /// Glorot's weights and a bias of zeros.
    pub fn new(hidden: usize, items: usize, seed: Seed) -> Self {
        Self {
            weight: xavier_uniform(items, hidden, seed),
            bias: vec![0.0; items],
        }
    }

    /// Writes the logits `z` of all items.
    pub fn forward(&self, hidden: &Matrix, logits: &mut Matrix) {
        gemm_nt(hidden, &self.weight, Beta::Replace, logits);
        add_to_rows(logits, &self.bias);
    }

    /// Overwrites `gradient` with `dz' h` and the sum of the rows of `dz [B, I]`.
    pub fn backward(&self, hidden: &Matrix, dz: &Matrix, gradient: &mut DenseGradient) {
        gemm_tn(dz, hidden, Beta::Replace, &mut gradient.weight);
        sum_rows(dz, &mut gradient.bias);
    }

    /// Writes the derivatives by `h`, `dz V`.
    pub fn input_gradient(&self, dz: &Matrix, dh: &mut Matrix) {
        gemm(dz, &self.weight, Beta::Replace, dh);
    }

    /// Replaces the values of `logits` by the logits `z` at its indices.
    ///
    /// # Panics
    /// If the numbers of rows differ or an index is not below `I`.
    pub fn forward_at(&self, hidden: &Matrix, logits: &mut SparseRows) {
        assert_eq!(hidden.rows, logits.n_rows(), "logits for each row");
        let each: Vec<_> = logits.rows_mut().zip(hidden.rows_iter()).collect();
        each.into_par_iter().for_each(|((items, values), h)| {
            vectorised(|| {
                for (item, value) in items.iter().zip(values) {
                    let item = *item as usize;
                    *value = dot(self.weight.row(item), h) + self.bias[item];
                }
            });
        });
    }

    /// Overwrites `gradient`, given the derivatives `dz` by the logits at its indices.
    ///
    /// # Panics
    /// If the numbers of rows differ or an index is not below `I`.
    pub fn backward_at(&self, hidden: &Matrix, dz: &SparseRows, gradient: &mut HeadRows) {
        gradient.weight.accumulate(dz, hidden);
        gradient.bias.clear();
        gradient.bias.resize(self.bias.len(), 0.0);
        for (item, value) in dz.indices().iter().zip(dz.values()) {
            gradient.bias[*item as usize] += value;
        }
    }

    /// Writes the derivatives by `h`, given those by the logits at the indices of `dz`.
    ///
    /// # Panics
    /// If an index is not below `I`.
    pub fn input_gradient_at(&self, dz: &SparseRows, dh: &mut Matrix) {
        let width = self.weight.cols;
        dh.reshape(dz.n_rows(), width);
        let rows = dh.data.par_chunks_mut(width.max(1)).enumerate();
        rows.for_each(|(row, dh)| {
            let (items, values) = dz.row(row);
            dh.fill(0.0);
            vectorised(|| {
                for (item, value) in items.iter().zip(values) {
                    add_scaled(dh, self.weight.row(*item as usize), *value);
                }
            });
        });
    }
}

/// The dot product by 32 running sums, in a fixed order.
#[inline]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 32;
    let mut sums = [0.0_f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    for (sum, (a, b)) in sums.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *sum += a * b;
    }
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

#[cfg(test)]
#[path = "output_head_tests.rs"]
mod tests;
