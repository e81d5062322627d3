//! The regression from the leading singular triplets of the log, for catalogues too large for a
//! matrix of all pairs.
//!
//! With `A = D^1/2 X diag(L)^-1/2 ~ U S V'` of rank `K`, and the diagonal `R` of what that leaves of
//! `A' A`,
//!
//! ```text
//! P = diag(L)^-1/2 (I + R + V S^2 V')^-1 diag(L)^-1/2
//!   = diag(L (1 + R))^-1 - W W'
//! W = diag(L (1 + R))^-1/2 T E diag(1 + e)^-1/2,  T = (I + R)^-1/2 V S,  T' T = E diag(e) E'
//! ```
//!
//! At full rank `R` is zero and the form is exact. Otherwise all pairs of items are seen through `K`
//! directions, while the number of users of each item stays as it is: without `R` the items that
//! the directions miss would count as never seen.

use faer::Mat;
use rayon::prelude::*;

use super::Ridge;
use crate::models::item_item::{ItemItem, LowRank};
use crate::models::subspace::{Search, leading};
use crate::models::symmetric::eigen;
use crate::models::tall::{Scaled, Tall, single};
use crate::recommend::{FitError, Run};

/// Rounds of the search for singular vectors.
const ITERATIONS: usize = 4;

pub(super) fn by_rank(ridge: &Ridge<'_>, rank: usize, run: &Run<'_>) -> Result<ItemItem, FitError> {
    let search = Search {
        model: ridge.model,
        wanted: rank,
        iterations: ITERATIONS,
    };
    let scaled = |values: &[f64], power: f64| -> Vec<f64> {
        values.iter().map(|value| value.powf(power)).collect()
    };
    let matrix = Scaled {
        profiles: ridge.profiles,
        rows: &scaled(ridge.weights, 0.5),
        columns: &scaled(ridge.penalties, -0.5),
    };
    let found = leading(matrix, search, run)?;
    let (mut tall, values) = (found.vectors, found.values);
    let rank = tall.width;
    let whole = diagonal(ridge);
    let left = take_out(&mut tall, &values, (&whole, ridge.penalties));
    let (values, vectors) =
        eigen(&tall.gram(), rank).ok_or_else(|| ridge.not_positive_definite())?;
    tall.rotate(&Mat::from_fn(rank, rank, |row, column| {
        vectors[(row, column)] / (1.0 + values[column].max(0.0)).sqrt()
    }));
    let n = whole.len();
    let (mut scale, mut own) = (vec![0.0; n], vec![0.0; n]);
    tall.values
        .par_chunks_mut(rank)
        .zip(scale.par_iter_mut().zip(&mut own))
        .zip(left.par_iter().zip(&whole))
        .for_each(|((row, (scale, own)), (left, whole))| {
            let shrink = single(left.sqrt().recip());
            let mut square = 0.0;
            for entry in row {
                *entry *= shrink;
                square += f64::from(*entry) * f64::from(*entry);
            }
            // No diagonal entry of an inverse is below the inverse of the diagonal entry.
            let diagonal = (left.recip() - square).max(whole.recip());
            *scale = single(diagonal.recip());
            *own = single(square / diagonal);
        });
    let low = LowRank::new(rank, tall.values, scale, own);
    Ok(ItemItem::LowRank(low))
}

/// Makes `T` of `V` and returns `L (1 + R)`, given the diagonal of `L + X' D X`, and `L`.
fn take_out(tall: &mut Tall, values: &[f64], (whole, penalties): (&[f64], &[f64])) -> Vec<f64> {
    let mut left = vec![0.0; whole.len()];
    tall.values
        .par_chunks_mut(tall.width)
        .zip(&mut left)
        .zip(whole.par_iter().zip(penalties))
        .for_each(|((row, left), (whole, penalty))| {
            let mut seen = 0.0;
            for (entry, value) in row.iter_mut().zip(values) {
                let scaled = f64::from(*entry) * value;
                seen += scaled * scaled;
                *entry = single(scaled);
            }
            *left = (whole - penalty * seen).max(*penalty);
            let shrink = single((penalty / *left).sqrt());
            for entry in row {
                *entry *= shrink;
            }
        });
    left
}

/// The diagonal of `L + X' D X`.
fn diagonal(ridge: &Ridge<'_>) -> Vec<f64> {
    let mut diagonal = ridge.penalties.to_vec();
    for (row, weight) in ridge.profiles.rows().zip(ridge.weights) {
        for &item in row {
            diagonal[item as usize] += weight;
        }
    }
    diagonal
}
