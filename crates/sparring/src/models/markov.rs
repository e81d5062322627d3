//! A first-order Markov chain over items: what followed the last event, in all users.
//!
//! ```text
//! score(j | history ending in i) = ln ((n_ij + a p_j) / (n_i + a)),      p_j = n_j / n
//! ```
//!
//! `n_ij` counts how often `j` came right after `i`, `n_i` what came after `i` at all, and `a` is
//! the weight of popularity. With `reach` above 1, `j` counts `1 / d` as the `d`-th event after `i`,
//! and the shares after the last `reach` events of a history add up with the same weights before
//! the logarithm.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::check;
use crate::data::Dataset;
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Query, Recommender, Run, ScoreError, Tune, Values,
    Weights, WeightsError,
};

/// Settings of the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MarkovConfig {
    /// Weight `a` of popularity, `> 0`.
    pub smoothing: f32,
    /// How many events after an item count as following it.
    pub reach: NonZeroUsize,
}

impl Default for MarkovConfig {
    fn default() -> Self {
        Self {
            smoothing: 1.0,
            reach: NonZeroUsize::MIN,
        }
    }
}

/// Counts of what followed each item, in compressed rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Markov {
    /// Shares of the items in all events.
    popularity: Vec<f32>,
    starts: Vec<u32>,
    next: Vec<u32>,
    counts: Vec<f32>,
    /// What came after each item at all.
    totals: Vec<f32>,
    smoothing: f32,
    reach: u32,
}

impl Fit for MarkovConfig {
    type Model = Markov;

    fn fit(&self, train: &Dataset, _run: &Run<'_>) -> Result<Markov, FitError> {
        check::positive("markov", "smoothing", self.smoothing.into())?;
        check::some_interaction("markov", train.n_interactions())?;
        let mut pairs: Vec<(u32, u32, f32)> = Vec::new();
        for user in train.user_indices() {
            let history = train.history(user);
            for (at, item) in history.iter().enumerate() {
                let after = history[at + 1..].iter().take(self.reach.get());
                let weighted = after.enumerate();
                pairs.extend(weighted.map(|(d, next)| (item.0, next.0, weight(d))));
            }
        }
        // Stable, so that sums are in the order of the log.
        pairs.sort_by_key(|&(item, next, _)| (item, next));
        let n = train.n_items();
        let (mut next, mut counts) = (Vec::new(), Vec::<f32>::new());
        let (mut lengths, mut totals) = (vec![0_u32; n + 1], vec![0.0; n]);
        let mut before = None;
        for (item, after, weight) in pairs {
            if before == Some((item, after)) {
                *counts.last_mut().expect("the pair before") += weight;
            } else {
                next.push(after);
                counts.push(weight);
                lengths[item as usize + 1] += 1;
            }
            totals[item as usize] += weight;
            before = Some((item, after));
        }
        for at in 0..n {
            lengths[at + 1] += lengths[at];
        }
        let all = train.n_interactions() as f32;
        Ok(Markov {
            popularity: train
                .item_counts()
                .into_iter()
                .map(|c| c as f32 / all)
                .collect(),
            starts: lengths,
            next,
            counts,
            totals,
            smoothing: self.smoothing,
            reach: u32::try_from(self.reach.get()).unwrap_or(u32::MAX),
        })
    }
}

/// What the `d`-th event after an item counts, from 0.
fn weight(d: usize) -> f32 {
    (d as f32 + 1.0).recip()
}

impl Tune for MarkovConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("smoothing", Values::LogUniform(0.1, 1000.0)),
            dimension("reach", Values::Integers(&[1, 2, 3, 5, 10])),
        ]
    }
}

impl Recommender for Markov {
    fn n_items(&self) -> usize {
        self.popularity.len()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let n_items = self.n_items();
        assert_eq!(scores.len(), queries.len() * n_items, "scores [Q, I]");
        for (query, row) in queries.iter().zip(scores.chunks_mut(n_items)) {
            row.fill(0.0);
            let last = query.history.iter().rev().take(self.reach as usize);
            let mut none = true;
            for (d, &item) in last.enumerate() {
                none = false;
                if item.at() >= n_items {
                    return Err(ScoreError::UnknownItem { item, n_items });
                }
                let scale = weight(d) / (self.totals[item.at()] + self.smoothing);
                for (score, p) in row.iter_mut().zip(&self.popularity) {
                    *score += scale * self.smoothing * p;
                }
                let range = self.starts[item.at()] as usize..self.starts[item.at() + 1] as usize;
                for (next, count) in self.next[range.clone()].iter().zip(&self.counts[range]) {
                    row[*next as usize] += scale * count;
                }
            }
            if none {
                row.copy_from_slice(&self.popularity);
            }
            // An item that nobody has is unlikely, but not impossible.
            for score in row.iter_mut() {
                *score = score.max(f32::MIN_POSITIVE).ln();
            }
        }
        Ok(())
    }
}

impl Weights for Markov {
    fn weights(&self) -> NamedTensors {
        let n = self.popularity.len();
        NamedTensors::new()
            .with("popularity", &[n], self.popularity.clone())
            .with("totals", &[n], self.totals.clone())
            .with_indices("starts", &[n + 1], self.starts.clone())
            .with_indices("next", &[self.next.len()], self.next.clone())
            .with("counts", &[self.counts.len()], self.counts.clone())
            .with("smoothing", &[1], vec![self.smoothing])
            .with_indices("reach", &[1], vec![self.reach])
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let popularity = weights.vector("popularity")?.to_vec();
        let n = popularity.len();
        let next = weights.indices("next")?.to_vec();
        let starts = weights.indices("starts")?.to_vec();
        let wrong = |name: &str, expected| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found: "other numbers".to_owned(),
        };
        let rising = starts.is_sorted() && starts.len() == n + 1 && starts[0] == 0;
        if !rising || starts[n] as usize != next.len() {
            return Err(wrong("starts", "rising places, one an item and the end"));
        }
        if next.iter().any(|&item| item as usize >= n) {
            return Err(wrong("next", "items of the catalogue"));
        }
        Ok(Self {
            totals: weights.vector_of("totals", n)?.to_vec(),
            counts: weights.vector_of("counts", next.len())?.to_vec(),
            smoothing: weights.vector_of("smoothing", 1)?[0],
            reach: u32::try_from(super::sequential::one(weights, "reach")?).unwrap_or(u32::MAX),
            popularity,
            starts,
            next,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::models::contract::scores;
    use crate::recommend::Cancel;
    use crate::split::contract::log;
    use sparring_wide::Seed;

    recommender_contract!(crate::models::markov::MarkovConfig::default());

    fn fitted(config: &MarkovConfig) -> Markov {
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        config
            .fit(&log(&[&[0, 1, 2], &[0, 1, 0, 2]]), &run)
            .unwrap()
    }

    #[test]
    fn worked_by_hand() {
        let chain = fitted(&MarkovConfig::default());
        let history = [ItemIx(2), ItemIx(0)];
        let found = scores(&chain, &[Query::new_user(&history)]);
        // After 0 came 1, 1, 2; popularity 3/7, 2/7, 2/7.
        let expected = [3.0 / 7.0, 2.0 + 2.0 / 7.0, 1.0 + 2.0 / 7.0].map(|x: f32| x / 4.0);
        for (a, b) in found.iter().zip(expected) {
            assert!((a.exp() - b).abs() < 1e-6, "{found:?}");
        }
        let first = scores(&chain, &[Query::new_user(&[])])[0];
        assert!((first.exp() - 3.0 / 7.0).abs() < 1e-6);
    }

    #[test]
    fn what_came_later_counts_less() {
        let config = MarkovConfig {
            reach: NonZeroUsize::new(2).unwrap(),
            smoothing: 1e-6,
        };
        let chain = fitted(&config);
        let found = scores(&chain, &[Query::new_user(&[ItemIx(0)])]);
        // After 0: 1 and 1 at once, 2 at once; 2 and 0 as second.
        let total = 2.0 + 1.0 + 0.5 + 0.5;
        for (a, b) in found.iter().zip([0.5 / total, 2.0 / total, 1.5 / total]) {
            assert!((a.exp() - b).abs() < 1e-4, "{found:?}");
        }
    }
}
