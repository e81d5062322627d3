//! Sequences as they might have been: short histories extended backwards, items exchanged.
//!
//! ```text
//! extended    ... j_2, j_1, i_1, ..., i_n        j_k ~ softmax(s(i_n, ..., i_1, j_1, ..., j_(k-1)) / T)
//! exchanged   i_1, ..., j_k, ..., i_n            j_k ~ p(j | before) p(j | after) / p(j)
//! ```
//!
//! A model that has learnt the log from its end to its beginning says what may have come before a
//! history, as in `ASReP` (Liu et al., "Augmenting sequential recommendation with pseudo-prior items via
//! reversely pre-training transformer", SIGIR 2021, section 3.1). An item is exchanged for one that fits
//! what came before it and what came after it: Bayes' rule, as if both sides were independent given the
//! item. Departures: items are drawn instead of the likeliest being taken, and a sequence stands beside the
//! real one in the log instead of in its place.

use rand::seq::index::sample;
use rayon::prelude::*;
use sparring_wide::{Seed, Stream, draw_by_logits};

use super::completion::{Extent, length};
use crate::data::{Dataset, InteractionsBuilder, ItemIx, UserIx};
use crate::recommend::{Query, Recommender, ScoreError};

/// Users who are looked at together.
const BLOCK: usize = 64;

/// A log whose users did everything in the opposite order; without ratings and times.
pub fn reversed(log: &Dataset) -> Dataset {
    let mut builder = InteractionsBuilder::new();
    for user in log.user_indices() {
        for &item in log.history(user).iter().rev() {
            builder.push(user, item, None, None);
        }
    }
    log.with_interactions(builder.build(log.n_users()))
}

/// Histories of the users that an extent names, each with drawn events before it until it is `times` as
/// long.
///
/// `backward` has learnt the [reversed] log. Its logits are divided by `temperature`; no item
/// comes twice. A user's draw depends on the seed and the user alone.
///
/// # Errors
/// As [`Recommender::score_into`].
pub fn extend_backwards(
    backward: &dyn Recommender,
    log: &Dataset,
    (extent, temperature): (Extent, f32),
    seed: Seed,
) -> Result<Vec<Vec<ItemIx>>, ScoreError> {
    let extend = |users: &[UserIx]| {
        let n_items = log.n_items();
        let mut streams = streams(users, seed);
        let mut turned: Vec<Vec<ItemIx>> = users
            .iter()
            .map(|&user| log.history(user).iter().rev().copied().collect())
            .collect();
        let wanted: Vec<usize> = turned
            .iter()
            .map(|items| length(items.len(), extent.times, n_items))
            .collect();
        let mut scores = Vec::new();
        loop {
            let short = |&at: &usize| turned[at].len() < wanted[at];
            let growing: Vec<usize> = (0..users.len()).filter(short).collect();
            if growing.is_empty() {
                break;
            }
            let each = growing.iter();
            let queries: Vec<Query<'_>> = each.map(|&at| Query::new_user(&turned[at])).collect();
            scores.resize(queries.len() * n_items, 0.0);
            backward.score_into(&queries, &mut scores)?;
            for (&at, scores) in growing.iter().zip(scores.chunks_mut(n_items)) {
                soften(scores, temperature, &turned[at]);
                let item = draw_by_logits(scores, &mut streams[at]);
                turned[at].push(item_of(item));
            }
        }
        for items in &mut turned {
            items.reverse();
        }
        Ok(turned)
    };
    in_blocks(&chosen(log, extent), extend)
}

/// Histories of the users that an extent names, in each of which a share of the items is exchanged, one at
/// least.
///
/// `forward` has learnt the log and `backward` the [reversed] one; the users are those of `extent`, whose
/// `times` is the share, from 0 to 1.
///
/// # Errors
/// As [`Recommender::score_into`].
pub fn exchange(
    (forward, backward): (&dyn Recommender, &dyn Recommender),
    log: &Dataset,
    (extent, temperature): (Extent, f32),
    seed: Seed,
) -> Result<Vec<Vec<ItemIx>>, ScoreError> {
    let n_items = log.n_items();
    let mut rarity = vec![1.0_f32; n_items];
    for item in log.user_indices().flat_map(|user| log.history(user)) {
        rarity[item.at()] += 1.0;
    }
    for count in &mut rarity {
        *count = -count.ln();
    }
    let exchange = |users: &[UserIx]| {
        let mut streams = streams(users, seed);
        let mut made: Vec<Vec<ItemIx>> = users
            .iter()
            .map(|&user| log.history(user).to_vec())
            .collect();
        let mut places = Vec::new();
        for (at, items) in made.iter().enumerate() {
            let n = share_of(items.len(), extent.times);
            let chosen = sample(&mut streams[at], items.len(), n);
            places.extend(chosen.into_iter().map(|place| (at, place)));
        }
        let after: Vec<Vec<ItemIx>> = places
            .iter()
            .map(|&(at, place)| made[at][place + 1..].iter().rev().copied().collect())
            .collect();
        let before = places.iter().map(|&(at, place)| &made[at][..place]);
        let before: Vec<Query<'_>> = before.map(Query::new_user).collect();
        let after: Vec<Query<'_>> = after.iter().map(|items| Query::new_user(items)).collect();
        let mut scores = vec![0.0; 2 * places.len() * n_items];
        let (fore, back) = scores.split_at_mut(places.len() * n_items);
        forward.score_into(&before, fore)?;
        backward.score_into(&after, back)?;
        let rows = fore.chunks_mut(n_items).zip(back.chunks(n_items));
        for (&(at, place), (fore, back)) in places.iter().zip(rows) {
            for ((score, back), rarity) in fore.iter_mut().zip(back).zip(&rarity) {
                *score += back + rarity;
            }
            soften(fore, temperature, &made[at]);
            made[at][place] = item_of(draw_by_logits(fore, &mut streams[at]));
        }
        Ok(made)
    };
    in_blocks(&chosen(log, extent), exchange)
}

/// Histories of the users that an extent names as they are: what the others have to beat.
pub fn repeat(log: &Dataset, extent: Extent) -> Vec<Vec<ItemIx>> {
    let users = chosen(log, extent);
    users
        .iter()
        .map(|&user| log.history(user).to_vec())
        .collect()
}

/// Users with some events, but not more than the extent's.
fn chosen(log: &Dataset, extent: Extent) -> Vec<UserIx> {
    let fits = |user: &UserIx| (1..=extent.longest).contains(&log.history(*user).len());
    log.user_indices().filter(fits).collect()
}

fn streams(users: &[UserIx], seed: Seed) -> Vec<Stream> {
    let each = users.iter();
    each.map(|user| seed.stream_at("sequence", u64::from(user.0)))
        .collect()
}

fn in_blocks(
    users: &[UserIx],
    of: impl Fn(&[UserIx]) -> Result<Vec<Vec<ItemIx>>, ScoreError> + Send + Sync,
) -> Result<Vec<Vec<ItemIx>>, ScoreError> {
    let blocks: Vec<_> = users.par_chunks(BLOCK).map(of).collect::<Result<_, _>>()?;
    Ok(blocks.into_iter().flatten().collect())
}

/// Scores as logits at a temperature, those of `taken` items out of reach.
fn soften(scores: &mut [f32], temperature: f32, taken: &[ItemIx]) {
    for score in &mut *scores {
        *score /= temperature;
    }
    for item in taken {
        scores[item.at()] = f32::NEG_INFINITY;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounded, and between 1 and a length"
)]
fn share_of(n: usize, share: f64) -> usize {
    ((n as f64 * share).round() as usize).clamp(1, n)
}

fn item_of(place: usize) -> ItemIx {
    ItemIx(u32::try_from(place).expect("fewer than 2^32 items"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::contract::log;

    /// Knows that item `i + step` follows item `i` on a ring.
    #[derive(Debug)]
    struct Ring {
        step: usize,
        items: usize,
    }

    impl Recommender for Ring {
        fn n_items(&self) -> usize {
            self.items
        }

        fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
            for (query, scores) in queries.iter().zip(scores.chunks_mut(self.items)) {
                scores.fill(0.0);
                if let Some(last) = query.history.last() {
                    scores[(last.at() + self.step) % self.items] = 30.0;
                }
            }
            Ok(())
        }
    }

    const FORWARD: Ring = Ring { step: 1, items: 9 };
    const BACKWARD: Ring = Ring { step: 8, items: 9 };

    fn plain(rows: Vec<Vec<ItemIx>>) -> Vec<Vec<u32>> {
        rows.into_iter()
            .map(|row| row.into_iter().map(|item| item.0).collect())
            .collect()
    }

    #[test]
    fn what_came_before_stands_before() {
        let data = log(&[&[3, 4], &[], &[7, 8, 0, 1, 2]]);
        let extent = Extent {
            times: 2.0,
            longest: 4,
        };
        let found = extend_backwards(&BACKWARD, &data, (extent, 1.0), Seed(1)).unwrap();
        assert_eq!(plain(found), [[1, 2, 3, 4]], "only the short history");
        assert_eq!(plain(repeat(&data, extent)), [[3, 4]]);
    }

    #[test]
    fn an_item_in_the_middle_fits_both_sides() {
        // Both neighbours of the place in the middle say 4.
        let data = log(&[&[3, 8, 5]]);
        let extent = Extent {
            times: 0.3,
            longest: 9,
        };
        let mut fits = 0;
        for seed in 0..40 {
            let models: (&dyn Recommender, &dyn Recommender) = (&FORWARD, &BACKWARD);
            let found = exchange(models, &data, (extent, 1.0), Seed(seed)).unwrap();
            let found = plain(found).remove(0);
            let changed: Vec<usize> = (0..3).filter(|at| found[*at] != [3, 8, 5][*at]).collect();
            assert_eq!(changed.len(), 1, "{found:?}");
            if changed == [1] {
                assert_eq!(found, [3, 4, 5]);
                fits += 1;
            }
        }
        assert!((5..25).contains(&fits), "{fits} of 40 in the middle");
    }

    #[test]
    fn a_log_turned_round() {
        let data = log(&[&[3, 4], &[], &[0, 1, 2]]);
        let turned = reversed(&data);
        assert_eq!(turned.history(UserIx(2)), [ItemIx(2), ItemIx(1), ItemIx(0)]);
        assert_eq!(turned.n_users(), 3);
        assert_eq!(turned.n_items(), data.n_items());
    }
}
