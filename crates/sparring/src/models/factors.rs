//! User and item factors: what matrix factorisations score with, however they were trained.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par, Side, linalg::solvers::Solve};
use rayon::prelude::*;

use crate::data::{Dataset, ItemIx, UserIx};
use crate::recommend::{NamedTensors, Query, Recommender, ScoreError, WeightsError};

/// Users scored together.
const BLOCK: usize = 64;

/// `score(u, i) = p_u . q_i + b_i`.
///
/// A user who was not in the training data is folded in: `p` is the ridge solution of
///
/// ```text
/// min sum_i (x_i - b_i - p . q_i)^2 + l2 |p|^2
/// ```
///
/// over all items `i`, where `x` is 1 on the history and 0 elsewhere, that is
/// `p = (Q' Q + l2)^-1 Q' (x - b)`; or, [`imitating`](Self::imitating) what training made of the
/// users that it had, by the affine map `p = W' (Q' x) + c` that is nearest to their factors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Factors {
    width: usize,
    users: Vec<f32>,
    items: Vec<f32>,
    bias: Vec<f32>,
    /// The fold-in: `p = map' (Q' x - shift) + constant`, `[K, K]`, `[K]` and `[K]`.
    map: Vec<f32>,
    shift: Vec<f32>,
    constant: Vec<f32>,
}

impl Factors {
    /// Factors `[U, K]` and `[I, K]`, biases `[I]`, and the ridge of the fold-in relative to the
    /// mean diagonal of `Q' Q`.
    pub(super) fn new(
        width: usize,
        users: Vec<f32>,
        items: Vec<f32>,
        bias: Vec<f32>,
        relative_l2: f64,
    ) -> Self {
        let (map, shift) = fold_in(width, &items, &bias, relative_l2);
        Self {
            width,
            users,
            items,
            bias,
            map,
            shift,
            constant: vec![0.0; width],
        }
    }

    /// The same with a fold-in that imitates training: ridge regression of the users' factors on
    /// the sums of the factors of their items, with a ridge relative to the mean variance of
    /// the sums.
    pub(super) fn imitating(self, train: &Dataset, relative_l2: f64) -> Self {
        let k = self.width;
        let users: Vec<UserIx> = train
            .user_indices()
            .filter(|&user| !train.history(user).is_empty())
            .collect();
        let sums: Vec<Vec<f64>> = users
            .par_iter()
            .map(|&user| {
                let mut sum = vec![0.0; k];
                for item in train.history(user) {
                    let row = &self.items[item.at() * k..][..k];
                    sum.iter_mut()
                        .zip(row)
                        .for_each(|(sum, q)| *sum += f64::from(*q));
                }
                sum
            })
            .collect();
        let mean = |at: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            let column = |j| (0..users.len()).map(|i| at(i, j)).sum::<f64>();
            (0..k).map(|j| column(j) / users.len() as f64).collect()
        };
        let factor = |i: usize, j: usize| f64::from(self.users[users[i].at() * k + j]);
        let (mean_sum, mean_factor) = (mean(&|i, j| sums[i][j]), mean(&factor));
        let x = Mat::from_fn(users.len(), k, |i, j| sums[i][j] - mean_sum[j]);
        let y = Mat::from_fn(users.len(), k, |i, j| factor(i, j) - mean_factor[j]);
        let (mut gram, mut cross) = (Mat::zeros(k, k), Mat::zeros(k, k));
        matmul(&mut gram, Accum::Replace, x.transpose(), &x, 1.0, Par::Seq);
        matmul(&mut cross, Accum::Replace, x.transpose(), &y, 1.0, Par::Seq);
        Self {
            map: solve(gram, cross.as_ref(), relative_l2),
            shift: mean_sum.into_iter().map(to_f32).collect(),
            constant: mean_factor.into_iter().map(to_f32).collect(),
            ..self
        }
    }

    fn user_into(&self, query: &Query<'_>, out: &mut [f32]) -> Result<(), ScoreError> {
        let k = self.width;
        if let Some(user) = query
            .user
            .filter(|user| (user.at() + 1) * k <= self.users.len())
        {
            out.copy_from_slice(&self.users[user.at() * k..][..k]);
            return Ok(());
        }
        let mut sum: Vec<f32> = self.shift.iter().map(|b| -b).collect();
        for item in query.history {
            add(&mut sum, self.item(*item)?, 1.0);
        }
        out.copy_from_slice(&self.constant);
        for (weight, row) in sum.iter().zip(self.map.chunks(k)) {
            add(out, row, *weight);
        }
        Ok(())
    }

    fn item(&self, item: ItemIx) -> Result<&[f32], ScoreError> {
        let k = self.width;
        self.items
            .get(item.at() * k..(item.at() + 1) * k)
            .ok_or(ScoreError::UnknownItem {
                item,
                n_items: self.n_items(),
            })
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let (k, n_items) = (self.width, self.n_items());
        NamedTensors::new()
            .with("users", &[self.users.len() / k, k], self.users.clone())
            .with("items", &[n_items, k], self.items.clone())
            .with("item_bias", &[n_items], self.bias.clone())
            .with("fold_in", &[k, k], self.map.clone())
            .with("fold_in_shift", &[k], self.shift.clone())
            .with("fold_in_constant", &[k], self.constant.clone())
    }

    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (n_items, width, items) = weights.matrix("items")?;
        let (n_users, _, _) = weights.matrix("users")?;
        Ok(Self {
            width,
            users: weights.matrix_of("users", n_users, width)?.to_vec(),
            items: items.to_vec(),
            bias: weights.vector_of("item_bias", n_items)?.to_vec(),
            map: weights.matrix_of("fold_in", width, width)?.to_vec(),
            shift: weights.vector_of("fold_in_shift", width)?.to_vec(),
            constant: weights.vector_of("fold_in_constant", width)?.to_vec(),
        })
    }
}

impl Recommender for Factors {
    fn n_items(&self) -> usize {
        self.bias.len()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let (k, n_items) = (self.width, self.n_items());
        assert_eq!(scores.len(), queries.len() * n_items, "scores are [Q, I]");
        let mut users = vec![0.0; queries.len() * k];
        for (query, out) in queries.iter().zip(users.chunks_mut(k)) {
            self.user_into(query, out)?;
        }
        let items = MatRef::from_row_major_slice(&self.items, n_items, k).transpose();
        scores
            .par_chunks_mut(BLOCK * n_items)
            .zip(users.par_chunks(BLOCK * k))
            .for_each(|(scores, users)| {
                let rows = users.len() / k;
                scores
                    .chunks_mut(n_items)
                    .for_each(|row| row.copy_from_slice(&self.bias));
                let users = MatRef::from_row_major_slice(users, rows, k);
                let scores = MatMut::from_row_major_slice_mut(scores, rows, n_items);
                matmul(scores, Accum::Add, users, items, 1.0, Par::Seq);
            });
        Ok(())
    }
}

/// `(Q' Q + l2)^-1` and `Q' b`; the ridge keeps the matrix positive definite.
fn fold_in(width: usize, items: &[f32], bias: &[f32], relative_l2: f64) -> (Vec<f32>, Vec<f32>) {
    let mut gram = Mat::<f64>::zeros(width, width);
    let mut projected = vec![0.0; width];
    for (row, bias) in items.chunks(width).zip(bias) {
        add(&mut projected, row, *bias);
    }
    for block in items.chunks(1024 * width) {
        let rows = Mat::from_fn(block.len() / width, width, |row, column| {
            f64::from(block[row * width + column])
        });
        matmul(
            &mut gram,
            Accum::Add,
            rows.transpose(),
            &rows,
            1.0,
            Par::Seq,
        );
    }
    let identity = Mat::identity(width, width);
    (solve(gram, identity.as_ref(), relative_l2), projected)
}

/// `(gram + l2)^-1 right`, row-major; the ridge keeps the matrix positive definite.
fn solve(mut gram: Mat<f64>, right: MatRef<'_, f64>, relative_l2: f64) -> Vec<f32> {
    let width = gram.nrows();
    let trace: f64 = (0..width).map(|at| gram[(at, at)]).sum();
    let ridge = (relative_l2 * trace / width as f64).max(1e-9);
    for at in 0..width {
        gram[(at, at)] += ridge;
    }
    let solution = match gram.llt(Side::Lower) {
        Ok(factor) => factor.solve(right),
        // Not finite: scores will say so.
        Err(_) => Mat::from_fn(width, width, |_, _| f64::NAN),
    };
    (0..width * width)
        .map(|at| to_f32(solution[(at / width, at % width)]))
        .collect()
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn to_f32(value: f64) -> f32 {
    value as f32
}

fn add(to: &mut [f32], what: &[f32], weight: f32) {
    to.iter_mut()
        .zip(what)
        .for_each(|(to, what)| *to += weight * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(factors: &Factors, query: Query<'_>) -> Vec<f32> {
        let mut scores = vec![0.0; factors.n_items()];
        factors.score_into(&[query], &mut scores).unwrap();
        scores
    }

    #[test]
    fn by_hand() {
        // p = 2, q = (1, 3), b = (0.5, 0): scores 2.5 and 6.
        let factors = Factors::new(1, vec![2.0], vec![1.0, 3.0], vec![0.5, 0.0], 0.0);
        let known = Query {
            user: Some(UserIx(0)),
            history: &[],
        };
        assert_eq!(scores(&factors, known), [2.5, 6.0]);
        // New user with item 1: p = (1 * (0 - .5) + 3 * 1) / (1 + 9) = .25, scores .75 and .75.
        for score in scores(&factors, Query::new_user(&[ItemIx(1)])) {
            assert!((score - 0.75).abs() < 1e-6, "{score}");
        }
    }

    #[test]
    fn imitation_recovers_an_affine_map() {
        // Every user's factors are half the sum of the items' factors, plus 0.1.
        let data = crate::models::contract::planted();
        let items: Vec<f32> = (0..2 * data.n_items())
            .map(|at| ((at * 7) % 5) as f32 / 5.0)
            .collect();
        let made = |history: &[ItemIx]| {
            let sum = |j: usize| {
                history
                    .iter()
                    .map(|item| items[2 * item.at() + j])
                    .sum::<f32>()
            };
            [0.5 * sum(0) + 0.1, 0.5 * sum(1) + 0.1]
        };
        let users = data
            .user_indices()
            .flat_map(|user| made(data.history(user)))
            .collect();
        let bias = vec![0.0; data.n_items()];
        let factors = Factors::new(2, users, items.clone(), bias, 0.1).imitating(&data, 1e-9);
        let history = [ItemIx(3), ItemIx(8)];
        let expected = made(&history);
        let found = scores(&factors, Query::new_user(&history));
        for (item, score) in items.chunks(2).zip(found) {
            let wanted = expected[0] * item[0] + expected[1] * item[1];
            assert!((score - wanted).abs() < 1e-3, "{score} {wanted}");
        }
    }

    #[test]
    fn an_item_beyond_the_catalogue_is_an_error() {
        let factors = Factors::new(1, vec![2.0], vec![1.0], vec![0.0], 0.1);
        let query = Query::new_user(&[ItemIx(7)]);
        assert!(factors.score_into(&[query], &mut [0.0]).is_err());
    }
}
