//! The profile GAN: a generator of whole profiles that starts from the normal law of latent users
//! and is trained against a critic of whole profiles.
//!
//! ```text
//! L_D = mean sp(D(f(x_fake)) - D(f(x_real))) + gamma / 2 (R1 + R2)
//! L_G = adversary mean sp(D(f(x_real)) - D(f(x_fake))) + moments L_moments    (gap.rs)
//! ```
//!
//! with `sp(x) = ln(1 + e^x)`, pairs and penalties as in Huang et al., "The GAN is dead; long live
//! the GAN" (2024, eq. 3), and features `f` of a profile (`../features.rs`). The generator
//! (`../generator.rs`) warps latent users and learns the decoder; lengths stay as drawn, and offsets are
//! raked to the popularity in the second half of training and at its end. Weights are averaged over
//! steps. With `adversary = 0` the same generator learns by moment matching alone: the baseline
//! that a critic has to beat.

mod gap;
mod training;

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use self::gap::MomentGap;
use self::training::Training;
use super::error::SynthError;
use super::features::Features;
use super::gaussian::normal;
use super::generator::{Averaged, Generator};
use super::latent::{LatentUsers, Settings};
use super::real::Real;
use super::traits::Synthesize;
use super::warp::Scale;
use crate::data::Dataset;
use crate::gan::{Bout, BoutConfig, HealthConfig, Loss, Mlp, NetCritic, PairRates};
use crate::models::{Directions, Room, check};
use crate::recommend::{FitError, Run};

/// Users by whom the latent space is standardised.
const STANDARD: u64 = 4096;

/// A direction for so many users at most: with more, few users are known by their directions.
const USERS_A_DIRECTION: usize = 12;
/// Fewest directions that this leaves.
const FEWEST: usize = 16;
/// Passes over the users at most: with more, the critic knows few users by heart.
const PASSES: usize = 80;

/// Settings of the profile GAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProfileGanConfig {
    /// Weight of the critic in the generator's loss, `>= 0`; 0 turns the adversary off.
    pub adversary: f32,
    /// Weight of moment matching in the generator's loss, `>= 0`.
    pub moments: f32,
    /// The adversarial loss.
    pub loss: Loss,
    /// Steps of each network; at most 80 passes over the users are made.
    pub steps: NonZeroUsize,
    /// Profiles `B` in a step.
    pub batch_size: NonZeroUsize,
    /// First steps in which the critic learns alone.
    pub head_start: u64,
    /// Width of the hidden layers of warp and critic.
    pub hidden: NonZeroUsize,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Learning rate of the critic.
    pub discriminator_rate: f32,
    /// Rate of the decoder in shares of the generator's, `>= 0`; 0 keeps it.
    pub decoder_rate: f32,
    /// Weight `gamma` of R1 and R2, `>= 0`.
    pub penalty: f32,
    /// Share of the averaged generator kept at each step, from 0 to below 1.
    pub ema: f32,
    /// Directions that the critic sees, at most one for 12 users.
    pub seen: NonZeroUsize,
    /// As of the gaussian: number of leading directions, at most one for 12 users.
    pub rank: NonZeroUsize,
    /// As of the gaussian: factor of the latent variance.
    pub inflation: f32,
    /// As of the gaussian: temperature of the link.
    pub temperature: f32,
    /// As of the gaussian: most turns of raking.
    pub turns: usize,
    /// Whether training treats itself when it looks ill.
    pub auto: bool,
    /// The limits of the verdicts on its health.
    pub health: HealthConfig,
}

impl Default for ProfileGanConfig {
    fn default() -> Self {
        let one = super::gaussian::GaussianConfig::default();
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            adversary: 1.0,
            moments: 0.0,
            loss: Loss::Relativistic,
            steps: width(2000),
            batch_size: width(128),
            head_start: 150,
            hidden: width(256),
            generator_rate: 8e-4,
            discriminator_rate: 1.2e-3,
            decoder_rate: 0.3,
            penalty: 1.5,
            ema: 0.995,
            seen: width(192),
            rank: width(192),
            inflation: one.inflation,
            temperature: one.temperature,
            turns: one.turns,
            auto: false,
            health: HealthConfig::default(),
        }
    }
}

impl ProfileGanConfig {
    fn check(&self, name: &'static str) -> Result<(), FitError> {
        let positive = |key, found: f32| check::positive(name, key, found.into());
        let not_negative = |key, found: f32| check::not_negative(name, key, found.into());
        not_negative("adversary", self.adversary)?;
        not_negative("moments", self.moments)?;
        not_negative("decoder_rate", self.decoder_rate)?;
        not_negative("penalty", self.penalty)?;
        positive("generator_rate", self.generator_rate)?;
        positive("discriminator_rate", self.discriminator_rate)?;
        check::setting(
            (0.0..1.0).contains(&self.ema),
            name,
            "ema",
            "from 0 to below 1",
            self.ema,
        )
    }

    /// Fits, under the name of the synthesizer that asks.
    pub(super) fn train(
        &self,
        name: &'static str,
        real: &Dataset,
        run: &Run<'_>,
    ) -> Result<LatentUsers, SynthError> {
        self.check(name)?;
        let real = Real::of(name, real, run)?;
        let most = (real.rows.n_rows() / USERS_A_DIRECTION).max(FEWEST);
        let most = NonZeroUsize::new(most).expect("not zero");
        let settings = Settings {
            synthesizer: name,
            rank: self.rank.min(most),
            inflation: self.inflation,
            temperature: self.temperature,
            turns: self.turns,
        };
        Room::of(run).enough(name, self.memory(real.rows.n_columns() as u64, most))?;
        let start = LatentUsers::fit(settings, &real, run, |seen, _| {
            normal(name, seen).map(|component| vec![component])
        })?;
        let run = run.with_seed(run.seed.derive(name));
        let popularity = real.popularity();
        let directions = Directions::of(&real.rows, self.seen.min(most).get(), &run)?;
        let features = Features::of(&real.rows, directions.into_tall(), &popularity);
        let mut training = self.begin(&real, (&popularity, &features, &start), run);
        self.spar(name, &real, &mut training, &run)?;
        let mut users = start.with(training.averaged.parts(start.width()));
        users.rake(name, &popularity, (STANDARD, self.turns), &run)?;
        Ok(users)
    }

    /// Bytes of the networks over `items`: the decoder with its moments, average and snapshot, the
    /// directions that the critic sees, and a batch of logits, chances and derivatives.
    fn memory(&self, items: u64, most: NonZeroUsize) -> u64 {
        let decoder = 8 * self.rank.min(most).get() as u64;
        let seen = 2 * self.seen.min(most).get() as u64;
        4 * items * (decoder + seen + 4 * self.batch_size.get() as u64)
    }

    fn begin<'a>(
        &'a self,
        real: &'a Real,
        (popularity, features, start): (&'a [f64], &'a Features, &'a LatentUsers),
        run: Run<'a>,
    ) -> Training<'a> {
        let drawn = start.drawn(0..STANDARD, run.seed.derive("scale"));
        let scale = Scale::of(&drawn.rows);
        let decoder = start.decoder_in(&scale);
        let generator = Generator::new(scale, decoder, self.hidden.get(), run.seed);
        let hidden = self.hidden.get();
        let critic = [features.width(), hidden, hidden, 1];
        let gap = (self.moments > 0.0).then(|| MomentGap::to(&features.of_all(&real.rows)));
        Training {
            config: self,
            real: &real.rows,
            popularity,
            features,
            start,
            run,
            averaged: Averaged::of(&generator, self.ema),
            generator,
            critic: NetCritic {
                net: Mlp::new(&critic, run.seed.derive("critic")),
                loss: self.loss,
                penalty: self.penalty,
            },
            gap,
            rates: PairRates::new([self.generator_rate, self.discriminator_rate]),
            steps: 0,
            share: 0.0,
            batch: None,
            kept: None,
        }
    }

    fn spar(
        &self,
        name: &'static str,
        real: &Real,
        training: &mut Training<'_>,
        run: &Run<'_>,
    ) -> Result<(), FitError> {
        let rows = real.rows.n_rows();
        let turns = rows.div_ceil(self.batch_size.get());
        let epochs = self.steps.get().div_ceil(turns).min(PASSES);
        let config = BoutConfig {
            epochs,
            batch_size: self.batch_size.get(),
            discriminator_steps: 1,
            generator_steps: 1,
            look_every: epochs.div_ceil(10),
            patience: usize::MAX,
            until_indistinguishable: false,
            auto: self.auto,
            health: self.health,
        };
        let bout = Bout {
            config: &config,
            model: name,
            rows,
        };
        bout.run(training, run)?;
        if run.cancel.is_requested() {
            return Err(FitError::Cancelled { model: name });
        }
        Ok(())
    }
}

impl Synthesize for ProfileGanConfig {
    type Model = LatentUsers;

    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<LatentUsers, SynthError> {
        self.train("profilegan", real, run)
    }
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;
    use crate::recommend::Cancel;
    use crate::synth::contract;

    fn tiny() -> ProfileGanConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        ProfileGanConfig {
            steps: width(60),
            batch_size: width(64),
            hidden: width(16),
            head_start: 5,
            rank: width(8),
            seen: width(16),
            ..ProfileGanConfig::default()
        }
    }

    synthesizer_contract!(tiny());

    #[test]
    fn taste_is_kept_better_than_by_the_law_it_starts_from() {
        let longer = ProfileGanConfig {
            steps: NonZeroUsize::new(500).unwrap(),
            batch_size: NonZeroUsize::new(32).unwrap(),
            generator_rate: 2e-3,
            discriminator_rate: 3e-3,
            ..tiny()
        };
        contract::beats_the_gaussian(&longer, 0.03);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        for (key, config) in [
            (
                "adversary",
                ProfileGanConfig {
                    adversary: -1.0,
                    ..tiny()
                },
            ),
            ("ema", ProfileGanConfig { ema: 1.0, ..tiny() }),
            (
                "generator_rate",
                ProfileGanConfig {
                    generator_rate: f32::NAN,
                    ..tiny()
                },
            ),
        ] {
            let error = config.fit(&contract::planted(), &run).unwrap_err();
            assert!(error.to_string().contains(key), "{error}");
        }
    }

    #[test]
    fn a_catalogue_without_room_is_refused() {
        let cancel = Cancel::new();
        let run = Run {
            memory: Some(200_000),
            ..Run::quiet(Seed(1), &cancel)
        };
        // 80 items by 4 bytes and 8 * 8 + 2 * 16 + 4 * 64 numbers.
        assert_eq!(tiny().memory(80, NonZeroUsize::new(25).unwrap()), 112_640);
        let wide = ProfileGanConfig {
            batch_size: NonZeroUsize::new(512).unwrap(),
            ..tiny()
        };
        let error = wide.fit(&contract::planted(), &run).unwrap_err();
        assert!(error.to_string().contains("profilegan"), "{error}");
    }

    #[test]
    fn its_health_is_looked_at_and_a_stop_is_heard() {
        contract::health_is_looked_at_and_a_stop_is_heard(&tiny());
    }
}
