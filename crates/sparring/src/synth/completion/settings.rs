//! Settings of completions.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use crate::models::check;
use crate::recommend::FitError;

/// How this completer is called in errors.
pub(super) const NAME: &str = "completion";

/// Settings of the autoencoder, of its adversary, and of completions by a recommender's own scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompletionConfig {
    /// Width `H` of the hidden layer.
    pub hidden: NonZeroUsize,
    /// Share of a history that is hidden and wanted, above 0 and below 1.
    pub mask: f32,
    /// Learning rate.
    pub learning_rate: f32,
    /// Decay of the weights but not of the biases, `>= 0`.
    pub l2: f32,
    /// Users in a step.
    pub batch_size: NonZeroUsize,
    /// Passes over the users.
    pub epochs: NonZeroUsize,
    /// Temperature of the law that items are drawn from, above 0.
    pub temperature: f32,
    /// Weight of the adversary's loss, `>= 0`; 0 switches it off.
    pub adversary: f32,
    /// Width of the discriminator's hidden layer.
    pub discriminator_hidden: NonZeroUsize,
    /// Learning rate of the discriminator.
    pub discriminator_rate: f32,
    /// Items drawn uniformly that the discriminator looks at, for each wanted one, `>= 0`.
    pub negatives: f32,
    /// Temperature of completions by a recommender's scores, standardised for each user, above 0.
    pub own_temperature: f32,
}

impl Default for CompletionConfig {
    fn default() -> Self {
        let count = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            hidden: count(200),
            mask: 0.4,
            learning_rate: 2e-3,
            l2: 0.0,
            batch_size: count(128),
            epochs: count(60),
            temperature: 0.4,
            adversary: 1.0,
            discriminator_hidden: count(64),
            discriminator_rate: 1e-3,
            negatives: 1.0,
            own_temperature: 0.2,
        }
    }
}

impl CompletionConfig {
    /// The same settings without the adversary.
    #[must_use]
    pub fn without_adversary(&self) -> Self {
        Self {
            adversary: 0.0,
            ..self.clone()
        }
    }

    /// An error for the first setting that is out of range.
    ///
    /// # Errors
    /// [`FitError::Setting`].
    pub fn check(&self) -> Result<(), FitError> {
        let inside = self.mask > 0.0 && self.mask < 1.0;
        check::setting(inside, NAME, "mask", "between 0 and 1", self.mask)?;
        for (key, value) in [
            ("learning_rate", self.learning_rate),
            ("discriminator_rate", self.discriminator_rate),
            ("temperature", self.temperature),
            ("own_temperature", self.own_temperature),
        ] {
            check::positive(NAME, key, value.into())?;
        }
        for (key, value) in [
            ("l2", self.l2),
            ("adversary", self.adversary),
            ("negatives", self.negatives),
        ] {
            check::not_negative(NAME, key, value.into())?;
        }
        Ok(())
    }
}
