//! GANMF: a matrix factorisation trained against an autoencoder (Dervishaj and Cremonesi,
//! "GAN-based matrix factorization for recommender systems", 2022).
//!
//! The generator is conditioned on a profile's identity and makes its row of the interaction
//! matrix, `G(u) = p_u Q'`; the discriminator is an autoencoder whose error `e` is its verdict
//! (Zhao et al., "Energy-based generative adversarial networks", 2017):
//!
//! ```text
//! L_D = e(x) + max(0, m e(x) - e(G(u)))                                        (eq. 2)
//! L_G = (1 - f) e(G(u)) + f mean((E(x) - E(G(u)))^2)                           (eq. 5)
//! ```
//!
//! `E` is the code of the autoencoder, `m` the margin, `f` the weight of feature matching, and
//! every mean is over all entries. In user mode a profile is a user's row, in item mode an item's
//! column. With `margin = 0` the discriminator never meets a generated profile, so that the
//! generator follows a fixed teacher: the same network with its adversarial part off.
//!
//! Departures:
//! - The paper's networks are affine, so steps are computed by way of Gram matrices, without
//!   forming a profile (see `discriminator.rs`): the same gradients, at a cost that does not
//!   depend on the batch size.
//! - The networks take turns at every batch; the authors' program gives each a whole epoch.
//! - A user who was not in the training data is folded in by an affine map of the sum of the item
//!   factors, fitted to the users that there were.

mod batch;
mod discriminator;
mod generator;
#[cfg(test)]
mod gradient_tests;
mod training;

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use self::training::Training;
use super::check::{not_negative, positive, setting, some_interaction};
use super::factors::Factors;
use crate::data::Dataset;
use crate::gan::{Bout, BoutConfig, HealthConfig};
use crate::recommend::{Dimension, Fit, FitError, Run, Tune, Values};

/// What a profile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A user's row.
    User,
    /// An item's column.
    Item,
}

/// Settings of GANMF.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GanmfConfig {
    /// What a profile is.
    pub mode: Mode,
    /// Width `K` of the factors.
    pub embedding_dim: NonZeroUsize,
    /// Width `H` of the discriminator's code.
    pub code_dim: NonZeroUsize,
    /// Passes over the profiles.
    pub epochs: NonZeroUsize,
    /// Profiles `B` in a step.
    pub batch_size: NonZeroUsize,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Learning rate of the discriminator.
    pub discriminator_rate: f32,
    /// Margin `m` of the energies, `>= 0`; 0 turns the adversarial part off.
    pub margin: f32,
    /// Weight `f` of feature matching, from 0 to 1.
    pub feature_matching: f32,
    /// Weight of the squared norm of the discriminator's weights, `>= 0`.
    pub discriminator_l2: f32,
    /// Weight of the squared norm of the factors, `>= 0`.
    pub generator_l2: f32,
    /// Ridge of the fold-in of new users, relative to the mean squared norm of a factor, `> 0`.
    pub fold_in_l2: f64,
    /// Steps of the discriminator in each turn.
    pub discriminator_steps: NonZeroUsize,
    /// Steps of the generator in each turn.
    pub generator_steps: NonZeroUsize,
    /// Whether training treats itself when it looks ill.
    pub auto: bool,
    /// The limits of the verdicts on its health.
    pub health: HealthConfig,
    /// Epochs between looks at health and at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for GanmfConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            mode: Mode::User,
            embedding_dim: width(64),
            code_dim: width(256),
            epochs: width(100),
            batch_size: width(512),
            generator_rate: 2e-3,
            discriminator_rate: 3e-4,
            margin: 10.0,
            feature_matching: 0.2,
            discriminator_l2: 1e-5,
            generator_l2: 0.0,
            fold_in_l2: 1e-3,
            discriminator_steps: width(1),
            generator_steps: width(1),
            auto: false,
            health: HealthConfig::default(),
            check_every: width(5),
            patience: width(5),
        }
    }
}

/// Factors of users and items.
#[derive(Debug, Clone, PartialEq)]
pub struct Ganmf(Factors);

impl GanmfConfig {
    fn check(&self) -> Result<(), FitError> {
        let f = self.feature_matching;
        positive("ganmf", "generator_rate", self.generator_rate.into())?;
        positive(
            "ganmf",
            "discriminator_rate",
            self.discriminator_rate.into(),
        )?;
        not_negative("ganmf", "margin", self.margin.into())?;
        setting(
            (0.0..=1.0).contains(&f),
            "ganmf",
            "feature_matching",
            "from 0 to 1",
            f,
        )?;
        not_negative("ganmf", "discriminator_l2", self.discriminator_l2.into())?;
        not_negative("ganmf", "generator_l2", self.generator_l2.into())?;
        positive("ganmf", "fold_in_l2", self.fold_in_l2)
    }
}

impl Fit for GanmfConfig {
    type Model = Ganmf;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Ganmf, FitError> {
        self.check()?;
        some_interaction("ganmf", train.n_interactions())?;
        let turned;
        let rows = match self.mode {
            Mode::User => train,
            Mode::Item => {
                turned = train.transpose();
                &turned
            }
        };
        let run = run.with_seed(run.seed.derive("ganmf"));
        let mut training = Training::new(self, train, rows, run.seed);
        let config = BoutConfig {
            epochs: self.epochs.get(),
            batch_size: self.batch_size.get(),
            discriminator_steps: self.discriminator_steps.get(),
            generator_steps: self.generator_steps.get(),
            look_every: self.check_every.get(),
            patience: self.patience.get(),
            until_indistinguishable: false,
            auto: self.auto,
            health: self.health,
        };
        let bout = Bout {
            config: &config,
            model: "ganmf",
            rows: rows.n_users(),
        };
        bout.run(&mut training, &run)?;
        Ok(training.model())
    }
}

impl Tune for GanmfConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("mode", Values::Names(&["user", "item"])),
            dimension("embedding_dim", Values::LogInteger(32, 256)),
            dimension("code_dim", Values::LogInteger(64, 1024)),
            dimension("batch_size", Values::Integers(&[128, 256, 512, 1024])),
            dimension("generator_rate", Values::LogUniform(1e-4, 1e-2)),
            dimension("discriminator_rate", Values::LogUniform(1e-4, 3e-3)),
            dimension("margin", Values::Integers(&[0, 1, 2, 4, 10])),
            dimension("feature_matching", Values::LogUniform(0.01, 0.5)),
            dimension("discriminator_l2", Values::LogUniform(1e-6, 1e-3)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

delegate!(Ganmf(Factors));

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> GanmfConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        GanmfConfig {
            embedding_dim: width(8),
            code_dim: width(16),
            epochs: width(3),
            batch_size: width(50),
            ..GanmfConfig::default()
        }
    }

    recommender_contract!(super::tiny());

    #[test]
    fn learns_a_planted_taste_in_both_modes() {
        let width = |n| NonZeroUsize::new(n).unwrap();
        for mode in [Mode::User, Mode::Item] {
            let config = GanmfConfig {
                mode,
                embedding_dim: width(16),
                code_dim: width(32),
                batch_size: width(256),
                generator_rate: 1e-2,
                discriminator_rate: 3e-3,
                ..GanmfConfig::default()
            };
            let uplift = crate::models::contract::uplift(&config);
            assert!(uplift > 1.5, "{mode:?}: {uplift}");
        }
    }
}
