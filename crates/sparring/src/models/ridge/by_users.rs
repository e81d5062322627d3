//! The regression from the users' Gram matrix, for fewer users than items (Woodbury).
//!
//! With the eigenvectors `U` and eigenvalues `s` of `D^1/2 X diag(L)^-1 X' D^1/2`,
//!
//! ```text
//! P = diag(L)^-1 - W W',  W = diag(L)^-1 X' D^1/2 U diag(1 + s)^-1/2
//! ```
//!
//! so that `B_jk = (W W')_jk / P_kk` off the diagonal is never formed, and `W` mixes all users.

use rayon::prelude::*;

use super::Ridge;
use crate::models::item_item::{ItemItem, LowRank};
use crate::models::profiles::gram;
use crate::models::symmetric::eigen;
use crate::models::tall::single;

/// Eigenvalues below this share of the largest are rounding errors of zero.
const NEGLIGIBLE: f64 = 1e-12;

/// `None` if the eigenvalues cannot be found.
pub(super) fn by_users(ridge: &Ridge<'_>) -> Option<ItemItem> {
    let Ridge {
        profiles,
        weights,
        penalties,
        ..
    } = *ridge;
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
                    *factor = single(entry);
                }
                let diagonal = shrink[item] - square;
                *scale = single(1.0 / diagonal);
                *own = single(square / diagonal);
            },
        );
    Some(ItemItem::LowRank(LowRank::new(rank, factors, scale, own)))
}
