//! `sparring`: the house recommender, a network trained against what it gets wrong, beside two
//! models in closed form.
//!
//! ```text
//! score(u, i) = a z(linear)(u, i) + b z(factors)(u, i) + c z(neural)(u, i)
//! ```
//!
//! `linear` is EDLAE with weighted users, `factors` is iALS, `neural` a masked autoencoder of
//! histories whose negatives are picked by an adversary in closed form (see `opponent`); `z`
//! standardises a user's scores over the items. All three rank a new user by the history alone. A
//! weight of 0 switches its branch off, and then it is not fitted either.

mod health;
mod masking;
mod mix;
mod neural;
mod opponent;
mod training;
mod tuning;

pub(crate) use masking::Batch;
pub(crate) use neural::Neural;

use serde::{Deserialize, Serialize};

use self::mix::{Standard, add_standardised};
use self::neural::NeuralConfig;
use super::check;
use super::edlae::{Edlae, EdlaeConfig};
use super::ials::{Ials, IalsConfig};
use super::profiles::Profiles;
use crate::data::{Dataset, ItemIx};
use crate::recommend::{
    Fit, FitError, NamedTensors, Query, Recommender, Run, ScoreError, Weights, WeightsError,
    fit_part,
};

/// Settings of the house recommender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SparringConfig {
    /// Weight `a` of the regression, `>= 0`; 0 switches it off.
    pub linear_weight: f32,
    /// Weight `b` of the factors, `>= 0`; 0 switches them off.
    pub factor_weight: f32,
    /// Weight `c` of the network, `>= 0`; 0 switches it off.
    pub neural_weight: f32,
    /// The regression: EDLAE.
    pub linear: EdlaeConfig,
    /// The factors: iALS.
    pub factors: IalsConfig,
    /// The network and its opponent.
    pub neural: NeuralConfig,
}

impl Default for SparringConfig {
    fn default() -> Self {
        let factors = IalsConfig {
            embedding_dim: std::num::NonZeroUsize::new(128).expect("not zero"),
            unobserved_weight: 0.1,
            l2: 0.015,
            ..IalsConfig::default()
        };
        Self {
            linear_weight: 1.0,
            factor_weight: 1.0,
            neural_weight: 1.0,
            linear: EdlaeConfig::default(),
            factors,
            neural: NeuralConfig::default(),
        }
    }
}

/// The fitted branches, each with its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Sparring {
    linear: Option<(f32, Edlae)>,
    factors: Option<(f32, Ials)>,
    neural: Option<(f32, Neural)>,
}

impl SparringConfig {
    fn weights(&self) -> [(&'static str, f32); 3] {
        [
            ("linear_weight", self.linear_weight),
            ("factor_weight", self.factor_weight),
            ("neural_weight", self.neural_weight),
        ]
    }

    fn check(&self) -> Result<(), FitError> {
        for (key, weight) in self.weights() {
            check::not_negative("sparring", key, weight.into())?;
        }
        let on = self.weights().iter().any(|(_, weight)| *weight > 0.0);
        let (key, expected) = ("linear_weight", "above 0, or one of the other two weights");
        check::setting(on, "sparring", key, expected, self.linear_weight)?;
        self.neural.check()
    }
}

impl Fit for SparringConfig {
    type Model = Sparring;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Sparring, FitError> {
        self.check()?;
        let profiles = Profiles::of(train);
        check::some_interaction("sparring", profiles.len())?;
        let on = |weight: f32| (weight > 0.0).then_some(weight);
        let linear = on(self.linear_weight)
            .map(|weight| Ok((weight, fit_part(&self.linear, train, run)?)))
            .transpose()?;
        let factors = on(self.factor_weight)
            .map(|weight| Ok((weight, fit_part(&self.factors, train, run)?)))
            .transpose()?;
        let neural = on(self.neural_weight)
            .map(|weight| Ok((weight, training::train(&self.neural, &profiles, run)?)))
            .transpose()?;
        Ok(Sparring {
            linear,
            factors,
            neural,
        })
    }
}

impl Sparring {
    /// The branches that are on, with their weights.
    fn branches(&self) -> impl Iterator<Item = (f32, &dyn Recommender)> {
        let linear = self
            .linear
            .as_ref()
            .map(|(w, b)| (*w, b as &dyn Recommender));
        let factors = self
            .factors
            .as_ref()
            .map(|(w, b)| (*w, b as &dyn Recommender));
        let neural = self
            .neural
            .as_ref()
            .map(|(w, b)| (*w, b as &dyn Recommender));
        [linear, factors, neural].into_iter().flatten()
    }
}

impl Recommender for Sparring {
    fn n_items(&self) -> usize {
        self.branches()
            .next()
            .map_or(0, |(_, branch)| branch.n_items())
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let mut own = vec![0.0; scores.len()];
        scores.fill(0.0);
        for (weight, branch) in self.branches() {
            branch.score_into(queries, &mut own)?;
            add_standardised(&own, self.n_items(), weight, scores);
        }
        Ok(())
    }

    /// What the branches tell, each times its weight and the scale that `z` gives the user's scores.
    ///
    /// Of `linear` and `factors` these sum to the score plus a number that is the same for all
    /// items, the means that `z` takes off; of `neural` they are of first order.
    fn explain(&self, query: &Query<'_>, item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        let mut total = vec![0.0; query.history.len()];
        let mut scores = vec![0.0; self.n_items()];
        for (weight, branch) in self.branches() {
            let Some(told) = branch.explain(query, item)? else {
                return Ok(None);
            };
            branch.score_into(std::slice::from_ref(query), &mut scores)?;
            let factor = weight * Standard::of(&scores).scale;
            for (total, told) in total.iter_mut().zip(told) {
                *total += factor * told;
            }
        }
        Ok(Some(total))
    }
}

impl Weights for Sparring {
    fn weights(&self) -> NamedTensors {
        let of = |branch: Option<f32>| branch.unwrap_or(0.0);
        let mix = vec![
            of(self.linear.as_ref().map(|b| b.0)),
            of(self.factors.as_ref().map(|b| b.0)),
            of(self.neural.as_ref().map(|b| b.0)),
        ];
        let mut all = NamedTensors::new().with("mix", &[3], mix);
        if let Some((_, branch)) = &self.linear {
            all = all.with_part("linear", branch.weights());
        }
        if let Some((_, branch)) = &self.factors {
            all = all.with_part("factors", branch.weights());
        }
        if let Some((_, branch)) = &self.neural {
            all = all.with_part("neural", branch.weights());
        }
        all
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let mix = weights.vector_of("mix", 3)?.to_vec();
        let model = Self {
            linear: branch(weights, "linear", mix[0])?,
            factors: branch(weights, "factors", mix[1])?,
            neural: branch(weights, "neural", mix[2])?,
        };
        let n = model.n_items();
        if n == 0 || model.branches().any(|(_, branch)| branch.n_items() != n) {
            return Err(WeightsError::Value {
                name: "mix".to_owned(),
                expected: "branches over the same items",
                found: "none, or of different catalogues".to_owned(),
            });
        }
        Ok(model)
    }
}

/// The branch with this name, if its weight is not 0.
fn branch<B: Weights>(
    weights: &NamedTensors,
    name: &str,
    weight: f32,
) -> Result<Option<(f32, B)>, WeightsError> {
    if weight <= 0.0 {
        return Ok(None);
    }
    let missing = || WeightsError::Missing {
        name: name.to_owned(),
    };
    let part = weights.part(name).ok_or_else(missing)?;
    Ok(Some((weight, B::from_weights(&part)?)))
}

#[cfg(test)]
#[path = "sparring/tests.rs"]
mod tests;

#[cfg(test)]
#[path = "sparring/explain_tests.rs"]
mod explain_tests;
