//! Independent items: a length from the real lengths, then items by popularity alone.
//!
//! ```text
//! x_i = o_i,  o raked to the popularity                                   (decoder.rs)
//! ```
//!
//! What popularity and activity explain without any taste: the floor for every other generator.

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use sparring_wide::{Matrix, Seed};

use super::decoder::{Decoder, Imagined, Raking};
use super::error::SynthError;
use super::lengths::Lengths;
use super::normal::cdf;
use super::profiles::{Block, Profiles};
use super::real::Real;
use super::traits::{Synthesize, Synthesizer};
use crate::data::Dataset;
use crate::recommend::{NamedTensors, Run, Weights, WeightsError};

/// Users whose mean chances stand for all.
const IMAGINED: u64 = 2048;

/// Settings of independent items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndependentConfig {
    /// Most turns of raking the items' offsets to their popularity.
    pub turns: usize,
}

impl Default for IndependentConfig {
    fn default() -> Self {
        Self { turns: 30 }
    }
}

/// Offsets of the items and the lengths.
#[derive(Debug, Clone, PartialEq)]
pub struct Independent {
    decoder: Decoder,
    lengths: Lengths,
}

impl Synthesize for IndependentConfig {
    type Model = Independent;
    const ANY_WIDTH: bool = true;

    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<Independent, SynthError> {
        let real = Real::of("independent", real, run)?;
        let popularity = real.popularity();
        let directions = Matrix::zeros(popularity.len(), 0);
        let mut model = Independent {
            decoder: Decoder::new(directions, &popularity, 1.0),
            lengths: Lengths::of(&real.sizes, cdf),
        };
        let raking = Raking {
            synthesizer: "independent",
            popularity: &popularity,
            turns: self.turns,
        };
        let users = model.imagine(0..IMAGINED, run.seed.derive("independent"));
        model.decoder.rake(&users, raking, run)?;
        Ok(model)
    }
}

impl Independent {
    fn imagine(&self, users: std::ops::Range<u64>, seed: Seed) -> Imagined {
        let lengths: Vec<usize> = users
            .map(|user| {
                let score: f64 = seed.stream_at("user", user).sample(StandardNormal);
                self.lengths.at(score, self.decoder.n_items())
            })
            .collect();
        Imagined {
            latents: Matrix::zeros(lengths.len(), 0),
            lengths,
        }
    }
}

impl Synthesizer for Independent {
    fn n_items(&self) -> usize {
        self.decoder.n_items()
    }

    fn draw(&self, block: Block, seed: Seed) -> Profiles {
        let users = self.imagine(block.users(), seed);
        self.decoder.profiles(&users, block, seed)
    }
}

impl Weights for Independent {
    fn weights(&self) -> NamedTensors {
        NamedTensors::new()
            .with_part("decoder", self.decoder.weights())
            .with_part("lengths", self.lengths.weights())
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        Ok(Self {
            decoder: Decoder::from_weights(&super::part(weights, "decoder")?)?,
            lengths: Lengths::from_weights(&super::part(weights, "lengths")?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    synthesizer_contract!(IndependentConfig::default());
}
