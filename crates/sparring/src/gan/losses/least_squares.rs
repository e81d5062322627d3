//! Least-squares GAN loss: targets 1 for real and 0 for generated (Mao et al., 2017, eq. 9).
//!
//! ```text
//! L_D = mean((a - 1)^2) / 2 + mean(b^2) / 2
//! L_G = mean((b - 1)^2) / 2
//! ```
//! with `a` and `b` the outputs for real and generated samples.

use super::{AdversarialLoss, LogitGrads, mean_of};

/// Targets 1 and 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeastSquares;

fn square(x: f32, target: f32) -> (f32, f32) {
    ((x - target).powi(2) / 2.0, x - target)
}

impl AdversarialLoss for LeastSquares {
    fn discriminator(&self, real: &[f32], fake: &[f32], grad: LogitGrads<'_>) -> f32 {
        mean_of(real, grad.real, |a| square(a, 1.0)) + mean_of(fake, grad.fake, |b| square(b, 0.0))
    }

    fn generator(&self, _real: &[f32], fake: &[f32], grad: &mut [f32]) -> f32 {
        mean_of(fake, grad, |b| square(b, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{contract, values};
    use super::*;

    #[test]
    fn contract_and_values() {
        contract(&LeastSquares);
        // (3-1)^2/2 + (-2)^2/2 = 2 + 2, (-2-1)^2/2 = 4.5.
        assert_eq!(values(&LeastSquares, &[3.0], &[-2.0]), (4.0, 4.5));
    }
}
