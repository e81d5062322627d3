//! Whether a classifier can tell two kinds of users apart: boosted trees, cross-validated.

use std::collections::BTreeMap;

use rayon::prelude::*;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::xgboost::{XGRegressor, XGRegressorParameters};
use sparring_wide::Seed;

use super::auc::Auc;
use super::error::FidelityError;
use super::sample::drawn;

/// Parts of the cross-validation.
const FOLDS: usize = 5;
/// The most users of a kind; more are drawn by lot.
pub const MOST_CLASSIFIED: usize = 2_500;
/// Trees of a fit.
const TREES: usize = 100;
/// Depth of a tree.
const DEPTH: u16 = 4;
/// How much of its correction a tree makes.
const LEARNING_RATE: f64 = 0.1;
/// The share of the users that a tree sees.
const SUBSAMPLE: f64 = 0.5;

/// How well the figures of users tell the second kind from the first: the area under the curve of
/// scores that each user gets from trees fitted without its part.
///
/// Both kinds are cut to the same number of users, drawn by lot. Trees are boosted on the squared
/// error of 0 and 1: for the order of users, which is all that counts here, that is as good as a
/// logistic loss. Users with the same figures share a part: a copy of a user, seen in training with
/// the label of the other kind, would have that user taken for it.
pub(super) fn tell_apart(
    first: &[&[f64]],
    second: &[&[f64]],
    seed: Seed,
) -> Result<Auc, FidelityError> {
    let each = first.len().min(second.len()).min(MOST_CLASSIFIED);
    let choose = |kind: &[&[f64]], label| -> Vec<Vec<f64>> {
        let chosen = drawn(kind.len(), each, seed.derive(label));
        chosen.into_iter().map(|at| kind[at].to_vec()).collect()
    };
    let kinds = [choose(first, "first"), choose(second, "second")];
    let parts = parts(&kinds);
    let scores: Vec<[Vec<f64>; 2]> = (0..FOLDS)
        .into_par_iter()
        .map(|fold| score_fold(&kinds, &parts, fold, seed))
        .collect::<Result<_, _>>()?;
    let of_kind = |kind: usize| -> Vec<f64> {
        let folds = scores.iter().flat_map(|fold| &fold[kind]);
        folds.copied().collect()
    };
    Ok(Auc::of(&of_kind(1), &of_kind(0)).expect("both kinds have users"))
}

/// The part of each user, by kind: one after the other, but the same for the same figures.
fn parts(kinds: &[Vec<Vec<f64>>; 2]) -> [Vec<usize>; 2] {
    let mut known: BTreeMap<Vec<u64>, usize> = BTreeMap::new();
    [0, 1].map(|kind| {
        let mut next = 0..;
        let part = |row: &Vec<f64>| {
            let bits = row.iter().map(|figure| figure.to_bits()).collect();
            let new = || next.next().expect("as many as users") % FOLDS;
            *known.entry(bits).or_insert_with(new)
        };
        kinds[kind].iter().map(part).collect()
    })
}

/// The scores of the users of one part, by kind, from trees fitted to all others.
fn score_fold(
    kinds: &[Vec<Vec<f64>>; 2],
    parts: &[Vec<usize>; 2],
    fold: usize,
    seed: Seed,
) -> Result<[Vec<f64>; 2], FidelityError> {
    let (mut rows, mut labels) = (Vec::new(), Vec::new());
    let mut held = [Vec::new(), Vec::new()];
    for (kind, label) in [(0, 0.0), (1, 1.0)] {
        for (at, row) in kinds[kind].iter().enumerate() {
            if parts[kind][at] == fold {
                held[kind].push(row.clone());
            } else {
                rows.push(row.clone());
                labels.push(label);
            }
        }
    }
    // Copies of few users leave parts empty, or nothing to learn from.
    let users = held.each_ref().map(Vec::len);
    if users == [0, 0] || rows.is_empty() {
        return Ok(users.map(|n| vec![0.0; n]));
    }
    let failed = |error: smartcore::error::Failed| FidelityError::Numbers {
        what: "the classifier of real and other users",
        finding: error.to_string(),
    };
    let parameters = XGRegressorParameters::default()
        .with_n_estimators(TREES)
        .with_max_depth(DEPTH)
        .with_learning_rate(LEARNING_RATE)
        .with_subsample(SUBSAMPLE)
        .with_seed(seed.at(fold as u64).0);
    let rows = DenseMatrix::from_2d_vec(&rows).map_err(failed)?;
    let trees = XGRegressor::fit(&rows, &labels, parameters).map_err(failed)?;
    let score = |users: &Vec<Vec<f64>>| {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let users = DenseMatrix::from_2d_vec(users).map_err(failed)?;
        trees.predict(&users).map_err(failed)
    };
    Ok([score(&held[0])?, score(&held[1])?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use rand_distr::StandardNormal;

    /// Standard normal figures, moved by `shift` in the second of them.
    fn users(n: usize, shift: f64, seed: u64) -> Vec<Vec<f64>> {
        let mut stream = Seed(seed).stream("figures");
        let user = |_| (0..3).map(|_| stream.sample(StandardNormal)).collect();
        let mut users: Vec<Vec<f64>> = (0..n).map(user).collect();
        for user in &mut users {
            user[1] += shift;
        }
        users
    }

    fn auc(a: &[Vec<f64>], b: &[Vec<f64>], seed: u64) -> f64 {
        let a: Vec<&[f64]> = a.iter().map(Vec::as_slice).collect();
        let b: Vec<&[f64]> = b.iter().map(Vec::as_slice).collect();
        tell_apart(&a, &b, Seed(seed)).unwrap().value
    }

    #[test]
    fn one_kind_cannot_be_told_apart_and_two_can() {
        let same = auc(&users(300, 0.0, 1), &users(300, 0.0, 2), 1);
        assert!((same - 0.5).abs() < 0.08, "{same}");
        // Normals two deviations apart: Phi(2 / sqrt 2) = .921 is the best there is.
        let far = auc(&users(300, 0.0, 1), &users(300, 2.0, 2), 1);
        assert!(far > 0.87 && far < 0.96, "{far}");
    }

    #[test]
    fn copies_are_in_the_part_of_their_originals() {
        let row = |x: f64| vec![x, 0.0];
        let kinds = [
            vec![row(1.0), row(2.0), row(1.0)],
            vec![row(3.0), row(2.0), row(4.0), row(3.0)],
        ];
        assert_eq!(parts(&kinds), [vec![0, 1, 0], vec![0, 1, 1, 0]]);
        // Everybody is a copy, and cannot be told apart for that.
        let once = users(200, 0.0, 1);
        let found = auc(&once, &once, 1);
        assert!((found - 0.5).abs() < 0.08, "{found}");
        for different in [1, 2] {
            let few = vec![once[..different].to_vec(); 10].concat();
            assert!((auc(&few, &few, 1) - 0.5).abs() < 1e-9);
        }
    }

    #[test]
    fn the_seed_alone_decides() {
        let (a, b) = (users(60, 0.0, 1), users(80, 1.0, 2));
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| auc(&a, &b, 5).to_bits())
        };
        assert_eq!(with(1), with(3));
        assert_ne!(with(1), auc(&a, &b, 6).to_bits());
    }
}
