//! Wasserstein loss (Arjovsky et al., 2017); a gradient penalty keeps the critic near 1-Lipschitz
//! (Gulrajani et al., 2017, eq. 3), see [`gradient_penalty`](crate::gan::gradient_penalty).
//!
//! ```text
//! L_D = mean(b) - mean(a)        L_G = -mean(b)
//! ```

use super::{AdversarialLoss, LogitGrads, mean_of};

/// The difference of means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wasserstein;

impl AdversarialLoss for Wasserstein {
    fn discriminator(&self, real: &[f32], fake: &[f32], grad: LogitGrads<'_>) -> f32 {
        mean_of(real, grad.real, |a| (-a, -1.0)) + mean_of(fake, grad.fake, |b| (b, 1.0))
    }

    fn generator(&self, _real: &[f32], fake: &[f32], grad: &mut [f32]) -> f32 {
        mean_of(fake, grad, |b| (-b, -1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{contract, values};
    use super::*;

    #[test]
    fn contract_and_values() {
        contract(&Wasserstein);
        assert_eq!(values(&Wasserstein, &[2.0, 4.0], &[1.0, 0.0]), (-2.5, -0.5));
    }
}
