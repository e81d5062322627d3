//! Matrices of many rows and few columns: single precision at rest, double precision at work.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatMut, MatRef, Par};
use pulp::Arch;
use rayon::prelude::*;

use super::profiles::Profiles;

/// Rows of a block in products.
const BLOCK: usize = 256;
/// Sums over rows are taken in so many parts, whatever the number of threads.
const PARTS: usize = 16;

/// A matrix of few columns, row-major.
pub(crate) struct Tall {
    pub(crate) width: usize,
    pub(crate) values: Vec<f32>,
}

/// The sparse matrix `a_rc = rows_r x_rc columns_c`.
#[derive(Clone, Copy)]
pub(crate) struct Scaled<'a> {
    pub(crate) profiles: &'a Profiles,
    pub(crate) rows: &'a [f64],
    pub(crate) columns: &'a [f64],
}

impl Scaled<'_> {
    /// The product with a matrix, summed in double precision.
    pub(crate) fn times(self, matrix: &Tall) -> Tall {
        let (arch, width) = (Arch::new(), matrix.width);
        let mut values = vec![0.0; self.profiles.n_rows() * width];
        values
            .par_chunks_mut(width.max(1))
            .enumerate()
            .for_each_init(
                || vec![0.0; width],
                |sums, (row, out)| {
                    sums.fill(0.0);
                    for &column in self.profiles.row(row) {
                        let entries = &matrix.values[column as usize * width..][..width];
                        let scale = self.columns[column as usize];
                        arch.dispatch(|| add_scaled(entries, scale, sums));
                    }
                    for (out, sum) in out.iter_mut().zip(sums) {
                        *out = single(*sum * self.rows[row]);
                    }
                },
            );
        Tall { width, values }
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled for the vector unit found at run time"
)]
fn add_scaled(entries: &[f32], scale: f64, sums: &mut [f64]) {
    for (sum, &entry) in sums.iter_mut().zip(entries) {
        *sum += f64::from(entry) * scale;
    }
}

impl Tall {
    fn n_rows(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// `T' T`, its lower triangle, column-major.
    pub(crate) fn gram(&self) -> Vec<f64> {
        let k = self.width;
        let part = self.n_rows().div_ceil(PARTS).max(1);
        let parts: Vec<Vec<f64>> = self
            .values
            .par_chunks(part * k)
            .map(|rows| {
                let (mut gram, mut block) = (vec![0.0; k * k], Vec::with_capacity(BLOCK * k));
                for rows in rows.chunks(BLOCK * k) {
                    block.clear();
                    block.extend(rows.iter().map(|&value| f64::from(value)));
                    let block = MatRef::from_row_major_slice(&block, rows.len() / k, k);
                    triangular::matmul(
                        MatMut::from_column_major_slice_mut(&mut gram, k, k),
                        BlockStructure::TriangularLower,
                        Accum::Add,
                        block.transpose(),
                        BlockStructure::Rectangular,
                        block,
                        BlockStructure::Rectangular,
                        1.0,
                        Par::Seq,
                    );
                }
                gram
            })
            .collect();
        let mut gram = vec![0.0; k * k];
        for part in parts {
            gram.iter_mut()
                .zip(part)
                .for_each(|(sum, part)| *sum += part);
        }
        gram
    }

    /// `T R` in place for `R` of at most as many columns; the columns beyond are zero.
    pub(super) fn rotate(&mut self, rotation: &Mat<f64>) {
        let (k, width) = (self.width, rotation.ncols());
        self.values
            .par_chunks_mut((BLOCK * k).max(1))
            .for_each_init(
                || (Vec::with_capacity(BLOCK * k), vec![0.0; BLOCK * width]),
                |(block, product), rows| {
                    let n = rows.len() / k;
                    block.clear();
                    block.extend(rows.iter().map(|&value| f64::from(value)));
                    let product = &mut product[..n * width];
                    matmul(
                        MatMut::from_row_major_slice_mut(product, n, width),
                        Accum::Replace,
                        MatRef::from_row_major_slice(block, n, k),
                        rotation,
                        1.0,
                        Par::Seq,
                    );
                    for (row, product) in rows.chunks_mut(k).zip(product.chunks(width.max(1))) {
                        let (rotated, beyond) = row.split_at_mut(width);
                        for (out, &value) in rotated.iter_mut().zip(product) {
                            *out = single(value);
                        }
                        beyond.fill(0.0);
                    }
                },
            );
    }

    /// Keeps the first columns, in place.
    pub(super) fn narrow(&mut self, width: usize) {
        let (n, k) = (self.n_rows(), self.width);
        for row in 1..n {
            self.values
                .copy_within(row * k..row * k + width, row * width);
        }
        self.values.truncate(n * width);
        self.values.shrink_to_fit();
        self.width = width;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::profiles::tests::log;

    #[test]
    fn a_scaled_product_by_hand() {
        // A = diag(2, 3) (1 0 1; 0 1 0) diag(1, 10, 100), T = (1 2; 3 4; 5 6).
        let profiles = Profiles::of(&log(2, 3, [(0, 0), (0, 2), (1, 1)]));
        let matrix = Scaled {
            profiles: &profiles,
            rows: &[2.0, 3.0],
            columns: &[1.0, 10.0, 100.0],
        };
        let tall = Tall {
            width: 2,
            values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        };
        assert_eq!(matrix.times(&tall).values, [1002.0, 1204.0, 90.0, 120.0]);
    }

    #[test]
    fn blocks_and_parts_add_up_to_the_definition() {
        // Small whole numbers: every order of summation is exact.
        for (n, k) in [(1, 1), (5, 3), (16 * BLOCK + 77, 3)] {
            let values = (0..n * k).map(|at| ((at * 7) % 11) as f32 - 5.0);
            let mut tall = Tall {
                width: k,
                values: values.collect(),
            };
            let before = tall.values.clone();
            let gram = tall.gram();
            for column in 0..k {
                for row in column..k {
                    let products = before
                        .chunks(k)
                        .map(|entries| f64::from(entries[row] * entries[column]));
                    let expected: f64 = products.sum();
                    assert_eq!(gram[column * k + row].to_bits(), expected.to_bits());
                }
            }
            // The sum of all columns, then the first one, doubled, where there is one.
            let width = k.min(2);
            tall.rotate(&Mat::from_fn(k, width, |row, column| {
                [1.0, f64::from(u8::from(row == 0)) * 2.0][column]
            }));
            assert!(
                tall.values
                    .chunks(k)
                    .all(|row| row[width..] == vec![0.0; k - width])
            );
            tall.narrow(width);
            for (row, before) in tall.values.chunks(width).zip(before.chunks(k)) {
                assert_eq!(row, &[before.iter().sum(), before[0] * 2.0][..width]);
            }
        }
    }
}
