//! What is released: sums over users in integers, with noise.
//!
//! A user's entries are cut off towards zero in units of `2^-24`, coarser ones where there is more
//! noise than [`LARGEST_SCALE`] of these, so that their norm is 1 at most in integers too. All of them depend on the user's number of items alone, and so do all pairs.

use rand::rngs::{StdRng, SysRng};
use rand::{SeedableRng, TryRng};
use rayon::prelude::*;

use crate::models::Profiles as Rows;
use crate::privacy::{DiscreteGaussian, LARGEST_SCALE};

/// One, in the smallest units of a release.
const FINEST: u64 = 1 << 24;
/// Classes of lengths: half octaves.
pub(super) const CLASSES: usize = 32;
/// Deviations of the noise that an item's sum must reach, or its pairs are lost in noise too.
const STANDING: f64 = 2.0;
/// Items whose pairs are released in any case.
const LEAST: usize = 64;
/// Entries that one thread draws noise for.
const CHUNK: usize = 1 << 15;

/// The weights of a release, whose squares sum to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    pub(super) items: f64,
    pub(super) lengths: f64,
    pub(super) pairs: f64,
}

/// The sums with noise, in the units of `u`, and the deviation of the noise in each.
pub(crate) struct Released {
    /// `sum_u u_i`, `[I]`.
    pub(super) items: Vec<f64>,
    pub(super) noise_of_items: f64,
    /// Users of each class.
    pub(super) lengths: Vec<f64>,
    pub(super) noise_of_lengths: f64,
    /// The items whose pairs are released, rising: those with the largest noisy sums, as far as these
    /// stand above the noise.
    pub(super) head: Vec<u32>,
    /// `sum_u v_i v_j` of the users' parts `v` among them, of the pairs `i < j`, row after row.
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

/// What is summed, and in which units.
pub(super) struct Sums<'a, F> {
    rows: &'a Rows,
    weights: Weights,
    /// One, in units of the sums.
    one: f64,
    /// Scale of the noise, in the same units.
    scale: u64,
    /// What a user with so many items adds for each item and for each pair.
    adds: F,
}

impl<'a> Sums<'a, Box<dyn Fn(usize) -> [i64; 2]>> {
    /// The sums of users, for noise of `sigma` times what one can add.
    pub(super) fn of(rows: &'a Rows, weights: Weights, sigma: f64) -> Self {
        let (one, scale) = units(sigma);
        let adds = move |n| entries(n, weights, one);
        Self::with(rows, weights, (one, scale), Box::new(adds))
    }
}

impl<'a, F: Fn(usize) -> [i64; 2]> Sums<'a, F> {
    /// Sums of what users add by their number of items, in units of one and for noise of a scale.
    pub(super) fn with(
        rows: &'a Rows,
        weights: Weights,
        (one, scale): (f64, u64),
        adds: F,
    ) -> Self {
        Self {
            rows,
            weights,
            one,
            scale,
            adds,
        }
    }

    /// Adds the noise; the pairs are those among `most` items.
    ///
    /// Two looks at the log: the second is told by the noisy sums of the first which items to look at.
    pub(super) fn release(self, most: usize) -> Released {
        let law = DiscreteGaussian::new(self.scale);
        self.seen(Some(law), |sums, noise| largest(sums, noise, most))
    }

    /// The sums as they are, which must not leave: what an auditor knows of other users.
    pub(super) fn unreleased(self, head: &[u32]) -> Released {
        self.seen(None, |_, _| head.to_vec())
    }

    fn seen(
        self,
        law: Option<DiscreteGaussian>,
        head: impl FnOnce(&[f64], f64) -> Vec<u32>,
    ) -> Released {
        let pair = self.weights.pairs * std::f64::consts::SQRT_2;
        let units = [self.weights.items, self.weights.lengths, pair].map(|w| 1.0 / (self.one * w));
        let [of_items, of_lengths, of_pairs] = units.map(|unit| self.scale as f64 * unit);
        let items = noisy(&self.items(), law, |sum| sum * units[0]);
        let lengths = noisy(&self.lengths(), law, |sum| sum * units[1]);
        let head = head(&items, of_items);
        #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
        let single = |x: f64| x as f32;
        Released {
            noise_of_items: of_items,
            noise_of_lengths: of_lengths,
            noise_of_pairs: of_pairs,
            pairs: noisy(&self.pairs(&head), law, |sum| single(sum * units[2])),
            items,
            lengths,
            head,
        }
    }

    /// The sums over users of their entries of items, `[I]`.
    fn items(&self) -> Vec<i64> {
        let mut sums = vec![0; self.rows.n_columns()];
        for row in self.rows.rows() {
            let [entry, _] = (self.adds)(row.len());
            for &item in row {
                sums[item as usize] += entry;
            }
        }
        sums
    }

    /// The sums over users of their entries of lengths.
    fn lengths(&self) -> Vec<i64> {
        let mut sums = vec![0; CLASSES];
        for row in self.rows.rows() {
            sums[class(row.len())] += whole(self.weights.lengths * self.one);
        }
        sums
    }

    /// The sums over users of the entries of their pairs `i < j` among some items, row after row.
    fn pairs(&self, head: &[u32]) -> Vec<i64> {
        let rows = among(self.rows, head);
        let entries: Vec<i64> = rows.rows().map(|row| (self.adds)(row.len())[1]).collect();
        pairs(&rows, &entries)
    }
}

/// The items with the largest sums, rising: those that stand above the noise, `most` at most.
fn largest(sums: &[f64], noise: f64, most: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(sums.len()).expect("items fit u32")).collect();
    let sum = |item: u32| sums[item as usize];
    order.sort_unstable_by(|&a, &b| sum(b).total_cmp(&sum(a)).then(a.cmp(&b)));
    let standing = order.partition_point(|&item| sum(item) >= STANDING * noise);
    order.truncate(standing.max(LEAST).min(most));
    order.sort_unstable();
    order
}

/// What users have of some items; users who have none of them are left out.
pub(in crate::synth) fn among(rows: &Rows, head: &[u32]) -> Rows {
    let mut place = vec![None; rows.n_columns()];
    for (at, &item) in (0..).zip(head) {
        place[item as usize] = Some(at);
    }
    rows.over(&place, head.len()).without_empty_rows()
}

/// One in the units of a release with this noise, a power of two, and the scale of the noise.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive scale, rounded up, within what is left over"
)]
pub(in crate::synth) fn units(sigma: f64) -> (f64, u64) {
    let mut one = FINEST;
    while (sigma * one as f64).ceil() > LARGEST_SCALE as f64 {
        one /= 2;
    }
    (one as f64, (sigma * one as f64).ceil() as u64)
}

/// The sums over users of the entries of their pairs `i < j`, row after row.
fn pairs(rows: &Rows, entries: &[i64]) -> Vec<i64> {
    let (n_items, by_item) = (rows.n_columns(), rows.transpose());
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
            let (row, entry) = (rows.row(user as usize), entries[user as usize]);
            let after = row.partition_point(|&other| other as usize <= item);
            for &other in &row[after..] {
                sums[other as usize - item - 1] += entry;
            }
        }
    });
    pairs
}

impl Released {
    /// Where the pairs of an item with later ones begin.
    pub(super) fn start(&self, item: usize) -> usize {
        item * (2 * self.head.len() - item - 1) / 2
    }

    /// The classes around the largest that stand above the noise without a gap: far ones that do are
    /// noise.
    fn inhabited(&self) -> std::ops::Range<usize> {
        let is_class = |class: &usize| first_of(class + 1) > first_of(*class);
        let classes: Vec<usize> = (0..CLASSES).filter(is_class).collect();
        let users = |at: usize| self.lengths[classes[at]];
        let largest = (0..classes.len()).max_by(|&a, &b| users(a).total_cmp(&users(b)));
        let largest = largest.unwrap_or(0);
        let above = |at: &usize| users(*at) > self.noise_of_lengths;
        let after = (largest + 1..classes.len()).take_while(above).count();
        let before = (0..largest).rev().take_while(above).count();
        classes[largest - before]..classes[largest + after] + 1
    }

    /// As many lengths as there seem to be users, spread evenly within each class.
    pub(super) fn sizes(&self) -> Vec<usize> {
        let mut sizes = Vec::new();
        for class in self.inhabited() {
            let (first, next) = (first_of(class), first_of(class + 1));
            let users = self.lengths[class].max(0.0);
            if next <= first {
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
pub(super) fn entries(n: usize, weights: Weights, one: f64) -> [i64; 2] {
    let n = n as f64;
    let item = whole(weights.items / n.sqrt() * one);
    let pair = whole(weights.pairs * std::f64::consts::SQRT_2 / n * one);
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
pub(in crate::synth) fn whole(x: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^24")]
    let whole = x as i64;
    whole
}

/// Random bits that nobody can draw again: from the system's entropy, never from a seed.
pub(in crate::synth) fn secret() -> StdRng {
    let mut seed = <StdRng as SeedableRng>::Seed::default();
    SysRng
        .try_fill_bytes(&mut seed)
        .expect("the system has entropy");
    StdRng::from_seed(seed)
}

/// Sums in other units, with the noise of a law if there is one. It is from the system's entropy,
/// never from a seed.
pub(in crate::synth) fn noisy<T: Send>(
    sums: &[i64],
    law: Option<DiscreteGaussian>,
    of: impl Fn(f64) -> T + Sync,
) -> Vec<T> {
    sums.par_chunks(CHUNK)
        .flat_map_iter(|chunk| {
            let mut bits = secret();
            let of = &of;
            chunk
                .iter()
                .map(move |&sum| {
                    let noise = law.map_or(0, |law| law.sample(&mut bits));
                    of((sum + noise) as f64)
                })
                .collect::<Vec<T>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;

    #[test]
    fn a_user_adds_one_at_most() {
        for (items, lengths) in [(0.45, 0.1), (0.05, 0.9), (0.7, 0.7)] {
            let weights = Weights::of(items, lengths);
            let one = FINEST as f64;
            let length = i128::from(whole(weights.lengths * one));
            for n in (1..200).chain((200..20_000).step_by(97)) {
                let [item, pair] = entries(n, weights, one).map(i128::from);
                let n = n as i128;
                let square = n * item * item + n * (n - 1) / 2 * pair * pair + length * length;
                assert!(square <= 1 << 48, "{n} items: {square}");
            }
        }
    }

    #[test]
    fn much_noise_has_coarser_units() {
        assert_eq!(units(0.5), (16_777_216.0, 8_388_608));
        assert_eq!(units(17.0), (8_388_608.0, 142_606_336));
        let (one, scale) = units(1e7);
        assert!(one >= 1.0 && scale <= LARGEST_SCALE);
    }

    #[test]
    fn lengths_fall_into_half_octaves() {
        let firsts: Vec<usize> = (0..9).map(first_of).collect();
        assert_eq!(firsts, [1, 2, 2, 3, 4, 6, 8, 12, 16]);
        for n in 1..5000 {
            let class = class(n);
            assert!(first_of(class) <= n && n < first_of(class + 1), "{n}");
        }
        assert_eq!(class(usize::MAX), CLASSES - 1);
    }

    #[test]
    fn lengths_without_users_between_are_noise() {
        let mut lengths = vec![0.0; CLASSES];
        // 4 to 5, 6 to 7, 8 to 11 items, and 362 to 511.
        for (class, users) in [(4, 30.0), (5, 50.0), (6, 12.0), (7, 9.0), (17, 25.0)] {
            lengths[class] = users;
        }
        let released = Released {
            items: vec![],
            noise_of_items: 1.0,
            lengths,
            noise_of_lengths: 10.0,
            head: vec![],
            pairs: vec![],
            noise_of_pairs: 1.0,
        };
        assert_eq!(released.inhabited(), 4..7);
        let sizes = released.sizes();
        assert_eq!(sizes.len(), 92);
        assert!(sizes.iter().all(|n| (4..12).contains(n)));
    }

    #[test]
    fn items_lost_in_noise_have_no_pairs() {
        // 200 items with sums of 0 to 199: noise of 50 leaves those from 100, of 90 the largest 64.
        let sums: Vec<f64> = (0..200).map(f64::from).collect();
        assert_eq!(largest(&sums, 50.0, 500), (100..200).collect::<Vec<u32>>());
        assert_eq!(largest(&sums, 90.0, 500), (136..200).collect::<Vec<u32>>());
        assert_eq!(largest(&sums, 50.0, 2), [198, 199]);
    }

    #[test]
    fn the_release_is_the_sums_and_noise() {
        // {0, 1}, {0, 1, 2, 3}, {3}: u = .7071, .5, 1.
        let pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (1, 3), (2, 3)];
        let rows = Rows::of(&log(3, 4, pairs));
        let released = |sigma| Sums::of(&rows, Weights::of(0.45, 0.1), sigma).release(4);
        let near = |found: &[f64], expected: &[f64]| {
            let pairs = found.iter().zip(expected);
            pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        let exact = released(1e-6);
        assert!(near(&exact.items, &[1.2071, 1.2071, 0.5, 1.5]) < 1e-3);
        let found: Vec<f64> = exact.pairs.iter().copied().map(f64::from).collect();
        // 01 02 03, 12 13, 23.
        assert!(near(&found, &[0.75, 0.25, 0.25, 0.25, 0.25, 0.25]) < 1e-3);
        assert_eq!([0, 1, 2, 3].map(|item| exact.start(item)), [0, 3, 5, 6]);
        assert!(near(&exact.lengths[..5], &[1.0, 0.0, 1.0, 0.0, 1.0]) < 1e-3);
        // Among items 0, 1 and 3 the second user has three: 1 / 3 for each of their pairs.
        let part = Sums::of(&rows, Weights::of(0.45, 0.1), 1e-6).release(3);
        assert_eq!(part.head, [0, 1, 3]);
        let found: Vec<f64> = part.pairs.iter().copied().map(f64::from).collect();
        assert!(near(&found, &[0.5 + 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]) < 1e-3);
        let noisy = released(50.0);
        assert!(near(&noisy.items, &exact.items) > 1.0);
        assert!((noisy.noise_of_items - 50.0 / 0.45).abs() < 1e-3);
        // sqrt(2) sqrt(1 - .45^2 - .1^2) = 1.2550.
        assert!((noisy.noise_of_pairs - 50.0 / 1.2550).abs() < 1e-2);
    }
}
