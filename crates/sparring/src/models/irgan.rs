//! IRGAN: a generator picks items, a discriminator tells them from real ones, and the generator
//! learns by policy gradient (Wang et al., "IRGAN: A minimax game for unifying generative and
//! discriminative information retrieval models", SIGIR 2017).
//!
//! ```text
//! s(u, i) = p_u . q_i + b_i                                        for both networks
//! L_D = -sum ln sigma(s_D(u, i)) - sum ln(1 - sigma(s_D(u, j)))    i real, j ~ p_G    (eq. 3)
//! p_G(j | u) = softmax_j(s_G(u, j) / T)                                               (eq. 8)
//! dL_G = -mean over samples j ~ p' of  w_j r_j d ln p_G(j | u)                        (eq. 5)
//! p' = (1 - e) p_G + e uniform(real items),  w = p_G / p',  r = 2 sigma(s_D) - 1
//! ```
//!
//! The generator starts from dynamic negative sampling: pairwise ranking against the
//! highest-scoring of a few random items (Zhang et al., SIGIR 2013), trained inside the fit. It is
//! the generator that recommends. With `epochs = 0` the pre-trained generator is all there is: the
//! same network without an adversary.
//!
//! Departures: the temperature applies to the negatives of the discriminator only, and the
//! reward and the importance weights are those of the authors' code (the paper has
//! `ln(1 + exp s_D)`); the discriminator steps on one example at a time; the generator to keep is
//! chosen on validation data (the authors' code watches test data); a user who was not in the
//! training data is folded in by ridge regression on the item factors.

mod networks;

use std::num::NonZeroUsize;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use self::networks::Networks;
use super::check;
use super::factors::Factors;
use super::pairwise::Seen;
use crate::data::Dataset;
use crate::gan::{Bout, BoutConfig, HealthConfig};
use crate::recommend::{Dimension, Fit, FitError, Progress, Run, Tune, Values};

/// Settings of IRGAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IrganConfig {
    /// Width `K` of the embeddings of both networks.
    pub embedding_dim: NonZeroUsize,
    /// Epochs of pre-training of the generator.
    pub pretrain_epochs: usize,
    /// Learning rate of the pre-training.
    pub pretrain_rate: f32,
    /// Weight of the squared norm of the rows of a triple in the pre-training, `>= 0`.
    pub pretrain_l2: f32,
    /// Random items among which pre-training takes the best as the negative.
    pub candidates: NonZeroUsize,
    /// Rounds of the bout; 0 leaves the pre-trained generator.
    pub epochs: usize,
    /// Passes of the discriminator over the users in a round.
    pub discriminator_steps: NonZeroUsize,
    /// Passes of the generator over the users in a round.
    pub generator_steps: NonZeroUsize,
    /// Learning rate of the discriminator.
    pub discriminator_rate: f32,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Weight of the squared norm of the discriminator's rows, `>= 0`.
    pub discriminator_l2: f32,
    /// Weight of the squared norm of the generator's user row, `>= 0`.
    pub generator_l2: f32,
    /// Temperature `T` of the negatives, above 0.
    pub temperature: f32,
    /// Share `e` of real items in the generator's samples, from 0 to 1.
    pub real_share: f32,
    /// Ridge of the fold-in of new users, relative to the mean squared norm of a factor, `> 0`.
    pub fold_in_l2: f64,
    /// Whether training treats its illnesses itself.
    pub auto: bool,
    /// The limits of the verdicts on its health.
    pub health: HealthConfig,
    /// Rounds between looks at the health and at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for IrganConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            embedding_dim: width(20),
            pretrain_epochs: 30,
            pretrain_rate: 0.05,
            pretrain_l2: 0.01,
            candidates: width(5),
            epochs: 50,
            discriminator_steps: width(2),
            generator_steps: width(1),
            discriminator_rate: 0.01,
            generator_rate: 0.01,
            discriminator_l2: 0.01,
            generator_l2: 0.0,
            temperature: 0.2,
            real_share: 0.2,
            fold_in_l2: 1e-2,
            auto: false,
            health: HealthConfig::default(),
            check_every: width(2),
            patience: width(6),
        }
    }
}

/// Factors of users and items, and item biases.
#[derive(Debug, Clone, PartialEq)]
pub struct Irgan(Factors);

impl IrganConfig {
    fn check(&self) -> Result<(), FitError> {
        for (key, value) in [
            ("pretrain_rate", self.pretrain_rate),
            ("discriminator_rate", self.discriminator_rate),
            ("generator_rate", self.generator_rate),
            ("temperature", self.temperature),
        ] {
            check::positive("irgan", key, value.into())?;
        }
        for (key, value) in [
            ("pretrain_l2", self.pretrain_l2),
            ("discriminator_l2", self.discriminator_l2),
            ("generator_l2", self.generator_l2),
        ] {
            check::not_negative("irgan", key, value.into())?;
        }
        let share = self.real_share;
        check::setting(
            (0.0..=1.0).contains(&share),
            "irgan",
            "real_share",
            "from 0 to 1",
            share,
        )?;
        check::positive("irgan", "fold_in_l2", self.fold_in_l2)
    }

    /// Pre-trains the generator.
    fn pretrain(
        &self,
        networks: &mut Networks<'_>,
        run: &Run<'_>,
        seed: Seed,
    ) -> Result<(), FitError> {
        let mut pairs = networks.seen.pairs();
        for epoch in 1..=self.pretrain_epochs {
            let mut stream = seed.stream_at("pretrain", epoch as u64);
            pairs.shuffle(&mut stream);
            let loss = networks.pretrain(&pairs, &mut stream);
            finite(loss, epoch as u64)?;
            run.observer.point("pretrain loss", epoch as u64, loss);
            let total = self.pretrain_epochs as u64;
            run.observer.progress(Progress {
                unit: "pretrain epoch",
                done: epoch as u64,
                total,
            });
            if run.cancel.is_requested() {
                break;
            }
        }
        Ok(())
    }
}

fn finite(loss: f64, step: u64) -> Result<(), FitError> {
    if loss.is_finite() {
        return Ok(());
    }
    Err(FitError::Diverged {
        model: "irgan",
        step,
        evidence: format!("loss {loss}"),
    })
}

impl Fit for IrganConfig {
    type Model = Irgan;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Irgan, FitError> {
        self.check()?;
        check::some_interaction("irgan", train.n_interactions())?;
        let run = run.with_seed(run.seed.derive("irgan"));
        let seen = Seen::new(train);
        let mut networks = Networks::new(self, train, &seen, &run);
        self.pretrain(&mut networks, &run, run.seed)?;
        let config = BoutConfig {
            epochs: self.epochs,
            batch_size: train.n_users(),
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
            model: "irgan",
            rows: train.n_users(),
        };
        bout.run(&mut networks, &run)?;
        Ok(networks.model())
    }
}

impl Tune for IrganConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("embedding_dim", Values::LogInteger(8, 64)),
            dimension("pretrain_rate", Values::LogUniform(0.01, 0.1)),
            dimension("pretrain_l2", Values::LogUniform(1e-3, 0.1)),
            dimension("discriminator_rate", Values::LogUniform(1e-3, 0.05)),
            dimension("generator_rate", Values::LogUniform(1e-3, 0.05)),
            dimension("discriminator_l2", Values::LogUniform(1e-3, 0.1)),
            dimension("temperature", Values::LogUniform(0.1, 1.0)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

delegate!(Irgan(Factors));

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> IrganConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        IrganConfig {
            embedding_dim: width(8),
            pretrain_epochs: 2,
            epochs: 2,
            discriminator_steps: width(2),
            generator_steps: width(2),
            ..IrganConfig::default()
        }
    }

    recommender_contract!(super::tiny());

    #[test]
    fn learns_a_planted_taste() {
        let config = IrganConfig {
            epochs: 10,
            ..IrganConfig::default()
        };
        let uplift = crate::models::contract::uplift(&config);
        assert!(uplift > 1.4, "{uplift}");
    }
}
