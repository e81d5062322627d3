//! Fake profiles that push items (Lam and Riedl, 2004).

use std::sync::Arc;

use rand::RngExt;
use rand::seq::{SliceRandom, index};
use sparring_wide::{Seed, Stream};

use super::rate::Rate;
use super::{Ground, Injected, by_popularity, distinct, events};
use crate::data::{Dataset, ItemIx, UserIx, Vocabulary};

/// Where the filler items of a fake profile come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filler {
    Uniform,
    ByPopularity,
    HalfMostPopular,
}

/// The share of the items that counts as most popular, and how many of them there are at least.
const MOST_POPULAR: (f64, usize) = (0.01, 10);

/// Adds `rate` fake users for each user with events, rounded up, named `fake-1`, `fake-2`, ...
/// with the numbers left out that real users have.
///
/// A fake profile holds all targets and filler drawn without replacement from the other items that
/// anybody has. It is as long as the history of a real user drawn by lot, but never shorter than
/// the targets. Its events have the log's highest rating and its latest time.
pub(super) fn inject(ground: Ground<'_>, filler: Filler, rate: Rate, seed: Seed) -> Injected {
    let train = ground.train;
    let lengths: Vec<usize> = train
        .user_indices()
        .map(|user| distinct(train, user).len())
        .filter(|&length| length > 0)
        .collect();
    let shelf = Shelf::new(train, ground.targets);
    let amount = rate.of(lengths.len());
    let mut builder = events(train, train.interactions().items());
    let (rating, time) = (highest_rating(train), latest_time(train));
    for at in 0..amount {
        let mut stream = seed.stream_at("profile", at as u64);
        let length = lengths[stream.random_range(0..lengths.len())];
        let wanted = length.saturating_sub(ground.targets.len());
        let mut profile = shelf.draw(filler, wanted, &mut stream);
        profile.extend(ground.targets);
        profile.shuffle(&mut stream);
        let user = u32::try_from(train.n_users() + at).expect("fewer than 2^32 users");
        for item in profile {
            builder.push(UserIx(user), item, rating, time);
        }
    }
    let rows = builder.build(train.n_users() + amount);
    let users = Arc::new(with_fakes(train.users(), amount));
    Injected {
        log: Dataset::new(users, Arc::clone(train.items()), rows),
        amount,
    }
}

/// What filler is drawn from: known items less the targets, most popular first.
struct Shelf {
    items: Vec<(ItemIx, u32)>,
    n_popular: usize,
}

impl Shelf {
    fn new(train: &Dataset, targets: &[ItemIx]) -> Self {
        let mut items = by_popularity(train);
        items.retain(|(item, _)| !targets.contains(item));
        let (share, least) = MOST_POPULAR;
        let popular = Rate::new(share).expect("a share").of(items.len());
        Self {
            n_popular: popular.max(least).min(items.len()),
            items,
        }
    }

    /// `n` distinct items, all of them if there are no more.
    fn draw(&self, filler: Filler, n: usize, stream: &mut Stream) -> Vec<ItemIx> {
        let n = n.min(self.items.len());
        let places = match filler {
            Filler::Uniform => index::sample(stream, self.items.len(), n).into_vec(),
            Filler::ByPopularity => self.by_popularity(n, stream),
            Filler::HalfMostPopular => self.half_popular(n, stream),
        };
        places.into_iter().map(|at| self.items[at].0).collect()
    }

    /// Without replacement, each draw in proportion to the counts: the `n` largest of `ln(u) /
    /// count` with `u` uniform (Efraimidis and Spirakis, 2006).
    fn by_popularity(&self, n: usize, stream: &mut Stream) -> Vec<usize> {
        let key = |(at, item): (usize, &(ItemIx, u32))| {
            let chance: f64 = stream.random_range(f64::MIN_POSITIVE..1.0);
            (chance.ln() / f64::from(item.1), at)
        };
        let mut keys: Vec<(f64, usize)> = self.items.iter().enumerate().map(key).collect();
        keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        keys.into_iter().take(n).map(|(_, at)| at).collect()
    }

    /// Half of them, rounded up, from the most popular, the rest from whatever is left.
    fn half_popular(&self, n: usize, stream: &mut Stream) -> Vec<usize> {
        let half = n.div_ceil(2).min(self.n_popular);
        let mut places = index::sample(stream, self.n_popular, half).into_vec();
        let mut left = vec![true; self.items.len()];
        for &at in &places {
            left[at] = false;
        }
        let left: Vec<usize> = (0..left.len()).filter(|&at| left[at]).collect();
        let rest = index::sample(stream, left.len(), n - half);
        places.extend(rest.into_iter().map(|at| left[at]));
        places
    }
}

/// The ids of real users and of `n` fake ones behind them.
fn with_fakes(real: &Vocabulary, n: usize) -> Vocabulary {
    let mut users = real.clone();
    let free = (1_u64..)
        .map(|number| format!("fake-{number}"))
        .filter(|id| real.get(id).is_none());
    for id in free.take(n) {
        users.intern(&id);
    }
    users
}

fn highest_rating(log: &Dataset) -> Option<f32> {
    let rows = log.user_indices();
    let ratings = rows.filter_map(|user| log.interactions().ratings(user));
    ratings.flatten().copied().max_by(f32::total_cmp)
}

fn latest_time(log: &Dataset) -> Option<i64> {
    // Rows are in order of time.
    let last = |user| log.history(user).len().checked_sub(1);
    let rows = log.user_indices();
    rows.filter_map(|user| log.interactions().time(user, last(user)?))
        .max()
}
