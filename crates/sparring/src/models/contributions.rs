//! What each item of a history adds to the score of another.

use crate::data::ItemIx;
use crate::recommend::ScoreError;

/// The contribution of each item of a history in its order: `of` its index where it stands for the
/// first time, 0 where it stands again.
pub(super) fn each_once(
    history: &[ItemIx],
    n_items: usize,
    of: impl Fn(usize) -> f32,
) -> Result<Vec<f32>, ScoreError> {
    let mut told = vec![false; n_items];
    let each = history.iter().map(|&item| {
        let at = scored(item, n_items)?;
        let again = std::mem::replace(&mut told[at], true);
        Ok(if again { 0.0 } else { of(at) })
    });
    each.collect()
}

/// The position of an item that the model scores.
pub(super) fn scored(item: ItemIx, n_items: usize) -> Result<usize, ScoreError> {
    if item.at() < n_items {
        Ok(item.at())
    } else {
        Err(ScoreError::UnknownItem { item, n_items })
    }
}

/// The inner product.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
#[path = "contributions/tests.rs"]
mod tests;
