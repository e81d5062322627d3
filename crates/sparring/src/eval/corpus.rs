//! Metrics of the lists of all users together: one file each.

use std::fmt::Debug;

use super::metric::Direction;
use crate::data::{ItemIx, UserIx};
use crate::split::Holdout;

#[cfg(test)]
pub(super) mod checks;

mod average_popularity;
mod coverage;
mod distinct;
mod diversity;
mod entropy;
mod gini;
mod novelty;
mod popularity_bias;
mod popularity_rank;
mod serendipity;
mod sufficient;
mod tail;

pub use average_popularity::AveragePopularity;
pub use coverage::Coverage;
pub use distinct::Distinct;
pub use diversity::Diversity;
pub use entropy::Entropy;
pub use gini::Gini;
pub use novelty::Novelty;
pub use popularity_bias::PopularityBias;
pub use popularity_rank::PopularityRank;
pub use serendipity::Serendipity;
pub use sufficient::{CoveredUsers, Sufficient};
pub use tail::{Tail, TailShare};

/// Rates the lists of all users at once; a label looks like `coverage@10`.
pub trait CorpusMetric: Debug + Send + Sync {
    /// Name and cut-off.
    fn label(&self) -> String;

    /// Whether more is better.
    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    /// The value for these lists, `None` where it is undefined.
    fn score(&self, shown: &Shown<'_>) -> Option<f64>;
}

/// The lists of all evaluated users.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The users.
    pub users: &'a [UserIx],
    /// The list of each of them, best first.
    pub lists: &'a [Vec<ItemIx>],
    /// What the users know, and the training log.
    pub holdout: &'a Holdout,
    /// How many training interactions each item has, `[I]`.
    pub counts: &'a [u32],
}

impl<'a> Shown<'a> {
    /// The first `k` places of each list, fewer where it is shorter.
    pub fn first(&self, k: usize) -> impl Iterator<Item = &'a [ItemIx]> {
        self.lists
            .iter()
            .map(move |list| &list[..k.min(list.len())])
    }

    /// How often each item is in the first `k` places, `[I]`.
    pub fn exposure(&self, k: usize) -> Vec<u32> {
        let mut exposure = vec![0; self.counts.len()];
        for item in self.first(k).flatten() {
            exposure[item.at()] += 1;
        }
        exposure
    }
}

/// The mean of some values; `None` if there is none.
fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut n) = (0.0, 0_u32);
    for value in values {
        sum += value;
        n += 1;
    }
    (n > 0).then(|| sum / f64::from(n))
}
