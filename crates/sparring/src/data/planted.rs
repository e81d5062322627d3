//! Planted data: a seeded simulator whose factors are known.

use std::sync::Arc;

use rand::RngExt;
use rand_distr::{Distribution, LogNormal, StandardNormal};
use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::ids::{ItemIx, UserIx};
use super::interactions::InteractionsBuilder;
use sparring_wide::{Seed, Stream};

/// What to plant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlantedConfig {
    /// Number of users `U`.
    pub n_users: usize,
    /// Number of items `I`.
    pub n_items: usize,
    /// Width `K` of the true factors.
    pub factors: usize,
    /// Mean number of events a user; activity is log-normal.
    pub mean_events: f64,
    /// Exponent of the popularity law `1 / rank^exponent`, `>= 0`.
    pub popularity_exponent: f64,
    /// Weight of taste against popularity and chance, `>= 0`.
    pub taste: f64,
}

impl Default for PlantedConfig {
    fn default() -> Self {
        Self {
            n_users: 600,
            n_items: 400,
            factors: 6,
            mean_events: 40.0,
            popularity_exponent: 0.7,
            taste: 2.0,
        }
    }
}

/// A planted log and the factors behind it.
#[derive(Debug, Clone)]
pub struct Planted {
    /// The log, with ratings from 1 to 5 and times.
    pub data: Dataset,
    /// True user factors, row-major `[U, K]`.
    pub user_factors: Vec<f32>,
    /// True item factors, row-major `[I, K]`.
    pub item_factors: Vec<f32>,
}

/// The factors behind planted users, who are drawn from it one by one.
#[derive(Debug, Clone)]
pub struct Garden<'a> {
    config: &'a PlantedConfig,
    seed: Seed,
    user_factors: Vec<f32>,
    item_factors: Vec<f32>,
    /// What an item's rank adds to its key, by item.
    popularity: Vec<f64>,
}

/// An event of a planted user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlantedEvent {
    /// The item.
    pub item: ItemIx,
    /// From 1 to 5.
    pub rating: u8,
    /// Seconds since 1970.
    pub time: i64,
}

impl PlantedConfig {
    /// Simulates the log.
    ///
    /// User `u` has affinity `a_ui = p_u . q_i / sqrt(K)` with standard normal factors and draws
    /// its items without replacement by the largest of
    ///
    /// ```text
    /// taste * a_ui - exponent * ln(rank_i) + Gumbel noise
    /// ```
    ///
    /// Ratings are the affinity cut at fixed thresholds; the events of a user follow one another
    /// after log-normal gaps.
    pub fn generate(&self, seed: Seed) -> Planted {
        let garden = self.garden(seed);
        let mut builder = InteractionsBuilder::new();
        for user in 0..self.n_users {
            for event in garden.events(user) {
                let index = u32::try_from(user).expect("index fits u32");
                let (rating, time) = (f32::from(event.rating), event.time);
                builder.push(UserIx(index), event.item, Some(rating), Some(time));
            }
        }
        let Garden {
            user_factors,
            item_factors,
            ..
        } = garden;
        let users = (0..self.n_users).map(|user| format!("u{user}")).collect();
        let items = (0..self.n_items).map(|item| format!("i{item}")).collect();
        let data = Dataset::new(
            Arc::new(users),
            Arc::new(items),
            builder.build(self.n_users),
        );
        Planted {
            data,
            user_factors,
            item_factors,
        }
    }

    /// What the users of [`generate`](Self::generate) are drawn from, one by one.
    pub fn garden(&self, seed: Seed) -> Garden<'_> {
        Garden {
            config: self,
            seed,
            user_factors: normals(self.n_users * self.factors, seed.derive("users")),
            item_factors: normals(self.n_items * self.factors, seed.derive("items")),
            popularity: (1..=self.n_items)
                .map(|rank| -self.popularity_exponent * (rank as f64).ln())
                .collect(),
        }
    }

    fn events(
        &self,
        factors: &[f32],
        (item_factors, popularity): (&[f32], &[f64]),
        mut stream: Stream,
    ) -> Vec<PlantedEvent> {
        let activity = LogNormal::new(self.mean_events.ln() - 0.25, 0.7).expect("finite scale");
        let wanted = activity.sample(&mut stream).round().max(3.0);
        let scale = (self.factors as f64).sqrt().recip();
        let affinity: Vec<f64> = item_factors
            .chunks(self.factors)
            .map(|item| f64::from(dot(factors, item)) * scale)
            .collect();
        let mut keys: Vec<(f64, usize)> = affinity
            .iter()
            .zip(popularity)
            .enumerate()
            .map(|(item, (affinity, popularity))| {
                let chance: f64 = stream.random_range(f64::MIN_POSITIVE..1.0);
                let gumbel = -(-chance.ln()).ln();
                (self.taste * affinity + popularity + gumbel, item)
            })
            .collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "3 or more"
        )]
        let take = (wanted as usize).min(self.n_items);
        let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if take < keys.len() {
            keys.select_nth_unstable_by(take, order);
            keys.truncate(take);
        }
        keys.sort_unstable_by(order);
        let gap = LogNormal::new(7.0, 1.5).expect("finite scale");
        let mut time = stream.random_range(1_000_000_000_i64..1_100_000_000);
        let event = |&(_, item): &(f64, usize)| {
            let opinion: f64 = affinity[item] + 0.5 * stream.sample::<f64, _>(StandardNormal);
            let above = [-1.2, -0.4, 0.3, 1.0].map(|cut| u8::from(opinion > cut));
            #[expect(clippy::cast_possible_truncation, reason = "a gap of seconds")]
            let wait = f64::min(gap.sample(&mut stream), 1e9) as i64;
            time += wait;
            PlantedEvent {
                item: ItemIx(u32::try_from(item).expect("index fits u32")),
                rating: 1 + above.iter().sum::<u8>(),
                time,
            }
        };
        keys.iter().map(event).collect()
    }
}

impl Garden<'_> {
    /// The events of a user, which no other user has a part in.
    ///
    /// # Panics
    /// If there is no such user.
    pub fn events(&self, user: usize) -> Vec<PlantedEvent> {
        let width = self.config.factors;
        let factors = &self.user_factors[user * width..(user + 1) * width];
        let stream = self.seed.stream_at("events", user as u64);
        self.config
            .events(factors, (&self.item_factors, &self.popularity), stream)
    }
}

fn normals(n: usize, seed: Seed) -> Vec<f32> {
    let mut stream = seed.stream("normals");
    (0..n).map(|_| stream.sample(StandardNormal)).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planting_is_seeded_and_long_tailed() {
        let config = PlantedConfig::default();
        let one = config.generate(Seed(1)).data;
        assert_eq!(one, config.generate(Seed(1)).data);
        assert_ne!(one, config.generate(Seed(2)).data);
        let mut counts = one.item_counts();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let head: u32 = counts[..40].iter().sum();
        let all: u32 = counts.iter().sum();
        assert!(
            f64::from(head) > 0.25 * f64::from(all),
            "the top tenth has {head} of {all}"
        );
        assert!(one.interactions().has_times() && one.interactions().has_ratings());
    }
}
