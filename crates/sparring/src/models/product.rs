//! Matrix products on fixed blocks of rows: the same bits at any thread count.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// A row-major matrix.
pub(super) fn view(data: &[f32], rows: usize, columns: usize) -> MatRef<'_, f32> {
    MatRef::from_row_major_slice(data, rows, columns)
}

/// `out = keep * out + a b`, row-major `[rows, columns]`; `keep` is 0 or 1.
pub(super) fn product(
    out: &mut [f32],
    columns: usize,
    a: MatRef<'_, f32>,
    b: MatRef<'_, f32>,
    accum: Accum,
) {
    let block = block_rows(a.nrows());
    out.par_chunks_mut(block * columns)
        .enumerate()
        .for_each(|(at, out)| {
            let rows = out.len() / columns;
            let out = MatMut::from_row_major_slice_mut(out, rows, columns);
            matmul(out, accum, a.subrows(at * block, rows), b, 1.0, Par::Seq);
        });
}

/// `a' b` of two tall matrices with the same rows: `[columns of a, columns of b]`.
///
/// Their rows are cut into chunks that stay in the cache; the products of the chunks are added in
/// order.
pub(super) fn across(a: MatRef<'_, f32>, b: MatRef<'_, f32>) -> Vec<f32> {
    by_chunks(a.nrows(), a.ncols() * b.ncols(), |from, rows, out| {
        let out = MatMut::from_row_major_slice_mut(out, a.ncols(), b.ncols());
        let left = a.subrows(from, rows).transpose();
        matmul(
            out,
            Accum::Replace,
            left,
            b.subrows(from, rows),
            1.0,
            Par::Seq,
        );
    })
}

/// `matrix' matrix` of a row-major matrix `[rows, columns]`, symmetric, by its lower half.
pub(super) fn gram(matrix: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let matrix = view(matrix, rows, columns);
    let block = block_rows(columns);
    let mut out = by_chunks(rows, columns * columns, |from, rows, out| {
        let chunk = matrix.subrows(from, rows);
        for (at, out) in out.chunks_mut(block * columns).enumerate() {
            let (first, height) = (at * block, out.len() / columns);
            let left = chunk.subcols(first, height).transpose();
            let right = chunk.subcols(0, first + height);
            let out = MatMut::from_row_major_slice_mut(out, height, columns);
            let out = out.subcols_mut(0, first + height);
            matmul(out, Accum::Replace, left, right, 1.0, Par::Seq);
        }
    });
    for row in 0..columns {
        for column in row + 1..columns {
            out[row * columns + column] = out[column * columns + row];
        }
    }
    out
}

/// The sum of what `fill(first row, rows, out)` makes of each chunk of rows, in order.
fn by_chunks(
    rows: usize,
    length: usize,
    fill: impl Fn(usize, usize, &mut [f32]) + Sync,
) -> Vec<f32> {
    let chunk = rows.div_ceil(16).max(512);
    let parts: Vec<Vec<f32>> = (0..rows.div_ceil(chunk))
        .into_par_iter()
        .map(|at| {
            let mut out = vec![0.0; length];
            fill(at * chunk, chunk.min(rows - at * chunk), &mut out);
            out
        })
        .collect();
    let mut parts = parts.into_iter();
    let mut sum = parts.next().unwrap_or_else(|| vec![0.0; length]);
    for part in parts {
        add(&mut sum, &part);
    }
    sum
}

/// `a b`, row-major.
pub(super) fn multiply(a: MatRef<'_, f32>, b: MatRef<'_, f32>) -> Vec<f32> {
    let mut out = vec![0.0; a.nrows() * b.ncols()];
    product(&mut out, b.ncols(), a, b, Accum::Replace);
    out
}

/// The dot product, in double precision.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}

/// `weight` times the sum of the rows of a matrix.
pub(super) fn row_sum(matrix: &[f32], columns: usize, weight: f32) -> Vec<f32> {
    let mut sum = vec![0.0; columns];
    for row in matrix.chunks(columns) {
        add_scaled(&mut sum, row, weight);
    }
    sum
}

pub(super) fn add(to: &mut [f32], what: &[f32]) {
    add_scaled(to, what, 1.0);
}

pub(super) fn add_scaled(to: &mut [f32], what: &[f32], weight: f32) {
    to.iter_mut()
        .zip(what)
        .for_each(|(to, what)| *to += weight * what);
}

pub(super) fn scale(matrix: &mut [f32], factor: f32) {
    for entry in matrix {
        *entry *= factor;
    }
}

pub(super) fn add_to_rows(matrix: &mut [f32], row: &[f32]) {
    matrix.chunks_mut(row.len()).for_each(|to| add(to, row));
}

fn block_rows(rows: usize) -> usize {
    rows.div_ceil(4).next_multiple_of(16).clamp(32, 256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand() {
        // [1 2; 3 4] [1 0; 2 1] = [5 2; 11 4]
        let mut out = vec![1.0; 4];
        product(
            &mut out,
            2,
            view(&[1., 2., 3., 4.], 2, 2),
            view(&[1., 0., 2., 1.], 2, 2),
            Accum::Replace,
        );
        assert_eq!(out, [5., 2., 11., 4.]);
        // [1 2; 3 4]' [1 2; 3 4] = [10 14; 14 20]
        assert_eq!(gram(&[1., 2., 3., 4.], 2, 2), [10., 14., 14., 20.]);
    }

    #[test]
    fn a_gram_matrix_over_many_blocks_is_the_product() {
        let (rows, columns) = (70, 300);
        let matrix: Vec<f32> = (0..rows * columns)
            .map(|i| ((i * 37) % 11) as f32 - 5.0)
            .collect();
        let mut out = vec![0.0; columns * columns];
        let view = view(&matrix, rows, columns);
        product(&mut out, columns, view.transpose(), view, Accum::Replace);
        assert_eq!(gram(&matrix, rows, columns), out);
    }
}
