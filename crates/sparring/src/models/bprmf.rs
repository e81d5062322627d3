//! BPR-MF: matrix factorisation for pairwise ranking (Rendle et al., "BPR: Bayesian personalized
//! ranking from implicit feedback", UAI 2009).
//!
//! ```text
//! L = -sum ln sigma(s_ui - s_uj) + l2 (|p_u|^2 + |q_i|^2 + |q_j|^2 + b_i^2 + b_j^2) / 2
//! s_ui = p_u . q_i + b_i                                                       (sections 4.1, 4.3)
//! ```
//!
//! `i` is an item of user `u` and `j` a uniform one that is not; one step of stochastic gradient
//! descent a triple.
//!
//! Departures: an epoch visits every pair `(u, i)` once in random order instead of drawing pairs
//! with replacement; the learning rate falls in a straight line to a tenth of its start; one `l2` for all
//! parameters; a user who was not in the training data is folded in as training would have it, by ridge
//! regression of the users' factors on the sums of the factors of their items.

use std::num::NonZeroUsize;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::check;
use super::factors::Factors;
use super::keeper::Keeper;
use super::pairwise::{Seen, dot, sigmoid, softplus};
use crate::data::{Dataset, ItemIx, UserIx};
use crate::recommend::{Dimension, Fit, FitError, Progress, Run, Tune, Values};

/// Settings of BPR-MF.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BprMfConfig {
    /// Width `K` of the embeddings.
    pub embedding_dim: NonZeroUsize,
    /// Passes over the interactions.
    pub epochs: NonZeroUsize,
    /// Learning rate of the first epoch, `> 0`.
    pub learning_rate: f32,
    /// Weight of the squared norms of a triple, `>= 0`.
    pub l2: f32,
    /// Ridge of the fold-in of new users, relative to the mean variance of the sums of item factors,
    /// `> 0`.
    pub fold_in_l2: f64,
    /// Epochs between looks at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for BprMfConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            embedding_dim: width(64),
            epochs: width(60),
            learning_rate: 0.05,
            l2: 0.01,
            fold_in_l2: 0.1,
            check_every: width(5),
            patience: width(4),
        }
    }
}

/// Factors of users and items, and biases of items.
#[derive(Debug, Clone, PartialEq)]
pub struct BprMf(Factors);

/// The parameters in training.
struct Parameters {
    width: usize,
    users: Vec<f32>,
    items: Vec<f32>,
    bias: Vec<f32>,
}

impl Parameters {
    fn new(train: &Dataset, width: usize, run: &Run<'_>) -> Self {
        let mut stream = run.seed.derive("bprmf").stream("embeddings");
        let scale = 0.1 / (width as f32).sqrt();
        let mut normals = |rows: usize| -> Vec<f32> {
            (0..rows * width)
                .map(|_| scale * stream.sample::<f32, _>(StandardNormal))
                .collect()
        };
        Self {
            width,
            users: normals(train.n_users()),
            items: normals(train.n_items()),
            bias: vec![0.0; train.n_items()],
        }
    }

    /// One step on a triple; returns its loss without the penalty.
    fn step(&mut self, (user, i, j): (UserIx, ItemIx, ItemIx), rate: f32, l2: f32) -> f32 {
        let k = self.width;
        let p = &mut self.users[user.at() * k..][..k];
        // Two rows of one table: split between them.
        let (low, high) = (i.min(j).at(), i.max(j).at());
        let (before, after) = self.items.split_at_mut(high * k);
        let (low_row, high_row) = (&mut before[low * k..][..k], &mut after[..k]);
        let (qi, qj) = if i < j {
            (low_row, high_row)
        } else {
            (high_row, low_row)
        };
        let margin = dot(p, qi) - dot(p, qj) + self.bias[i.at()] - self.bias[j.at()];
        let slope = rate * sigmoid(-margin);
        let keep = 1.0 - rate * l2;
        for ((p, qi), qj) in p.iter_mut().zip(qi).zip(qj) {
            let (old_p, old_i, old_j) = (*p, *qi, *qj);
            *p = keep * old_p + slope * (old_i - old_j);
            *qi = keep * old_i + slope * old_p;
            *qj = keep * old_j - slope * old_p;
        }
        self.bias[i.at()] = keep * self.bias[i.at()] + slope;
        self.bias[j.at()] = keep * self.bias[j.at()] - slope;
        softplus(-margin)
    }

    fn model(&self, train: &Dataset, fold_in_l2: f64) -> BprMf {
        let (users, items) = (self.users.clone(), self.items.clone());
        let bias = self.bias.clone();
        let factors = Factors::new(self.width, users, items, bias, fold_in_l2);
        BprMf(factors.imitating(train, fold_in_l2))
    }
}

impl Fit for BprMfConfig {
    type Model = BprMf;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<BprMf, FitError> {
        check::positive("bprmf", "learning_rate", self.learning_rate.into())?;
        check::not_negative("bprmf", "l2", self.l2.into())?;
        check::positive("bprmf", "fold_in_l2", self.fold_in_l2)?;
        let seen = Seen::new(train);
        let mut pairs = seen.pairs();
        check::some_interaction("bprmf", pairs.len())?;
        let mut parameters = Parameters::new(train, self.embedding_dim.get(), run);
        let mut keeper = Keeper::new(run, self.check_every.get(), self.patience.get());
        let total = self.epochs.get();
        for epoch in 1..=total {
            let mut stream = run.seed.derive("bprmf").stream_at("triples", epoch as u64);
            pairs.shuffle(&mut stream);
            let rate = self.learning_rate * (1.0 - 0.9 * (epoch - 1) as f32 / total as f32);
            let mut loss = 0.0;
            for &(user, i) in &pairs {
                if let Some(j) = seen.negative(user, &mut stream) {
                    loss += f64::from(parameters.step((user, i, j), rate, self.l2));
                }
            }
            let (loss, step) = (loss / pairs.len() as f64, epoch as u64);
            run.observer.point("loss", step, loss);
            run.observer.progress(Progress {
                unit: "epoch",
                done: step,
                total: total as u64,
            });
            if !loss.is_finite() {
                return Err(FitError::Diverged {
                    model: "bprmf",
                    step,
                    evidence: format!("loss {loss}"),
                });
            }
            if keeper.look(epoch, || parameters.model(train, self.fold_in_l2)) {
                break;
            }
        }
        Ok(keeper
            .best()
            .unwrap_or_else(|| parameters.model(train, self.fold_in_l2)))
    }
}

impl Tune for BprMfConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("embedding_dim", Values::LogInteger(16, 128)),
            dimension("learning_rate", Values::LogUniform(0.01, 0.2)),
            dimension("l2", Values::LogUniform(1e-4, 1e-1)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

delegate!(BprMf(Factors));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::PlantedConfig;
    use crate::eval::{EvalConfig, evaluate};
    use crate::models::pop::PopConfig;
    use crate::recommend::{Cancel, Recommender};
    use crate::split::{Splitter, UserHoldout};
    use sparring_wide::Seed;

    fn tiny() -> BprMfConfig {
        BprMfConfig {
            embedding_dim: NonZeroUsize::new(8).unwrap(),
            epochs: NonZeroUsize::new(5).unwrap(),
            ..BprMfConfig::default()
        }
    }

    recommender_contract!(super::tiny());

    #[test]
    fn a_step_by_hand() {
        // p = 1, q_i = 2, q_j = .5, b = 0: margin 1.5, sigma(-1.5) = .182426, loss .201413.
        // Rate .1, l2 .5: keep .95, slope .0182426. p = .95 + .0182426 * 1.5 = .977364,
        // q_i = 1.9 + .0182426 = 1.918243, q_j = .475 - .0182426 = .456757, b = +-.018243.
        let mut parameters = Parameters {
            width: 1,
            users: vec![1.0],
            items: vec![0.5, 2.0],
            bias: vec![0.0, 0.0],
        };
        let loss = parameters.step((UserIx(0), ItemIx(1), ItemIx(0)), 0.1, 0.5);
        for (found, expected) in [
            (loss, 0.201_413),
            (parameters.users[0], 0.977_364),
            (parameters.items[1], 1.918_243),
            (parameters.items[0], 0.456_757),
            (parameters.bias[1], 0.018_243),
            (parameters.bias[0], -0.018_243),
        ] {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }

    #[test]
    fn new_users_are_served_better_than_by_popularity() {
        let planted = PlantedConfig {
            n_users: 400,
            n_items: 120,
            mean_events: 25.0,
            ..PlantedConfig::default()
        };
        let split = UserHoldout::default();
        let split = split.split(&planted.generate(Seed(2)).data, Seed(2));
        let stage = split.unwrap().report();
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let config = BprMfConfig {
            epochs: NonZeroUsize::new(30).unwrap(),
            ..tiny()
        };
        let ndcg = |model: &dyn Recommender| {
            let found = evaluate(model, &stage.holdout, &EvalConfig::at(&[10])).unwrap();
            found.mean("ndcg@10").unwrap()
        };
        let popular = ndcg(&PopConfig::default().fit(&stage.train, &run).unwrap());
        let found = ndcg(&config.fit(&stage.train, &run).unwrap());
        assert!(found > 1.2 * popular, "{found} {popular}");
    }

    #[test]
    fn learns_a_planted_taste() {
        let config = BprMfConfig {
            epochs: NonZeroUsize::new(30).unwrap(),
            ..tiny()
        };
        let uplift = crate::models::contract::uplift(&config);
        assert!(uplift > 1.4, "{uplift}");
    }
}
