//! An order-free autoregressive model of profiles: items given any part of a profile, learnt by
//! hiding shares of all sizes, drawn in rounds (Uria, Murray and Larochelle, "A deep and tractable
//! density estimator", ICML 2014, section 3).
//!
//! ```text
//! first item ~ popularity;  then, while fewer than L:
//! n' = min(L, ceil(growth n)),  items n + 1 .. n' without replacement from softmax(l(given) + b)
//! ```
//!
//! `l` is the network of the completions (`completion/`). Departures: a round draws several items
//! at once, and offsets `b` of the items are raked to the popularity over drawn users, since the
//! network prefers what is popular anyway.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use sparring_wide::{Matrix, Seed};

use super::completion::{Autoencoder, Completer, CompletionConfig, draw};
use super::decoder::finite;
use super::error::SynthError;
use super::lengths::Lengths;
use super::normal::{cdf, quantile};
use super::profiles::{Block, Profiles};
use super::real::Real;
use super::traits::{Synthesize, Synthesizer};
use crate::data::{Dataset, ItemIx};
use crate::models::{Neural, check};
use crate::recommend::{FitError, NamedTensors, Progress, Run, Weights, WeightsError};

use rand::RngExt;

/// The synthesizer's name.
const NAME: &str = "autoregressive";
/// Users that are drawn to see how popular items come out.
const IMAGINED: u64 = 2048;
/// Popularity below this counts as this in a ratio: half a user of those imagined.
const RARE: f64 = 0.5 / IMAGINED as f64;

/// Settings of the autoregressive model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoregressiveConfig {
    /// Width of the hidden layer.
    pub hidden: NonZeroUsize,
    /// Learning rate.
    pub learning_rate: f32,
    /// Passes over the users.
    pub epochs: NonZeroUsize,
    /// Users in a step.
    pub batch_size: NonZeroUsize,
    /// Factor by which a profile grows in a round, above 1.
    pub growth: f32,
    /// Turns of raking.
    pub turns: usize,
}

impl Default for AutoregressiveConfig {
    fn default() -> Self {
        let count = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            hidden: count(256),
            learning_rate: 2e-3,
            epochs: count(60),
            batch_size: count(128),
            growth: 1.5,
            turns: 6,
        }
    }
}

/// The network, the offsets and the lengths.
#[derive(Debug, Clone, PartialEq)]
pub struct Autoregressive {
    network: Autoencoder,
    /// `b`, `[I]`.
    offsets: Vec<f32>,
    /// `ln` of the chance to come first, `[I]`.
    first: Vec<f32>,
    lengths: Lengths,
    growth: f32,
}

impl Synthesize for AutoregressiveConfig {
    type Model = Autoregressive;

    fn fit(&self, log: &Dataset, run: &Run<'_>) -> Result<Autoregressive, SynthError> {
        let grows = self.growth > 1.0 && self.growth.is_finite();
        check::setting(grows, NAME, "growth", "above 1", self.growth)?;
        check::positive(NAME, "learning_rate", self.learning_rate.into())?;
        let real = Real::of(NAME, log, run)?;
        let config = CompletionConfig {
            hidden: self.hidden,
            learning_rate: self.learning_rate,
            epochs: self.epochs,
            batch_size: self.batch_size,
            temperature: 1.0,
            adversary: 0.0,
            ..CompletionConfig::default()
        };
        let network = Autoencoder::fit_to_any_share(&config, log, run)?;
        let run = run.with_seed(run.seed.derive(NAME));
        let popularity = real.popularity();
        let mut model = Autoregressive {
            network,
            offsets: vec![0.0; popularity.len()],
            first: popularity.iter().map(|&share| log_of(share)).collect(),
            lengths: Lengths::of(&real.sizes, cdf),
            growth: self.growth,
        };
        model.rake(&popularity, self.turns, &run)?;
        Ok(model)
    }
}

impl Autoregressive {
    /// Moves the offsets by the logarithm of what is missing, by half where an item is rare.
    fn rake(&mut self, popularity: &[f64], turns: usize, run: &Run<'_>) -> Result<(), FitError> {
        for turn in 0..turns {
            if run.cancel.is_requested() {
                return Err(FitError::Cancelled { model: NAME });
            }
            let users = self.generate(0..IMAGINED, run.seed.at(turn as u64));
            let mut counts = vec![0.0; popularity.len()];
            for item in users.iter().flatten() {
                counts[item.at()] += 1.0;
            }
            let mut wrong = 0.0;
            for ((offset, wanted), count) in self.offsets.iter_mut().zip(popularity).zip(counts) {
                let found = count / IMAGINED as f64;
                wrong += (found - wanted).abs();
                // A count of `n` tells a logarithm to within `1 / sqrt(n)`.
                let trust = (wanted * IMAGINED as f64) / (wanted * IMAGINED as f64 + 4.0);
                let step = (wanted.max(RARE) / found.max(RARE)).ln().clamp(-1.0, 1.0);
                *offset += single(trust * step);
            }
            run.observer.point(
                "raking",
                turn as u64,
                wrong / popularity.iter().sum::<f64>(),
            );
            run.observer.progress(Progress {
                unit: "turn",
                done: turn as u64 + 1,
                total: turns as u64,
            });
        }
        Ok(())
    }

    /// The next size of a profile that is to have `length` items.
    fn next(&self, size: usize, length: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a size of a profile"
        )]
        let grown = (size as f32 * self.growth).ceil() as usize;
        grown.max(size + 1).min(length)
    }

    /// Logits of the next item, those that nobody has far below.
    fn logits(&self, given: &[&[u32]]) -> Matrix {
        let mut logits = Matrix::default();
        self.network
            .logits(given, &mut logits)
            .expect("items of the catalogue");
        for row in logits.data.chunks_mut(self.offsets.len().max(1)) {
            for ((x, offset), first) in row.iter_mut().zip(&self.offsets).zip(&self.first) {
                *x = if *first < NEVER { *first } else { *x + offset };
            }
        }
        logits
    }
}

/// A logarithm of a chance below this is that of an item that nobody has.
const NEVER: f32 = -90.0;

fn log_of(share: f64) -> f32 {
    if share > 0.0 {
        single(share.ln())
    } else {
        2.0 * NEVER
    }
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

impl Synthesizer for Autoregressive {
    fn n_items(&self) -> usize {
        self.offsets.len()
    }

    fn draw(&self, block: Block, seed: Seed) -> Profiles {
        let mut streams: Vec<_> = block
            .users()
            .map(|user| seed.stream_at("user", user))
            .collect();
        let lengths: Vec<usize> = streams
            .iter_mut()
            .map(|stream| self.lengths.at(quantile(stream.random()), self.n_items()))
            .collect();
        let mut profiles: Vec<Vec<u32>> = streams
            .iter_mut()
            .map(|stream| plain(&draw(&[], &self.first, 1, stream)))
            .collect();
        loop {
            let short: Vec<usize> = (0..profiles.len())
                .filter(|&at| profiles[at].len() < lengths[at])
                .collect();
            if short.is_empty() {
                break;
            }
            // All rows of the block, so that a product always has as many.
            let given: Vec<&[u32]> = profiles.iter().map(Vec::as_slice).collect();
            let logits = self.logits(&given);
            for at in short {
                let size = self.next(profiles[at].len(), lengths[at]);
                let grown = draw(&profiles[at], logits.row(at), size, &mut streams[at]);
                profiles[at] = plain(&grown);
            }
        }
        let mut drawn = Profiles::new();
        for profile in profiles {
            drawn.push(profile.into_iter().map(ItemIx));
        }
        drawn
    }
}

fn plain(items: &[ItemIx]) -> Vec<u32> {
    items.iter().map(|item| item.0).collect()
}

impl Weights for Autoregressive {
    fn weights(&self) -> NamedTensors {
        let n = self.offsets.len();
        NamedTensors::new()
            .with_part("network", self.network.network.weights())
            .with_part("lengths", self.lengths.weights())
            .with("offsets", &[n], self.offsets.clone())
            .with("first", &[n], self.first.clone())
            .with("growth", &[1], vec![self.growth])
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let network = Neural::from_weights(&super::part(weights, "network")?)?;
        let n = network.head.bias.len();
        let (offsets, first) = (
            weights.vector_of("offsets", n)?,
            weights.vector_of("first", n)?,
        );
        finite("offsets", offsets)?;
        finite("first", first)?;
        let growth = weights.vector_of("growth", 1)?[0];
        if !(growth > 1.0 && growth.is_finite()) {
            return Err(WeightsError::Value {
                name: "growth".to_owned(),
                expected: "a number above 1",
                found: growth.to_string(),
            });
        }
        Ok(Self {
            network: Autoencoder {
                network,
                temperature: 1.0,
            },
            offsets: offsets.to_vec(),
            first: first.to_vec(),
            lengths: Lengths::from_weights(&super::part(weights, "lengths")?)?,
            growth,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::contract;

    fn tiny() -> AutoregressiveConfig {
        let count = |n| NonZeroUsize::new(n).unwrap();
        AutoregressiveConfig {
            hidden: count(16),
            epochs: count(40),
            batch_size: count(32),
            learning_rate: 1e-2,
            turns: 10,
            ..AutoregressiveConfig::default()
        }
    }

    synthesizer_contract!(tiny());

    #[test]
    fn taste_is_kept() {
        let floor = contract::one_sided(&crate::synth::independent::IndependentConfig::default());
        let found = contract::one_sided(&tiny());
        assert!(found > floor + 0.2, "{found} against {floor}");
    }

    #[test]
    fn a_profile_grows_to_its_length_and_no_further() {
        let model = contract::fit_on(&tiny(), 1);
        assert_eq!(
            [(1, 9), (2, 9), (5, 9), (8, 9)].map(|(size, length)| model.next(size, length)),
            [2, 3, 8, 9]
        );
    }

    #[test]
    fn growth_must_be_growth() {
        let cancel = crate::recommend::Cancel::new();
        let config = AutoregressiveConfig {
            growth: 1.0,
            ..tiny()
        };
        let run = Run::quiet(Seed(1), &cancel);
        let error = config.fit(&contract::planted(), &run).unwrap_err();
        assert!(error.to_string().contains("growth"), "{error}");
    }
}
