//! A recommender with places for what it could not know.

use sparring_wide::{Beta, Matrix, gemm, gemm_nt};

use super::base::Base;
use crate::data::ItemIx;
use crate::models::ModelConfig;
use crate::models::contributions::dot;
use crate::recommend::{
    NamedTensors, Query, Recommender, ScoreError, Trained, Weights, WeightsError,
};

/// The base, which ranks what somebody has, and places in its space for the others.
///
/// ```text
/// score(u, i) = base(u, i)                           for an item that somebody has
///             = sum_k (sum_j base(u, j) codes_jk) place_ik           for the others
/// ```
#[derive(Debug)]
pub(in crate::models) struct Placed {
    name: String,
    base: Box<dyn Trained>,
    /// `[I, K]`, zeros for the others.
    codes: Matrix,
    cold: Vec<usize>,
    /// `[C, K]`
    places: Matrix,
}

impl Placed {
    pub(in crate::models) fn new(
        base: &Base,
        fitted: Box<dyn Trained>,
        codes: Matrix,
        (cold, places): (Vec<usize>, Matrix),
    ) -> Self {
        Self {
            name: base.name.clone(),
            base: fitted,
            codes,
            cold,
            places,
        }
    }

    /// Gives the cold items other places.
    pub(in crate::models) fn set_places(&mut self, places: Matrix) {
        self.places = places;
    }

    /// The codes of users, `[Q, K]`.
    pub(in crate::models) fn codes(&self, queries: &[Query<'_>]) -> Result<Matrix, ScoreError> {
        let mut scores = Matrix::zeros(queries.len(), self.n_items());
        self.base.score_into(queries, &mut scores.data)?;
        Ok(self.codes_of(&scores))
    }

    /// The codes of users whose scores by the base stand in rows.
    fn codes_of(&self, scores: &Matrix) -> Matrix {
        let mut codes = Matrix::default();
        gemm(scores, &self.codes, Beta::Replace, &mut codes);
        codes
    }
}

impl Recommender for Placed {
    fn n_items(&self) -> usize {
        self.codes.rows
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        self.base.score_into(queries, scores)?;
        if self.cold.is_empty() || queries.is_empty() {
            return Ok(());
        }
        let n = self.n_items();
        let own = Matrix::from_vec(queries.len(), n, scores.to_vec());
        let mut told = Matrix::default();
        gemm_nt(&self.codes_of(&own), &self.places, Beta::Replace, &mut told);
        for (row, told) in scores.chunks_mut(n).zip(told.rows_iter()) {
            for (item, told) in self.cold.iter().zip(told) {
                row[*item] = *told;
            }
        }
        Ok(())
    }

    /// As the base tells; of an item that it does not know, what its score loses without the item of the
    /// history, which sums to the score where the base is linear.
    fn explain(&self, query: &Query<'_>, item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        let Ok(place) = self.cold.binary_search(&item.at()) else {
            return self.base.explain(query, item);
        };
        let score = |history: &[ItemIx]| -> Result<f32, ScoreError> {
            let code = self.codes(&[Query {
                user: query.user,
                history,
            }])?;
            Ok(dot(code.row(0), self.places.row(place)))
        };
        let whole = score(query.history)?;
        let mut lost = Vec::with_capacity(query.history.len());
        for (at, left) in query.history.iter().enumerate() {
            if query.history[..at].contains(left) {
                lost.push(0.0);
                continue;
            }
            let others = query.history.iter().copied();
            let others: Vec<ItemIx> = others.filter(|other| other != left).collect();
            lost.push(whole - score(&others)?);
        }
        Ok(Some(lost))
    }
}

impl Weights for Placed {
    fn weights(&self) -> NamedTensors {
        let number = |n: usize| u32::try_from(n).expect("fewer than 2^32 items");
        let name: Vec<u32> = self.name.bytes().map(u32::from).collect();
        NamedTensors::new()
            .with_indices("base_name", &[name.len()], name)
            .with_part("base", self.base.tensors())
            .with(
                "codes",
                &[self.codes.rows, self.codes.cols],
                self.codes.data.clone(),
            )
            .with_indices(
                "cold",
                &[self.cold.len()],
                self.cold.iter().map(|at| number(*at)).collect(),
            )
            .with(
                "places",
                &[self.places.rows, self.places.cols],
                self.places.data.clone(),
            )
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let wrong = |name: &str, expected, found: String| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found,
        };
        let letters = weights.indices("base_name")?.iter();
        let name: String = letters
            .filter_map(|letter| char::from_u32(*letter))
            .collect();
        let config = ModelConfig::named(&name)
            .ok()
            .filter(|_| !ModelConfig::COLD.contains(&&*name))
            .ok_or_else(|| wrong("base_name", "a model of the list", name.clone()))?;
        let part = weights.part("base").ok_or_else(|| WeightsError::Missing {
            name: "base".to_owned(),
        })?;
        let base = config.load(&part)?;
        let n = base.n_items();
        let (_, k, _) = weights.matrix("codes")?;
        let codes = weights.matrix_of("codes", n, k)?.to_vec();
        let cold: Vec<usize> = weights
            .indices("cold")?
            .iter()
            .map(|at| *at as usize)
            .collect();
        if !cold.is_sorted_by(|a, b| a < b) || cold.last().is_some_and(|last| *last >= n) {
            return Err(wrong("cold", "rising items", "others".to_owned()));
        }
        let places = weights.matrix_of("places", cold.len(), k)?.to_vec();
        Ok(Self {
            name,
            base,
            codes: Matrix::from_vec(n, k, codes),
            places: Matrix::from_vec(cold.len(), k, places),
            cold,
        })
    }
}
