//! Adversarial losses: value and derivative at the logits, one definition for both engines.

mod energy;
mod hinge;
mod least_squares;
mod minimax;
mod relativistic;
mod wasserstein;

#[cfg(test)]
mod checks;

use serde::{Deserialize, Serialize};

pub use energy::{energy_margin, feature_matching};

/// Where a discriminator loss writes its derivatives, one a logit.
#[derive(Debug)]
pub struct LogitGrads<'a> {
    /// At the logits of real samples, `[B]`.
    pub real: &'a mut [f32],
    /// At the logits of generated samples, `[B]`.
    pub fake: &'a mut [f32],
}

/// A loss between a discriminator's logits for real and for generated samples.
///
/// Values are means over the batch; derivatives are of that mean.
pub trait AdversarialLoss: Send + Sync {
    /// The discriminator's loss and its derivatives.
    fn discriminator(&self, real: &[f32], fake: &[f32], grad: LogitGrads<'_>) -> f32;

    /// The generator's loss and its derivative at the logits of generated samples.
    fn generator(&self, real: &[f32], fake: &[f32], grad: &mut [f32]) -> f32;
}

/// The losses by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// `L_G = log(1 - D(G(z)))` (Goodfellow et al., 2014, eq. 1).
    Minimax,
    /// `L_G = -log D(G(z))` (Goodfellow et al., 2014, section 3).
    #[default]
    NonSaturating,
    /// Targets 1 and 0 (Mao et al., 2017).
    LeastSquares,
    /// Margins at 1 and -1 (Lim and Ye, 2017).
    Hinge,
    /// Difference of means (Arjovsky et al., 2017).
    Wasserstein,
    /// Real against generated in pairs (Jolicoeur-Martineau, 2019; Huang et al., 2024).
    Relativistic,
}

impl Loss {
    /// The definition behind the name.
    pub fn definition(self) -> &'static dyn AdversarialLoss {
        match self {
            Self::Minimax => &minimax::Minimax,
            Self::NonSaturating => &minimax::NonSaturating,
            Self::LeastSquares => &least_squares::LeastSquares,
            Self::Hinge => &hinge::Hinge,
            Self::Wasserstein => &wasserstein::Wasserstein,
            Self::Relativistic => &relativistic::Relativistic,
        }
    }
}

/// `ln(1 + e^x)` without overflow.
fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + e^-x)` without overflow.
fn sigmoid(x: f32) -> f32 {
    let e = (-x.abs()).exp();
    if x >= 0.0 {
        1.0 / (1.0 + e)
    } else {
        e / (1.0 + e)
    }
}

/// The mean of `value(logit)` and, in `grad`, its derivative at each logit.
fn mean_of(logits: &[f32], grad: &mut [f32], f: impl Fn(f32) -> (f32, f32)) -> f32 {
    let scale = 1.0 / logits.len() as f32;
    let mut sum = 0.0;
    for (&logit, grad) in logits.iter().zip(grad) {
        let (value, slope) = f(logit);
        sum += value;
        *grad = slope * scale;
    }
    sum * scale
}
