//! Norms of the gradients of single examples, without the gradients.

use rayon::prelude::*;

use crate::simd::vectorised;
use crate::{Matrix, SparseRows};

/// The squared norm of each example's gradient, summed over layers (Goodfellow, 2015, section 4;
/// Li et al., 2022, eq. 6 with one position).
///
/// ```text
/// y_b = x_b W + b:    |dL_b/dW|^2 = |x_b|^2 |dy_b|^2      |dL_b/db|^2 = |dy_b|^2
/// ```
///
/// `dy_b` is the derivative of `L_b`, the loss of example `b` alone: where a loss is a mean over
/// the batch, its derivatives are a `B`-th of that.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GhostNorms {
    squares: Vec<f64>,
}

impl GhostNorms {
    /// Zeros for `batch` examples.
    pub fn new(batch: usize) -> Self {
        Self {
            squares: vec![0.0; batch],
        }
    }

    /// Adds a [`crate::Dense`], weight and bias.
    ///
    /// # Panics
    /// If the numbers of rows differ.
    pub fn add_dense(&mut self, input: &Matrix, dy: &Matrix) {
        self.add(&row_squares(input), &row_squares(dy));
    }

    /// Adds a [`crate::SparseLinear`], weight and bias.
    ///
    /// # Panics
    /// If the numbers of rows differ.
    pub fn add_sparse(&mut self, input: &SparseRows, dy: &Matrix) {
        self.add(&sparse_squares(input), &row_squares(dy));
    }

    /// Adds a [`crate::OutputHead`] of which only the logits at the indices of `dz` counted,
    /// weight and bias. For one that computed all logits, [`Self::add_dense`] is right.
    ///
    /// # Panics
    /// If the numbers of rows differ.
    pub fn add_head_at(&mut self, hidden: &Matrix, dz: &SparseRows) {
        self.add(&row_squares(hidden), &sparse_squares(dz));
    }

    fn add(&mut self, input: &[f64], output: &[f64]) {
        assert_eq!(input.len(), self.squares.len(), "inputs of this batch");
        assert_eq!(output.len(), self.squares.len(), "outputs of this batch");
        let terms = input.iter().zip(output);
        for (sum, (input, output)) in self.squares.iter_mut().zip(terms) {
            *sum += (input + 1.0) * output;
        }
    }

    /// The norm of each example's gradient.
    pub fn norms(&self) -> impl Iterator<Item = f64> {
        self.squares.iter().map(|square| square.sqrt())
    }

    /// What shortens each gradient to at most `max_norm`, `min(1, max_norm / norm)` (Abadi et al.,
    /// 2016, algorithm 1), rounded down; zero for a norm that is not finite, so that an example
    /// never escapes its bound. [`scale_rows`] applies the factors to the derivatives `dy`.
    pub fn clip_factors(&self, max_norm: f64) -> Vec<f32> {
        assert!(max_norm > 0.0, "norm of a clipped gradient {max_norm}");
        self.norms().map(|norm| factor(norm, max_norm)).collect()
    }
}

fn factor(norm: f64, max_norm: f64) -> f32 {
    if !norm.is_finite() {
        return 0.0;
    }
    if norm <= max_norm {
        return 1.0;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a factor below 1, rounded")]
    let factor = (max_norm / norm) as f32;
    if f64::from(factor) * norm > max_norm {
        factor.next_down()
    } else {
        factor
    }
}

/// Multiplies each row by its factor; a factor of zero gives zeros whatever was there.
///
/// # Panics
/// If the number of factors is not that of rows.
pub fn scale_rows(matrix: &mut Matrix, factors: &[f32]) {
    assert_eq!(matrix.rows, factors.len(), "one factor a row");
    let rows = matrix.data.par_chunks_mut(matrix.cols.max(1));
    rows.zip(factors).for_each(|(row, factor)| {
        if *factor == 0.0 {
            row.fill(0.0);
        } else {
            vectorised(|| row.iter_mut().for_each(|x| *x *= factor));
        }
    });
}

fn row_squares(matrix: &Matrix) -> Vec<f64> {
    let mut squares = vec![0.0; matrix.rows];
    let rows = matrix.data.par_chunks(matrix.cols.max(1));
    squares.par_iter_mut().zip(rows).for_each(|(square, row)| {
        let each = row.iter().map(|x| f64::from(*x).powi(2));
        *square = each.sum();
    });
    squares
}

/// Of each row as a vector, in which an index given twice has the sum of its values.
fn sparse_squares(rows: &SparseRows) -> Vec<f64> {
    let each = (0..rows.n_rows()).into_par_iter();
    each.map(|row| {
        let (indices, values) = rows.row(row);
        let mut entries: Vec<_> = indices.iter().zip(values).collect();
        entries.sort_by_key(|(index, _)| **index);
        let same = entries.chunk_by(|a, b| a.0 == b.0);
        let sums = same.map(|same| {
            same.iter()
                .map(|(_, value)| f64::from(**value))
                .sum::<f64>()
        });
        sums.map(|sum| sum * sum).sum()
    })
    .collect()
}

#[cfg(test)]
#[path = "ghost_tests.rs"]
mod tests;
