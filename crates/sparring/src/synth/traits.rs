//! The traits of a synthesizer and of the configuration that fits it.

use std::fmt::Debug;
use std::ops::Range;

use rayon::prelude::*;
use sparring_wide::Seed;

use super::error::SynthError;
use super::profiles::{Block, Profiles};
use crate::data::Dataset;
use crate::recommend::{NamedTensors, Run, Weights};

/// Fits a synthesizer; implemented by its configuration.
pub trait Synthesize {
    /// What is fitted.
    type Model: Synthesizer;

    /// Whether any number of items is learnt from as it is; otherwise a wide catalogue is folded
    /// into fewer columns.
    const ANY_WIDTH: bool = false;

    /// Fits the synthesizer to the users of a log.
    ///
    /// # Errors
    /// [`SynthError`] if the settings or the data do not allow a fit, or a stop is requested.
    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<Self::Model, SynthError>;
}

/// Draws users that never lived.
pub trait Synthesizer: Debug + Send + Sync {
    /// Number of items `I` of the catalogue.
    fn n_items(&self) -> usize;

    /// The profiles of all users of one block, on this thread alone.
    ///
    /// A profile holds at least one item, none twice, and depends on the seed and the number of its
    /// user alone: draw from `seed.stream_at("user", number)`.
    fn draw(&self, block: Block, seed: Seed) -> Profiles;

    /// The profiles of the users with these numbers: the same bits at any number of threads and
    /// however a range is cut.
    fn generate(&self, users: Range<u64>, seed: Seed) -> Profiles {
        let blocks: Vec<Profiles> = Block::of(&users)
            .into_par_iter()
            .map(|block| self.part(Block(block), &users, seed))
            .collect();
        let mut all = Profiles::new();
        for block in blocks {
            all.extend(&block, 0..block.len());
        }
        all
    }

    /// The profiles of those users of a block that are asked for.
    fn part(&self, block: Block, asked: &Range<u64>, seed: Seed) -> Profiles {
        let (held, all) = (block.users(), self.draw(block, seed));
        let (from, to) = (
            asked.start.clamp(held.start, held.end),
            asked.end.clamp(held.start, held.end),
        );
        if (from, to) == (held.start, held.end) {
            return all;
        }
        let at = |user: u64| usize::try_from(user - held.start).expect("within a block");
        let mut part = Profiles::new();
        part.extend(&all, at(from)..at(to.max(from)));
        part
    }
}

/// A fitted synthesizer behind a pointer: draws users, and can be saved.
pub trait Fitted: Synthesizer {
    /// All that drawing needs, by name.
    fn tensors(&self) -> NamedTensors;
}

impl<M: Synthesizer + Weights> Fitted for M {
    fn tensors(&self) -> NamedTensors {
        self.weights()
    }
}
