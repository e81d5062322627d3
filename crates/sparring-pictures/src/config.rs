//! Settings of a GAN of pictures.

use serde::{Deserialize, Serialize};
use sparring::gan::{Annealing, BoutConfig, Loss, Schedule};
use sparring_deep::Architecture;

use crate::augment::Augmentation;
use crate::error::PictureError;

/// The two ways to train.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// DCGAN (Radford et al., 2016): batch norm, dropout, the non-saturating loss, one learning rate.
    Reference,
    /// Relativistic pairing with R1 and R2 (Huang et al., 2024), no batch statistics, an average of the
    /// generator, two learning rates that fall.
    #[default]
    Modern,
}

impl Recipe {
    /// The networks of this way.
    pub fn architecture(self) -> Architecture {
        match self {
            Self::Reference => Architecture::Reference,
            Self::Modern => Architecture::Modern,
        }
    }
}

/// Settings of a GAN of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PictureConfig {
    /// The networks.
    pub recipe: Recipe,
    /// Numbers of noise a picture.
    pub noise_dim: usize,
    /// Channels at full size; twice as many at each lower resolution.
    pub width: usize,
    /// The loss.
    pub loss: Loss,
    /// Weight `gamma` of R1 and R2 over training; 0 leaves them out.
    pub penalty: Schedule,
    /// The generator's learning rate over training.
    pub learning_rate: Schedule,
    /// The critic's.
    pub discriminator_learning_rate: Schedule,
    /// Adam's `b1`.
    pub beta1: f32,
    /// Adam's `b2`.
    pub beta2: f32,
    /// Decay of the average of the generator that draws; 0 draws with its last weights.
    pub ema: f32,
    /// Share of generated pictures in whose place the critic is shown a real one of which something
    /// else was told (Reed et al., 2016, algorithm 1), where something is told.
    pub mismatch: f32,
    /// Groups of pictures that look alike, of which both networks are told where they are told nothing
    /// else; 0 tells them nothing.
    pub groups: usize,
    /// Whether the critic sees pictures changed at random.
    pub augmentation: Augmentation,
    /// Standard deviation of noise on what the critic sees, falling to 0 over training.
    pub instance_noise: f32,
    /// The loop.
    pub bout: BoutConfig,
}

impl Default for PictureConfig {
    fn default() -> Self {
        Self::of(Recipe::Modern)
    }
}

impl PictureConfig {
    /// The default settings of a recipe.
    pub fn of(recipe: Recipe) -> Self {
        let bout = BoutConfig {
            epochs: 20,
            batch_size: 64,
            look_every: 1,
            ..BoutConfig::default()
        };
        let falling = |from: f32, to: f32| Schedule {
            from,
            to,
            annealing: Annealing::Cosine,
        };
        let modern = Self {
            recipe,
            noise_dim: 64,
            width: 16,
            loss: Loss::Relativistic,
            penalty: falling(1.0, 0.1),
            learning_rate: falling(5e-4, 5e-5),
            discriminator_learning_rate: falling(1e-3, 1e-4),
            beta1: 0.0,
            beta2: 0.99,
            ema: 0.999,
            mismatch: 0.25,
            groups: 32,
            augmentation: Augmentation::Auto,
            instance_noise: 0.0,
            bout,
        };
        match recipe {
            Recipe::Modern => modern,
            Recipe::Reference => Self {
                noise_dim: 100,
                width: 32,
                loss: Loss::NonSaturating,
                penalty: Schedule::constant(0.0),
                learning_rate: Schedule::constant(2e-4),
                discriminator_learning_rate: Schedule::constant(2e-4),
                beta1: 0.5,
                beta2: 0.999,
                ema: 0.0,
                mismatch: 0.0,
                groups: 0,
                augmentation: Augmentation::Off,
                ..modern
            },
        }
    }

    /// Checks the settings before any work.
    ///
    /// # Errors
    /// [`PictureError::Setting`] for the first one outside its range.
    pub fn check(&self) -> Result<(), PictureError> {
        let rate = |schedule: &Schedule| {
            [schedule.from, schedule.to]
                .iter()
                .all(|rate| *rate > 0.0 && rate.is_finite())
        };
        let wrong = |key, expected, found: String| {
            Err(PictureError::Setting {
                key,
                expected,
                found,
            })
        };
        match () {
            () if !(1..=1024).contains(&self.noise_dim) => {
                wrong("noise_dim", "1 to 1024", self.noise_dim.to_string())
            }
            () if !(1..=512).contains(&self.width) => {
                wrong("width", "1 to 512", self.width.to_string())
            }
            () if !rate(&self.learning_rate) => wrong(
                "learning_rate",
                "above 0",
                format!("{:?}", self.learning_rate),
            ),
            () if !rate(&self.discriminator_learning_rate) => wrong(
                "discriminator_learning_rate",
                "above 0",
                format!("{:?}", self.discriminator_learning_rate),
            ),
            () if !(self.penalty.from >= 0.0 && self.penalty.to >= 0.0) => {
                wrong("penalty", "0 or more", format!("{:?}", self.penalty))
            }
            () if !(0.0..1.0).contains(&self.ema) => {
                wrong("ema", "in [0, 1)", self.ema.to_string())
            }
            () if !((0.0..1.0).contains(&self.beta1) && (0.0..1.0).contains(&self.beta2)) => wrong(
                "beta1 and beta2",
                "in [0, 1)",
                format!("{}, {}", self.beta1, self.beta2),
            ),
            () if !(0.0..=1.0).contains(&self.mismatch) => {
                wrong("mismatch", "a share, 0 to 1", self.mismatch.to_string())
            }
            () if self.groups > 1024 => wrong("groups", "0 to 1024", self.groups.to_string()),
            () if self.bout.batch_size < 2 => {
                wrong("batch_size", "2 or more", self.bout.batch_size.to_string())
            }
            () if self.bout.epochs == 0 => wrong("epochs", "1 or more", "0".to_owned()),
            () => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_sound_and_nonsense_is_named() {
        for recipe in [Recipe::Reference, Recipe::Modern] {
            PictureConfig::of(recipe).check().unwrap();
        }
        let config = PictureConfig {
            width: 0,
            ..PictureConfig::default()
        };
        let error = config.check().unwrap_err().to_string();
        assert_eq!(error, "width must be 1 to 512, got 0");
        let config = PictureConfig {
            ema: 1.0,
            ..PictureConfig::default()
        };
        assert!(config.check().is_err());
    }
}
