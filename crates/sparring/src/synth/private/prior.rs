//! What items publicly are, as a prior of their covariance.
//!
//! ```text
//! k_ij = (1/5 + 4/5 cos(kinds_i, kinds_j)) exp(-|year_i - year_j| / 8)
//! S = I + (f - 1) Q Q',  with the leading directions Q of k
//! ```
//!
//! Items of like kinds and times are liked by the same users: the covariance lies along `Q` more than
//! noise does. `S M S` brings that out before the noise is cut off, `S^-1` undoes it afterwards. The
//! second factor of `k` is a half where a year is not known, and `k` is 0 for an item that is not.

use sparring_wide::{Beta, Matrix, gemm, gemm_nt, gemm_tn};

use super::spectrum::leading;
use crate::data::ItemFacts;
use crate::recommend::{FitError, Run};

/// Directions.
const WIDTH: usize = 100;
/// Steps of the iteration that finds them.
const STEPS: usize = 8;
/// Years within which the likeness falls to `1 / e`.
const YEARS: f64 = 8.0;
/// Likeness of items that have no kind in common.
const OTHERS: f64 = 0.2;
/// Factor where a year is not known.
const TIMELESS: f64 = 0.5;

/// The directions that are stretched, and how far.
pub(super) struct Prior {
    /// `Q`, orthonormal, `[I, K]`.
    directions: Matrix,
    /// `f`.
    factor: f32,
}

impl Prior {
    /// Of the items with these numbers.
    ///
    /// # Errors
    /// As [`leading`].
    pub(super) fn of(
        facts: &ItemFacts,
        items: &[u32],
        factor: f32,
        run: &Run<'_>,
    ) -> Result<Self, FitError> {
        let run = run.with_seed(run.seed.derive("prior"));
        let kernel = kernel(facts, items);
        let found = leading(&kernel, WIDTH.min(items.len() / 2), (0.0, STEPS), &run)?;
        Ok(Self {
            directions: found.vectors,
            factor,
        })
    }

    /// `S M S` of a symmetric matrix.
    pub(super) fn stretch(&self, mut matrix: Matrix) -> Matrix {
        let Matrix { rows, cols, data } = &self.directions;
        let by = self.factor - 1.0;
        let scaled = Matrix::from_vec(*rows, *cols, data.iter().map(|x| by * x).collect());
        let (mut along, mut across) = (Matrix::default(), Matrix::default());
        gemm_tn(&self.directions, &matrix, Beta::Replace, &mut along);
        gemm(&scaled, &along, Beta::Add, &mut matrix);
        gemm(&matrix, &self.directions, Beta::Replace, &mut across);
        gemm_nt(&across, &scaled, Beta::Add, &mut matrix);
        matrix
    }

    /// `S^-1 B`.
    pub(super) fn relax(&self, factors: &mut Matrix) {
        if factors.cols == 0 {
            return;
        }
        let (mut along, back) = (Matrix::default(), self.factor.recip() - 1.0);
        gemm_tn(&self.directions, factors, Beta::Replace, &mut along);
        for entry in &mut along.data {
            *entry *= back;
        }
        gemm(&self.directions, &along, Beta::Add, factors);
    }
}

/// `k`.
fn kernel(facts: &ItemFacts, items: &[u32]) -> Matrix {
    let n = items.len();
    let mut kernel = Matrix::zeros(n, n);
    for (i, &one) in items.iter().enumerate() {
        for (j, &other) in items.iter().enumerate().take(i + 1) {
            #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
            let likeness = likeness(facts, one as usize, other as usize) as f32;
            kernel.data[i * n + j] = likeness;
            kernel.data[j * n + i] = likeness;
        }
    }
    kernel
}

/// `k_ij`.
fn likeness(facts: &ItemFacts, i: usize, j: usize) -> f64 {
    let unknown = |at: usize| facts.kinds[at].is_empty() && facts.years[at].is_none();
    if unknown(i) || unknown(j) {
        return 0.0;
    }
    let (one, other) = (&facts.kinds[i], &facts.kinds[j]);
    let common = one.iter().filter(|kind| other.contains(kind)).count() as f64;
    let sizes = (one.len() * other.len()).max(1) as f64;
    let time = match (facts.years[i], facts.years[j]) {
        (Some(one), Some(other)) => (-(one - other).abs() / YEARS).exp(),
        _ => TIMELESS,
    };
    (OTHERS + (1.0 - OTHERS) * common / sizes.sqrt()) * time
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;
    use crate::recommend::Cancel;

    fn facts() -> ItemFacts {
        ItemFacts {
            kinds: vec![vec![0, 1], vec![0], vec![2], vec![]],
            years: vec![Some(1990.0), Some(1998.0), None, None],
            known: 3,
            ..ItemFacts::default()
        }
    }

    #[test]
    fn likeness_by_hand() {
        let facts = facts();
        // One of 2 and 1 kinds in common: .2 + .8 / sqrt 2, eight years apart.
        let expected = (0.2 + 0.8 / 2.0_f64.sqrt()) / std::f64::consts::E;
        assert!((likeness(&facts, 0, 1) - expected).abs() < 1e-12);
        assert!((likeness(&facts, 0, 2) - 0.1).abs() < 1e-12);
        assert!((likeness(&facts, 0, 0) - 1.0).abs() < 1e-12);
        assert_eq!(likeness(&facts, 0, 3).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn what_is_stretched_can_be_relaxed() {
        // Q = (.6, .8), f = 2: S = I + Q Q' = (1.36 .48; .48 1.64), S I S = S^2.
        let prior = Prior {
            directions: Matrix::from_vec(2, 1, vec![0.6, 0.8]),
            factor: 2.0,
        };
        let identity = Matrix::from_vec(2, 2, vec![1.0, 0.0, 0.0, 1.0]);
        let stretched = prior.stretch(identity);
        let near = |found: &[f32], expected: &[f32]| {
            for (a, b) in found.iter().zip(expected) {
                assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        };
        near(&stretched.data, &[2.08, 1.44, 1.44, 2.92]);
        // S times (1, 2) is (2.32, 3.76).
        let mut factors = Matrix::from_vec(2, 1, vec![2.32, 3.76]);
        prior.relax(&mut factors);
        near(&factors.data, &[1.0, 2.0]);
    }

    #[test]
    fn directions_are_those_of_the_kinds() {
        // Items 0 and 1 alike, 2 and 3 alike in another way.
        let facts = ItemFacts {
            kinds: vec![vec![0], vec![0], vec![1], vec![1]],
            years: vec![None; 4],
            known: 4,
            ..ItemFacts::default()
        };
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let prior = Prior::of(&facts, &[0, 1, 2, 3], 2.0, &run).unwrap();
        // Twice the leading ones of (.5 .5 .1 .1; ...): (1, 1, 1, 1) / 2 and (1, 1, -1, -1) / 2.
        assert_eq!(prior.directions.cols, 2);
        for row in prior.directions.rows_iter() {
            let [a, b] = row else { panic!() };
            assert!((a.abs() - 0.5).abs() < 1e-3 && (b.abs() - 0.5).abs() < 1e-3);
        }
    }
}
