//! What adds rows to a training log.

use sparring_wide::Seed;

use super::AugmentConfig;
use crate::data::{Dataset, ItemIx};
use crate::eval::EvalError;
use crate::experiment::{Config, ExperimentError, Host, fit};
use crate::models::{ModelConfig, nearest};
use crate::recommend::Trained;
use crate::synth::{
    Autoencoder, CompletionConfig, Extent, Fitted, OwnScores, SynthConfig, complete, exchange,
    extend_backwards, repeat, reversed,
};

/// A way to make rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Generator {
    /// Completions by an autoencoder, trained against an adversary unless its weight is 0.
    Completion(CompletionConfig),
    /// Completions by the scores of the recommender itself, at its best without additions.
    Own(CompletionConfig),
    /// Whole users.
    Users(SynthConfig),
    /// Histories with drawn events before them.
    Backwards(ModelConfig, f32),
    /// Histories with some items exchanged.
    Exchanged(ModelConfig, f32),
    /// Histories once more, unchanged.
    Repeated,
}

/// A generator that has seen a log.
#[derive(Debug)]
pub(super) enum Maker {
    Completion(Autoencoder),
    Own(Box<dyn Trained>, f32),
    Users(Box<dyn Fitted>),
    Backwards(Box<dyn Trained>, f32),
    Exchanged([Box<dyn Trained>; 2], f32),
    Repeated,
}

impl Generator {
    /// The ways to complete profiles.
    pub const COMPLETIONS: [&str; 3] = ["adversarial", "autoencoder", "own"];

    /// The completion with this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn completion(name: &str, config: &Config) -> Result<Self, ExperimentError> {
        let settings = config.completion.clone();
        match name {
            "adversarial" => Ok(Self::Completion(settings)),
            "autoencoder" => Ok(Self::Completion(settings.without_adversary())),
            "own" => Ok(Self::Own(settings)),
            _ => Err(ExperimentError::Config {
                place: "--synth".to_owned(),
                message: format!(
                    "there is no completion `{name}`, only {}",
                    Self::COMPLETIONS.join(", ")
                ),
                nearest: nearest(name, Self::COMPLETIONS),
            }),
        }
    }

    /// The ways to make sequences.
    pub const SEQUENCES: [&str; 3] = ["backwards", "exchanged", "repeated"];

    /// The way to make sequences with this name.
    ///
    /// # Errors
    /// If there is none, or no model as the one that `augment.sequences` names.
    pub fn sequences(name: &str, config: &Config) -> Result<Self, ExperimentError> {
        let model = config.model(&config.augment.sequences)?;
        let temperature = config.augment.temperature;
        match name {
            "backwards" => Ok(Self::Backwards(model, temperature)),
            "exchanged" => Ok(Self::Exchanged(model, temperature)),
            "repeated" => Ok(Self::Repeated),
            _ => Err(ExperimentError::Config {
                place: "--synth".to_owned(),
                message: format!(
                    "there are no sequences `{name}`, only {}",
                    Self::SEQUENCES.join(", ")
                ),
                nearest: nearest(name, Self::SEQUENCES),
            }),
        }
    }

    /// The synthesizer of whole users with this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn users(name: &str, config: &Config) -> Result<Self, ExperimentError> {
        Ok(Self::Users(config.synth(name)?))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Completion(config) if config.adversary > 0.0 => "adversarial",
            Self::Completion(_) => "autoencoder",
            Self::Own(_) => "own",
            Self::Users(config) => config.name(),
            Self::Backwards(..) => "backwards",
            Self::Exchanged(..) => "exchanged",
            Self::Repeated => "repeated",
        }
    }

    pub(super) fn about(&self) -> &'static str {
        match self {
            Self::Completion(config) if config.adversary > 0.0 => {
                "profiles completed by an autoencoder that a discriminator plays against"
            }
            Self::Completion(_) => {
                "profiles completed by the same autoencoder without an adversary"
            }
            Self::Own(_) => "profiles completed by the recommender's own scores",
            Self::Users(config) => config.about(),
            Self::Backwards(..) => {
                "histories with events before them, drawn by a model that learnt the log backwards"
            }
            Self::Exchanged(..) => {
                "histories with some items exchanged for ones that fit what came before and after"
            }
            Self::Repeated => "the same histories once more: what more work alone is worth",
        }
    }

    /// The amounts worth trying.
    pub(super) fn amounts<'a>(&self, config: &'a AugmentConfig) -> &'a [f64] {
        match self {
            Self::Completion(_) | Self::Own(_) | Self::Backwards(..) => &config.times,
            Self::Users(_) => &config.users,
            Self::Exchanged(..) => &config.shares,
            Self::Repeated => &[1.0],
        }
    }

    /// Fits the generator to a log; `plain` is the recommender at its best without additions.
    pub(super) fn fit(
        &self,
        log: &Dataset,
        plain: &ModelConfig,
        (seed, host): (Seed, Host<'_>),
    ) -> Result<Maker, ExperimentError> {
        let run = host.run(seed.derive("generator"));
        host.audience.stage(&format!("fit {}", self.name()));
        Ok(match self {
            Self::Completion(config) => Maker::Completion(Autoencoder::fit(config, log, &run)?),
            Self::Own(config) => {
                config.check()?;
                let fitted = fit(plain, log, seed, None, host)?;
                Maker::Own(fitted.model, config.own_temperature)
            }
            Self::Users(config) => Maker::Users(config.fit(log, &run)?),
            Self::Backwards(config, temperature) => {
                let backward = fit(config, &reversed(log), seed, None, host)?.model;
                Maker::Backwards(backward, *temperature)
            }
            Self::Exchanged(config, temperature) => {
                let forward = fit(config, log, seed, None, host)?.model;
                let backward = fit(config, &reversed(log), seed, None, host)?.model;
                Maker::Exchanged([forward, backward], *temperature)
            }
            Self::Repeated => Maker::Repeated,
        })
    }
}

impl Maker {
    /// Rows to add: profiles `amount` times as long as the real ones, `amount` users for each real one, or
    /// histories of which a share `amount` is exchanged.
    pub(super) fn rows(
        &self,
        log: &Dataset,
        (amount, longest): (f64, usize),
        seed: Seed,
    ) -> Result<Vec<Vec<ItemIx>>, EvalError> {
        let extent = Extent {
            times: amount,
            longest: if longest == 0 { usize::MAX } else { longest },
        };
        let drawn = seed.derive("sequences");
        let completions = match self {
            Self::Backwards(model, temperature) => {
                let how = (extent, *temperature);
                return Ok(extend_backwards(&**model, log, how, drawn)?);
            }
            Self::Exchanged([forward, backward], temperature) => {
                let (models, how) = ((&**forward as _, &**backward as _), (extent, *temperature));
                return Ok(exchange(models, log, how, drawn)?);
            }
            Self::Repeated => return Ok(repeat(log, extent)),
            Self::Completion(model) => complete(model, log, extent, seed)?,
            Self::Own(model, temperature) => {
                let own = OwnScores {
                    model: &**model,
                    temperature: *temperature,
                };
                complete(&own, log, extent, seed)?
            }
            Self::Users(model) => {
                let real = log.user_indices();
                let real = real.filter(|&user| !log.history(user).is_empty()).count();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "amounts are checked"
                )]
                let users = (real as f64 * amount).round() as u64;
                let profiles = model.generate(0..users, seed.derive("users"));
                return Ok(profiles.iter().map(<[_]>::to_vec).collect());
            }
        };
        Ok(completions.into_iter().map(|c| c.items).collect())
    }
}
