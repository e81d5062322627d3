//! Hinge loss with margins at 1 and -1 (Lim and Ye, 2017, "Geometric GAN", eq. 10 and 11).
//!
//! ```text
//! L_D = mean(max(0, 1 - a)) + mean(max(0, 1 + b))
//! L_G = -mean(b)
//! ```

use super::{AdversarialLoss, LogitGrads, mean_of};

/// Margins at 1 and -1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hinge;

fn hinge(x: f32) -> (f32, f32) {
    if x > 0.0 { (x, 1.0) } else { (0.0, 0.0) }
}

impl AdversarialLoss for Hinge {
    fn discriminator(&self, real: &[f32], fake: &[f32], grad: LogitGrads<'_>) -> f32 {
        let real_part = mean_of(real, grad.real, |a| {
            let (value, slope) = hinge(1.0 - a);
            (value, -slope)
        });
        real_part + mean_of(fake, grad.fake, |b| hinge(1.0 + b))
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
        contract(&Hinge);
        // max(0, 1-0.25) + max(0, 1-3) = 0.75; -(-3) = 3.
        assert_eq!(values(&Hinge, &[0.25], &[-3.0]), (0.75, 3.0));
    }
}
