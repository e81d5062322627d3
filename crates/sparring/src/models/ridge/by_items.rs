//! The regression from the items' Gram matrix: the inverse as it stands.

use super::Ridge;
use crate::models::item_item::{Dense, ItemItem};
use crate::models::profiles::gram;
use crate::models::symmetric::inverse;
use crate::models::tall::single;

/// `None` if the matrix is not positive definite.
pub(super) fn by_items(ridge: &Ridge<'_>) -> Option<ItemItem> {
    let Ridge {
        profiles,
        weights,
        penalties,
        ..
    } = *ridge;
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
        single(entry * scale[column])
    })))
}
