//! Remedies that only touch the two learning rates, which any two networks have.

use super::health::Remedy;

/// Changes the learning rates of generator and discriminator as a remedy says; `false` if it is
/// about something else.
///
/// ```text
/// BalanceRates          m = sqrt(g d),  g = m / sqrt(2),  d = m sqrt(2)
/// QuickenDiscriminator  d = 2 d
/// SlowBoth              g = g / 2,  d = d / 2
/// ```
pub fn apply_to_rates(remedy: Remedy, rates: &mut [f32; 2]) -> bool {
    let [generator, discriminator] = *rates;
    match remedy {
        Remedy::BalanceRates => {
            let mean = (generator * discriminator).sqrt();
            *rates = [mean / 2.0_f32.sqrt(), mean * 2.0_f32.sqrt()];
        }
        Remedy::QuickenDiscriminator => rates[1] = 2.0 * discriminator,
        Remedy::SlowBoth => *rates = [generator / 2.0, discriminator / 2.0],
        _ => return false,
    }
    true
}

/// The learning rates of a pair, and what they and the penalty were before the last remedy.
#[derive(Debug, Clone)]
pub(crate) struct PairRates {
    /// Of the generator and of the critic.
    pub(crate) now: [f32; 2],
    before: Option<([f32; 2], f32)>,
}

impl PairRates {
    pub(crate) fn new(now: [f32; 2]) -> Self {
        Self { now, before: None }
    }

    /// Applies a remedy to the rates or the penalty; `false` if it is about something else.
    pub(crate) fn apply(&mut self, remedy: Remedy, penalty: &mut f32) -> bool {
        self.before = Some((self.now, *penalty));
        match remedy {
            Remedy::RaisePenalty => *penalty *= 2.0,
            _ => return apply_to_rates(remedy, &mut self.now),
        }
        true
    }

    /// Takes the last remedy back; `false` if there was none.
    pub(crate) fn undo(&mut self, penalty: &mut f32) -> bool {
        let Some(before) = self.before.take() else {
            return false;
        };
        (self.now, *penalty) = before;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_of_a_pair_is_taken_back_once() {
        let bits =
            |rates: &PairRates, penalty: f32| (rates.now.map(f32::to_bits), penalty.to_bits());
        let (mut rates, mut penalty) = (PairRates::new([0.25, 0.5]), 2.0);
        let before = bits(&rates, penalty);
        assert!(rates.apply(Remedy::RaisePenalty, &mut penalty));
        assert_eq!(
            bits(&rates, penalty),
            ([0.25_f32, 0.5].map(f32::to_bits), 4.0_f32.to_bits())
        );
        assert!(rates.undo(&mut penalty) && !rates.undo(&mut penalty));
        assert_eq!(bits(&rates, penalty), before);
        assert!(rates.apply(Remedy::SlowBoth, &mut penalty));
        assert_eq!(
            rates.now.map(f32::to_bits),
            [0.125_f32, 0.25].map(f32::to_bits)
        );
        assert!(rates.undo(&mut penalty));
        assert_eq!(bits(&rates, penalty), before);
    }

    #[test]
    fn rates_follow_the_remedies() {
        // sqrt(0.01 * 0.0001) = 0.001
        let mut rates = [0.01, 0.0001];
        assert!(apply_to_rates(Remedy::BalanceRates, &mut rates));
        assert!((rates[0] - 0.001 / 2.0_f32.sqrt()).abs() < 1e-7);
        assert!((rates[1] - 2.0 * rates[0]).abs() < 1e-7);
        let changed = |remedy, rates: [f32; 2]| {
            let mut after = rates;
            apply_to_rates(remedy, &mut after).then_some(after.map(f32::to_bits))
        };
        let bits = |rates: [f32; 2]| Some(rates.map(f32::to_bits));
        let rates = [0.5, 0.25];
        assert_eq!(
            changed(Remedy::QuickenDiscriminator, rates),
            bits([0.5, 0.5])
        );
        assert_eq!(changed(Remedy::SlowBoth, rates), bits([0.25, 0.125]));
        assert_eq!(changed(Remedy::PairLosses, rates), None);
    }
}
