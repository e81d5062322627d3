//! The latent GAN: the normal law of latent users, warped until a critic cannot tell latent users
//! from real ones; decoded as the gaussian.
//!
//! ```text
//! L_D = mean sp(D(s'_fake) - D(s_real)) + gamma / 2 (R1 + R2),  s' = s + f(s, g)
//! L_G = mean sp(D(s_real) - D(s'_fake))
//! ```
//!
//! with pairs and penalties as in the profile GAN, whose critic sees what comes out of the decoder.
//! This one sees `(s, g)`: what decoding loses it cannot make good.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use sparring_wide::{Matrix, Seed};

use super::error::SynthError;
use super::gaussian::normal;
use super::generator::Drawn;
use super::latent::{LatentUsers, Settings};
use super::layers::LAYERS;
use super::real::Real;
use super::traits::Synthesize;
use super::warp::{Scale, Warp, shifted};
use crate::data::Dataset;
use crate::gan::{
    AdversarialStep, Bout, BoutConfig, HealthConfig, Loss, Mlp, NetCritic, Probe, paired_adam,
};
use crate::models::check;
use crate::recommend::{FitError, Run};

/// The synthesizer's name.
const NAME: &str = "latentgan";
/// Users by whom the latent space is standardised and popularity raked.
const STANDARD: u64 = 4096;
/// Real rows of a look at health.
const LOOK: usize = 256;

/// Settings of the latent GAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LatentGanConfig {
    /// Steps of each network.
    pub steps: NonZeroUsize,
    /// Users in a step.
    pub batch_size: NonZeroUsize,
    /// Width of the hidden layers of warp and critic.
    pub hidden: NonZeroUsize,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Learning rate of the critic.
    pub discriminator_rate: f32,
    /// Weight `gamma` of R1 and R2, `>= 0`.
    pub penalty: f32,
    /// Share of the averaged generator kept at each step, from 0 to below 1.
    pub ema: f32,
    /// As of the gaussian: number of leading directions.
    pub rank: NonZeroUsize,
    /// As of the gaussian: factor of the latent variance.
    pub inflation: f32,
    /// As of the gaussian: temperature of the link.
    pub temperature: f32,
    /// As of the gaussian: most turns of raking.
    pub turns: usize,
    /// The limits of the verdicts on its health.
    pub health: HealthConfig,
}

impl Default for LatentGanConfig {
    fn default() -> Self {
        let one = super::gaussian::GaussianConfig::default();
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            steps: width(2000),
            batch_size: width(256),
            hidden: width(256),
            generator_rate: 5e-4,
            discriminator_rate: 1e-3,
            penalty: 1.0,
            ema: 0.995,
            rank: one.rank,
            inflation: one.inflation,
            temperature: one.temperature,
            turns: one.turns,
            health: HealthConfig::default(),
        }
    }
}

impl LatentGanConfig {
    fn check(&self) -> Result<(), FitError> {
        check::positive(NAME, "generator_rate", self.generator_rate.into())?;
        check::positive(NAME, "discriminator_rate", self.discriminator_rate.into())?;
        check::not_negative(NAME, "penalty", self.penalty.into())?;
        let kept = (0.0..1.0).contains(&self.ema);
        check::setting(kept, NAME, "ema", "from 0 to below 1", self.ema)
    }

    /// The trained warp.
    fn spar(&self, real: Matrix, start: &LatentUsers, run: &Run<'_>) -> Result<Warp, FitError> {
        let drawn = start.drawn(0..STANDARD, run.seed.derive("scale"));
        let scale = Scale::of(&drawn.rows);
        let mut real = real;
        Scale::of(&real).standardise(&mut real);
        let (width, hidden) = (real.cols, self.hidden.get());
        let mut widths = vec![hidden; LAYERS + 1];
        (widths[0], widths[LAYERS]) = (width, width - 1);
        let mut generator = Mlp::new(&widths, run.seed.derive("warp"));
        generator.silence();
        let rows = real.rows;
        let mut training = Training {
            config: self,
            start,
            scale,
            real,
            averaged: generator.clone(),
            generator,
            critic: NetCritic {
                net: Mlp::new(&[width, hidden, hidden, 1], run.seed.derive("critic")),
                loss: Loss::Relativistic,
                penalty: self.penalty,
            },
            seed: run.seed,
            steps: 0,
        };
        let epochs = self
            .steps
            .get()
            .div_ceil(rows.div_ceil(self.batch_size.get()));
        let config = BoutConfig {
            epochs,
            batch_size: self.batch_size.get(),
            look_every: epochs.div_ceil(10),
            patience: usize::MAX,
            health: self.health,
            ..BoutConfig::default()
        };
        let bout = Bout {
            config: &config,
            model: NAME,
            rows,
        };
        bout.run(&mut training, run)?;
        if run.cancel.is_requested() {
            return Err(FitError::Cancelled { model: NAME });
        }
        Ok(Warp::new(training.scale, training.averaged.into_layers()))
    }
}

impl Synthesize for LatentGanConfig {
    type Model = LatentUsers;

    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<LatentUsers, SynthError> {
        self.check()?;
        let settings = Settings {
            synthesizer: NAME,
            rank: self.rank,
            inflation: self.inflation,
            temperature: self.temperature,
            turns: self.turns,
        };
        let real = Real::of(NAME, real, run)?;
        let mut rows = Matrix::default();
        let start = LatentUsers::fit(settings, &real, run, |seen, _| {
            rows = seen.rows.clone();
            normal(NAME, seen).map(|component| vec![component])
        })?;
        let run = run.with_seed(run.seed.derive(NAME));
        let warp = self.spar(rows, &start, &run)?;
        let (weights, offsets) = start.decoder_in(warp.scale());
        let mut users = start.with((warp, weights, offsets));
        users.rake(NAME, &real.popularity(), (STANDARD, self.turns), &run)?;
        Ok(users)
    }
}

/// Both networks; rows are `(s, g)`.
struct Training<'a> {
    config: &'a LatentGanConfig,
    start: &'a LatentUsers,
    scale: Scale,
    /// Real users, standardised, `[U, K + 1]`.
    real: Matrix,
    generator: Mlp,
    averaged: Mlp,
    critic: NetCritic,
    seed: Seed,
    steps: u64,
}

impl Training<'_> {
    /// `n` generated rows `(s', g)`.
    fn make(&mut self, n: usize, seed: Seed) -> Matrix {
        let from = self.steps * self.config.batch_size.get() as u64;
        let Drawn { mut rows, .. } = self.start.drawn(from..from + n as u64, seed);
        self.scale.standardise(&mut rows);
        let latents = shifted(&rows, self.generator.forward(&rows.data));
        let width = rows.cols;
        for (row, latent) in rows.data.chunks_mut(width).zip(latents.rows_iter()) {
            row[..width - 1].copy_from_slice(latent);
        }
        rows
    }

    fn real(&self, rows: &[u32]) -> Vec<f32> {
        let rows = rows.iter().map(|&row| self.real.row(row as usize));
        rows.flatten().copied().collect()
    }
}

impl AdversarialStep for Training<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.steps += 1;
        let n = rows.len();
        let mut both = self.real(rows);
        both.extend(self.make(n, self.seed.derive("for the critic")).data);
        let adam = paired_adam(self.config.discriminator_rate);
        Ok(self.critic.step(&both, &adam).into())
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let n = rows.len();
        let fake = self.make(n, self.seed.derive("for the generator"));
        let (loss, back) = self.critic.demand(&self.real(rows), &fake.data);
        let width = fake.cols;
        let back = back.chunks(width);
        let of_latents: Vec<f32> = back.flat_map(|row| &row[..width - 1]).copied().collect();
        self.generator.backward(&of_latents);
        self.generator.learn();
        self.generator
            .step(&paired_adam(self.config.generator_rate));
        self.averaged.follow(&self.generator, self.config.ema);
        Ok(loss.into())
    }

    fn probe(&mut self) -> Option<Probe> {
        let n = LOOK.min(self.real.rows - self.real.rows % 2);
        if n < 8 {
            return None;
        }
        let stride = self.real.rows / n;
        let users: Vec<u32> = (0..n)
            .map(|at| u32::try_from(at * stride).expect("rows fit u32"))
            .collect();
        let real = self.real(&users);
        let fake = self.make(n / 2, self.seed.derive("probe")).data;
        let real_logits = self.critic.logits(&real);
        let fake_logits = self.critic.logits(&fake);
        Some(Probe::paired(
            real_logits,
            fake_logits,
            (real, fake),
            self.real.cols,
        ))
    }

    fn gradient_norms(&self) -> Option<[f64; 2]> {
        Some([
            self.generator.gradient_norm(),
            self.critic.net.gradient_norm(),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::contract;

    fn tiny() -> LatentGanConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        LatentGanConfig {
            steps: width(60),
            batch_size: width(64),
            hidden: width(16),
            rank: width(8),
            ..LatentGanConfig::default()
        }
    }

    synthesizer_contract!(tiny());

    #[test]
    fn two_camps_are_found_that_one_normal_law_has_not() {
        let longer = LatentGanConfig {
            steps: NonZeroUsize::new(600).unwrap(),
            generator_rate: 3e-3,
            discriminator_rate: 6e-3,
            penalty: 0.1,
            ..tiny()
        };
        contract::beats_the_gaussian(&longer, 0.03);
    }

    #[test]
    fn its_health_is_looked_at_and_a_stop_is_heard() {
        contract::health_is_looked_at_and_a_stop_is_heard(&tiny());
    }
}
