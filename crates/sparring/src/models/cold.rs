//! Places for items that nobody has yet, by what is known of them: what the models of this kind share.
//!
//! A recommender that knows the log alone (`base`, any of the list) ranks the items that somebody has.
//! The leading directions of its scores are a space in which each of these items has a place; a model
//! learns to tell the place from an item's facts, and gives the others theirs.

mod base;
mod content;
mod kernel;
mod placed;
mod space;

pub(super) use base::{Base, fitted};
pub(super) use content::{Content, ContentConfig};
pub(super) use kernel::{Kernel, Told};
pub(super) use placed::Placed;
pub(super) use space::Space;

use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// Settings that models of this kind share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlacingConfig {
    /// Directions `K` of the base's scores.
    pub embedding_dim: NonZeroUsize,
    /// Penalty of the regression from facts to places, above 0.
    pub l2: f64,
    /// What a fact counts.
    pub content: ContentConfig,
}

impl Default for PlacingConfig {
    fn default() -> Self {
        Self {
            embedding_dim: NonZeroUsize::new(64).expect("not zero"),
            l2: 1.0,
            content: ContentConfig::default(),
        }
    }
}
