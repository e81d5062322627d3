//! The covariance of users above the edge of the noise.
//!
//! ```text
//! C = G / U - m m',  scaled to M = S D C D S with D = diag(popularity^e)
//! M = sum_k w_k v_k v_k',  w_k > edge,  C' = (S D)^-1 (sum_k sqrt(w_k^2 - edge^2) v_k v_k') (D S)^-1
//! ```
//!
//! An item's part of `C'` is cut to `E u_i^2`, which no variance passes: `D^-1` would blow up noise
//! among the rarest items. The noise of all pairs is alike, the signal is larger among popular items
//! and along what items publicly are (`S`, `prior.rs`; the identity where nothing is named): scaling
//! brings it out. The edge is the largest eigenvalue of noise scaled alike, which is simulated.
//! `sqrt(w^2 - edge^2)` is what Gavish and Donoho ("Optimal shrinkage of singular values", 2017,
//! equation 7) find best for the Frobenius norm in noise that is the same everywhere.

use rand::RngExt;
use rand_distr::StandardNormal;
use sparring_wide::Matrix;

use super::prior::Prior;
use super::sketch::Released;
use super::spectrum::leading;
use crate::recommend::{FitError, Run};
use crate::synth::blend::single;

/// Steps of the power iteration for the edge.
const STEPS: usize = 40;
/// Steps of the iteration for the directions.
const TURNS: usize = 14;

/// How the covariance is scaled before its noise is cut off, and the most directions that are kept.
pub(super) struct Scaling<'a> {
    pub(super) exponent: f64,
    pub(super) prior: Option<&'a Prior>,
    pub(super) rank: usize,
}

/// Factors `B` of the covariance, `C' = B B'`, `[I, K]`.
pub(super) struct Covariance {
    factors: Matrix,
}

impl Covariance {
    /// Of the items whose pairs were released, their sums `means` and the lengths among them.
    ///
    /// # Errors
    /// If eigenvalues are not found, or a stop is requested.
    pub(super) fn of(
        released: &Released,
        means: &[f64],
        sizes: &[usize],
        scaling: &Scaling<'_>,
        run: &Run<'_>,
    ) -> Result<Self, FitError> {
        let (n, users) = (means.len(), sizes.len() as f64);
        let roots: f64 = sizes.iter().map(|&n| (n as f64).sqrt()).sum();
        let highest = means.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let exponent = scaling.exponent;
        let scale: Vec<f64> = means.iter().map(|m| (m / highest).powf(exponent)).collect();
        let centred = |sum: f64, i: usize, j: usize| {
            (sum / users - means[i] * means[j] / users / users) * scale[i] * scale[j]
        };
        let mut matrix = Matrix::zeros(n, n);
        for (i, mean) in means.iter().enumerate() {
            matrix.data[i * n + i] = single(centred(mean * users / roots, i, i));
            let row = &released.pairs[released.start(i)..][..n - 1 - i];
            for (&sum, j) in row.iter().zip(i + 1..) {
                let entry = single(centred(f64::from(sum), i, j));
                matrix.data[i * n + j] = entry;
                matrix.data[j * n + i] = entry;
            }
        }
        let stretched = |matrix| match scaling.prior {
            Some(prior) => prior.stretch(matrix),
            None => matrix,
        };
        let noise = noise(&scale, released.noise_of_pairs / users, run);
        let edge = edge(&stretched(noise));
        let matrix = stretched(matrix);
        let found = leading(&matrix, scaling.rank.min(n), (edge, TURNS), run)?;
        drop(matrix);
        let kept = found.values.iter().take_while(|w| **w > edge).count();
        run.observer.note(&format!(
            "{kept} directions stand above the noise, whose largest eigenvalue is {edge:.2e}; the \
             largest: {:.2e}",
            found.values[0]
        ));
        let mut factors = Matrix::zeros(n, kept);
        for (i, vectors) in found.vectors.rows_iter().enumerate() {
            let pairs = vectors.iter().zip(&found.values);
            for (entry, (x, w)) in factors.row_mut(i).iter_mut().zip(pairs) {
                *entry = single(f64::from(*x) * (w * w - edge * edge).sqrt().sqrt());
            }
        }
        if let Some(prior) = scaling.prior {
            prior.relax(&mut factors);
        }
        for i in 0..n {
            let by = single(scale[i].recip());
            for entry in factors.row_mut(i) {
                *entry *= by;
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
        let by = single((most / square).sqrt());
        for factor in factors {
            *factor *= by;
        }
    }
}

/// A symmetric matrix of noise with this deviation, scaled.
fn noise(scale: &[f64], deviation: f64, run: &Run<'_>) -> Matrix {
    let n = scale.len();
    let mut stream = run.seed.stream("noise");
    let mut noise = Matrix::zeros(n, n);
    for i in 0..n {
        for j in i + 1..n {
            let drawn: f64 = stream.sample(StandardNormal);
            let entry = single(drawn * deviation * scale[i] * scale[j]);
            noise.data[i * n + j] = entry;
            noise.data[j * n + i] = entry;
        }
    }
    noise
}

/// The largest eigenvalue of a symmetric matrix, by size.
fn edge(noise: &Matrix) -> f64 {
    let mut vector = vec![1.0_f64; noise.rows];
    let mut value = 0.0;
    for _ in 0..STEPS {
        let product = |row: &[f32]| -> f64 {
            let pairs = row.iter().zip(&vector);
            pairs.map(|(a, x)| f64::from(*a) * x).sum()
        };
        let next: Vec<f64> = noise.rows_iter().map(product).collect();
        value = next.iter().map(|x| x * x).sum::<f64>().sqrt();
        if value <= 0.0 {
            return 0.0;
        }
        vector = next.into_iter().map(|x| x / value).collect();
    }
    value
}
