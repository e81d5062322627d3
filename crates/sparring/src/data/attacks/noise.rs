//! Noisy clicks: events that say nothing about the user.

use rand::RngExt;
use rand::seq::SliceRandom;
use sparring_wide::{Seed, Stream};

use super::rate::Rate;
use super::{Ground, Injected, by_popularity, distinct, events};
use crate::data::{ItemIx, UserIx};

/// Draws before the free items are counted out one by one.
const TRIES: usize = 32;

/// Replaces `rate` of the events, rounded up and drawn by lot, by an item drawn uniformly from
/// those that anybody has and this user has neither in training nor in the test part.
///
/// A replaced event keeps its user, rating and time. An event of a user who has every item stays,
/// so that fewer may be replaced.
pub(super) fn inject(ground: Ground<'_>, rate: Rate, seed: Seed) -> Injected {
    let train = ground.train;
    let known: Vec<ItemIx> = by_popularity(train).iter().map(|known| known.0).collect();
    let mut items = train.interactions().items().to_vec();
    let owners: Vec<UserIx> = train
        .user_indices()
        .flat_map(|user| train.history(user).iter().map(move |_| user))
        .collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    let mut stream = seed.stream("noise");
    order.shuffle(&mut stream);
    // Sorted; filled when a user is first met.
    let mut held: Vec<Vec<ItemIx>> = vec![Vec::new(); train.n_users()];
    let (wanted, mut amount) = (rate.of(items.len()), 0);
    for at in order {
        if amount == wanted {
            break;
        }
        let user = owners[at];
        let held = &mut held[user.at()];
        if held.is_empty() {
            *held = distinct(train, user);
            held.extend(ground.held_out.history(user));
            held.sort_unstable();
        }
        if let Some(item) = strange(&known, held, &mut stream) {
            let place = held.partition_point(|&other| other < item);
            held.insert(place, item);
            items[at] = item;
            amount += 1;
        }
    }
    let rows = events(train, &items).build(train.n_users());
    Injected {
        log: train.with_interactions(rows),
        amount,
    }
}

/// An item that is not held, uniformly; none if all are.
fn strange(known: &[ItemIx], held: &[ItemIx], stream: &mut Stream) -> Option<ItemIx> {
    let free = |item: &ItemIx| held.binary_search(item).is_err();
    for _ in 0..TRIES {
        let item = known[stream.random_range(0..known.len())];
        if free(&item) {
            return Some(item);
        }
    }
    let left: Vec<ItemIx> = known.iter().copied().filter(free).collect();
    (!left.is_empty()).then(|| left[stream.random_range(0..left.len())])
}
