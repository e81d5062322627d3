//! What models of sequences share: windows of histories, training with checkpoints, scoring.

mod checkpoint;
mod saved;
mod scorer;
mod training;
mod windows;

use std::num::NonZeroUsize;

use serde::Serialize;

pub(super) use saved::{body_sizes, fill, saved, with_body};
pub(super) use scorer::{Sequential, one};
pub(super) use training::{Course, Learner, newest};
pub(super) use windows::{Window, steps, windows};

/// Catalogues up to this size are their own negatives.
const FULL: usize = 5_000;

/// How many negatives a step draws: none where all items take part.
pub(super) fn full_up_to(n_items: usize, negatives: usize) -> usize {
    if n_items <= FULL { 0 } else { negatives }
}

/// A default setting.
pub(super) fn count(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).expect("not zero")
}

/// Settings as a checkpoint knows them.
pub(super) fn settings_of(config: &impl Serialize) -> String {
    let mut table = toml::Table::try_from(config).expect("settings are plain values");
    super::registry::shorten(&mut table);
    table.to_string()
}

#[cfg(test)]
mod tests;
