//! The two halves of a turn between any generator and a critic that is a small network.

use sparring_wide::Adam;

use super::losses::{LogitGrads, Loss};
use super::mlp::Mlp;
use super::penalty::zero_centred;

/// Adam as the pairs want it: without a mean of gradients, since what they go along moves.
pub(crate) fn paired_adam(rate: f32) -> Adam {
    Adam {
        learning_rate: rate,
        beta1: 0.0,
        beta2: 0.9,
        ..Adam::default()
    }
}

/// A critic with its loss.
#[derive(Debug, Clone)]
pub(crate) struct NetCritic {
    pub(crate) net: Mlp,
    pub(crate) loss: Loss,
    /// Weight `gamma` of R1 and R2.
    pub(crate) penalty: f32,
}

impl NetCritic {
    /// One step on `B` real samples and, behind them, as many generated ones; the loss.
    pub(crate) fn step(&mut self, both: &[f32], adam: &Adam) -> f32 {
        let logits = self.net.forward(both);
        let n = logits.len() / 2;
        let mut grad = vec![0.0; 2 * n];
        let (real, fake) = grad.split_at_mut(n);
        let grads = LogitGrads { real, fake };
        let definition = self.loss.definition();
        let loss = definition.discriminator(&logits[..n], &logits[n..], grads);
        let slopes = self.net.backward(&vec![1.0; 2 * n]);
        let width = slopes.len() / (2 * n).max(1);
        // The mean over both, twice as heavy, is the sum of R1 and R2.
        let (penalty, along) = zero_centred(slopes, width, 2.0 * self.penalty);
        self.net.learn_along(&grad, &along);
        self.net.step(adam);
        loss + penalty
    }

    /// The generator's loss, and its derivatives by the generated samples.
    pub(crate) fn demand(&mut self, real: &[f32], fake: &[f32]) -> (f32, Vec<f32>) {
        let real = self.net.forward(real).to_vec();
        let logits = self.net.forward(fake);
        let mut grad = vec![0.0; logits.len()];
        let loss = self.loss.definition().generator(&real, logits, &mut grad);
        (loss, self.net.backward(&grad).to_vec())
    }

    /// Its logits.
    pub(crate) fn logits(&mut self, samples: &[f32]) -> Vec<f32> {
        self.net.forward(samples).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Seed;

    #[test]
    fn two_heaps_are_told_apart_and_the_generator_is_sent_to_the_real_one() {
        let adam = Adam {
            learning_rate: 0.02,
            ..Adam::default()
        };
        let mut critic = NetCritic {
            net: Mlp::new(&[1, 8, 1], Seed(3)),
            loss: Loss::Relativistic,
            penalty: 0.1,
        };
        let (real, fake) = ([2.0, 2.1, 1.9], [-1.0, -1.1, -0.9]);
        let both = [real, fake].concat();
        let first = critic.step(&both, &adam);
        let last = (0..200).fold(0.0, |_, _| critic.step(&both, &adam));
        assert!(last < first / 2.0, "{first} {last}");
        let logits = critic.logits(&both);
        assert!(logits[..3].iter().all(|real| *real > logits[3]));
        // Downhill is towards larger numbers.
        let (_, slopes) = critic.demand(&real, &fake);
        assert!(slopes.iter().all(|slope| *slope < 0.0), "{slopes:?}");
    }
}
