//! Which items an attacker pushes.

use rand::seq::SliceRandom;
use sparring_wide::Seed;

use super::by_popularity;
use super::error::AttackError;
use crate::data::{Dataset, ItemIx};

/// Draws `n` items by lot among the less popular half of the items with at least one event.
///
/// Of an odd number of items the one in the middle is not in that half. Items that nobody has are
/// left alone: no model can place them before the attack, so nothing could be compared.
///
/// # Errors
/// [`AttackError::TooFewItems`] if the half has fewer than `n` items.
pub fn draw_targets(train: &Dataset, n: usize, seed: Seed) -> Result<Vec<ItemIx>, AttackError> {
    let known = by_popularity(train);
    let half = &known[known.len().div_ceil(2)..];
    if half.len() < n {
        return Err(AttackError::TooFewItems {
            wanted: n,
            found: half.len(),
        });
    }
    let mut items: Vec<ItemIx> = half.iter().map(|known| known.0).collect();
    items.shuffle(&mut seed.stream("targets"));
    items.truncate(n);
    items.sort_unstable();
    Ok(items)
}
