//! What is released: sums over users in integers, with noise.
//!
//! A user's entries are cut off towards zero in units of `2^-24`, so that their norm is 1 at most
//! in integers too. All of them depend on the user's number of items alone, and so do all pairs.

use rand::rngs::{StdRng, SysRng};
use rand::{SeedableRng, TryRng};
use rayon::prelude::*;

use crate::models::Profiles as Rows;
use crate::privacy::DiscreteGaussian;

/// One, in units of the release.
const ONE: f64 = (1 << 24) as f64;
/// Classes of lengths: half octaves.
pub(super) const CLASSES: usize = 32;
/// Entries that one thread draws noise for.
const CHUNK: usize = 1 << 15;

/// The weights of a release, whose squares sum to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    items: f64,
    lengths: f64,
    pairs: f64,
}

/// The sums of the users, without noise.
pub(super) struct Sketch {
    weights: Weights,
    /// `[I]`.
    items: Vec<i64>,
    /// `[CLASSES]`.
    lengths: Vec<i64>,
    /// Of the pairs `i < j`, row after row.
    pairs: Vec<i64>,
}

/// The sums with noise, in the units of `u`, and the deviation of the noise in each.
pub(super) struct Released {
    /// `sum_u u_i`, `[I]`.
    pub(super) items: Vec<f64>,
    pub(super) noise_of_items: f64,
    /// Users of each class.
    pub(super) lengths: Vec<f64>,
    pub(super) noise_of_lengths: f64,
    /// `sum_u u_i u_j`, of the pairs `i < j`, row after row.
    pub(super) pairs: Vec<f32>,
    pub(super) noise_of_pairs: f64,
}

impl Weights {
    pub(super) fn of(items: f64, lengths: f64) -> Self {
        Self {
            items,
            lengths,
            pairs: (1.0 - items * items - lengths * lengths).max(0.0).sqrt(),
        }
    }
}

impl Sketch {
    pub(super) fn of(rows: &Rows, weights: Weights) -> Self {
        let n_items = rows.n_columns();
        let by_item = rows.transpose();
        let entries: Vec<[i64; 2]> = rows.rows().map(|row| entries(row.len(), weights)).collect();
        let items: Vec<i64> = by_item
            .rows()
            .map(|users| users.iter().map(|&user| entries[user as usize][0]).sum())
            .collect();
        let mut lengths = vec![0; CLASSES];
        for row in rows.rows() {
            lengths[class(row.len())] += whole(weights.lengths * ONE);
        }
        let mut pairs = vec![0; n_items * n_items.saturating_sub(1) / 2];
        let mut left: &mut [i64] = &mut pairs;
        let mut parts = Vec::with_capacity(n_items);
        for item in 0..n_items {
            let (row, more) = left.split_at_mut(n_items - 1 - item);
            parts.push(row);
            left = more;
        }
        parts.into_par_iter().enumerate().for_each(|(item, sums)| {
            for &user in by_item.row(item) {
                let (row, entry) = (rows.row(user as usize), entries[user as usize][1]);
                let after = row.partition_point(|&other| other as usize <= item);
                for &other in &row[after..] {
                    sums[other as usize - item - 1] += entry;
                }
            }
        });
        Self {
            weights,
            items,
            lengths,
            pairs,
        }
    }

    /// Adds noise of `sigma` times what a user can add.
    pub(super) fn release(self, sigma: f64) -> Released {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive scale, rounded up"
        )]
        let scale = (sigma * ONE).ceil() as u64;
        let law = DiscreteGaussian::new(scale);
        let Weights {
            items,
            lengths,
            pairs,
        } = self.weights;
        let unit = |weight: f64| 1.0 / (ONE * weight);
        let pair = pairs * std::f64::consts::SQRT_2;
        let noise = |weight: f64| scale as f64 * unit(weight);
        #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
        let single = |x: f64| x as f32;
        Released {
            noise_of_items: noise(items),
            noise_of_lengths: noise(lengths),
            noise_of_pairs: noise(pair),
            items: noisy(self.items, law, |sum| sum * unit(items)),
            lengths: noisy(self.lengths, law, |sum| sum * unit(lengths)),
            pairs: noisy(self.pairs, law, |sum| single(sum * unit(pair))),
        }
    }
}

impl Released {
    /// Number of items.
    pub(super) fn n_items(&self) -> usize {
        self.items.len()
    }

    /// Where the pairs of an item with later ones begin.
    pub(super) fn start(&self, item: usize) -> usize {
        item * (2 * self.n_items() - item - 1) / 2
    }

    /// As many lengths as there seem to be users, spread evenly within each class.
    pub(super) fn sizes(&self) -> Vec<usize> {
        let mut sizes = Vec::new();
        for (class, &users) in self.lengths.iter().enumerate() {
            let (first, next) = (first_of(class), first_of(class + 1));
            if next <= first || users < 2.0 * self.noise_of_lengths {
                continue;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a number of users"
            )]
            let users = users.round() as usize;
            let ratio = next as f64 / first as f64;
            for at in 0..users {
                let share = (at as f64 + 0.5) / users as f64;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a length within the class"
                )]
                let length = (first as f64 * ratio.powf(share)) as usize;
                sizes.push(length.clamp(first, next - 1));
            }
        }
        if sizes.is_empty() {
            sizes.push(1);
        }
        sizes
    }
}

/// The entries of a user with so many items, for each item and for each pair.
fn entries(n: usize, weights: Weights) -> [i64; 2] {
    let n = n as f64;
    let item = whole(weights.items / n.sqrt() * ONE);
    let pair = whole(weights.pairs * std::f64::consts::SQRT_2 / n * ONE);
    [item, pair]
}

/// The class of a length: `2 log2 n`, rounded down.
pub(super) fn class(n: usize) -> usize {
    (0..CLASSES)
        .rev()
        .find(|&class| first_of(class) <= n)
        .unwrap_or(0)
}

/// The least length of a class.
fn first_of(class: usize) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a small power of two"
    )]
    let first = (class as f64 / 2.0).exp2().ceil() as usize;
    first
}

/// Cut off towards zero.
fn whole(x: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^24")]
    let whole = x as i64;
    whole
}

/// Sums with noise, in other units. The noise is from the system's entropy, never from a seed.
fn noisy<T: Send>(sums: Vec<i64>, law: DiscreteGaussian, of: impl Fn(f64) -> T + Sync) -> Vec<T> {
    sums.par_chunks(CHUNK)
        .flat_map_iter(|chunk| {
            let mut seed = <StdRng as SeedableRng>::Seed::default();
            SysRng
                .try_fill_bytes(&mut seed)
                .expect("the system has entropy");
            let mut bits = StdRng::from_seed(seed);
            let of = &of;
            chunk
                .iter()
                .map(move |&sum| of((sum + law.sample(&mut bits)) as f64))
                .collect::<Vec<T>>()
        })
        .collect()
}
