//! Moment matching: the generator of the profile GAN (`profilegan.rs`) without a critic.
//!
//! ```text
//! L_G = |m - m_real|^2 / 2 + |M - M_real|^2 / 2                                (profilegan/gap.rs)
//! ```
//!
//! It has the same features, steps and averaging, so that what a critic adds is the difference.

use serde::{Deserialize, Serialize};

use super::error::SynthError;
use super::latent::LatentUsers;
use super::profilegan::ProfileGanConfig;
use super::traits::Synthesize;
use crate::data::Dataset;
use crate::recommend::Run;
use std::num::NonZeroUsize;

/// Settings of moment matching; all else is as in the profile GAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MomentsConfig {
    /// Steps of the generator.
    pub steps: NonZeroUsize,
    /// Profiles in a step.
    pub batch_size: NonZeroUsize,
    /// Learning rate.
    pub generator_rate: f32,
    /// Rate of the decoder in shares of it, `>= 0`.
    pub decoder_rate: f32,
    /// As of the gaussian: number of leading directions.
    pub rank: NonZeroUsize,
    /// As of the gaussian: factor of the latent variance.
    pub inflation: f32,
    /// As of the gaussian: temperature of the link.
    pub temperature: f32,
}

impl Default for MomentsConfig {
    fn default() -> Self {
        let one = ProfileGanConfig::default();
        Self {
            steps: one.steps,
            batch_size: one.batch_size,
            generator_rate: 3e-4,
            decoder_rate: one.decoder_rate,
            rank: NonZeroUsize::new(64).expect("not zero"),
            inflation: one.inflation,
            temperature: one.temperature,
        }
    }
}

impl Synthesize for MomentsConfig {
    type Model = LatentUsers;

    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<LatentUsers, SynthError> {
        let config = ProfileGanConfig {
            adversary: 0.0,
            moments: 1.0,
            steps: self.steps,
            batch_size: self.batch_size,
            generator_rate: self.generator_rate,
            decoder_rate: self.decoder_rate,
            rank: self.rank,
            inflation: self.inflation,
            temperature: self.temperature,
            ..ProfileGanConfig::default()
        };
        config.train("moments", real, run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::contract;

    fn tiny() -> MomentsConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        MomentsConfig {
            steps: width(60),
            batch_size: width(64),
            rank: width(8),
            ..MomentsConfig::default()
        }
    }

    synthesizer_contract!(tiny());

    #[test]
    fn taste_is_kept_better_than_by_the_law_it_starts_from() {
        let longer = MomentsConfig {
            steps: NonZeroUsize::new(400).unwrap(),
            generator_rate: 2e-3,
            ..tiny()
        };
        contract::beats_the_gaussian(&longer, 0.03);
    }
}
