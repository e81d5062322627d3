//! CAAE: two autoencoders against a pairwise ranker (Chae et al., "Collaborative adversarial
//! autoencoders: an effective collaborative filtering model under the GAN framework", IEEE
//! Access 2019).
//!
//! ```text
//! D:  max sum ln sigma(d(u, i) - d(u, j)),  d(u, i) = p_u . q_i + b_i,
//!     i an item of u, j drawn once from softmax(G(u)) and once from softmax(G'(u))
//! G:  min (1 - lambda) sum over e_u of (x - c)^2 - lambda E over softmax(G(u)) of ln sigma(d(u, j) - 1)
//! G': min - E over softmax(G'(u)) of ln sigma(1 - d(u, j))
//! ```
//!
//! `G` looks for items that the user likes, `G'` for those that the user does not; `e_u` is the
//! profile and a share of the other items, drawn by `G'`, that `G` reconstructs as zeros. `G`
//! ranks; a user never seen is ranked by the history alone.
//!
//! Departures: the expectations are exact, where the paper draws items and weighs their rewards;
//! zeros are drawn each with its share of `G'` (at most 1) instead of in exact number; Adam and
//! Adagrad instead of plain descent; squared errors are a mean over the batch.

mod networks;

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use self::networks::Networks;
use super::cfgan::Allowed;
use super::cfgan::trained::Cfgan;
use super::check;
use crate::data::Dataset;
use crate::gan::{Bout, BoutConfig, HealthConfig};
use crate::recommend::{Dimension, Fit, FitError, Run, Tune, Values};

/// Settings of CAAE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaaeConfig {
    /// Width of the hidden layers of both autoencoders.
    pub hidden: NonZeroUsize,
    /// Number of their hidden layers.
    pub layers: NonZeroUsize,
    /// Width `K` of the discriminator's embeddings.
    pub embedding_dim: NonZeroUsize,
    /// Weight `lambda` of the discriminator's reward against reconstruction, from 0 to 1.
    pub reward_weight: f32,
    /// Share of the other items that are reconstructed as zeros, from 0 to 1.
    pub zero_ratio: f32,
    /// Epochs.
    pub epochs: NonZeroUsize,
    /// Users in a step.
    pub batch_size: NonZeroUsize,
    /// Learning rate of the autoencoders.
    pub generator_rate: f32,
    /// Learning rate of the discriminator.
    pub discriminator_rate: f32,
    /// Weight of the squared norm of all weights, `>= 0`.
    pub l2: f32,
    /// Whether training treats its illnesses itself.
    pub auto: bool,
    /// The limits of the verdicts on its health.
    pub health: HealthConfig,
    /// Epochs between looks at the health and at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for CaaeConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            hidden: width(100),
            layers: width(1),
            embedding_dim: width(32),
            reward_weight: 0.5,
            zero_ratio: 0.3,
            epochs: width(60),
            batch_size: width(64),
            generator_rate: 1e-3,
            discriminator_rate: 0.02,
            l2: 1e-4,
            auto: false,
            health: HealthConfig::default(),
            check_every: width(5),
            patience: width(4),
        }
    }
}

/// The autoencoder that looks for items that a user likes.
#[derive(Debug, Clone, PartialEq)]
pub struct Caae(Cfgan);

impl CaaeConfig {
    fn check(&self) -> Result<(), FitError> {
        let unit = |x: f32| (0.0..=1.0).contains(&x);
        let rate = |x: f32| x > 0.0 && x.is_finite();
        let weight = |x: f32| x >= 0.0 && x.is_finite();
        let settings: [(_, f32, Allowed, _); 5] = [
            ("reward_weight", self.reward_weight, unit, "from 0 to 1"),
            ("zero_ratio", self.zero_ratio, unit, "from 0 to 1"),
            ("generator_rate", self.generator_rate, rate, "above 0"),
            (
                "discriminator_rate",
                self.discriminator_rate,
                rate,
                "above 0",
            ),
            ("l2", self.l2, weight, "0 or more"),
        ];
        for (key, value, allowed, expected) in settings {
            check::setting(allowed(value), "caae", key, expected, value)?;
        }
        Ok(())
    }
}

impl Fit for CaaeConfig {
    type Model = Caae;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Caae, FitError> {
        self.check()?;
        check::some_interaction("caae", train.n_interactions())?;
        let run = run.with_seed(run.seed.derive("caae"));
        let mut networks = Networks::new(self, train, run.seed);
        let config = BoutConfig {
            epochs: self.epochs.get(),
            batch_size: self.batch_size.get(),
            discriminator_steps: 1,
            generator_steps: 1,
            look_every: self.check_every.get(),
            patience: self.patience.get(),
            until_indistinguishable: false,
            auto: self.auto,
            health: self.health,
        };
        let bout = Bout {
            config: &config,
            model: "caae",
            rows: train.n_users(),
        };
        bout.run(&mut networks, &run)?;
        Ok(networks.model())
    }
}

impl Tune for CaaeConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("hidden", Values::LogInteger(50, 400)),
            dimension("embedding_dim", Values::LogInteger(16, 64)),
            dimension("reward_weight", Values::Uniform(0.1, 0.9)),
            dimension("zero_ratio", Values::Uniform(0.1, 0.9)),
            dimension("generator_rate", Values::LogUniform(1e-4, 1e-2)),
            dimension("l2", Values::LogUniform(1e-6, 1e-2)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

delegate!(Caae(Cfgan));

#[cfg(test)]
mod tests {
    use super::*;

    fn config(epochs: usize) -> CaaeConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        CaaeConfig {
            hidden: width(32),
            embedding_dim: width(8),
            epochs: width(epochs),
            generator_rate: 5e-3,
            ..CaaeConfig::default()
        }
    }

    recommender_contract!(super::config(2));

    #[test]
    fn learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&config(40));
        assert!(uplift > 1.1, "{uplift}");
    }
}
