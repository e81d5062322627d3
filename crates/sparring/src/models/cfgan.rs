//! CFGAN: a generator of whole profiles against a discriminator that has the true one beside it
//! (Chae et al., "CFGAN: a generic collaborative filtering framework based on generative
//! adversarial networks", CIKM 2018).
//!
//! ```text
//! x  = G(c),  c the profile, ones at what is known                             (fig. 1)
//! L_D = mean(-ln D(c | c) - ln(1 - D(x m | c)))                                (eq. 1)
//! L_G = mean(-ln D(x m | c)) + alpha mean(sum over some zeros of x^2)          (eq. 2, ZR)
//! m = ones of the profile, and some of its zeros                               (PM)
//! ```
//!
//! Both ends are perceptrons. Schemes: ZR reconstructs zeros, PM shows zeros to the
//! discriminator, ZP does both. In user mode a profile is a user's row, in item mode an item's
//! column. In user mode a user never seen is ranked by `G` of the history alone; in item mode a
//! profile of an item has no place for a new user, who is folded in by ridge regression on the
//! tops of the hidden layers instead.
//!
//! As in the authors' program: the generator's loss is the non-saturating one, its output is
//! linear, sums are over a profile and means over a batch, and an epoch is some passes of the
//! discriminator followed by some of the generator. Departures:
//! - Zeros are drawn anew for each step, each with the given probability in steps of 2^-16,
//!   instead of once an epoch in exact number. Those of ZR and PM are independent.
//! - Adam alone; the l2 penalty is in its gradient. Biases start at 0.
//! - The generator is never given noise unless `noise_dim` is set; scores are made without it.
//! - Additions, all off by default: `hide` keeps entries of the condition from the generator,
//!   `normalise` divides the condition by its length, `one_weight` adds the squared error on a
//!   profile's ones, `average` scores with averaged weights. `adversarial_weight = 0` with
//!   `one_weight > 0` is the same network without an adversary.

#[cfg(test)]
mod gradient_tests;
pub(in crate::models) mod networks;
mod opponents;
pub(in crate::models) mod rows;
pub(in crate::models) mod stack;
pub(in crate::models) mod trained;
mod training;

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use self::stack::Activation;
use super::check;
use super::ganmf::Mode;
use crate::gan::HealthConfig;
use crate::recommend::{Dimension, FitError, Tune, Values};

/// What zeros are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Some zeros are reconstructed.
    Zr,
    /// The discriminator sees some zeros.
    Pm,
    /// Both.
    Zp,
}

/// Settings of CFGAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CfganConfig {
    /// What a profile is.
    pub mode: Mode,
    /// What zeros are good for.
    pub scheme: Scheme,
    /// Share of the zeros that are reconstructed, from 0 to 1.
    pub zero_ratio: f32,
    /// Weight `alpha` of their squares, `>= 0`.
    pub zero_weight: f32,
    /// Share of the zeros that the discriminator sees, from 0 to 1.
    pub mask_ratio: f32,
    /// Weight of the discriminator's verdict in the generator's loss, `>= 0`; 0 leaves it out.
    pub adversarial_weight: f32,
    /// Weight of the squared error on a profile's ones, `>= 0`.
    pub one_weight: f32,
    /// Share of the condition that is kept from the generator in training, from 0 to below 1.
    pub hide: f32,
    /// Whether the generator's condition is divided by its length.
    pub normalise: bool,
    /// Width `Z` of the generator's noise.
    pub noise_dim: usize,
    /// Width of the generator's hidden layers.
    pub generator_hidden: NonZeroUsize,
    /// Number of the generator's hidden layers.
    pub generator_layers: NonZeroUsize,
    /// What the generator's hidden layers do to their sums.
    pub generator_activation: Activation,
    /// What the generator's output does to its sums.
    pub output_activation: Activation,
    /// Width of the discriminator's hidden layers.
    pub discriminator_hidden: NonZeroUsize,
    /// Number of the discriminator's hidden layers.
    pub discriminator_layers: NonZeroUsize,
    /// What the discriminator's hidden layers do to their sums.
    pub discriminator_activation: Activation,
    /// Epochs.
    pub epochs: NonZeroUsize,
    /// Passes of the generator over the profiles in an epoch.
    pub generator_steps: NonZeroUsize,
    /// Passes of the discriminator over the profiles in an epoch.
    pub discriminator_steps: NonZeroUsize,
    /// Profiles in a step of the generator.
    pub generator_batch: NonZeroUsize,
    /// Profiles in a step of the discriminator.
    pub discriminator_batch: NonZeroUsize,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Learning rate of the discriminator.
    pub discriminator_rate: f32,
    /// Weight of the squared norm of the generator's weights, `>= 0`.
    pub generator_l2: f32,
    /// Weight of the squared norm of the discriminator's weights, `>= 0`.
    pub discriminator_l2: f32,
    /// Decay of the average of the generator's weights that scores, from 0 (off) to below 1.
    pub average: f32,
    /// Ridge of the fold-in of new users in item mode, relative to the mean squared norm of a
    /// factor, `> 0`.
    pub fold_in_l2: f64,
    /// Whether training treats its illnesses itself.
    pub auto: bool,
    /// The limits of the verdicts on its health.
    pub health: HealthConfig,
    /// Epochs between looks at the health and at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for CfganConfig {
    /// The authors' settings for MovieLens-100K, in user mode.
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            mode: Mode::User,
            scheme: Scheme::Zp,
            zero_ratio: 0.7,
            zero_weight: 0.03,
            mask_ratio: 0.7,
            adversarial_weight: 1.0,
            one_weight: 0.0,
            hide: 0.0,
            normalise: false,
            noise_dim: 0,
            generator_hidden: width(400),
            generator_layers: width(1),
            generator_activation: Activation::Sigmoid,
            output_activation: Activation::Linear,
            discriminator_hidden: width(125),
            discriminator_layers: width(1),
            discriminator_activation: Activation::Sigmoid,
            epochs: width(250),
            generator_steps: width(4),
            discriminator_steps: width(2),
            generator_batch: width(32),
            discriminator_batch: width(64),
            generator_rate: 1e-4,
            discriminator_rate: 1e-4,
            generator_l2: 1e-3,
            discriminator_l2: 0.0,
            average: 0.0,
            fold_in_l2: 1e-3,
            auto: false,
            health: HealthConfig::default(),
            check_every: width(5),
            patience: width(5),
        }
    }
}

/// Whether a setting may have a value.
pub(super) type Allowed = fn(f32) -> bool;

impl CfganConfig {
    fn check(&self) -> Result<(), FitError> {
        let ratio = |x: f32| (0.0..=1.0).contains(&x);
        let share = |x: f32| (0.0..1.0).contains(&x);
        let weight = |x: f32| x >= 0.0 && x.is_finite();
        let rate = |x: f32| x > 0.0 && x.is_finite();
        let settings: [(_, f32, Allowed, _); 12] = [
            ("zero_ratio", self.zero_ratio, ratio, "from 0 to 1"),
            ("mask_ratio", self.mask_ratio, ratio, "from 0 to 1"),
            ("hide", self.hide, share, "from 0 to below 1"),
            ("average", self.average, share, "from 0 to below 1"),
            ("zero_weight", self.zero_weight, weight, "0 or more"),
            ("one_weight", self.one_weight, weight, "0 or more"),
            (
                "adversarial_weight",
                self.adversarial_weight,
                weight,
                "0 or more",
            ),
            ("generator_l2", self.generator_l2, weight, "0 or more"),
            (
                "discriminator_l2",
                self.discriminator_l2,
                weight,
                "0 or more",
            ),
            ("generator_rate", self.generator_rate, rate, "above 0"),
            (
                "discriminator_rate",
                self.discriminator_rate,
                rate,
                "above 0",
            ),
            (
                "one_weight",
                self.one_weight + self.adversarial_weight,
                rate,
                "above 0 where adversarial_weight is 0",
            ),
        ];
        for (key, value, allowed, expected) in settings {
            check::setting(allowed(value), "cfgan", key, expected, value)?;
        }
        check::positive("cfgan", "fold_in_l2", self.fold_in_l2)
    }
}

impl Tune for CfganConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("mode", Values::Names(&["user", "item"])),
            dimension("scheme", Values::Names(&["zr", "pm", "zp"])),
            dimension("zero_ratio", Values::Uniform(0.1, 0.9)),
            dimension("zero_weight", Values::LogUniform(0.01, 1.0)),
            dimension("mask_ratio", Values::Uniform(0.1, 0.9)),
            dimension("generator_hidden", Values::LogInteger(100, 600)),
            dimension("generator_batch", Values::Integers(&[32, 64, 128, 256])),
            dimension("generator_rate", Values::LogUniform(1e-4, 3e-3)),
            dimension("discriminator_rate", Values::LogUniform(1e-5, 1e-3)),
            dimension("generator_l2", Values::LogUniform(1e-6, 3e-3)),
            dimension("hide", Values::Uniform(0.0, 0.7)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;
    use crate::recommend::{Fit, Run};

    pub(in crate::models) fn tiny() -> CfganConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        CfganConfig {
            generator_hidden: width(16),
            generator_layers: width(2),
            discriminator_hidden: width(8),
            discriminator_layers: width(2),
            noise_dim: 3,
            hide: 0.3,
            average: 0.9,
            normalise: true,
            epochs: width(2),
            ..CfganConfig::default()
        }
    }

    pub(in crate::models) fn item_mode() -> CfganConfig {
        CfganConfig {
            mode: Mode::Item,
            scheme: Scheme::Zr,
            ..tiny()
        }
    }

    mod user {
        recommender_contract!(crate::models::cfgan::tests::tiny());
    }

    mod item {
        recommender_contract!(crate::models::cfgan::tests::item_mode());
    }

    #[test]
    fn learns_a_planted_taste_in_both_modes() {
        let width = |n| NonZeroUsize::new(n).unwrap();
        for mode in [Mode::User, Mode::Item] {
            let config = CfganConfig {
                mode,
                generator_hidden: width(64),
                discriminator_hidden: width(32),
                generator_rate: 1e-3,
                discriminator_rate: 1e-3,
                generator_l2: 1e-4,
                epochs: width(25),
                ..CfganConfig::default()
            };
            let uplift = crate::models::contract::uplift(&config);
            assert!(uplift > 1.3, "{mode:?}: {uplift}");
        }
    }

    #[test]
    fn settings_are_checked() {
        let data = crate::models::contract::planted();
        let cancel = crate::recommend::Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let config = CfganConfig {
            adversarial_weight: 0.0,
            ..tiny()
        };
        let error = config.fit(&data, &run).unwrap_err().to_string();
        assert!(
            error.contains("above 0 where adversarial_weight is 0"),
            "{error}"
        );
        let config = CfganConfig {
            hide: 1.0,
            ..tiny()
        };
        assert!(config.fit(&data, &run).is_err());
    }
}
