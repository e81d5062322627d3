//! Relativistic pairing (Jolicoeur-Martineau, 2019, section 4.1; with R1 and R2 as in R3GAN, Huang et
//! al., 2024, eq. 3).
//!
//! ```text
//! L_D = mean(sp(b - a))        L_G = mean(sp(a - b))        sp(x) = ln(1 + e^x)
//! ```
//! The pair is the real and the generated sample at the same place of the batch. Where the batches
//! differ in length the shorter is gone round again.

use super::{AdversarialLoss, LogitGrads, sigmoid, softplus};

/// Real against generated in pairs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relativistic;

/// Calls `pair(a's place, b's place)` for each pair and returns their number.
fn pairs(real: usize, fake: usize, mut pair: impl FnMut(usize, usize)) -> usize {
    let n = real.max(fake);
    for at in 0..n {
        pair(at % real, at % fake);
    }
    n
}

impl AdversarialLoss for Relativistic {
    fn discriminator(&self, real: &[f32], fake: &[f32], grad: LogitGrads<'_>) -> f32 {
        grad.real.fill(0.0);
        grad.fake.fill(0.0);
        let scale = 1.0 / real.len().max(fake.len()) as f32;
        let mut sum = 0.0;
        pairs(real.len(), fake.len(), |a, b| {
            let gap = fake[b] - real[a];
            sum += softplus(gap);
            grad.fake[b] += sigmoid(gap) * scale;
            grad.real[a] -= sigmoid(gap) * scale;
        });
        sum * scale
    }

    fn generator(&self, real: &[f32], fake: &[f32], grad: &mut [f32]) -> f32 {
        grad.fill(0.0);
        let scale = 1.0 / real.len().max(fake.len()) as f32;
        let mut sum = 0.0;
        pairs(real.len(), fake.len(), |a, b| {
            let gap = real[a] - fake[b];
            sum += softplus(gap);
            grad[b] -= sigmoid(gap) * scale;
        });
        sum * scale
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{contract, values};
    use super::*;

    #[test]
    fn contract_and_values() {
        contract(&Relativistic);
        let ln2 = std::f32::consts::LN_2;
        assert_eq!(values(&Relativistic, &[7.0], &[7.0]), (ln2, ln2));
    }
}
