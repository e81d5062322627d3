//! The largest eigenvalues of a symmetric matrix, by subspace iteration.
//!
//! ```text
//! Q <- orthogonal(M Q + s Q),  M ~ Q (Q' M Q) Q'
//! ```
//!
//! The shift `s` makes the eigenvalues above `-s` the ones that grow: noise has as many below zero as
//! above. An eigenvalue near the edge of the noise is found late, which is harmless: little is left of it.

use rand::RngExt;
use rand_distr::StandardNormal;
use sparring_wide::{Beta, Matrix, gemm, gemm_tn};

use super::NAME;
use crate::models::{Tall, eigen, orthogonalise};
use crate::recommend::{FitError, Progress, Run};
use crate::synth::blend::single;

/// Vectors beyond those wanted.
const BEYOND: usize = 12;

/// Eigenvalues, largest first, and their eigenvectors `[I, K]`, one a column.
pub(super) struct Spectrum {
    pub(super) values: Vec<f64>,
    pub(super) vectors: Matrix,
}

/// The `wanted` largest eigenvalues of a symmetric matrix after so many steps.
///
/// # Errors
/// If the eigenvalues of a small matrix are not found, or a stop is requested.
pub(super) fn leading(
    matrix: &Matrix,
    wanted: usize,
    (shift, steps): (f64, usize),
    run: &Run<'_>,
) -> Result<Spectrum, FitError> {
    let n = matrix.rows;
    let width = (wanted + BEYOND).min(n);
    let mut stream = run.seed.stream("spectrum");
    let normals = (0..n * width).map(|_| single(stream.sample(StandardNormal)));
    let mut basis = Matrix::from_vec(n, width, normals.collect());
    let diverged = |step: usize| FitError::Diverged {
        model: NAME,
        step: step as u64,
        evidence: "the eigenvalues of the covariance were not found".to_owned(),
    };
    for step in 1..=steps {
        if run.cancel.is_requested() {
            return Err(FitError::Cancelled { model: NAME });
        }
        let shifted = basis.data.iter().map(|x| single(shift) * x).collect();
        let mut product = Matrix::from_vec(n, width, shifted);
        gemm(matrix, &basis, Beta::Add, &mut product);
        basis = orthogonal(product).ok_or_else(|| diverged(step))?;
        run.observer.progress(Progress {
            unit: "step",
            done: step as u64,
            total: steps as u64,
        });
    }
    let (mut product, mut inner) = (Matrix::default(), Matrix::default());
    gemm(matrix, &basis, Beta::Replace, &mut product);
    gemm_tn(&basis, &product, Beta::Replace, &mut inner);
    let inner: Vec<f64> = inner.data.iter().copied().map(f64::from).collect();
    let (values, turns) = eigen(&inner, width).ok_or_else(|| diverged(steps))?;
    let order: Vec<usize> = (0..width).rev().take(wanted).collect();
    let turn = (0..width * order.len())
        .map(|at| single(turns[(at / order.len(), order[at % order.len()])]))
        .collect();
    let mut vectors = Matrix::default();
    let turn = Matrix::from_vec(width, order.len(), turn);
    gemm(&basis, &turn, Beta::Replace, &mut vectors);
    Ok(Spectrum {
        values: order.iter().map(|&at| values[at]).collect(),
        vectors,
    })
}

/// Orthonormal columns with the same span.
fn orthogonal(matrix: Matrix) -> Option<Matrix> {
    let (rows, width) = matrix.shape();
    let mut tall = Tall {
        width,
        values: matrix.data,
    };
    orthogonalise(&mut tall)?;
    Some(Matrix::from_vec(rows, width, tall.values))
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;
    use crate::recommend::Cancel;

    #[test]
    fn the_largest_come_first_whatever_is_below_zero() {
        // (2 1; 1 2) has 3 and 1; beside it -5 and 2.
        let mut matrix = Matrix::zeros(4, 4);
        matrix.row_mut(0)[..2].copy_from_slice(&[2.0, 1.0]);
        matrix.row_mut(1)[..2].copy_from_slice(&[1.0, 2.0]);
        matrix.row_mut(2)[2] = -5.0;
        matrix.row_mut(3)[3] = 2.0;
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let found = leading(&matrix, 2, (5.0, 20), &run).unwrap();
        for (value, expected) in found.values.iter().zip([3.0, 2.0]) {
            assert!((value - expected).abs() < 1e-4, "{value}");
        }
        let half = 0.5_f32.sqrt();
        for (item, expected) in [[half, 0.0], [half, 0.0], [0.0, 0.0], [0.0, 1.0]]
            .into_iter()
            .enumerate()
        {
            for (x, expected) in found.vectors.row(item).iter().zip(expected) {
                assert!((x.abs() - expected).abs() < 1e-3, "{item}: {x}");
            }
        }
        cancel.request();
        assert!(leading(&matrix, 2, (5.0, 1), &run).is_err());
    }
}
