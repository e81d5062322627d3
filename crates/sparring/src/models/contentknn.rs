//! What is like what a user has, by facts alone, for items that nobody has.
//!
//! ```text
//! score(u, i) = sum_(j in x_u) (<i, j> / (|i| |j|))^exponent
//! ```
//!
//! A content-based neighbourhood over all items of the history (Lops, de Gemmis and Semeraro, "Content-based
//! recommender systems", 2011, section 3.3); `<i, j>` as in `cold/content.rs`. It needs facts (`--facts`) and
//! ranks all items by them, whether somebody has them or not.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::check;
use super::cold::{Content, ContentConfig};
use super::contributions::{each_once, scored};
use super::profiles::distinct;
use crate::data::{Dataset, ItemIx};
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Query, Recommender, Run, ScoreError, Tune, Values,
    Weights, WeightsError,
};

/// Settings of the neighbourhood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentKnnConfig {
    /// Power of the likeness, above 0: the higher, the nearer the items that count.
    pub exponent: f32,
    /// What a fact counts.
    pub content: ContentConfig,
}

impl Default for ContentKnnConfig {
    fn default() -> Self {
        Self {
            exponent: 3.0,
            content: ContentConfig::default(),
        }
    }
}

/// The facts of each item over their norm, by item and by fact.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentKnn {
    exponent: f32,
    by_item: Vec<Vec<(u32, f32)>>,
    by_fact: Vec<Vec<(u32, f32)>>,
}

impl ContentKnn {
    fn new(exponent: f32, by_item: Vec<Vec<(u32, f32)>>) -> Self {
        let facts = by_item.iter().flatten().map(|(fact, _)| fact + 1).max();
        let mut by_fact = vec![Vec::new(); facts.unwrap_or(0) as usize];
        for (item, row) in (0..).zip(&by_item) {
            for (fact, value) in row {
                by_fact[*fact as usize].push((item, *value));
            }
        }
        Self {
            exponent,
            by_item,
            by_fact,
        }
    }

    /// Calls `each` with every item that has something in common with one, and the cosine.
    fn alike(&self, item: u32, scratch: &mut Vec<f32>, mut each: impl FnMut(usize, f32)) {
        scratch.resize(self.by_item.len(), 0.0);
        let mut touched = Vec::new();
        for (fact, value) in &self.by_item[item as usize] {
            for (other, its) in &self.by_fact[*fact as usize] {
                let sum = &mut scratch[*other as usize];
                if *sum == 0.0 {
                    touched.push(*other as usize);
                }
                *sum += value * its;
            }
        }
        for other in touched {
            each(other, std::mem::take(&mut scratch[other]));
        }
    }
}

impl Fit for ContentKnnConfig {
    type Model = ContentKnn;

    fn fit(&self, train: &Dataset, _: &Run<'_>) -> Result<ContentKnn, FitError> {
        let name = "contentknn";
        check::positive(name, "exponent", self.exponent.into())?;
        self.content.check(name)?;
        let by_item = match train.features() {
            None => vec![Vec::new(); train.n_items()],
            Some(features) => Content::of(features, &self.content).unit_rows(),
        };
        Ok(ContentKnn::new(self.exponent, by_item))
    }
}

impl Recommender for ContentKnn {
    fn n_items(&self) -> usize {
        self.by_item.len()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let n = self.n_items();
        assert_eq!(scores.len(), queries.len() * n, "scores [Q, I]");
        let histories = queries
            .iter()
            .map(|query| distinct(query.history, n))
            .collect::<Result<Vec<_>, _>>()?;
        scores
            .par_chunks_mut(n.max(1))
            .zip(&histories)
            .for_each_init(Vec::new, |scratch, (scores, history)| {
                scores.fill(0.0);
                for &item in history {
                    self.alike(item, scratch, |other, cosine| {
                        scores[other] += cosine.powf(self.exponent);
                    });
                }
            });
        Ok(())
    }

    /// The likeness of each item of the history; they sum to the score.
    fn explain(&self, query: &Query<'_>, item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        let n = self.n_items();
        let mut likeness = vec![0.0; n];
        let to = u32::try_from(scored(item, n)?).expect("fewer than 2^32 items");
        self.alike(to, &mut Vec::new(), |other, cosine| {
            likeness[other] = cosine.powf(self.exponent);
        });
        each_once(query.history, n, |from| likeness[from]).map(Some)
    }
}

impl Weights for ContentKnn {
    fn weights(&self) -> NamedTensors {
        let number = |n: usize| u32::try_from(n).expect("fewer than 2^32 facts");
        let lengths: Vec<u32> = self.by_item.iter().map(|row| number(row.len())).collect();
        let (facts, values): (Vec<u32>, Vec<f32>) = self.by_item.iter().flatten().copied().unzip();
        NamedTensors::new()
            .with("exponent", &[1], vec![self.exponent])
            .with_indices("lengths", &[lengths.len()], lengths)
            .with_indices("facts", &[facts.len()], facts)
            .with("values", &[values.len()], values)
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let exponent = weights.vector_of("exponent", 1)?[0];
        let (facts, lengths) = (weights.indices("facts")?, weights.indices("lengths")?);
        let values = weights.vector_of("values", facts.len())?;
        let total: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
        // As many facts as a catalogue can have words, so that a damaged file takes no memory.
        let most = facts.iter().max().map_or(0, |most| *most as usize);
        if total != facts.len() as u64 || most > 8 * facts.len() + 4_096 {
            return Err(WeightsError::Value {
                name: "lengths".to_owned(),
                expected: "as many facts as there are, of few kinds",
                found: format!("{total} of {}", facts.len()),
            });
        }
        let mut pairs = facts.iter().copied().zip(values.iter().copied());
        let rows = lengths.iter();
        let by_item = rows
            .map(|length| pairs.by_ref().take(*length as usize).collect())
            .collect();
        Ok(Self::new(exponent, by_item))
    }
}

impl Tune for ContentKnnConfig {
    fn space() -> Vec<Dimension> {
        let real = |key, low, high| Dimension {
            key,
            values: Values::LogUniform(low, high),
        };
        vec![
            real("exponent", 0.5, 10.0),
            real("content.kinds", 0.1, 2.0),
            real("content.years", 0.05, 2.0),
            real("content.words", 0.02, 2.0),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::ItemFeatures;
    use crate::recommend::Cancel;
    use crate::split::contract::log;
    use sparring_wide::Seed;

    recommender_contract!(crate::models::contentknn::ContentKnnConfig::default());

    fn fitted() -> ContentKnn {
        let rows = [vec![0, 1], vec![1], vec![2], vec![]];
        let data = log(&[&[0, 1, 2, 3], &[1]]).with_features(Arc::new(ItemFeatures::new(&rows)));
        let config = ContentKnnConfig {
            exponent: 2.0,
            ..Default::default()
        };
        let cancel = Cancel::new();
        config.fit(&data, &Run::quiet(Seed(1), &cancel)).unwrap()
    }

    #[test]
    fn scores_by_hand() {
        // cos(0, 1) = 1 / sqrt 2, its square 1/2; each item is like itself, but one without facts.
        let model = fitted();
        let history = [ItemIx(0), ItemIx(2), ItemIx(3)];
        let mut scores = vec![f32::NAN; 4];
        let query = Query::new_user(&history);
        model.score_into(&[query], &mut scores).unwrap();
        for (found, wanted) in scores.iter().zip([1.0, 0.5, 1.0, 0.0]) {
            assert!((found - wanted).abs() < 1e-6, "{scores:?}");
        }
        let told = model.explain(&query, ItemIx(1)).unwrap().unwrap();
        assert!((told[0] - 0.5).abs() < 1e-6 && told[1..] == [0.0, 0.0]);
        assert_eq!(ContentKnn::from_weights(&model.weights()).unwrap(), model);
    }

    #[test]
    fn damaged_weights_are_refused() {
        let weights = fitted().weights();
        for damaged in [
            weights.clone().with_indices("lengths", &[2], vec![2, 9]),
            weights
                .clone()
                .with_indices("facts", &[4], vec![0, 1, 1, u32::MAX]),
        ] {
            assert!(ContentKnn::from_weights(&damaged).is_err());
        }
    }
}
