//! The leading directions of what a recommender says of its users.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::StandardNormal;
use sparring_wide::{Beta, Matrix, gemm, gemm_tn};

use crate::data::{Dataset, UserIx};
use crate::models::subspace::orthogonalise;
use crate::models::tall::{Tall, single};
use crate::recommend::{FitError, Query, Recommender, Run};

/// Users whose scores are looked at, at most.
const USERS: usize = 8_192;
/// Users scored at once.
const BLOCK: usize = 128;
/// Directions beyond those wanted.
const OVERSAMPLING: usize = 8;
/// Rounds of the iteration.
const ROUNDS: usize = 4;

/// Places of items and codes of users in the space of a recommender's scores.
///
/// ```text
/// S ~ C E',  S [U, I] the scores of items that somebody has, 0 for the others
/// E = V s / sqrt(U),  C = S V sqrt(U) / s         of the leading singular triplets of S
/// ```
///
/// So codes have unit variance and an error of a place counts as much as the scores that it makes wrong.
/// A code is linear in a user's scores, `codes [I, K]`, so that a new user has one too.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::models) struct Space {
    /// `V sqrt(U) / s`, `[I, K]`.
    pub(in crate::models) codes: Matrix,
    /// `E`, `[I, K]`; zeros for items that nobody has.
    pub(in crate::models) places: Matrix,
}

impl Space {
    /// The space of `width` directions at most.
    ///
    /// # Errors
    /// If the iteration does not end or a stop is requested.
    pub(in crate::models) fn of(
        model: &'static str,
        base: &dyn Recommender,
        (train, width): (&Dataset, usize),
        run: &Run<'_>,
    ) -> Result<Self, FitError> {
        let warm: Vec<bool> = train.item_counts().iter().map(|n| *n > 0).collect();
        let n_items = warm.len();
        let mut users: Vec<UserIx> = train
            .user_indices()
            .filter(|user| !train.history(*user).is_empty())
            .collect();
        users.shuffle(&mut run.seed.derive(model).stream("users"));
        users.truncate(USERS);
        users.sort_unstable();
        let n = warm.iter().filter(|warm| **warm).count().min(users.len());
        let mut stream = run.seed.derive(model).stream("space");
        let k = (width + OVERSAMPLING).min(n);
        let mut subspace = Tall {
            width: k,
            values: (0..n_items * k)
                .map(|_| stream.sample(StandardNormal))
                .collect(),
        };
        let (mut squares, mut scores) = (Vec::new(), Matrix::default());
        for round in 0..ROUNDS {
            if run.cancel.is_requested() {
                return Err(FitError::Cancelled { model });
            }
            let directions = Matrix::from_vec(n_items, subspace.width, subspace.values);
            let mut products = Matrix::zeros(n_items, subspace.width);
            let mut codes = Matrix::default();
            for users in users.chunks(BLOCK) {
                score(base, train, (users, &warm), &mut scores);
                gemm(&scores, &directions, Beta::Replace, &mut codes);
                gemm_tn(&scores, &codes, Beta::Add, &mut products);
            }
            subspace.values = products.data;
            // S' S has the squares of the singular values.
            squares = orthogonalise(&mut subspace).ok_or_else(|| FitError::Diverged {
                model,
                step: round as u64,
                evidence: "the eigenvalue iteration did not end".to_owned(),
            })?;
        }
        squares.truncate(width);
        subspace.narrow(squares.len());
        let root = (users.len() as f32).sqrt();
        let vectors = Matrix::from_vec(n_items, squares.len(), subspace.values);
        let scaled = |by: &dyn Fn(f32) -> f32| {
            let mut scaled = vectors.clone();
            for row in scaled.data.chunks_mut(squares.len().max(1)) {
                for (x, square) in row.iter_mut().zip(&squares) {
                    *x *= by(single(square.sqrt()));
                }
            }
            scaled
        };
        Ok(Self {
            codes: scaled(&|singular| root / singular),
            places: scaled(&|singular| singular / root),
        })
    }
}

impl Space {
    /// The root mean square of the entries of some places.
    pub(in crate::models) fn scale(&self, items: &[usize]) -> f32 {
        let entries = items.iter().flat_map(|item| self.places.row(*item));
        let squares: f64 = entries.map(|x| f64::from(x * x)).sum();
        let mean = squares / (items.len() * self.places.cols).max(1) as f64;
        single(mean.sqrt()).max(f32::MIN_POSITIVE)
    }
}

/// The scores of items that somebody has, 0 for the others.
fn score(
    base: &dyn Recommender,
    train: &Dataset,
    (users, warm): (&[UserIx], &[bool]),
    scores: &mut Matrix,
) {
    let queries: Vec<Query<'_>> = users.iter().map(|u| Query::known(train, *u)).collect();
    scores.reshape(users.len(), warm.len());
    base.score_into(&queries, &mut scores.data)
        .expect("users of the log that it was fitted on");
    for row in scores.data.chunks_mut(warm.len()) {
        for (score, warm) in row.iter_mut().zip(warm) {
            if !warm {
                *score = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::{Cancel, ScoreError};
    use crate::split::contract::log;
    use sparring_wide::Seed;

    /// Scores of rank 2: `u` and `1` times items.
    #[derive(Debug)]
    struct Two;

    fn value(user: u32, item: usize) -> f32 {
        let (u, i) = (user as f32, item as f32);
        (u - 1.5) * (i - 1.0) + 0.5 * i
    }

    impl Recommender for Two {
        fn n_items(&self) -> usize {
            4
        }
        fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
            for (query, row) in queries.iter().zip(scores.chunks_mut(4)) {
                for (item, score) in row.iter_mut().enumerate() {
                    *score = value(query.user.unwrap().0, item);
                }
            }
            Ok(())
        }
    }

    #[test]
    fn codes_times_places_are_the_scores_of_what_somebody_has() {
        // Nobody has item 3.
        let mut data = log(&[&[0, 1], &[1, 2], &[0, 2], &[2, 0]]);
        let mut catalogue = (**data.items()).clone();
        catalogue.intern("new");
        data = data.over(catalogue);
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let space = Space::of("test", &Two, (&data, 3), &run).unwrap();
        assert_eq!(space.places.shape(), (4, 2), "the rank is 2");
        assert!(space.places.row(3).iter().all(|x| x.abs() < 1e-6));
        let mut square = [0.0; 2];
        for user in 0..4 {
            let mut code = [0.0_f32; 2];
            for item in 0..3 {
                for (code, entry) in code.iter_mut().zip(space.codes.row(item)) {
                    *code += value(user, item) * entry;
                }
            }
            square
                .iter_mut()
                .zip(code)
                .for_each(|(s, c)| *s += c * c / 4.0);
            for item in 0..3 {
                let place = space.places.row(item);
                let found = code[0] * place[0] + code[1] * place[1];
                assert!((found - value(user, item)).abs() < 1e-4);
            }
        }
        for square in square {
            assert!((square - 1.0).abs() < 1e-4, "unit variance: {square}");
        }
    }
}
