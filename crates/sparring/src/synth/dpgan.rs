//! A GAN under differential privacy: users from one noisy release, warped as a critic demands that
//! sees the log through DP-SGD.
//!
//! ```text
//! g = (C / one) (sum_{u in batch} G_u + noise) / (q n),   batch ~ Poisson(q), |G_u| <= one
//! L_D = mean_real sp(-D(f)) + mean_fake sp(D(f)) + gamma / 2 R2,   L_G = mean_fake sp(-D(f))
//! ```
//!
//! with `sp(x) = ln(1 + e^x)`. A part of the budget pays for the release of `private`: its users are
//! the start, and the features `f` that the critic sees (`../features.rs`), the popularity and the
//! number `n` of users come from it alone. The rest pays for the steps of the critic (Abadi et al.,
//! "Deep learning with differential privacy", 2016, algorithm 1): `G_u` is the clipped gradient of
//! one user's loss in integers (`gradient.rs`), the noise an exact discrete Gaussian; who is in a
//! batch is drawn as secretly as the noise. Generated users cost nothing; they are clipped alike, so
//! that equal laws have equal gradients, and the bound `C` is a multiple of their median norm. The
//! critic takes several steps for one of the generator (Bie, Kamath and Zhang, "Private GANs,
//! revisited", 2023), which sees the log through the critic alone.
//!
//! No figure of real users is told, looked at for stopping or kept.

mod critic;
mod gradient;
mod training;

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use self::critic::{Noise, PrivateCritic};
use self::training::Training;
use super::error::SynthError;
use super::extras::{Extras, Plan};
use super::features::Features;
use super::generator::{Averaged, Generator};
use super::latent::LatentUsers;
use super::private::{Outcome, PrivateConfig, PrivateUsers, among};
use super::traits::{Synthesize, Synthesizer};
use super::warp::Scale;
use crate::data::Dataset;
use crate::gan::Mlp;
use crate::models::{Directions, Profiles as Rows, Room, check};
use crate::privacy::{
    Delta, DpEvent, Epsilon, Ledger, Neighbouring, PldAccountant, PrivacyAccountant, PrivacyError,
    calibrate,
};
use crate::recommend::{FitError, Run};

const NAME: &str = "dpgan";
/// Generated users by whom the latent space and the features are standardised.
const STANDARD: u64 = 4096;
/// With fewer users a critic is not worth trying (`docs/lab/dp-critic.md`: with more it was no better).
const LARGE: usize = 50_000;

/// With more noise, in units of what a user can add to a step, a critic learns nothing.
const MOST_NOISE: f64 = 1000.0;

/// The noise that was found last: a run asks for its ledger several times, and seconds are spent on it.
static LAST: Mutex<Option<(DpGanConfig, f64)>> = Mutex::new(None);

/// Settings of a GAN under differential privacy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DpGanConfig {
    /// Epsilon of the guarantee, above 0; there is no default.
    pub epsilon: f64,
    /// Delta of the guarantee, at most 1e-5.
    pub delta: f64,
    /// Whether a larger delta is insisted on.
    pub insist: bool,
    /// What is released besides profiles, out of what the release is given.
    pub extras: Extras,
    /// A file of what items publicly are (`--public`), empty for none: the prior of the release.
    pub public: String,
    /// Epsilon of the release alone in shares of the whole, above 0 and below 1.
    pub release: f64,
    /// Chance `q` of each user to be in a batch, above 0 and at most 1.
    pub sample_rate: f64,
    /// Steps of the critic.
    pub steps: NonZeroUsize,
    /// Steps of the critic for one of the generator.
    pub critic_steps: NonZeroUsize,
    /// First steps of the critic in which it learns alone.
    pub head_start: usize,
    /// Generated profiles in a step.
    pub batch_size: NonZeroUsize,
    /// Bound of a gradient, above 0, in units of the median norm of generated users.
    pub clip: f64,
    /// Directions of the release that the critic sees.
    pub seen: NonZeroUsize,
    /// Popular items that the critic sees one by one.
    pub popular: usize,
    /// Width of the hidden layer of the critic: fewer weights, less noise.
    pub critic_hidden: NonZeroUsize,
    /// Width of the hidden layers of the warp.
    pub hidden: NonZeroUsize,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Learning rate of the critic.
    pub discriminator_rate: f32,
    /// Rate of the decoder in shares of the generator's, `>= 0`; 0 keeps it.
    pub decoder_rate: f32,
    /// Weight `gamma` of R2, `>= 0`: R1 would look at real users.
    pub penalty: f32,
    /// Share of the averaged generator kept at each step, from 0 to below 1.
    pub ema: f32,
}

impl Default for DpGanConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            epsilon: 0.0,
            delta: Delta::LIMIT,
            insist: false,
            extras: Extras::default(),
            public: String::new(),
            release: 0.7,
            sample_rate: 0.02,
            steps: width(2000),
            critic_steps: width(4),
            head_start: 200,
            batch_size: width(128),
            clip: 1.0,
            seen: width(32),
            popular: 0,
            critic_hidden: width(32),
            hidden: width(128),
            generator_rate: 4e-4,
            discriminator_rate: 2e-3,
            decoder_rate: 0.3,
            penalty: 0.5,
            ema: 0.99,
        }
    }
}

impl DpGanConfig {
    /// What a fit costs: the release, the steps of the critic, and what is declared public.
    ///
    /// # Errors
    /// If there is no such guarantee, or the release leaves nothing to the critic.
    pub fn ledger(&self) -> Result<Ledger, PrivacyError> {
        let release = self.release()?.ledger()?;
        let mut ledger = Ledger::new(release.delta(), Some(Epsilon::new(self.epsilon)?));
        for (name, event) in release.entries() {
            ledger.book(name, event.clone())?;
        }
        ledger.book("steps of the critic", self.event(self.noise(&release)?))?;
        for public in release.public() {
            ledger.declare(&public.name, &public.why)?;
        }
        Ok(ledger)
    }

    /// The release that is the start.
    fn release(&self) -> Result<PrivateConfig, PrivacyError> {
        let whole = Epsilon::new(self.epsilon)?.get();
        if !(self.release > 0.0 && self.release < 1.0) {
            return Err(PrivacyError::Parameter {
                event: NAME,
                name: "`release`",
                range: "above 0 and below 1",
                found: self.release,
            });
        }
        Ok(PrivateConfig {
            epsilon: Epsilon::new(whole * self.release)?.get(),
            delta: self.delta,
            insist: self.insist,
            extras: self.extras.clone(),
            public: self.public.clone(),
            ..PrivateConfig::default()
        })
    }

    /// The noise of what is released besides profiles.
    pub(super) fn plan(&self) -> Result<Plan, PrivacyError> {
        self.release()?.plan()
    }

    /// The steps of the critic with this noise.
    fn event(&self, noise: f64) -> DpEvent {
        DpEvent::poisson(self.sample_rate, noise).times(self.steps.get() as u64)
    }

    /// The noise of a step that is booked, in units of the bound: the least beside the release.
    fn noise(&self, release: &Ledger) -> Result<f64, PrivacyError> {
        let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((config, noise)) = &*last()
            && config == self
        {
            return Ok(*noise);
        }
        let noise = self.least_noise(release)?;
        *last() = Some((self.clone(), noise));
        Ok(noise)
    }

    fn least_noise(&self, release: &Ledger) -> Result<f64, PrivacyError> {
        let (epsilon, delta) = (Epsilon::new(self.epsilon)?, release.delta());
        let before: Vec<DpEvent> = release
            .entries()
            .iter()
            .map(|entry| entry.1.clone())
            .collect();
        let all = |noise| DpEvent::Composed([before.clone(), vec![self.event(noise)]].concat());
        let of = Neighbouring::AddRemove;
        let noise = calibrate(all, epsilon, delta, of)?.noise;
        if noise <= MOST_NOISE {
            return Ok(noise);
        }
        Err(PrivacyError::OutOfReach {
            epsilon: epsilon.get(),
            least: 0.0,
            most: MOST_NOISE,
            found: PldAccountant::of(of, &all(MOST_NOISE))?.epsilon(delta),
        })
    }

    fn check(&self) -> Result<(), FitError> {
        check::positive(NAME, "clip", self.clip)?;
        check::positive(NAME, "generator_rate", self.generator_rate.into())?;
        check::positive(NAME, "discriminator_rate", self.discriminator_rate.into())?;
        check::not_negative(NAME, "decoder_rate", self.decoder_rate.into())?;
        check::not_negative(NAME, "penalty", self.penalty.into())?;
        let kept = (0.0..1.0).contains(&self.ema);
        check::setting(kept, NAME, "ema", "from 0 to below 1", self.ema)
    }

    /// Bytes beside the release: the decoder with its moments and average, the directions that the
    /// critic sees, and a batch of logits, chances and derivatives.
    fn memory(&self, items: u64) -> u64 {
        let decoder = 8 * PrivateConfig::default().rank as u64;
        let seen = 2 * self.seen.get() as u64;
        4 * items * (decoder + seen + 4 * self.batch_size.get() as u64)
    }

    /// Trains the users of a release against a critic with this noise.
    fn train(
        &self,
        real: &Rows,
        (start, noise): (&Outcome, f64),
        run: &Run<'_>,
    ) -> Result<LatentUsers, SynthError> {
        let users = &start.users.law;
        let drawn = users.drawn(0..STANDARD, run.seed.derive("scale"));
        let scale = Scale::of(&drawn.rows);
        let decoder = users.decoder_in(&scale);
        let generator = Generator::new(scale, decoder, self.hidden.get(), run.seed);
        let features = self.features(start, run)?;
        let critic = [features.width(), self.critic_hidden.get(), 1];
        let expected = (self.sample_rate * start.count as f64).max(1.0);
        let training = Training {
            config: self,
            start: users,
            averaged: Averaged::of(&generator, self.ema),
            generator,
            critic: PrivateCritic {
                net: Mlp::new(&critic, run.seed.derive("critic")),
                rate: self.discriminator_rate,
                penalty: self.penalty,
                clip: self.clip,
                noise: Noise::new(noise, self.sample_rate, expected),
            },
            features: &features,
            run: *run,
        };
        let averaged = training.spar(real)?;
        let mut trained = users.with(averaged.parts(users.width()));
        let turns = PrivateConfig::default().turns;
        trained.rake(NAME, &start.popularity, (STANDARD, turns), run)?;
        Ok(trained)
    }

    /// What the critic sees, of the release alone.
    fn features(&self, start: &Outcome, run: &Run<'_>) -> Result<Features, FitError> {
        let law = &start.users.law;
        let profiles = law.generate(0..STANDARD, run.seed.derive("features"));
        let rows = Rows::of_sets(profiles.iter(), start.popularity.len());
        let seen = self.seen.get().min(law.width());
        let directions = Directions::of(&rows, seen, run)?.into_tall();
        Ok(Features::with(
            self.popular,
            &rows,
            directions,
            &start.popularity,
        ))
    }
}

impl Synthesize for DpGanConfig {
    type Model = PrivateUsers;
    /// Folding would read the log.
    const ANY_WIDTH: bool = true;

    fn fit(&self, log: &Dataset, run: &Run<'_>) -> Result<PrivateUsers, SynthError> {
        self.check()?;
        let release = self.release()?;
        let noise = self.noise(&release.ledger()?)?;
        Room::of(run).enough(NAME, self.memory(log.n_items() as u64))?;
        let mut start = release.make(log, run)?;
        if start.count < LARGE {
            run.observer.note(&format!(
                "dpgan: about {} users, as released: with fewer than {LARGE} the release alone \
                 (--model private) was better in measurements",
                start.count
            ));
        }
        if start.users.law.width() == 0 {
            run.observer
                .note("dpgan: no direction stands above the noise, so there is nothing to warp");
            return Ok(start.users);
        }
        let real = among(&Rows::of(log), &start.head);
        let run = run.with_seed(run.seed.derive(NAME));
        start.users.law = self.train(&real, (&start, noise), &run)?;
        Ok(start.users)
    }
}

#[cfg(test)]
mod tests;
