//! The leading singular triplets of a scaled log, by randomised subspace iteration (Halko,
//! Martinsson and Tropp, "Finding structure with randomness", SIAM Review 2011, algorithm 4.4).
//!
//! ```text
//! A = diag(rows) X diag(columns) ~ U S V'
//! ```
//!
//! The subspace has ten more columns than wanted. It is orthogonal after every product, or the
//! small singular values drown; the eigenvectors of its Gram matrix make it so.

use faer::Mat;
use rand::RngExt;
use rand_distr::StandardNormal;

use super::symmetric::eigen;
use super::tall::{Scaled, Tall, single};
use crate::recommend::{FitError, Progress, Run};

/// Columns beyond those wanted.
const OVERSAMPLING: usize = 10;
/// Eigenvalues below this share of the largest are rounding errors of zero.
const NEGLIGIBLE: f64 = 1e-12;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search {
    /// The model that asks.
    pub(crate) model: &'static str,
    /// Number of singular vectors; fewer are found where the log has a lower rank.
    pub(crate) wanted: usize,
    /// Rounds of the iteration.
    pub(crate) iterations: usize,
}

/// Right singular vectors and their values, largest first.
pub(crate) struct Leading {
    /// `V`, `[I, K]`.
    pub(crate) vectors: Tall,
    /// `S`.
    pub(crate) values: Vec<f64>,
}

/// Bytes that [`leading`] takes for `users`, `items` and `ones` of the log: both sides of the
/// subspace, small square matrices, the log and its transpose.
pub(crate) fn memory_of((users, items, ones): (u64, u64, u64), wanted: u64) -> u64 {
    let width = (wanted + OVERSAMPLING as u64).min(items.min(users));
    let sides = users + items;
    4 * width * sides + 200 * width * width + 24 * sides + 8 * ones
}

/// The leading singular triplets of `matrix`.
///
/// # Errors
/// If the eigenvalues of a small matrix cannot be found, or a stop is requested.
pub(crate) fn leading(
    matrix: Scaled<'_>,
    search: Search,
    run: &Run<'_>,
) -> Result<Leading, FitError> {
    let Search { model, wanted, .. } = search;
    let transposed = matrix.profiles.transpose();
    let back = Scaled {
        profiles: &transposed,
        rows: matrix.columns,
        columns: matrix.rows,
    };
    let n_items = transposed.n_rows();
    let width = (wanted + OVERSAMPLING).min(n_items.min(matrix.profiles.n_rows()));
    let mut stream = run.seed.derive(model).stream("subspace");
    let normals = (0..n_items * width).map(|_| single(stream.sample(StandardNormal)));
    let mut vectors = Tall {
        width,
        values: normals.collect(),
    };
    let mut values = Vec::new();
    for done in 1..=search.iterations {
        if run.cancel.is_requested() {
            return Err(FitError::Cancelled { model });
        }
        let diverged = || FitError::Diverged {
            model,
            step: done as u64,
            evidence: "the eigenvalue iteration did not end".to_owned(),
        };
        let mut projected = matrix.times(&vectors);
        // Room for the next product.
        vectors.values = Vec::new();
        orthogonalise(&mut projected).ok_or_else(diverged)?;
        vectors = back.times(&projected);
        values = orthogonalise(&mut vectors).ok_or_else(diverged)?;
        run.observer.progress(Progress {
            unit: "iteration",
            done: done as u64,
            total: search.iterations as u64,
        });
    }
    values.truncate(wanted);
    vectors.narrow(values.len());
    Ok(Leading { vectors, values })
}

/// Replaces a matrix by its left singular vectors and returns the singular values, largest first;
/// columns beyond the rank become zero.
pub(crate) fn orthogonalise(tall: &mut Tall) -> Option<Vec<f64>> {
    let k = tall.width;
    let (values, vectors) = eigen(&tall.gram(), k)?;
    let least = values.last()? * NEGLIGIBLE;
    let kept: Vec<usize> = (0..k).rev().filter(|&at| values[at] > least).collect();
    let roots: Vec<f64> = kept.iter().map(|&at| values[at].sqrt()).collect();
    tall.rotate(&Mat::from_fn(k, kept.len(), |row, column| {
        vectors[(row, kept[column])] / roots[column]
    }));
    Some(roots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::profiles::Profiles;
    use crate::models::profiles::tests::log;
    use crate::recommend::Cancel;
    use sparring_wide::Seed;

    fn search(wanted: usize) -> Search {
        Search {
            model: "test",
            wanted,
            iterations: 3,
        }
    }

    #[test]
    fn triplets_by_hand() {
        // diag(1, 2) (1 1 0; 0 0 1) diag(3, 4, 5) has the rows (3 4 0) and (0 0 10).
        let profiles = Profiles::of(&log(2, 3, [(0, 0), (0, 1), (1, 2)]));
        let matrix = Scaled {
            profiles: &profiles,
            rows: &[1.0, 2.0],
            columns: &[3.0, 4.0, 5.0],
        };
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let found = leading(matrix, search(3), &run).unwrap();
        assert_eq!(found.values.len(), 2, "the rank is 2");
        for (value, expected) in found.values.iter().zip([10.0, 5.0]) {
            assert!((value - expected).abs() < 1e-5, "{value}");
        }
        let vectors = [[0.0, 0.6], [0.0, 0.8], [1.0, 0.0]];
        for (row, expected) in found.vectors.values.chunks(2).zip(vectors) {
            for (entry, expected) in row.iter().zip(expected) {
                assert!((entry.abs() - expected).abs() < 1e-6, "{entry} {expected}");
            }
        }
        cancel.request();
        let stopped = leading(matrix, search(3), &run);
        assert!(matches!(stopped, Err(FitError::Cancelled { .. })));
    }
}
