//! Matrix products on fixed blocks: the same bits at any number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use crate::Matrix;

/// Smallest useful width of a block: whole tiles of 24 and of 48 lanes.
const NARROW: usize = 48;
/// Widest block.
const WIDE: usize = 480;
/// Multiplications up to which a product stays on its thread: waking another takes as long.
const SMALL: usize = 1 << 21;

/// `out = a b + beta out`.
///
/// # Shapes
/// `a [m, k]`, `b [k, n]`; `out` takes the shape `[m, n]` if `beta` is [`Beta::Replace`].
pub fn gemm(a: &Matrix, b: &Matrix, beta: Beta, out: &mut Matrix) {
    product(view(a), view(b), beta, out);
}

/// `out = a' b + beta out`.
///
/// # Shapes
/// `a [k, m]`, `b [k, n]`; `out` takes the shape `[m, n]` if `beta` is [`Beta::Replace`].
pub fn gemm_tn(a: &Matrix, b: &Matrix, beta: Beta, out: &mut Matrix) {
    product(view(a).transpose(), view(b), beta, out);
}

/// `out = a b' + beta out`.
///
/// # Shapes
/// `a [m, k]`, `b [n, k]`; `out` takes the shape `[m, n]` if `beta` is [`Beta::Replace`].
pub fn gemm_nt(a: &Matrix, b: &Matrix, beta: Beta, out: &mut Matrix) {
    product(view(a), view(b).transpose(), beta, out);
}

/// What becomes of the former content of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beta {
    /// It is overwritten (`beta = 0`).
    Replace,
    /// It is added to (`beta = 1`).
    Add,
}

fn view(matrix: &Matrix) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(&matrix.data, matrix.rows, matrix.cols)
}

fn product(a: MatRef<'_, f32>, b: MatRef<'_, f32>, beta: Beta, out: &mut Matrix) {
    let (m, n) = (a.nrows(), b.ncols());
    assert_eq!(a.ncols(), b.nrows(), "inner sizes of a product");
    let accum = match beta {
        Beta::Replace => {
            out.reshape(m, n);
            Accum::Replace
        }
        Beta::Add => {
            assert_eq!(out.shape(), (m, n), "a product is added to its shape");
            Accum::Add
        }
    };
    if m == 0 || n == 0 {
        return;
    }
    let out = MatMut::from_row_major_slice_mut(&mut out.data, m, n);
    if m * n * a.ncols() <= SMALL {
        matmul(out, accum, a, b, 1.0, Par::Seq);
    } else if n >= m {
        let width = block(n);
        out.par_col_chunks_mut(width)
            .enumerate()
            .for_each(|(at, out)| {
                let b = b.subcols(at * width, out.ncols());
                matmul(out, accum, a, b, 1.0, Par::Seq);
            });
    } else {
        let height = block(m);
        out.par_row_chunks_mut(height)
            .enumerate()
            .for_each(|(at, out)| {
                let a = a.subrows(at * height, out.nrows());
                matmul(out, accum, a, b, 1.0, Par::Seq);
            });
    }
}

/// About eight blocks, of a multiple of 48, whatever the number of threads.
fn block(length: usize) -> usize {
    length
        .div_ceil(8)
        .next_multiple_of(NARROW)
        .clamp(NARROW, WIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, cols: usize, step: usize) -> Matrix {
        let data = (0..rows * cols).map(|i| ((i * step) % 11) as f32 - 5.0);
        Matrix::from_vec(rows, cols, data.collect())
    }

    fn transposed(a: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(a.cols, a.rows);
        for r in 0..a.rows {
            for c in 0..a.cols {
                out.row_mut(c)[r] = a.row(r)[c];
            }
        }
        out
    }

    fn naive(a: &Matrix, b: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(a.rows, b.cols);
        for r in 0..a.rows {
            for c in 0..b.cols {
                out.row_mut(r)[c] = (0..a.cols).map(|k| a.row(r)[k] * b.row(k)[c]).sum();
            }
        }
        out
    }

    #[test]
    fn every_orientation_agrees_with_the_definition() {
        // Small whole numbers: every order of summation is exact.
        for (m, k, n) in [(1, 1, 1), (3, 5, 700), (70, 9, 3), (300, 2, 1), (2, 0, 3)] {
            let (a, b) = (matrix(m, k, 7), matrix(k, n, 5));
            let expected = naive(&a, &b);
            let mut out = Matrix::default();
            gemm(&a, &b, Beta::Replace, &mut out);
            assert_eq!(out, expected);
            gemm_tn(&transposed(&a), &b, Beta::Replace, &mut out);
            assert_eq!(out, expected);
            gemm_nt(&a, &transposed(&b), Beta::Add, &mut out);
            let doubled = expected.data.iter().map(|x| 2.0 * x).collect::<Vec<_>>();
            assert_eq!(out.data, doubled);
        }
    }
}
