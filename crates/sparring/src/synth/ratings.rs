//! How users rate: the item's own distribution, tilted by the user's bias.
//!
//! ```text
//! P(r | u, i) ~ q_ir exp(b_u s_r)
//! p_ir = (n_ir + M d_r) / (n_i + M)
//! ```
//!
//! with `n_ir` the item's ratings, `d_r` the shares in its tenth of the events and `M = 10`: rare
//! items rate as their tenth does. `s_r` is the normal score of a rating among all. The bias `b_u` of
//! a user is drawn from the real law, a table of quantiles: the most likely biases of real users,
//! spread to the variance that an EM finds for them (Dempster, Laird and Rubin, 1977). `q_i` is raked
//! so that the mean over biases is `p_i`. Ratings of more than 20 values are drawn as classes
//! (`classes.rs`) first. Only values that occur are drawn.

mod released;

use std::collections::BTreeMap;

use rand::RngExt;
use rayon::prelude::*;
use sparring_wide::{Seed, Stream};

use super::classes::Classes;
use super::decoder::finite;
use super::normal::quantile;
use crate::data::{Dataset, ItemIx, UserIx, tenths};
use crate::recommend::{NamedTensors, WeightsError};

pub(super) use released::RatingShares;

/// Most classes of ratings.
const MOST: usize = 20;
/// Ratings that an item is given from its tenth.
const SHRINK: f64 = 10.0;
/// Knots of the table of biases.
const KNOTS: usize = 101;
/// Biases over which an item is raked.
const RAKED: usize = 21;
/// Turns of raking and of the EM.
const TURNS: usize = 12;
/// Most users whose biases are looked at.
const USERS: usize = 20_000;
/// Largest bias.
const REACH: f64 = 6.0;

/// The law of ratings.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ratings {
    /// The values that occur, rising.
    values: Vec<f32>,
    classes: Classes,
    /// Normal score of each class.
    scores: Vec<f64>,
    /// `q_i`, `[I, C]`.
    items: Vec<f32>,
    /// Biases at their quantiles, rising.
    biases: Vec<f32>,
}

impl Ratings {
    /// Fitted to the ratings of a log; none if it has none.
    pub(super) fn of(real: &Dataset) -> Option<Self> {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for user in real.user_indices() {
            for rating in real.interactions().ratings(user)? {
                // Ratings are not negative, so their bits are in their order.
                *counts.entry((rating + 0.0).to_bits()).or_default() += 1;
            }
        }
        let values: Vec<f32> = counts.keys().map(|&bits| f32::from_bits(bits)).collect();
        let classes = Classes::ordered(counts.into_values().collect(), MOST, false);
        let mut ratings = Self {
            values,
            scores: scores(&classes),
            classes,
            items: Vec::new(),
            biases: Vec::new(),
        };
        (!ratings.values.is_empty()).then(|| {
            let chances = ratings.chances(real);
            ratings.biases = ratings.biases(real, &chances);
            ratings.items = ratings.raked(&chances);
            ratings
        })
    }

    /// The values that are drawn.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// A rating for each item of a user.
    pub(super) fn draw(&self, user: u64, profile: &[ItemIx], seed: Seed) -> Vec<f32> {
        let mut stream = seed.stream_at("rating", user);
        let tilt = self.tilt(at_quantile(&self.biases, stream.random()));
        let mut up_to = vec![0.0; tilt.len()];
        let rate = |item: &ItemIx| {
            let row = self.row(item.at());
            let mut sum = 0.0;
            for ((up_to, q), tilt) in up_to.iter_mut().zip(row).zip(&tilt) {
                sum += f64::from(*q) * tilt;
                *up_to = sum;
            }
            let place = stream.random::<f64>() * sum;
            let class = up_to.partition_point(|up_to| *up_to <= place);
            self.value(class.min(up_to.len() - 1), &mut stream)
        };
        profile.iter().map(rate).collect()
    }

    fn value(&self, class: usize, stream: &mut Stream) -> f32 {
        self.values[self.classes.draw(class, stream)]
    }

    fn row(&self, item: usize) -> &[f32] {
        let width = self.scores.len();
        &self.items[item * width..(item + 1) * width]
    }

    fn tilt(&self, bias: f64) -> Vec<f64> {
        let factor = |score: &f64| (bias * score).exp();
        self.scores.iter().map(factor).collect()
    }

    /// Class of a rating that occurs.
    fn class(&self, rating: f32) -> usize {
        let value = self.values.partition_point(|value| *value < rating);
        self.classes.class(value)
    }

    /// `p_i`, `[I, C]`.
    fn chances(&self, real: &Dataset) -> Vec<f64> {
        let (width, tenth) = (self.scores.len(), tenths(&real.item_counts()));
        let mut counts = vec![0.0; real.n_items() * width];
        let mut shares = vec![vec![0.0; width]; 10];
        for user in real.user_indices() {
            for (item, class) in self.rated(real, user) {
                counts[item * width + class] += 1.0;
                shares[tenth[item]][class] += 1.0;
            }
        }
        let all: Vec<f64> = (0..width)
            .map(|class| shares.iter().map(|row| row[class]).sum())
            .collect();
        for row in &mut shares {
            let from = if row.iter().sum::<f64>() > 0.0 {
                row.clone()
            } else {
                all.clone()
            };
            let sum: f64 = from.iter().sum();
            *row = from.iter().map(|n| n / sum).collect();
        }
        for (row, tenth) in counts.chunks_mut(width).zip(tenth) {
            let n: f64 = row.iter().sum();
            for (count, share) in row.iter_mut().zip(&shares[tenth]) {
                *count = (*count + SHRINK * share) / (n + SHRINK);
            }
        }
        counts
    }

    /// Item and class of each rating of a user.
    fn rated(&self, real: &Dataset, user: UserIx) -> impl Iterator<Item = (usize, usize)> {
        let ratings = real.interactions().ratings(user).unwrap_or_default();
        let items = real.history(user).iter().map(|item| item.at());
        items.zip(ratings.iter().map(|&rating| self.class(rating)))
    }

    /// The quantiles of the biases of real users, by an EM over a normal law.
    fn biases(&self, real: &Dataset, chances: &[f64]) -> Vec<f32> {
        let step = real.n_users().div_ceil(USERS).max(1);
        let users: Vec<Vec<(usize, usize)>> = real
            .user_indices()
            .step_by(step)
            .map(|user| self.rated(real, user).collect::<Vec<_>>())
            .filter(|events| !events.is_empty())
            .collect();
        let (mut variance, mut found) = (0.25, vec![0.0; users.len()]);
        for _ in 0..TURNS {
            let likely: Vec<(f64, f64)> = users
                .par_iter()
                .zip(&found)
                .map(|(events, &start)| self.likely(events, chances, (start, variance)))
                .collect();
            let second: f64 = likely.iter().map(|(bias, rest)| bias * bias + rest).sum();
            variance = (second / users.len() as f64).max(1e-9);
            found = likely.into_iter().map(|(bias, _)| bias).collect();
        }
        found.sort_unstable_by(f64::total_cmp);
        let n = found.len() as f64;
        let mean = found.iter().sum::<f64>() / n;
        let spread = found.iter().map(|bias| (bias - mean).powi(2)).sum::<f64>() / n;
        // About their own mean the biases vary less than the law, since each is shrunk.
        let wider = ((variance - mean * mean).max(0.0) / spread.max(1e-12)).sqrt();
        let knot = |at: usize| {
            let bias = at_quantile(&found, at as f64 / (KNOTS - 1) as f64);
            let bias = mean + (bias - mean) * wider.max(1.0);
            single(bias.clamp(-REACH, REACH))
        };
        (0..KNOTS).map(knot).collect()
    }

    /// The most likely bias of a user under a normal law of some variance, and what is uncertain
    /// about it, by a few steps of Newton's from a start.
    fn likely(
        &self,
        events: &[(usize, usize)],
        chances: &[f64],
        (start, variance): (f64, f64),
    ) -> (f64, f64) {
        let (mut bias, mut rest, width) = (start, 0.0, self.scores.len());
        for _ in 0..3 {
            let tilt = self.tilt(bias);
            let (mut slope, mut bend) = (-bias / variance, 1.0 / variance);
            for &(item, class) in events {
                let row = &chances[item * width..(item + 1) * width];
                let [mut sum, mut first, mut second] = [0.0; 3];
                for ((p, tilt), score) in row.iter().zip(&tilt).zip(&self.scores) {
                    let weight = p * tilt;
                    sum += weight;
                    first += weight * score;
                    second += weight * score * score;
                }
                let mean = first / sum;
                slope += self.scores[class] - mean;
                bend += second / sum - mean * mean;
            }
            bias = (bias + (slope / bend).clamp(-1.0, 1.0)).clamp(-REACH, REACH);
            rest = bend.recip();
        }
        (bias, rest)
    }

    /// `q_i`, so that the mean over the biases is `p_i`.
    fn raked(&self, chances: &[f64]) -> Vec<f32> {
        let place = |at: usize| (at as f64 + 0.5) / RAKED as f64;
        let tilts: Vec<Vec<f64>> = (0..RAKED)
            .map(|at| self.tilt(at_quantile(&self.biases, place(at))))
            .collect();
        let width = self.scores.len();
        let mut items = vec![0.0; chances.len()];
        let rows = items.par_chunks_mut(width).zip(chances.par_chunks(width));
        rows.for_each(|(out, wanted)| {
            let mut q = wanted.to_vec();
            let mut mean = vec![0.0; width];
            for _ in 0..TURNS {
                mean.fill(0.0);
                for tilt in &tilts {
                    let sum: f64 = q.iter().zip(tilt).map(|(q, tilt)| q * tilt).sum();
                    for ((mean, q), tilt) in mean.iter_mut().zip(&q).zip(tilt) {
                        *mean += q * tilt / (sum * RAKED as f64);
                    }
                }
                for ((q, mean), wanted) in q.iter_mut().zip(&mean).zip(wanted) {
                    *q *= if *mean > 0.0 { wanted / mean } else { 1.0 };
                }
            }
            for (out, q) in out.iter_mut().zip(&q) {
                *out = single(*q);
            }
        });
        items
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let width = self.scores.len();
        let shape = [self.items.len() / width, width];
        NamedTensors::new()
            .with("values", &[self.values.len()], self.values.clone())
            .with_part("classes", self.classes.weights())
            .with("items", &shape, self.items.clone())
            .with("biases", &[KNOTS], self.biases.clone())
    }

    pub(super) fn from_weights(
        weights: &NamedTensors,
        n_items: usize,
    ) -> Result<Self, WeightsError> {
        let wrong = |name: &str, expected, found: f32| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found: found.to_string(),
        };
        let values = weights.vector("values")?.to_vec();
        finite("values", &values)?;
        let rising = |pair: &&[f32]| pair[0] >= pair[1];
        if let Some(pair) = values.windows(2).find(rising) {
            return Err(wrong("values", "rising numbers", pair[1]));
        }
        let classes = Classes::from_weights(&super::part(weights, "classes")?, values.len())?;
        let items = weights.matrix_of("items", n_items, classes.len())?.to_vec();
        finite("items", &items)?;
        if let Some(share) = items.iter().find(|share| **share < 0.0) {
            return Err(wrong("items", "no negative shares", *share));
        }
        let sums = items.chunks(classes.len()).map(|row| row.iter().sum());
        if let Some(sum) = { sums }.find(|sum: &f32| *sum <= 0.0 || !sum.is_finite()) {
            return Err(wrong("items", "shares of each item", sum));
        }
        let biases = weights.vector_of("biases", KNOTS)?.to_vec();
        let possible = |bias: &f32| f64::from(bias.abs()) <= REACH;
        if let Some(bias) = biases.iter().find(|bias| !possible(bias)) {
            return Err(wrong("biases", "biases from -6 to 6", *bias));
        }
        Ok(Self {
            scores: scores(&classes),
            values,
            classes,
            items,
            biases,
        })
    }
}

/// The normal score of each class.
fn scores(classes: &Classes) -> Vec<f64> {
    let sizes = classes.sizes();
    let (mut before, all) = (0, sizes.iter().sum::<u64>() as f64);
    let score = |&size: &u64| {
        let middle = before as f64 + size as f64 / 2.0;
        before += size;
        quantile(middle / all)
    };
    sizes.iter().map(score).collect()
}

/// The number at a place from 0 to 1 between sorted numbers.
fn at_quantile<T: Copy + Into<f64>>(sorted: &[T], place: f64) -> f64 {
    let place = place.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place between the numbers"
    )]
    let below = (place as usize).min(sorted.len().saturating_sub(2));
    let low = sorted[below].into();
    let high = sorted[(below + 1).min(sorted.len() - 1)].into();
    low + (place - below as f64) * (high - low)
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests;
