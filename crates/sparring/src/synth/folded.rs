//! A wide catalogue in fewer columns: what lets every synthesizer learn from and draw over hundreds
//! of thousands of items.
//!
//! ```text
//! x'_uc = 1 where user u has an item of column c          (fold.rs)
//! ```
//!
//! The most popular items are a column each, the others share one with items of like taste
//! (`bundles.rs`). A law is fitted to the columns; of a column that a drawn user has, the items are
//! drawn by popularity. Within a column a user's taste is lost, which is little where each of its
//! items has few users to tell it by. The law is fitted to users spread evenly over a long log;
//! popularity and columns come from all of them.

mod bundles;
mod fold;

use sparring_wide::Seed;

use self::fold::Fold;
use super::error::SynthError;
use super::profiles::{Block, Profiles};
use super::traits::{Fitted, Synthesize, Synthesizer};
use crate::data::Dataset;
use crate::models::Profiles as Rows;
use crate::recommend::{NamedTensors, Run, Weights, WeightsError};

/// When a catalogue is folded, and into what.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Items with users that are learnt from as they are.
    items: usize,
    /// Columns of a catalogue that is folded.
    columns: usize,
    /// Users that a law over columns is fitted to.
    users: usize,
}

const LIMITS: Limits = Limits {
    items: 16_384,
    columns: 8192,
    users: 200_000,
};

/// A law over columns, and the items behind them.
#[derive(Debug)]
struct Folded<M> {
    fold: Fold,
    law: M,
}

/// Fits a synthesizer, over columns where the catalogue is wide and it needs that.
///
/// # Errors
/// As [`Synthesize::fit`].
pub(super) fn fit<C>(
    config: &C,
    real: &Dataset,
    run: &Run<'_>,
) -> Result<Box<dyn Fitted>, SynthError>
where
    C: Synthesize,
    C::Model: Weights + 'static,
{
    let used = real.item_counts().iter().filter(|&&n| n > 0).count();
    if C::ANY_WIDTH || used <= LIMITS.items {
        return Ok(Box::new(config.fit(real, run)?));
    }
    Ok(Box::new(fit_within(LIMITS, config, real, run)?))
}

/// The fitted synthesizer from its weights.
///
/// # Errors
/// If a tensor is missing, of a wrong shape or out of range.
pub(super) fn load<M>(weights: &NamedTensors) -> Result<Box<dyn Fitted>, WeightsError>
where
    M: Synthesizer + Weights + 'static,
{
    Ok(match weights.part("fold") {
        Some(_) => Box::new(Folded::<M>::from_weights(weights)?),
        None => Box::new(M::from_weights(weights)?),
    })
}

fn fit_within<C: Synthesize>(
    limits: Limits,
    config: &C,
    real: &Dataset,
    run: &Run<'_>,
) -> Result<Folded<C::Model>, SynthError> {
    let rows = Rows::of(real);
    let fold = Fold::of(&rows, (limits.columns, limits.users), run)?;
    let learnt = fold.log(&rows, limits.users);
    drop(rows);
    run.observer.note(&format!(
        "the catalogue of {} items is learnt from in {} columns: {} popular items alone, the others \
         in groups of like taste",
        real.n_items(),
        fold.n_columns(),
        fold.n_alone()
    ));
    if learnt.n_users() < real.n_users() {
        run.observer.note(&format!(
            "the law is fitted to {} of {} users, spread evenly over the log",
            learnt.n_users(),
            real.n_users()
        ));
    }
    let law = config.fit(&learnt, run)?;
    Ok(Folded { fold, law })
}

impl<M: Synthesizer> Synthesizer for Folded<M> {
    fn n_items(&self) -> usize {
        self.fold.n_items()
    }

    fn draw(&self, block: Block, seed: Seed) -> Profiles {
        let mut profiles = Profiles::new();
        for (user, columns) in block.users().zip(self.law.draw(block, seed).iter()) {
            let mut stream = seed.stream_at("unfold", user);
            profiles.push(self.fold.items(columns, &mut stream));
        }
        profiles
    }
}

impl<M: Synthesizer + Weights> Weights for Folded<M> {
    fn weights(&self) -> NamedTensors {
        NamedTensors::new()
            .with_part("fold", self.fold.weights())
            .with_part("law", self.law.weights())
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let fold = Fold::from_weights(&super::part(weights, "fold")?)?;
        let law = M::from_weights(&super::part(weights, "law")?)?;
        if law.n_items() != fold.n_columns() {
            return Err(WeightsError::Shape {
                name: "fold.ends".to_owned(),
                expected: format!("[{}]", law.n_items()),
                found: vec![fold.n_columns()],
            });
        }
        Ok(Self { fold, law })
    }
}

/// Users spread evenly: `most` of `all`, or all of them.
fn spread(all: usize, most: usize) -> impl ExactSizeIterator<Item = usize> {
    let taken = all.min(most);
    (0..taken).map(move |at| at * all / taken)
}

#[cfg(test)]
mod tests;
