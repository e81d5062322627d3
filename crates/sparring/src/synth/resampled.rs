//! Discriminator-guided resampling of the users of another synthesizer: of some candidates for each
//! user the one that a discriminator takes for real (sampling importance resampling, Rubin, 1987;
//! with a discriminator as in Azadi et al., "Discriminator rejection sampling", 2019).
//!
//! ```text
//! D = ln p_real - ln p_fake on features of profiles (features.rs), trained by logistic loss
//! user = candidate c of C with probability exp(D_c) / sum_c exp(D_c)
//! ```
//!
//! With `C` candidates no user is kept against odds worse than `1 / C`. The discriminator is trained
//! on users that the generator was not trained on, and with a penalty on its slope, so that its
//! odds are mild. Popularity and lengths move with the choice; they are not raked again.

use std::num::NonZeroUsize;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sparring_wide::{Adam, Matrix, Seed};

use super::error::SynthError;
use super::features::Features;
use super::latent::LatentUsers;
use super::layers::Layers;
use super::profiles::{Block, Profiles};
use super::real::Real;
use super::traits::{Synthesize, Synthesizer};
use crate::data::Dataset;
use crate::gan::{Loss, Mlp, NetCritic};
use crate::models::{Directions, check};
use crate::recommend::{FitError, NamedTensors, Progress, Run, Weights, WeightsError};

/// The synthesizer's name.
const NAME: &str = "resampled";
/// Real users in a step of the discriminator, and as many generated ones.
const BATCH: usize = 128;
/// Width of its hidden layers.
const HIDDEN: usize = 128;

/// Whose users are resampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Base {
    /// The normal law.
    Gaussian,
    /// Several normal laws.
    Mixture,
    /// The latent GAN.
    LatentGan,
    /// The profile GAN.
    ProfileGan,
    /// Moment matching.
    Moments,
}

/// Settings of resampling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResampledConfig {
    /// Whose users are resampled; it is fitted with its defaults.
    pub base: Base,
    /// Candidates `C` for each user.
    pub candidates: NonZeroUsize,
    /// Steps of the discriminator.
    pub steps: usize,
    /// Its learning rate.
    pub learning_rate: f32,
    /// Weight of the penalty on its slope, `>= 0`.
    pub penalty: f32,
    /// Directions that it sees.
    pub seen: NonZeroUsize,
}

impl Default for ResampledConfig {
    fn default() -> Self {
        Self {
            base: Base::Gaussian,
            candidates: NonZeroUsize::new(4).expect("not zero"),
            steps: 600,
            learning_rate: 5e-4,
            penalty: 1.0,
            seen: NonZeroUsize::new(64).expect("not zero"),
        }
    }
}

/// Another synthesizer's users, and the discriminator that chooses among them.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    base: LatentUsers,
    candidates: usize,
    features: Features,
    discriminator: Layers,
}

impl Base {
    fn fit(self, real: &Dataset, run: &Run<'_>) -> Result<LatentUsers, SynthError> {
        match self {
            Self::Gaussian => super::gaussian::GaussianConfig::default().fit(real, run),
            Self::Mixture => super::mixture::MixtureConfig::default().fit(real, run),
            Self::LatentGan => super::latentgan::LatentGanConfig::default().fit(real, run),
            Self::ProfileGan => super::profilegan::ProfileGanConfig::default().fit(real, run),
            Self::Moments => super::moments::MomentsConfig::default().fit(real, run),
        }
    }
}

impl ResampledConfig {
    fn check(&self) -> Result<(), FitError> {
        check::positive(NAME, "learning_rate", self.learning_rate.into())?;
        check::not_negative(NAME, "penalty", self.penalty.into())?;
        let few = self.candidates.get() <= 1000;
        check::setting(few, NAME, "candidates", "1000 or fewer", self.candidates)
    }

    /// The discriminator between real users and those of the base.
    fn discriminator(
        &self,
        real: &Real,
        (base, features): (&LatentUsers, &Features),
        run: &Run<'_>,
    ) -> Result<Layers, FitError> {
        let widths = [features.width(), HIDDEN, HIDDEN, 1];
        let mut critic = NetCritic {
            net: Mlp::new(&widths, run.seed.derive("discriminator")),
            loss: Loss::NonSaturating,
            penalty: self.penalty,
        };
        let adam = Adam {
            learning_rate: self.learning_rate,
            ..Adam::default()
        };
        let users = real.rows.n_rows();
        let n = BATCH.min(users);
        for step in 0..self.steps {
            if run.cancel.is_requested() {
                return Err(FitError::Cancelled { model: NAME });
            }
            let mut stream = run.seed.stream_at("batch", step as u64);
            let rows: Vec<&[u32]> = (0..n)
                .map(|_| real.rows.row(stream.random_range(0..users)))
                .collect();
            let mut both = features.see(&rows).rows.data;
            let from = (step * n) as u64;
            let made = base.generate(from..from + n as u64, run.seed.derive("others"));
            both.extend(features.see(&numbers(&made).rows()).rows.data);
            let value = critic.step(&both, &adam);
            run.observer
                .point("loss of the discriminator", step as u64, value.into());
            run.observer.progress(Progress {
                unit: "step",
                done: step as u64 + 1,
                total: self.steps as u64,
            });
        }
        Ok(Layers(critic.net.into_layers()))
    }
}

impl Synthesize for ResampledConfig {
    type Model = Resampled;

    fn fit(&self, log: &Dataset, run: &Run<'_>) -> Result<Resampled, SynthError> {
        self.check()?;
        let real = Real::of(NAME, log, run)?;
        let base = self.base.fit(log, run)?;
        let run = run.with_seed(run.seed.derive(NAME));
        let directions = Directions::of(&real.rows, self.seen.get(), &run)?;
        let features = Features::of(&real.rows, directions.into_tall(), &real.popularity());
        Ok(Resampled {
            discriminator: self.discriminator(&real, (&base, &features), &run)?,
            base,
            candidates: self.candidates.get(),
            features,
        })
    }
}

/// Profiles as rows of numbers.
struct Numbers(Vec<Vec<u32>>);

fn numbers(profiles: &Profiles) -> Numbers {
    let row = |profile: &[crate::data::ItemIx]| profile.iter().map(|item| item.0).collect();
    Numbers(profiles.iter().map(row).collect())
}

impl Numbers {
    fn rows(&self) -> Vec<&[u32]> {
        self.0.iter().map(Vec::as_slice).collect()
    }
}

impl Resampled {
    /// What the discriminator says of profiles.
    fn logits(&self, profiles: &Profiles) -> Matrix {
        let rows = numbers(profiles);
        self.discriminator
            .outputs(&self.features.see(&rows.rows()).rows)
    }
}

impl Synthesizer for Resampled {
    fn n_items(&self) -> usize {
        self.base.n_items()
    }

    fn draw(&self, block: Block, seed: Seed) -> Profiles {
        let candidates: Vec<Profiles> = (0..self.candidates as u64)
            .map(|which| self.base.draw(block, seed.derive("candidate").at(which)))
            .collect();
        let logits: Vec<Matrix> = candidates.iter().map(|made| self.logits(made)).collect();
        let mut chosen = Profiles::new();
        for (at, user) in block.users().enumerate() {
            let mut stream = seed.stream_at("choice", user);
            // The largest of D + Gumbel noise is drawn with odds exp(D).
            let keys = logits.iter().map(|logits| {
                let u: f32 = stream.random_range(f32::EPSILON..1.0);
                logits.data[at] - (-u.ln()).ln()
            });
            let keys: Vec<f32> = keys.collect();
            let best = (0..keys.len()).max_by(|&a, &b| keys[a].total_cmp(&keys[b]));
            let best = best.expect("there is a candidate");
            chosen.extend(&candidates[best], at..at + 1);
        }
        chosen
    }
}

impl Weights for Resampled {
    fn weights(&self) -> NamedTensors {
        NamedTensors::new()
            .with("candidates", &[1], vec![self.candidates as f32])
            .with_part("base", self.base.weights())
            .with_part("features", self.features.weights())
            .with_part("discriminator", self.discriminator.weights())
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let features = Features::from_weights(&super::part(weights, "features")?)?;
        let layers = super::part(weights, "discriminator")?;
        let found = weights.vector_of("candidates", 1)?[0];
        if !(found.fract() == 0.0 && (1.0..=1000.0).contains(&found)) {
            return Err(WeightsError::Value {
                name: "candidates".to_owned(),
                expected: "a whole number from 1 to 1000",
                found: found.to_string(),
            });
        }
        let base = LatentUsers::from_weights(&super::part(weights, "base")?)?;
        if features.n_items() != base.n_items() {
            return Err(WeightsError::Shape {
                name: "features.directions".to_owned(),
                expected: format!("[{}, directions]", base.n_items()),
                found: vec![features.n_items()],
            });
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a small whole number"
        )]
        let candidates = found as usize;
        Ok(Self {
            discriminator: Layers::from_weights(&layers, [features.width(), 1])?,
            base,
            candidates,
            features,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::contract;

    fn tiny() -> ResampledConfig {
        ResampledConfig {
            candidates: NonZeroUsize::new(3).unwrap(),
            steps: 40,
            seen: NonZeroUsize::new(8).unwrap(),
            ..ResampledConfig::default()
        }
    }

    synthesizer_contract!(tiny());

    #[test]
    fn real_traits_get_more_frequent() {
        let base = crate::synth::gaussian::GaussianConfig::default();
        let choosy = ResampledConfig {
            candidates: NonZeroUsize::new(8).unwrap(),
            steps: 400,
            penalty: 0.1,
            ..tiny()
        };
        let (base, found) = (contract::one_sided(&base), contract::one_sided(&choosy));
        assert!(found > base + 0.03, "{found} against {base}");
    }
}
