//! The covariance of users above the edge of the noise.
//!
//! ```text
//! C = G / U - m m',  scaled to D C D with D = diag(popularity^e)
//! D C D = sum_k w_k v_k v_k',  w_k > edge,  C' = D^-1 (sum_k sqrt(w_k^2 - edge^2) v_k v_k') D^-1
//! ```
//!
//! An item's part of `C'` is cut to `E u_i^2`, which no variance passes: `D^-1` would blow up noise
//! among the rarest items. The noise of all pairs is alike, the signal is larger among popular items: scaling brings it out.
//! The edge is the largest eigenvalue of noise scaled alike, which is simulated.

use rand::RngExt;
use rand_distr::StandardNormal;
use sparring_wide::Matrix;

use super::NAME;
use super::sketch::Released;
use crate::models::eigen;
use crate::recommend::{FitError, Run};

/// Steps of the power iteration for the edge.
const STEPS: usize = 40;

/// Factors `B` of the covariance, `C' = B B'`, `[I, K]`.
pub(super) struct Covariance {
    factors: Matrix,
}

impl Covariance {
    pub(super) fn of(
        released: &Released,
        means: &[f64],
        sizes: &[usize],
        (exponent, rank): (f64, usize),
        run: &Run<'_>,
    ) -> Result<Self, FitError> {
        let (n, users) = (released.n_items(), sizes.len() as f64);
        let roots: f64 = sizes.iter().map(|&n| (n as f64).sqrt()).sum();
        let highest = means.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let scale: Vec<f64> = means.iter().map(|m| (m / highest).powf(exponent)).collect();
        let mut matrix = vec![0.0; n * n];
        for i in 0..n {
            let diagonal = means[i] * users / roots;
            let centred = |sum: f64, j: usize| sum / users - means[i] * means[j] / users / users;
            matrix[i * n + i] = centred(diagonal, i) * scale[i] * scale[i];
            let row = &released.pairs[released.start(i)..][..n - 1 - i];
            for (&sum, j) in row.iter().zip(i + 1..) {
                // The lower triangle, column after column.
                matrix[i * n + j] = centred(f64::from(sum), j) * scale[i] * scale[j];
            }
        }
        let edge = edge(&scale, released.noise_of_pairs / users, run);
        let diverged = || FitError::Diverged {
            model: NAME,
            step: 1,
            evidence: "the eigenvalues of the covariance were not found".to_owned(),
        };
        let (values, vectors) = eigen(&matrix, n).ok_or_else(diverged)?;
        drop(matrix);
        let kept: Vec<usize> = (0..n)
            .rev()
            .filter(|&at| values[at] > edge)
            .take(rank)
            .collect();
        run.observer.note(&format!(
            "{} directions stand above the noise, whose largest eigenvalue is {edge:.2e}; the largest: {:.2e}",
            kept.len(),
            values[n - 1]
        ));
        let mut factors = Matrix::zeros(n, kept.len());
        for i in 0..n {
            for (entry, &at) in factors.row_mut(i).iter_mut().zip(&kept) {
                let root = (values[at].powi(2) - edge * edge).sqrt().sqrt();
                #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
                let factor = (vectors[(i, at)] * root / scale[i]) as f32;
                *entry = factor;
            }
            shorten(factors.row_mut(i), means[i] / roots);
        }
        Ok(Self { factors })
    }

    pub(super) fn width(&self) -> usize {
        self.factors.cols
    }

    pub(super) fn into_directions(self) -> Matrix {
        self.factors
    }
}

/// Shortens the factors of an item to what its variance can be: `E u_i^2` at most.
fn shorten(factors: &mut [f32], most: f64) {
    let square: f64 = factors.iter().map(|&f| f64::from(f).powi(2)).sum();
    if square > most {
        #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
        let by = (most / square).sqrt() as f32;
        for factor in factors {
            *factor *= by;
        }
    }
}

/// The largest eigenvalue of a symmetric matrix of noise with this deviation, scaled.
fn edge(scale: &[f64], deviation: f64, run: &Run<'_>) -> f64 {
    let n = scale.len();
    let mut stream = run.seed.stream("noise");
    let mut noise = vec![0.0_f32; n * n];
    for i in 0..n {
        for j in i + 1..n {
            let drawn: f64 = stream.sample(StandardNormal);
            #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
            let entry = (drawn * deviation * scale[i] * scale[j]) as f32;
            noise[i * n + j] = entry;
            noise[j * n + i] = entry;
        }
    }
    let noise = Matrix::from_vec(n, n, noise);
    let mut vector = vec![1.0_f64; n];
    let mut value = 0.0;
    for _ in 0..STEPS {
        let next: Vec<f64> = noise
            .rows_iter()
            .map(|row| {
                row.iter()
                    .zip(&vector)
                    .map(|(a, x)| f64::from(*a) * x)
                    .sum()
            })
            .collect();
        value = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        if value <= 0.0 {
            return 0.0;
        }
        vector = next.into_iter().map(|x| x / value).collect();
    }
    value
}
