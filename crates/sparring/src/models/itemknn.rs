//! ItemKNN: the nearest items by shrunk cosine (Deshpande and Karypis, "Item-based top-N
//! recommendation algorithms", 2004; shrinkage after Bell and Koren, 2007).
//!
//! ```text
//! s_ij = c_ij / (n_i^a n_j^(1 - a) + shrink)
//! score(u, i) = sum over j in the history of u and in the k nearest of i:  s_ij
//! ```
//!
//! `c_ij` counts the users of both items and `n_i` those of item `i`; `a = 1/2` is the cosine, other
//! values weigh the two items unlike (Aiolli, 2013). An item is no neighbour of itself.
//!
//! Departure from Deshpande and Karypis: the neighbourhood is that of the item to be scored, not of
//! the item in the history, as in most later implementations, and similarities are not normalised.

use std::num::NonZeroUsize;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::check;
use super::contributions::{each_once, scored};
use super::profiles::{Profiles, add_cooccurrences, distinct};
use crate::data::{Dataset, ItemIx};
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Query, Recommender, Run, ScoreError, Tune, Values,
    Weights, WeightsError,
};

/// Settings of ItemKNN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ItemKnnConfig {
    /// Neighbours `k` of an item.
    pub neighbours: NonZeroUsize,
    /// Added to the denominator against chance similarities of rare items, `>= 0`.
    pub shrink: f64,
    /// Exponent `a` of the scored item's count, from 0 to 1.
    pub asymmetry: f64,
}

impl Default for ItemKnnConfig {
    fn default() -> Self {
        Self {
            neighbours: NonZeroUsize::new(100).expect("not zero"),
            shrink: 10.0,
            asymmetry: 0.5,
        }
    }
}

/// For every item, those items that have it as a neighbour, and how similar they are.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemKnn {
    starts: Vec<u32>,
    items: Vec<u32>,
    similarities: Vec<f32>,
}

/// The interactions by user and by item, and a one for every user.
struct Log {
    rows: Profiles,
    columns: Profiles,
    ones: Vec<f64>,
}

/// A neighbour and its similarity.
pub(super) type Neighbour = (u32, f32);

/// The `k` most similar, most similar first, equals by index.
pub(super) fn nearest(mut all: Vec<Neighbour>, k: usize) -> Vec<Neighbour> {
    let order = |a: &Neighbour, b: &Neighbour| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if all.len() > k {
        all.select_nth_unstable_by(k - 1, order);
        all.truncate(k);
    }
    all.sort_unstable_by(order);
    all
}

impl ItemKnnConfig {
    /// The neighbours of an item, most similar first, equals by index.
    fn neighbours(&self, item: usize, log: &Log, counts: &mut [f64]) -> Vec<Neighbour> {
        let columns = &log.columns;
        counts.fill(0.0);
        add_cooccurrences(&log.rows, columns, &log.ones, (item, 0), counts);
        let own = (columns.row(item).len() as f64).powf(self.asymmetry);
        let all = (0_u32..)
            .zip(counts.iter())
            .filter(|&(other, &count)| count > 0.0 && other as usize != item)
            .map(|(other, count)| {
                let users = columns.row(other as usize).len() as f64;
                let norm = own * users.powf(1.0 - self.asymmetry) + self.shrink;
                #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
                let similarity = (count / norm) as f32;
                (other, similarity)
            });
        nearest(all.collect(), self.neighbours.get())
    }
}

impl Fit for ItemKnnConfig {
    type Model = ItemKnn;

    fn fit(&self, train: &Dataset, _run: &Run<'_>) -> Result<ItemKnn, FitError> {
        check::not_negative("itemknn", "shrink", self.shrink)?;
        check::setting(
            (0.0..=1.0).contains(&self.asymmetry),
            "itemknn",
            "asymmetry",
            "from 0 to 1",
            self.asymmetry,
        )?;
        let rows = Profiles::of(train);
        check::some_interaction("itemknn", rows.len())?;
        let n = train.n_items();
        let log = Log {
            columns: rows.transpose(),
            ones: vec![1.0; rows.n_rows()],
            rows,
        };
        let nearest: Vec<Vec<Neighbour>> = (0..n)
            .into_par_iter()
            .map_init(
                || vec![0.0; n],
                |counts, item| self.neighbours(item, &log, counts),
            )
            .collect();
        Ok(ItemKnn::of(&nearest))
    }
}

impl ItemKnn {
    /// With these neighbours of each item.
    pub(super) fn of(nearest: &[Vec<Neighbour>]) -> Self {
        let mut turned = vec![Vec::new(); nearest.len()];
        for (item, neighbours) in (0_u32..).zip(nearest) {
            for &(neighbour, similarity) in neighbours {
                turned[neighbour as usize].push((item, similarity));
            }
        }
        let mut model = Self {
            starts: vec![0],
            items: Vec::new(),
            similarities: Vec::new(),
        };
        for row in turned {
            for (item, similarity) in row {
                model.items.push(item);
                model.similarities.push(similarity);
            }
            let end = u32::try_from(model.items.len()).expect("fewer than 2^32 neighbours");
            model.starts.push(end);
        }
        model
    }
}

impl Tune for ItemKnnConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("neighbours", Values::LogInteger(5, 1000)),
            dimension("shrink", Values::LogUniform(1.0, 1000.0)),
            dimension("asymmetry", Values::Uniform(0.0, 1.0)),
        ]
    }
}

impl Recommender for ItemKnn {
    fn n_items(&self) -> usize {
        self.starts.len() - 1
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let n = self.n_items();
        assert_eq!(scores.len(), queries.len() * n, "scores [Q, I]");
        queries
            .par_iter()
            .zip(scores.par_chunks_mut(n.max(1)))
            .try_for_each(|(query, scores)| {
                scores.fill(0.0);
                for item in distinct(query.history, n)? {
                    let item = item as usize;
                    let span = self.starts[item] as usize..self.starts[item + 1] as usize;
                    let each = self.items[span.clone()]
                        .iter()
                        .zip(&self.similarities[span]);
                    for (&to, similarity) in each {
                        scores[to as usize] += similarity;
                    }
                }
                Ok(())
            })
    }

    /// `s_ij` for each item `j` of the history; they sum to the score of `i`.
    fn explain(&self, query: &Query<'_>, item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        let n = self.n_items();
        scored(item, n)?;
        each_once(query.history, n, |from| {
            let span = self.starts[from] as usize..self.starts[from + 1] as usize;
            let at = self.items[span.clone()].iter().position(|&to| to == item.0);
            at.map_or(0.0, |at| self.similarities[span.start + at])
        })
        .map(Some)
    }
}

impl Weights for ItemKnn {
    fn weights(&self) -> NamedTensors {
        let n = self.items.len();
        NamedTensors::new()
            .with_indices("starts", &[self.starts.len()], self.starts.clone())
            .with_indices("items", &[n], self.items.clone())
            .with("similarities", &[n], self.similarities.clone())
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let value = |name: &str, expected, found: String| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found,
        };
        let starts = weights.indices("starts")?.to_vec();
        let items = weights.indices("items")?.to_vec();
        let similarities = weights.vector_of("similarities", items.len())?.to_vec();
        let whole = starts.first() == Some(&0)
            && starts.last().map(|&end| end as usize) == Some(items.len());
        if !whole || !starts.is_sorted() {
            let found = "another order".to_owned();
            return Err(value("starts", "rising offsets from 0 to the end", found));
        }
        let n_items = starts.len() - 1;
        if let Some(item) = items.iter().find(|&&item| item as usize >= n_items) {
            return Err(value("items", "indices of items", item.to_string()));
        }
        Ok(Self {
            starts,
            items,
            similarities,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::profiles::tests::log;
    use sparring_wide::Seed;

    recommender_contract!(crate::models::itemknn::ItemKnnConfig::default());

    fn fit(config: &ItemKnnConfig, data: &Dataset) -> ItemKnn {
        let cancel = crate::recommend::Cancel::new();
        config.fit(data, &Run::quiet(Seed(1), &cancel)).unwrap()
    }

    #[test]
    fn by_hand() {
        // Users: {0, 1}, {0, 1, 2}, {0}. Counts 3, 2, 1; c_01 = 2, c_02 = 1, c_12 = 1.
        let data = log(3, 3, [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0)]);
        let config = ItemKnnConfig {
            neighbours: NonZeroUsize::new(1).unwrap(),
            shrink: 1.0,
            asymmetry: 0.5,
        };
        let model = fit(&config, &data);
        // s_01 = 2 / (sqrt 6 + 1) = .579796, s_02 = 1 / (sqrt 3 + 1) = .366025,
        // s_12 = 1 / (sqrt 2 + 1) = .414214: nearest of 0 is 1, of 1 is 0, of 2 is 1.
        let mut scores = [f32::NAN; 3];
        model
            .score_into(&[Query::new_user(&[ItemIx(1)])], &mut scores)
            .unwrap();
        for (found, expected) in scores.into_iter().zip([0.579_796, 0.0, 0.414_214]) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }

    #[test]
    fn learns_a_planted_taste() {
        let config = ItemKnnConfig {
            neighbours: NonZeroUsize::new(50).unwrap(),
            ..ItemKnnConfig::default()
        };
        let uplift = crate::models::contract::uplift(&config);
        assert!(uplift > 1.3, "{uplift}");
    }

    #[test]
    fn indices_beyond_the_catalogue_are_refused() {
        let model = fit(
            &ItemKnnConfig::default(),
            &crate::models::contract::planted(),
        );
        let mut weights = model.weights();
        let n = model.items.len();
        weights = weights.with_indices("items", &[n], vec![60; n]);
        assert!(ItemKnn::from_weights(&weights).is_err());
    }
}
