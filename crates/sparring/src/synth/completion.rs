//! Completions: what else users with few items would have.
//!
//! ```text
//! C_u = the L items with the largest  l_ui + g_ui,  g_ui ~ Gumbel(0, 1),  given items first
//! ```
//!
//! `l` are a completer's logits, so the items are drawn without replacement from its softmax (the
//! Gumbel top-k trick; Kool, van Hoof and Welling, "Stochastic beams and where to find them", 2019).
//! A new completer is one file with `impl Completer`.

mod adversary;
mod autoencoder;
mod scores;
mod settings;
mod training;

use std::fmt::Debug;

use rand::RngExt;
use rayon::prelude::*;
use sparring_wide::{Matrix, Seed, Stream};

use crate::data::{Dataset, ItemIx, UserIx};
use crate::models::Profiles as Rows;
use crate::recommend::ScoreError;

pub use autoencoder::Autoencoder;
pub use scores::OwnScores;
pub use settings::CompletionConfig;

/// Users whose logits are held at once by a thread. A product's last bits may depend on its number
/// of rows, so a block is the same at any number of threads.
const BLOCK: usize = 64;

/// Guesses what else a user has.
pub trait Completer: Debug + Send + Sync {
    /// Writes the logits of all items, `[B, I]`, for users with these items, sorted and distinct.
    ///
    /// The softmax of a row over the items that are not given is the law of the next item.
    ///
    /// # Errors
    /// [`ScoreError`] if an item is not one of the completer's.
    fn logits(&self, given: &[&[u32]], logits: &mut Matrix) -> Result<(), ScoreError>;
}

/// Whom to complete, and how far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Length of a completed profile in lengths of the given one; given items count.
    pub times: f64,
    /// Users with more items than this are left alone.
    pub longest: usize,
}

/// A user's completed profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Whose profile was completed.
    pub user: UserIx,
    /// The given items and the drawn ones, by rising index.
    pub items: Vec<ItemIx>,
}

/// The completed profiles of the users of a log who have items, in order.
///
/// A user's draw depends on the seed and the user's index alone: `seed.stream_at("completion", user)`.
///
/// # Errors
/// As [`Completer::logits`].
pub fn complete(
    completer: &dyn Completer,
    log: &Dataset,
    extent: Extent,
    seed: Seed,
) -> Result<Vec<Completion>, ScoreError> {
    let rows = Rows::of(log);
    let users: Vec<UserIx> = log
        .user_indices()
        .filter(|user| (1..=extent.longest).contains(&rows.row(user.at()).len()))
        .collect();
    let blocks: Vec<Vec<Completion>> = users
        .par_chunks(BLOCK)
        .map(|users| {
            let given: Vec<&[u32]> = users.iter().map(|user| rows.row(user.at())).collect();
            let mut logits = Matrix::default();
            completer.logits(&given, &mut logits)?;
            let drawn = users.iter().zip(given).enumerate();
            Ok(drawn
                .map(|(at, (&user, given))| {
                    let mut stream = seed.stream_at("completion", u64::from(user.0));
                    let size = length(given.len(), extent.times, log.n_items());
                    let items = draw(given, logits.row(at), size, &mut stream);
                    Completion { user, items }
                })
                .collect())
        })
        .collect::<Result<_, ScoreError>>()?;
    Ok(blocks.into_iter().flatten().collect())
}

/// The length of a completed profile.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and between two lengths"
)]
pub(super) fn length(given: usize, times: f64, n_items: usize) -> usize {
    ((given as f64 * times).round() as usize).clamp(given, n_items)
}

/// The given items and others drawn without replacement until there are `size`.
pub(super) fn draw(given: &[u32], logits: &[f32], size: usize, stream: &mut Stream) -> Vec<ItemIx> {
    let mut keys: Vec<(f32, u32)> = logits
        .iter()
        .zip(0..)
        .map(|(logit, item)| {
            let chance: f32 = stream.random_range(f32::MIN_POSITIVE..1.0);
            (logit - (-chance.ln()).ln(), item)
        })
        .collect();
    for &item in given {
        keys[item as usize].0 = f32::INFINITY;
    }
    if size < keys.len() {
        keys.select_nth_unstable_by(size, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        keys.truncate(size);
    }
    let mut items: Vec<ItemIx> = keys.into_iter().map(|(_, item)| ItemIx(item)).collect();
    items.sort_unstable();
    items
}

#[cfg(test)]
mod tests;
