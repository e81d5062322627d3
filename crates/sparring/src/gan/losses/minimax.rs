//! The losses of the original GAN (Goodfellow et al., 2014, "Generative adversarial nets").
//!
//! ```text
//! L_D = mean(-log D(x)) + mean(-log(1 - D(G(z))))        = mean(sp(-a)) + mean(sp(b))
//! L_G = mean(log(1 - D(G(z))))   minimax, eq. 1          = -mean(sp(b))
//! L_G = mean(-log D(G(z)))       non-saturating, sec. 3  = mean(sp(-b))
//! ```
//! with `D = sigmoid(logit)`, `a` and `b` the logits of real and generated samples and
//! `sp(x) = ln(1 + e^x)`, so that no logit overflows.

use super::{AdversarialLoss, LogitGrads, mean_of, sigmoid, softplus};

/// The minimax game: the generator minimises what the discriminator maximises.
#[derive(Debug, Clone, Copy)]
pub(super) struct Minimax;

/// The same discriminator; the generator maximises `log D(G(z))`.
#[derive(Debug, Clone, Copy)]
pub(super) struct NonSaturating;

fn original(real: &[f32], fake: &[f32], to_real: &mut [f32], to_fake: &mut [f32]) -> f32 {
    mean_of(real, to_real, |a| (softplus(-a), -sigmoid(-a)))
        + mean_of(fake, to_fake, |b| (softplus(b), sigmoid(b)))
}

impl AdversarialLoss for Minimax {
    fn discriminator(&self, real: &[f32], fake: &[f32], grad: LogitGrads<'_>) -> f32 {
        original(real, fake, grad.real, grad.fake)
    }

    fn generator(&self, _real: &[f32], fake: &[f32], grad: &mut [f32]) -> f32 {
        mean_of(fake, grad, |b| (-softplus(b), -sigmoid(b)))
    }
}

impl AdversarialLoss for NonSaturating {
    fn discriminator(&self, real: &[f32], fake: &[f32], grad: LogitGrads<'_>) -> f32 {
        original(real, fake, grad.real, grad.fake)
    }

    fn generator(&self, _real: &[f32], fake: &[f32], grad: &mut [f32]) -> f32 {
        mean_of(fake, grad, |b| (softplus(-b), -sigmoid(-b)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{contract, values};
    use super::*;

    #[test]
    fn both_keep_the_contract() {
        contract(&Minimax);
        contract(&NonSaturating);
    }

    #[test]
    fn values_by_hand() {
        // D = 1/2 everywhere: L_D = 2 ln 2, L_G = -ln 2 and ln 2.
        let ln2 = std::f32::consts::LN_2;
        assert_eq!(values(&Minimax, &[0.0], &[0.0]), (2.0 * ln2, -ln2));
        assert_eq!(values(&NonSaturating, &[0.0], &[0.0]), (2.0 * ln2, ln2));
        // A generated sample that is surely rejected: the minimax generator has no slope left.
        let mut grad = [0.0];
        Minimax.generator(&[0.0], &[-50.0], &mut grad);
        assert!(grad[0].abs() < 1e-20);
        NonSaturating.generator(&[0.0], &[-50.0], &mut grad);
        assert!((grad[0] + 1.0).abs() < 1e-6);
    }
}
