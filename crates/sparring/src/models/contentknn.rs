//! What is like what a user has, by facts alone, for items that nobody has.
//!
//! ```text
//! s_ij = (<i, j> / (|i| |j|))^exponent
//! score(u, i) = sum over j in the history of u and in the k nearest of i:  s_ij
//! ```
//!
//! A content-based neighbourhood (Lops, de Gemmis and Semeraro, "Content-based recommender systems", 2011,
//! section 3.3), with the neighbours of an item among those that somebody has; `<i, j>` as in
//! `cold/content.rs`. It needs facts (`--facts`) and ranks all items by them, whether somebody has them or not.

use std::num::NonZeroUsize;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::check;
use super::cold::{Content, ContentConfig};
use super::itemknn::{ItemKnn, Neighbour, nearest};
use crate::data::Dataset;
use crate::recommend::{Dimension, Fit, FitError, Run, Tune, Values};

/// Settings of the neighbourhood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentKnnConfig {
    /// Neighbours `k` of an item.
    pub neighbours: NonZeroUsize,
    /// Power of the likeness, above 0: the higher, the nearer the items that count.
    pub exponent: f32,
    /// What a fact counts.
    pub content: ContentConfig,
}

impl Default for ContentKnnConfig {
    fn default() -> Self {
        Self {
            neighbours: NonZeroUsize::new(200).expect("not zero"),
            exponent: 1.0,
            content: ContentConfig::default(),
        }
    }
}

/// The neighbours of each item.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentKnn(ItemKnn);

impl Fit for ContentKnnConfig {
    type Model = ContentKnn;

    fn fit(&self, train: &Dataset, _: &Run<'_>) -> Result<ContentKnn, FitError> {
        let name = "contentknn";
        check::positive(name, "exponent", self.exponent.into())?;
        self.content.check(name)?;
        let Some(features) = train.features() else {
            let nothing = vec![Vec::new(); train.n_items()];
            return Ok(ContentKnn(ItemKnn::of(&nothing)));
        };
        let content = Content::of(features, &self.content);
        let counts = train.item_counts();
        let norms: Vec<f32> = (0..content.len())
            .map(|item| content.product(item, item).sqrt())
            .collect();
        let neighbours: Vec<Vec<Neighbour>> = (0..content.len())
            .into_par_iter()
            .map(|item| {
                let others = (0_u32..).zip(&counts);
                let all = others
                    .filter(|(other, count)| **count > 0 && *other as usize != item)
                    .map(|(other, _)| {
                        let at = other as usize;
                        let cosine = content.product(item, at) / (norms[item] * norms[at]);
                        (other, cosine.powf(self.exponent))
                    })
                    .filter(|(_, likeness)| *likeness > 0.0);
                nearest(all.collect(), self.neighbours.get())
            })
            .collect();
        Ok(ContentKnn(ItemKnn::of(&neighbours)))
    }
}

impl Tune for ContentKnnConfig {
    fn space() -> Vec<Dimension> {
        let real = |key, low, high| Dimension {
            key,
            values: Values::LogUniform(low, high),
        };
        vec![
            Dimension {
                key: "neighbours",
                values: Values::LogInteger(5, 2000),
            },
            real("exponent", 0.5, 10.0),
            real("content.kinds", 0.1, 2.0),
            real("content.years", 0.05, 2.0),
            real("content.words", 0.02, 2.0),
        ]
    }
}

delegate!(ContentKnn(ItemKnn));

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{ItemFeatures, ItemIx};
    use crate::recommend::{Cancel, Query, Recommender};
    use crate::split::contract::log;
    use sparring_wide::Seed;

    recommender_contract!(crate::models::contentknn::ContentKnnConfig::default());

    #[test]
    fn scores_by_hand() {
        // Nobody has item 3. Cosines: 1/sqrt 2 of 0 and 1, 1 of 1 and 3, squared 1/2 and 1; none is like 2.
        let kinds = [vec![0, 1], vec![1], vec![2], vec![1]];
        let mut catalogue = (**log(&[&[0, 1, 2]]).items()).clone();
        catalogue.intern("new");
        let data = log(&[&[0, 1, 2], &[1]])
            .over(catalogue)
            .with_features(Arc::new(ItemFeatures::new(&kinds)));
        let config = ContentKnnConfig {
            exponent: 2.0,
            ..Default::default()
        };
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let scores = |config: &ContentKnnConfig| {
            let mut scores = vec![f32::NAN; 4];
            let history = [ItemIx(0), ItemIx(1), ItemIx(2)];
            let model = config.fit(&data, &run).unwrap();
            let query = Query::new_user(&history);
            model.score_into(&[query], &mut scores).unwrap();
            scores
        };
        for (found, wanted) in scores(&config).iter().zip([0.5, 0.5, 0.0, 1.5]) {
            assert!((found - wanted).abs() < 1e-6, "{found} {wanted}");
        }
        // Of the new item's two neighbours the nearest alone.
        let one = ContentKnnConfig {
            neighbours: NonZeroUsize::new(1).unwrap(),
            ..config
        };
        assert!((scores(&one)[3] - 1.0).abs() < 1e-6);
    }
}
