//! The normal distribution in its tails, and the Gaussian mechanism in closed form.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// `P(Z > x)` of a standard normal `Z`, to full relative precision in the upper tail.
pub(crate) fn above(x: f64) -> f64 {
    0.5 * libm::erfc(x * FRAC_1_SQRT_2)
}

/// `ln P(Z > x)`, also where the chance itself is too small for an `f64`.
pub(crate) fn log_above(x: f64) -> f64 {
    if x < 30.0 {
        return above(x).ln();
    }
    // Abramowitz and Stegun, 26.2.12: the error is below the first term left out, 105 / x^8.
    let square = x.powi(-2);
    let series = square * (-1.0 + square * (3.0 - 15.0 * square));
    -0.5 * x * x - (x * TAU.sqrt()).ln() + series.ln_1p()
}

/// The smallest `z` of a fine grid with `P(Z > z) <= tail`.
pub(crate) fn beyond(tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, 38.0);
    while high - low > 1e-6 {
        let middle = 0.5 * (low + high);
        if above(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The exact `delta` of one Gaussian mechanism at `epsilon` (Balle and Wang, 2018, theorem 8).
///
/// ```text
/// delta = P(Z > epsilon sigma - 1 / (2 sigma)) - e^epsilon P(Z > epsilon sigma + 1 / (2 sigma))
/// ```
/// `sigma` is the noise multiplier: standard deviation of the noise over the sensitivity.
pub fn gaussian_delta(noise_multiplier: f64, epsilon: f64) -> f64 {
    let (at, half) = (epsilon * noise_multiplier, 0.5 / noise_multiplier);
    above(at - half) - (epsilon + log_above(at + half)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_the_table() {
        // Abramowitz and Stegun, table 26.1 and 26.2: Q(1), Q(2), and -log10 Q(10), Q(40).
        assert!((above(1.0) - 0.158_655_253_931_457).abs() < 1e-14);
        assert!((above(2.0) - 0.022_750_131_948_179).abs() < 1e-14);
        let decades = |x: f64| -log_above(x) / std::f64::consts::LN_10;
        assert!((decades(10.0) - 23.118_05).abs() < 1e-5);
        assert!((decades(40.0) - 349.437_01).abs() < 1e-5);
    }

    #[test]
    fn the_series_takes_over_without_a_step() {
        assert!((above(30.0).ln() - log_above(30.0)).abs() < 1e-9);
    }

    #[test]
    fn a_quantile_leaves_no_more_than_its_tail() {
        for tail in [0.3, 1e-5, 1e-30, 1e-200] {
            let z = beyond(tail);
            assert!(above(z) <= tail && above(z - 1e-5) > tail, "{tail}");
        }
    }

    #[test]
    fn the_mechanism_at_epsilon_nought_is_the_total_variation() {
        // sigma = 1: P(Z > -1/2) - P(Z > 1/2) = 0.382924922548.
        assert!((gaussian_delta(1.0, 0.0) - 0.382_924_922_548).abs() < 1e-12);
        // No noise worth speaking of: delta nears 1.
        assert!(gaussian_delta(0.01, 1.0) > 0.999_999);
    }
}
