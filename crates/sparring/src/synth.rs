//! Users that never lived: synthesizers, one file each.
//!
//! A new one is one file with its configuration, `impl Synthesize`, `Synthesizer`, `Weights` and
//! `synthesizer_contract!`, then two lines here: `mod x;` and `"x" => X(x::XConfig)`. The command
//! line, config files, their schema and artifacts know it from then on.
//!
//! A synthesizer draws profiles, sets of items; ratings and times are a layer over them
//! ([`Layer`]). The users carry no privacy guarantee, except those of `private` and `dpgan`: all others have
//! seen real users without noise.

#[cfg(test)]
#[macro_use]
mod contract;
#[macro_use]
mod registry;

mod attributes;
mod error;
mod events;
mod extras;
mod output;
mod profiles;
mod traits;

mod blend;
mod classes;
mod decoder;
mod expectation;
mod features;
mod folded;
mod generator;
mod latent;
mod layers;
mod lengths;
mod lines;
mod link;
mod normal;
mod ratings;
mod real;
mod tally;
mod times;
mod warp;

mod completion;
mod sequences;

mod autoregressive;
mod bootstrap;
mod dpgan;
mod gaussian;
mod independent;
mod latentgan;
mod mixture;
mod moments;
mod private;
mod profilegan;
mod resampled;

use crate::privacy::{Ledger, PrivacyError};
use crate::recommend::{NamedTensors, WeightsError};

pub use attributes::AttributeTexts;
pub use completion::{
    Autoencoder, Completer, Completion, CompletionConfig, Extent, OwnScores, complete,
};
pub use error::SynthError;
pub use events::{Event, Layer};
pub use extras::{Extras, Plan};
pub use lines::user_id;
pub use output::{INTERACTIONS, Order, Output, USERS};
pub use profiles::{Block, Profiles};
pub use sequences::{exchange, extend_backwards, repeat, reversed};
pub use tally::Tally;
pub use traits::{Fitted, Synthesize, Synthesizer};

#[cfg(test)]
pub(crate) use private::Flaw;
pub(crate) use private::{PrivateConfig, Released};

synthesizers! {
    "bootstrap" => Bootstrap(bootstrap::BootstrapConfig):
        "copies of real users: a reference, never private",
    "independent" => Independent(independent::IndependentConfig):
        "items drawn by popularity alone, lengths as real ones",
    "gaussian" => Gaussian(gaussian::GaussianConfig):
        "a normal law among the leading directions, decoded through a calibrated link",
    "mixture" => Mixture(mixture::MixtureConfig): "the same with several normal laws",
    "latentgan" => LatentGan(latentgan::LatentGanConfig):
        "the gaussian, warped as a critic of latent users demands",
    "profilegan" => ProfileGan(profilegan::ProfileGanConfig):
        "the gaussian, warped and decoded as a critic of whole profiles demands",
    "moments" => Moments(moments::MomentsConfig):
        "the same generator by moment matching, without a critic",
    "autoregressive" => Autoregressive(autoregressive::AutoregressiveConfig):
        "items given any part of a profile, drawn in rounds",
    "private" => Private(private::PrivateConfig):
        "users under differential privacy, made from one noisy release (--epsilon)",
    "dpgan" => DpGan(dpgan::DpGanConfig):
        "the same, warped as a critic demands that sees the log through noise (--epsilon)",
    "resampled" => Resampled(resampled::ResampledConfig):
        "the likelier of some candidates of another synthesizer, as a discriminator sees it",
}

impl SynthConfig {
    /// The synthesizers with a privacy guarantee, the default first.
    pub const PRIVATE: &[&str] = &["private", "dpgan"];

    /// Whether the users are real ones: such a synthesizer is a reference and is not saved.
    pub fn copies_real_users(&self) -> bool {
        matches!(self, Self::Bootstrap(_))
    }

    /// What a fit costs its users; `None` without a guarantee.
    ///
    /// # Errors
    /// If a guarantee is asked for that cannot be given.
    pub fn ledger(&self) -> Result<Option<Ledger>, PrivacyError> {
        match self {
            Self::Private(config) => config.ledger().map(Some),
            Self::DpGan(config) => config.ledger().map(Some),
            _ => Ok(None),
        }
    }

    /// What is released besides profiles, with its noise; `None` without a guarantee.
    ///
    /// # Errors
    /// As [`ledger`](Self::ledger).
    pub fn extras(&self) -> Result<Option<(&Extras, Plan)>, PrivacyError> {
        match self {
            Self::Private(config) => Ok(Some((&config.extras, config.plan()?))),
            Self::DpGan(config) => Ok(Some((&config.extras, config.plan()?))),
            _ => Ok(None),
        }
    }
}

/// The tensors of a part of a synthesizer.
fn part(weights: &NamedTensors, prefix: &str) -> Result<NamedTensors, WeightsError> {
    weights.part(prefix).ok_or_else(|| WeightsError::Missing {
        name: prefix.to_owned(),
    })
}
