//! A trained model of the next item as a recommender.

use sparring_deep::{Body, NextItem, Packed};
use sparring_wide::Matrix;

use super::saved::saved;

use crate::data::{Dataset, ItemIx};
use crate::recommend::{NamedTensors, Query, Recommender, ScoreError, WeightsError};

/// Events that go through the body at once.
const EVENTS: usize = 8_192;

/// A model of the next item with what it needs where there is no history.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequential<B> {
    pub(super) network: NextItem<B>,
    /// Events of a history that are looked at, the last ones.
    pub(super) longest: usize,
    /// `ln (1 + n_i)`: the scores for an empty history.
    pub(super) popularity: Vec<f32>,
}

impl<B: Body> Sequential<B> {
    pub(in crate::models) fn new(network: NextItem<B>, longest: usize, train: &Dataset) -> Self {
        let counts = train.item_counts().into_iter();
        Self {
            network,
            longest,
            popularity: counts.map(|count| (count as f32).ln_1p()).collect(),
        }
    }

    /// What stands between embeddings and the head.
    pub(in crate::models) fn body(&self) -> &B {
        &self.network.body
    }

    /// The last events of a history, checked.
    fn recent<'a>(&self, query: &Query<'a>) -> Result<&'a [ItemIx], ScoreError> {
        let n_items = self.network.n_items();
        let from = query.history.len().saturating_sub(self.longest);
        let recent = &query.history[from..];
        match recent.iter().find(|item| item.at() >= n_items) {
            Some(&item) => Err(ScoreError::UnknownItem { item, n_items }),
            None => Ok(recent),
        }
    }

    pub(in crate::models) fn tensors(&self) -> NamedTensors {
        let longest = u32::try_from(self.longest).expect("histories are shorter");
        let n_items = self.popularity.len();
        saved(&self.network)
            .with_indices("longest", &[1], vec![longest])
            .with("popularity", &[n_items], self.popularity.clone())
    }

    /// From weights; `body` has the right sizes and any weights.
    pub(in crate::models) fn from_tensors(
        weights: &NamedTensors,
        body: B,
    ) -> Result<Self, WeightsError> {
        let longest = one(weights, "longest")?;
        let matrix = |name: &str| {
            let (rows, cols, data) = weights.matrix(name)?;
            Ok(Matrix::from_vec(rows, cols, data.to_vec()))
        };
        let mut body = body;
        let names = body.names();
        for (name, to) in names.iter().zip(body.weights_mut()) {
            let data = weights.matrix_of(name, to.rows, to.cols)?;
            to.data.copy_from_slice(data);
        }
        let items = matrix("items")?;
        let places = matrix("places")?;
        let popularity = weights.vector_of("popularity", items.rows)?.to_vec();
        Ok(Self {
            network: NextItem::from_parts(items, places, body, 0.0),
            longest,
            popularity,
        })
    }
}

/// A whole number that is saved as a vector of one.
pub(in crate::models) fn one(weights: &NamedTensors, name: &str) -> Result<usize, WeightsError> {
    let found = weights.indices(name)?;
    match found {
        [value] if *value > 0 => Ok(*value as usize),
        _ => Err(WeightsError::Value {
            name: name.to_owned(),
            expected: "one number above 0",
            found: format!("{found:?}"),
        }),
    }
}

impl<B: Body> Recommender for Sequential<B> {
    fn n_items(&self) -> usize {
        self.network.n_items()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let n = self.n_items();
        assert_eq!(scores.len(), queries.len() * n, "scores [Q, I]");
        let recent = queries
            .iter()
            .map(|query| self.recent(query))
            .collect::<Result<Vec<_>, _>>()?;
        let mut from = 0;
        while from < recent.len() {
            let (mut to, mut events) = (from, 0);
            while to < recent.len() && (to == from || events + recent[to].len() <= EVENTS) {
                events += recent[to].len();
                to += 1;
            }
            let (mut packed, mut items, mut rows) = (Packed::new(), Vec::new(), Vec::new());
            for (at, recent) in recent[from..to].iter().enumerate() {
                if recent.is_empty() {
                    scores[(from + at) * n..][..n].copy_from_slice(&self.popularity);
                    continue;
                }
                packed.push(recent.len());
                items.extend(recent.iter().map(|item| item.0));
                rows.push(from + at);
            }
            if !rows.is_empty() {
                let found = self.network.scores(&self.network.last(&items, &packed));
                for (at, row) in rows.into_iter().enumerate() {
                    scores[row * n..][..n].copy_from_slice(found.row(at));
                }
            }
            from = to;
        }
        Ok(())
    }
}
