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
//! - A user who was not in the training data is folded in by ridge regression on the item factors.

mod batch;
mod discriminator;
mod generator;
#[cfg(test)]
mod gradient_tests;

use std::num::NonZeroUsize;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use self::batch::Batch;
use self::discriminator::Discriminator;
use self::generator::Generator;
use super::factors::Factors;
use super::keeper::Keeper;
use super::tensor::Adam;
use crate::data::{Dataset, UserIx};
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Progress, Query, Recommender, Run, ScoreError, Tune,
    Values, Weights, WeightsError,
};

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
    /// Epochs between looks at the validation metric, where there is one.
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
        let setting = |ok: bool, key, expected, found: f32| {
            let found = found.to_string();
            if ok {
                Ok(())
            } else {
                Err(FitError::Setting {
                    model: "ganmf",
                    key,
                    expected,
                    found,
                })
            }
        };
        let positive = |rate: f32| rate > 0.0 && rate.is_finite();
        let weight = |weight: f32| weight >= 0.0 && weight.is_finite();
        let f = self.feature_matching;
        setting(
            positive(self.generator_rate),
            "generator_rate",
            "above 0",
            self.generator_rate,
        )?;
        let rate = self.discriminator_rate;
        setting(positive(rate), "discriminator_rate", "above 0", rate)?;
        setting(weight(self.margin), "margin", "0 or more", self.margin)?;
        setting(
            (0.0..=1.0).contains(&f),
            "feature_matching",
            "from 0 to 1",
            f,
        )?;
        setting(
            weight(self.discriminator_l2),
            "discriminator_l2",
            "0 or more",
            self.discriminator_l2,
        )?;
        setting(
            weight(self.generator_l2),
            "generator_l2",
            "0 or more",
            self.generator_l2,
        )?;
        #[expect(clippy::cast_possible_truncation, reason = "only shown")]
        setting(
            self.fold_in_l2 > 0.0,
            "fold_in_l2",
            "above 0",
            self.fold_in_l2 as f32,
        )
    }

    fn model(&self, generator: &Generator, n_items: usize) -> Ganmf {
        let (rows, columns) = (
            generator.rows.value.clone(),
            generator.columns.value.clone(),
        );
        let (users, items) = match self.mode {
            Mode::User => (rows, columns),
            Mode::Item => (columns, rows),
        };
        Ganmf(Factors::new(
            generator.factors,
            users,
            items,
            vec![0.0; n_items],
            self.fold_in_l2,
        ))
    }
}

/// The two networks and how far they are.
struct Bout<'a> {
    config: &'a GanmfConfig,
    data: &'a Dataset,
    generator: Generator,
    discriminator: Discriminator,
    steps: [u32; 2],
}

impl Bout<'_> {
    fn discriminator_step(&mut self, users: &[UserIx]) -> (f64, f64) {
        self.steps[0] += 1;
        let adam = Adam::at(
            self.steps[0],
            self.config.discriminator_rate,
            self.config.discriminator_l2,
        );
        let batch = Batch::new(self.data, users);
        let energies = self
            .discriminator
            .step(&self.generator, &batch, self.config.margin, adam);
        (energies.real, energies.generated)
    }

    fn generator_step(&mut self, users: &[UserIx]) -> (f64, f64) {
        self.steps[1] += 1;
        let adam = Adam::at(
            self.steps[1],
            self.config.generator_rate,
            self.config.generator_l2,
        );
        let batch = Batch::new(self.data, users);
        self.generator.step(
            &self.discriminator,
            &batch,
            self.config.feature_matching,
            adam,
        )
    }
}

impl Fit for GanmfConfig {
    type Model = Ganmf;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Ganmf, FitError> {
        self.check()?;
        if train.n_interactions() == 0 {
            return Err(FitError::TooSmall {
                model: "ganmf",
                needed: "an interaction",
                found: 0,
            });
        }
        let turned;
        let data = match self.mode {
            Mode::User => train,
            Mode::Item => {
                turned = train.transpose();
                &turned
            }
        };
        let seed = run.seed.derive("ganmf");
        let (n, width) = (data.n_users(), data.n_items());
        let mut bout = Bout {
            config: self,
            data,
            generator: Generator::new(
                n,
                width,
                self.embedding_dim.get(),
                &mut seed.stream("generator"),
            ),
            discriminator: Discriminator::new(
                width,
                self.code_dim.get(),
                &mut seed.stream("discriminator"),
            ),
            steps: [0; 2],
        };
        let mut users: Vec<UserIx> = data.user_indices().collect();
        let mut keeper = Keeper::new(run, self.check_every.get(), self.patience.get());
        for epoch in 1..=self.epochs.get() {
            users.shuffle(&mut seed.stream_at("order", epoch as u64));
            let mut d = (0.0, 0.0);
            for batch in users.chunks(self.batch_size.get()) {
                d = bout.discriminator_step(batch);
            }
            let mut g = (0.0, 0.0);
            for batch in users.chunks(self.batch_size.get()) {
                g = bout.generator_step(batch);
            }
            let step = epoch as u64;
            run.observer.point("energy real", step, d.0);
            run.observer.point("energy generated", step, d.1);
            run.observer.point("feature distance", step, g.1);
            run.observer.progress(Progress {
                unit: "epoch",
                done: step,
                total: self.epochs.get() as u64,
            });
            if !(d.0.is_finite() && g.0.is_finite()) {
                let evidence = format!("energies {} and {}", d.0, g.0);
                return Err(FitError::Diverged {
                    model: "ganmf",
                    step,
                    evidence,
                });
            }
            if keeper.look(epoch, || self.model(&bout.generator, train.n_items())) {
                break;
            }
        }
        Ok(keeper
            .best()
            .unwrap_or_else(|| self.model(&bout.generator, train.n_items())))
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

impl Recommender for Ganmf {
    fn n_items(&self) -> usize {
        self.0.n_items()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        self.0.score_into(queries, scores)
    }
}

impl Weights for Ganmf {
    fn weights(&self) -> NamedTensors {
        self.0.weights()
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        Factors::from_weights(weights).map(Self)
    }
}

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
