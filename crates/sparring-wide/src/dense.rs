//! A fully connected layer.

use rayon::prelude::*;

use crate::parallel::SMALL;
use crate::simd::vectorised;
use crate::{Beta, Matrix, Seed, gemm, gemm_nt, gemm_tn, xavier_uniform};

/// Columns of a block of [`sum_rows`].
const COLUMNS: usize = 512;

/// `y = x W + b`.
///
/// # Shapes
/// `x [B, In]`, `W [In, Out]`, `b [Out]`, `y [B, Out]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// `W [In, Out]`.
    pub weight: Matrix,
    /// `b [Out]`.
    pub bias: Vec<f32>,
}

/// Derivatives of a loss by the weights of a [`Dense`]; reused from step to step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DenseGradient {
    /// `[In, Out]`.
    pub weight: Matrix,
    /// `[Out]`.
    pub bias: Vec<f32>,
}

impl Dense {
    /// Glorot's weights and a bias of zeros.
    pub fn new(inputs: usize, outputs: usize, seed: Seed) -> Self {
        Self {
            weight: xavier_uniform(inputs, outputs, seed),
            bias: vec![0.0; outputs],
        }
    }

    /// Writes `y`.
    pub fn forward(&self, input: &Matrix, output: &mut Matrix) {
        gemm(input, &self.weight, Beta::Replace, output);
        add_to_rows(output, &self.bias);
    }

    /// Overwrites `gradient` with `x' dy` and the sum of the rows of `dy`, where `dy [B, Out]`
    /// are the derivatives by `y`.
    pub fn backward(&self, input: &Matrix, dy: &Matrix, gradient: &mut DenseGradient) {
        gemm_tn(input, dy, Beta::Replace, &mut gradient.weight);
        sum_rows(dy, &mut gradient.bias);
    }

    /// Writes the derivatives by `x`, `dy W'`.
    pub fn input_gradient(&self, dy: &Matrix, dx: &mut Matrix) {
        gemm_nt(dy, &self.weight, Beta::Replace, dx);
    }
}

/// Adds `row` to every row.
pub fn add_to_rows(matrix: &mut Matrix, row: &[f32]) {
    assert_eq!(matrix.cols, row.len(), "one addend a column");
    let width = row.len().max(1);
    let add = |to: &mut [f32]| {
        vectorised(|| to.iter_mut().zip(row).for_each(|(to, add)| *to += add));
    };
    if matrix.data.len() <= SMALL {
        matrix.data.chunks_mut(width).for_each(add);
    } else {
        let rows = matrix.data.par_chunks_mut(width);
        rows.with_min_len(8).for_each(add);
    }
}

/// Overwrites `sum` with the sum of all rows, in order.
pub fn sum_rows(matrix: &Matrix, sum: &mut Vec<f32>) {
    sum.clear();
    sum.resize(matrix.cols, 0.0);
    let add = |(block, sum): (usize, &mut [f32])| {
        let first = block * COLUMNS;
        vectorised(|| {
            for row in matrix.rows_iter() {
                let row = &row[first..first + sum.len()];
                sum.iter_mut().zip(row).for_each(|(sum, add)| *sum += add);
            }
        });
    };
    if matrix.data.len() <= SMALL {
        sum.chunks_mut(COLUMNS).enumerate().for_each(add);
    } else {
        sum.par_chunks_mut(COLUMNS).enumerate().for_each(add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_and_backward_by_hand() {
        let layer = Dense {
            weight: Matrix::from_vec(2, 1, vec![2.0, 3.0]),
            bias: vec![1.0],
        };
        let input = Matrix::from_vec(2, 2, vec![1.0, 0.0, 4.0, 5.0]);
        let (mut output, mut gradient) = (Matrix::default(), DenseGradient::default());
        layer.forward(&input, &mut output);
        assert_eq!(output.data, [3.0, 24.0]);
        // dy = [1, 2]: dW = x' dy = [1 + 8, 10], db = 3, dx = dy W' = [2 3; 4 6].
        let dy = Matrix::from_vec(2, 1, vec![1.0, 2.0]);
        layer.backward(&input, &dy, &mut gradient);
        assert_eq!(gradient.weight.data, [9.0, 10.0]);
        assert_eq!(gradient.bias, [3.0]);
        let mut dx = Matrix::default();
        layer.input_gradient(&dy, &mut dx);
        assert_eq!(dx.data, [2.0, 3.0, 4.0, 6.0]);
    }

    #[test]
    fn derivatives_are_differences() {
        let mut layer = Dense::new(3, 2, Seed(5));
        let input = Matrix::from_vec(2, 3, vec![0.3, -1.0, 0.5, 2.0, 0.1, -0.4]);
        // loss = sum(y^2) / 2, so that dy = y; it is quadratic, so differences are exact.
        let loss = |layer: &Dense| {
            let mut y = Matrix::default();
            layer.forward(&input, &mut y);
            (y.data.iter().map(|y| y * y / 2.0).sum::<f32>(), y)
        };
        let mut gradient = DenseGradient::default();
        layer.backward(&input, &loss(&layer).1, &mut gradient);
        for at in 0..6 {
            let kept = layer.weight.data[at];
            layer.weight.data[at] = kept + 0.125;
            let above = loss(&layer).0;
            layer.weight.data[at] = kept - 0.125;
            let below = loss(&layer).0;
            layer.weight.data[at] = kept;
            assert!((gradient.weight.data[at] - (above - below) / 0.25).abs() < 1e-4);
        }
    }
}
