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

#[cfg(test)]
mod tests {
    use super::*;

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
