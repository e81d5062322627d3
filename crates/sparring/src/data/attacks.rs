//! Attacks on a training log: fake profiles that push items, and noisy clicks.
//!
//! A new attack is a line in [`Attack`] and, if it is no filler of fake profiles, a file in
//! `data/attacks/`.

mod error;
mod noise;
mod rate;
mod shilling;
mod targets;

use sparring_wide::Seed;

use super::dataset::Dataset;
use super::ids::{ItemIx, UserIx};
use super::interactions::InteractionsBuilder;

pub use error::AttackError;
pub use rate::Rate;
pub use targets::draw_targets;

use shilling::Filler;

/// A way to spoil a training log.
///
/// The first three inject fake profiles (Lam and Riedl, 2004, "Shilling recommender systems for
/// fun and profit"; Burke, Mobasher, Bhaumik and Williams, 2006; Mobasher, Burke, Bhaumik and
/// Williams, 2007, "Toward trustworthy recommender systems"). A profile consists of the target
/// items, which it pushes, and of filler items, which make it look like a user. These papers
/// write about ratings; in a log without them an item is in a profile or not, so what a filler
/// item would be rated becomes how likely it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attack {
    /// Filler drawn uniformly.
    Random,
    /// Filler drawn in proportion to popularity: without ratings, the mean of an item is the share
    /// of the users who have it.
    Average,
    /// Half of the filler from the most popular items, the rest uniformly.
    Bandwagon,
    /// No fake users: a share of the events is replaced by items drawn uniformly.
    Noise,
}

/// What an attack is given.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The log to spoil.
    pub train: &'a Dataset,
    /// What is held out, over the same ids: noise must not give a user what the test asks for.
    pub held_out: &'a Dataset,
    /// The items that fake profiles push.
    pub targets: &'a [ItemIx],
}

/// A spoiled log.
#[derive(Debug, Clone)]
pub struct Injected {
    /// The log: the same items, the same users at the same indices, fake users after them.
    pub log: Dataset,
    /// Number of fake users, or of replaced events.
    pub amount: usize,
}

impl Attack {
    /// All attacks.
    pub const ALL: [Self; 4] = [Self::Random, Self::Average, Self::Bandwagon, Self::Noise];

    /// The attack with this name.
    ///
    /// # Errors
    /// [`AttackError::UnknownAttack`] if there is none.
    pub fn named(name: &str) -> Result<Self, AttackError> {
        let found = Self::ALL.into_iter().find(|attack| attack.name() == name);
        found.ok_or_else(|| AttackError::unknown(name))
    }

    /// The name of this attack.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Average => "average",
            Self::Bandwagon => "bandwagon",
            Self::Noise => "noise",
        }
    }

    /// Whether it injects fake profiles that push the targets.
    pub fn pushes(self) -> bool {
        self != Self::Noise
    }

    /// The spoiled log; the same seed gives the same log.
    ///
    /// What a lower rate injects is a part of what a higher rate injects.
    pub fn inject(self, ground: Ground<'_>, rate: Rate, seed: Seed) -> Injected {
        let seed = seed.derive(self.name());
        let filler = match self {
            Self::Random => Filler::Uniform,
            Self::Average => Filler::ByPopularity,
            Self::Bandwagon => Filler::HalfMostPopular,
            Self::Noise => return noise::inject(ground, rate, seed),
        };
        shilling::inject(ground, filler, rate, seed)
    }
}

/// The items with at least one event, most popular first, and how many events each has.
fn by_popularity(log: &Dataset) -> Vec<(ItemIx, u32)> {
    let mut known: Vec<(ItemIx, u32)> = (0..).map(ItemIx).zip(log.item_counts()).collect();
    known.retain(|&(_, count)| count > 0);
    known.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    known
}

/// The events of a log with `items`, row after row, in place of its own.
fn events(log: &Dataset, items: &[ItemIx]) -> InteractionsBuilder {
    let (mut builder, mut items) = (InteractionsBuilder::new(), items.iter());
    for user in log.user_indices() {
        let ratings = log.interactions().ratings(user);
        for position in 0..log.history(user).len() {
            let item = items.next().expect("one item for each event");
            let rating = ratings.map(|ratings| ratings[position]);
            let time = log.interactions().time(user, position);
            builder.push(user, *item, rating, time);
        }
    }
    builder
}

/// The distinct items of a user, sorted.
fn distinct(log: &Dataset, user: UserIx) -> Vec<ItemIx> {
    let mut items = log.history(user).to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

#[cfg(test)]
mod tests;
