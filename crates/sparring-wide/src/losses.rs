//! Losses of a batch, each with its derivatives written over what they are taken by.
//!
//! Targets and weights are sparse rows; an entry that is not there is zero, and one given twice
//! counts twice.

use rayon::prelude::*;

use crate::math::{exp, log1p_exp};
use crate::simd::vectorised;
use crate::{Matrix, SparseRows, sigmoid};

/// Partial sums of a row, added in this fixed order whatever the instruction set.
const LANES: usize = 8;

/// The multinomial negative log-likelihood of counts (Liang et al., 2018, section 2.1), a mean over rows.
///
/// ```text
/// L_b = -sum_i x_bi ln softmax(z_b)_i      dL_b / dz_bi = n_b softmax(z_b)_i - x_bi,  n_b = sum_i x_bi
/// ```
///
/// Replaces `logits` by the derivatives and returns the loss.
///
/// # Shapes
/// `logits [B, I]`, `counts [B, I]` sparse.
///
/// # Panics
/// If the numbers of rows differ or an index is not below `I`.
pub fn multinomial(logits: &mut Matrix, counts: &SparseRows) -> f64 {
    by_row(logits, counts, |row, z, scale| {
        let (indices, values) = counts.row(row);
        let mut loss = 0.0;
        for (index, value) in indices.iter().zip(values) {
            loss -= f64::from(*value) * f64::from(z[*index as usize]);
        }
        let total: f32 = values.iter().sum();
        let (most, sum) = vectorised(|| exponentials(z));
        // L = n (max + ln sum) - sum_i x_i z_i
        loss += f64::from(total) * (f64::from(most) + sum.ln());
        #[expect(clippy::cast_possible_truncation, reason = "a factor, rounded to f32")]
        let factor = (f64::from(total * scale) / sum) as f32;
        vectorised(|| z.iter_mut().for_each(|z| *z *= factor));
        for (index, value) in indices.iter().zip(values) {
            z[*index as usize] -= value * scale;
        }
        loss
    })
}

/// The binary cross-entropy of logits, a mean over rows.
///
/// ```text
/// L_b = sum_i w_bi (ln(1 + exp z_bi) - t_bi z_bi)      dL_b / dz_bi = w_bi (sigmoid(z_bi) - t_bi)
/// ```
///
/// Every `w` is one where there are no `weights`. Replaces `logits` by the derivatives and returns
/// the loss.
///
/// # Shapes
/// `logits [B, I]`, `targets [B, I]` and `weights [B, I]` sparse.
///
/// # Panics
/// If the numbers of rows differ or an index is not below `I`.
pub fn sigmoid_cross_entropy(
    logits: &mut Matrix,
    targets: &SparseRows,
    weights: Option<&SparseRows>,
) -> f64 {
    elementwise(logits, targets, weights, |z, t| {
        (log1p_exp(z) - t * z, sigmoid(z) - t)
    })
}

/// The squared error, a mean over rows.
///
/// ```text
/// L_b = sum_i w_bi (z_bi - t_bi)^2      dL_b / dz_bi = 2 w_bi (z_bi - t_bi)
/// ```
///
/// Every `w` is one where there are no `weights`. Replaces `outputs` by the derivatives and
/// returns the loss.
///
/// # Shapes
/// `outputs [B, I]`, `targets [B, I]` and `weights [B, I]` sparse.
///
/// # Panics
/// If the numbers of rows differ or an index is not below `I`.
pub fn squared_error(
    outputs: &mut Matrix,
    targets: &SparseRows,
    weights: Option<&SparseRows>,
) -> f64 {
    elementwise(outputs, targets, weights, |z, t| {
        let error = z - t;
        (error * error, 2.0 * error)
    })
}

/// The mean of `f(row, values, 1 / B)` over rows, summed in order.
fn by_row(
    values: &mut Matrix,
    targets: &SparseRows,
    f: impl Fn(usize, &mut [f32], f32) -> f64 + Sync,
) -> f64 {
    assert_eq!(values.rows, targets.n_rows(), "one target a row");
    let (rows, width) = (values.rows, values.cols.max(1));
    let scale = 1.0 / rows.max(1) as f32;
    let each = values.data.par_chunks_mut(width).enumerate();
    let losses: Vec<f64> = each.map(|(row, z)| f(row, z, scale)).collect();
    losses.iter().sum::<f64>() / rows.max(1) as f64
}

/// A weighted sum over entries, where `f(z, t)` is the loss of an entry and its derivative by `z`.
fn elementwise(
    values: &mut Matrix,
    targets: &SparseRows,
    weights: Option<&SparseRows>,
    f: impl Fn(f32, f32) -> (f32, f32) + Sync,
) -> f64 {
    let width = values.cols;
    if let Some(weights) = weights {
        assert_eq!(weights.n_rows(), targets.n_rows(), "weights for each row");
    }
    by_row(values, targets, |row, z, scale| {
        let target = scattered(targets.row(row), width);
        let weight = weights.map_or_else(|| vec![1.0; width], |w| scattered(w.row(row), width));
        vectorised(|| {
            let mut sums = [0.0_f64; LANES];
            let known = target.chunks(LANES).zip(weight.chunks(LANES));
            for (z, (t, w)) in z.chunks_mut(LANES).zip(known) {
                for (((sum, z), t), w) in sums.iter_mut().zip(z).zip(t).zip(w) {
                    let (loss, derivative) = f(*z, *t);
                    *sum += f64::from(w * loss);
                    *z = scale * w * derivative;
                }
            }
            sums.iter().sum()
        })
    })
}

/// A sparse row as a full one.
fn scattered((indices, values): (&[u32], &[f32]), width: usize) -> Vec<f32> {
    let mut row = vec![0.0; width];
    for (index, value) in indices.iter().zip(values) {
        row[*index as usize] += value;
    }
    row
}

/// Replaces `z` by `exp(z - max z)`; returns `max z` and the sum.
fn exponentials(z: &mut [f32]) -> (f32, f64) {
    let mut most = [f32::NEG_INFINITY; LANES];
    for eight in z.chunks(LANES) {
        for (most, &z) in most.iter_mut().zip(eight) {
            *most = if z > *most { z } else { *most };
        }
    }
    let most = most.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let mut sums = [0.0_f64; LANES];
    for some in z.chunks_mut(LANES * LANES) {
        // Few enough for single precision.
        let mut part = [0.0_f32; LANES];
        for eight in some.chunks_mut(LANES) {
            for (part, z) in part.iter_mut().zip(eight) {
                *z = exp(*z - most);
                *part += *z;
            }
        }
        for (sum, part) in sums.iter_mut().zip(part) {
            *sum += f64::from(part);
        }
    }
    (most, sums.iter().sum())
}

#[cfg(test)]
#[path = "losses_tests.rs"]
mod tests;
