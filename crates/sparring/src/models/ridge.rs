//! The regression of every item on all the others, in closed form.
//!
//! ```text
//! min over B, diag(B) = 0:  sum_u w_u |x_u - x_u B|^2 + sum_j L_j |B_j|^2
//! P = (X' D X + diag(L))^-1,  D = diag(w),  B_jk = -P_jk / P_kk  for j != k
//! ```
//!
//! With fewer users than items the same `B` comes from the users' Gram matrix (Woodbury): with the
//! eigenvectors `U` and eigenvalues `s` of `D^1/2 X diag(L)^-1 X' D^1/2`,
//!
//! ```text
//! P = diag(L)^-1 - W W',  W = diag(L)^-1 X' D^1/2 U diag(1 + s)^-1/2
//! ```
//!
//! so that `B_jk = (W W')_jk / P_kk` off the diagonal is never formed, and `W` mixes all users.

use rayon::prelude::*;

use super::item_item::{Dense, ItemItem, LowRank};
use super::profiles::{Profiles, gram};
use super::symmetric::{eigen, inverse};

/// Eigenvalues below this share of the largest are rounding errors of zero.
const NEGLIGIBLE: f64 = 1e-12;

/// The matrix `B` for profiles `X`, user weights `w` and item penalties `L`, all positive; `None`
/// if the matrix to invert is not positive definite.
pub(super) fn regression(
    profiles: &Profiles,
    weights: &[f64],
    penalties: &[f64],
) -> Option<ItemItem> {
    // The eigenvectors of U users take as long as the inverse of about 2 U items.
    if 2 * profiles.n_rows() <= profiles.n_columns() {
        by_users(profiles, weights, penalties)
    } else {
        by_items(profiles, weights, penalties)
    }
}

/// Bytes that [`regression`] takes at its peak: double-precision matrices of the smaller side, the
/// weights in single precision.
pub(super) fn memory_of(profiles: &Profiles) -> u64 {
    let (users, items) = (profiles.n_rows() as u64, profiles.n_columns() as u64);
    if 2 * users <= items {
        32 * users * users + 12 * users * items
    } else {
        20 * items * items
    }
}

fn by_items(profiles: &Profiles, weights: &[f64], penalties: &[f64]) -> Option<ItemItem> {
    let n = profiles.n_columns();
    let mut matrix = gram(profiles, &profiles.transpose(), weights);
    for (at, penalty) in penalties.iter().enumerate() {
        matrix[at * n + at] += penalty;
    }
    let inverse = inverse(matrix, n)?;
    let scale: Vec<f64> = (0..n).map(|at| -1.0 / inverse[at * n + at]).collect();
    Some(ItemItem::Dense(Dense::new(n, |row, column| {
        if row == column {
            return 0.0;
        }
        let entry = inverse[row.min(column) * n + row.max(column)];
        to_f32(entry * scale[column])
    })))
}

fn by_users(profiles: &Profiles, weights: &[f64], penalties: &[f64]) -> Option<ItemItem> {
    let (n_users, n_items) = (profiles.n_rows(), profiles.n_columns());
    let by_item = profiles.transpose();
    let shrink: Vec<f64> = penalties.iter().map(|penalty| 1.0 / penalty).collect();
    let root: Vec<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
    let mut matrix = gram(&by_item, profiles, &shrink);
    for (column, entries) in matrix.chunks_mut(n_users).enumerate() {
        for (entry, root_row) in entries.iter_mut().zip(&root) {
            *entry *= root_row * root[column];
        }
    }
    let (values, vectors) = eigen(&matrix, n_users)?;
    let least = values.last()? * NEGLIGIBLE;
    let kept: Vec<usize> = (0..n_users).filter(|&at| values[at] > least).collect();
    let rank = kept.len();
    // D^1/2 U diag(1 + s)^-1/2, row-major.
    let mut mixed = vec![0.0; n_users * rank];
    mixed
        .par_chunks_mut(rank.max(1))
        .enumerate()
        .for_each(|(user, row)| {
            for (entry, &at) in row.iter_mut().zip(&kept) {
                *entry = root[user] * vectors[(user, at)] / (1.0 + values[at]).sqrt();
            }
        });
    let mut factors = vec![0.0; n_items * rank];
    let (mut scale, mut own) = (vec![0.0; n_items], vec![0.0; n_items]);
    factors
        .par_chunks_mut(rank.max(1))
        .zip(scale.par_iter_mut().zip(&mut own))
        .enumerate()
        .for_each_init(
            || vec![0.0; rank],
            |sums, (item, (factors, (scale, own)))| {
                sums.fill(0.0);
                for &user in by_item.row(item) {
                    let row = &mixed[user as usize * rank..][..rank];
                    sums.iter_mut()
                        .zip(row)
                        .for_each(|(sum, entry)| *sum += entry);
                }
                let mut square = 0.0;
                for (factor, sum) in factors.iter_mut().zip(sums) {
                    let entry = *sum * shrink[item];
                    square += entry * entry;
                    *factor = to_f32(entry);
                }
                let diagonal = shrink[item] - square;
                *scale = to_f32(1.0 / diagonal);
                *own = to_f32(square / diagonal);
            },
        );
    Some(ItemItem::LowRank(LowRank::new(rank, factors, scale, own)))
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn to_f32(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::models::profiles::tests::log;
    use crate::recommend::Query;

    fn profiles() -> Profiles {
        Profiles::of(&crate::models::contract::planted()).without_empty_rows()
    }

    fn scores(model: &ItemItem, history: &[ItemIx]) -> Vec<f32> {
        let mut scores = vec![f32::NAN; model.n_items()];
        let query = Query::new_user(history);
        model.score_into(&[query], &mut scores).unwrap();
        scores
    }

    #[test]
    fn by_hand() {
        // X = (1 1), (1 0), L = 1: G + L = [3 1; 1 2], P = [.4 -.2; -.2 .6],
        // B_01 = .2 / .6 and B_10 = .2 / .4.
        let rows = Profiles::of(&log(2, 2, [(0, 0), (0, 1), (1, 0)]));
        for model in [
            by_items(&rows, &[1.0, 1.0], &[1.0, 1.0]).unwrap(),
            by_users(&rows, &[1.0, 1.0], &[1.0, 1.0]).unwrap(),
        ] {
            let (from_0, from_1) = (scores(&model, &[ItemIx(0)]), scores(&model, &[ItemIx(1)]));
            for (found, expected) in [
                (from_0[0], 0.0),
                (from_0[1], 1.0 / 3.0),
                (from_1[0], 0.5),
                (from_1[1], 0.0),
            ] {
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }

    #[test]
    fn both_forms_agree_with_weights_and_penalties() {
        let rows = profiles();
        let weights: Vec<f64> = rows.rows().map(|row| 2.0 / row.len() as f64).collect();
        let penalties: Vec<f64> = (0..rows.n_columns()).map(|at| 0.5 + at as f64).collect();
        let items = by_items(&rows, &weights, &penalties).unwrap();
        let users = by_users(&rows, &weights, &penalties).unwrap();
        let history = [ItemIx(2), ItemIx(5), ItemIx(31)];
        for (a, b) in scores(&items, &history)
            .iter()
            .zip(scores(&users, &history))
        {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }

    #[test]
    fn the_gradient_vanishes_at_the_solution() {
        // For k != j: sum_u w_u x_uj (x_uk - sum_l x_ul B_lk) = L_j B_jk.
        let rows = profiles();
        let n = rows.n_columns();
        let weights: Vec<f64> = rows.rows().map(|row| 1.0 / row.len() as f64).collect();
        let model = by_items(&rows, &weights, &vec![3.0; n]).unwrap();
        let k = 4;
        let column: Vec<f64> = (0..n)
            .map(|j| f64::from(scores(&model, &[ItemIx(u32::try_from(j).unwrap())])[k]))
            .collect();
        let mut gradient = vec![0.0; n];
        for (row, weight) in rows.rows().zip(&weights) {
            let predicted: f64 = row.iter().map(|&l| column[l as usize]).sum();
            let error = f64::from(u8::from(row.contains(&4))) - predicted;
            for &j in row {
                gradient[j as usize] += weight * error;
            }
        }
        for j in (0..n).filter(|&j| j != k) {
            let left = gradient[j] - 3.0 * column[j];
            assert!(left.abs() < 1e-4, "item {j}: {left}");
        }
    }
}
