//! Connecting the dots: mass between two points of a grid goes to both, such that no epsilon of the
//! grid sees a change.
//!
//! The curve `delta(epsilon)` of a privacy-loss distribution is convex in `e^epsilon`. Its values at
//! the points of a grid, joined by chords, are the curve of a distribution on the grid: the tightest
//! that is at least as bad everywhere (Doroshenko, Ghazi, Kamath, Kumar, Manurangsi, 2022, theorem
//! 4.2). That distribution keeps, of every bin, the mass under `P` and under `Q`:
//!
//! ```text
//! low + high = m,   low e^-l + high e^-(l + h) = n   =>   high = (m - e^l n) / (1 - e^-h)
//! ```
//! `l` is the lower end of the bin, `h` its width, `m` and `n` its mass under `P` and `Q`. For one
//! loss `x` in the bin this is `high = m (1 - e^-(x - l)) / (1 - e^-h)`, which has no cancellation.

/// Three-point Gauss-Legendre on `[0, 1]`: places and weights.
pub(crate) const GAUSS: [(f64, f64); 3] = [
    (0.112_701_665_379_258_3, 5.0 / 18.0),
    (0.5, 8.0 / 18.0),
    (0.887_298_334_620_741_7, 5.0 / 18.0),
];

/// The point `at` places after another.
#[expect(clippy::cast_possible_wrap, reason = "no vector has 2^63 places")]
pub(crate) fn after(first: i64, at: usize) -> i64 {
    first + at as i64
}

/// The multiples of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grid {
    pub(crate) step: f64,
}

impl Grid {
    /// The loss of a point.
    pub(crate) fn loss(self, index: i64) -> f64 {
        index as f64 * self.step
    }

    /// The last point at or below a loss.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a support has fewer points than 2^63"
    )]
    pub(crate) fn at_or_below(self, loss: f64) -> i64 {
        (loss / self.step).floor() as i64
    }

    /// The first point at or above a loss.
    pub(crate) fn at_or_above(self, loss: f64) -> i64 {
        -self.at_or_below(-loss)
    }

    /// Which part of a mass with a loss `above` the lower end of a bin goes to the upper end.
    pub(crate) fn share(self, above: f64) -> f64 {
        ((-above).exp_m1() / (-self.step).exp_m1()).clamp(0.0, 1.0)
    }

    /// The same from the masses under both laws, where the bin is too wide for quadrature:
    /// `m` under `P` and `e^l n` under `Q`. What rounding may have lost is added.
    pub(crate) fn share_of_masses(self, m: f64, scaled: f64) -> f64 {
        let rounding = 16.0 * f64::EPSILON / (m * -(-self.step).exp_m1());
        ((m - scaled) / (m * -(-self.step).exp_m1()) + rounding).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_shared_such_that_both_masses_stay() {
        let grid = Grid { step: 0.5 };
        // A loss of 0.2 above the lower end: (1 - e^-0.2) / (1 - e^-0.5) = 0.460694.
        let high = grid.share(0.2);
        assert!((high - 0.460_694).abs() < 1e-6);
        let under_q = (1.0 - high) + high * (-0.5_f64).exp();
        assert!((under_q - (-0.2_f64).exp()).abs() < 1e-15);
        assert!((grid.share_of_masses(0.1, 0.1 * (-0.2_f64).exp()) - high).abs() < 1e-13);
        assert_eq!((grid.share(0.0), grid.share(0.5)), (0.0, 1.0));
    }

    #[test]
    fn points_around_a_loss() {
        let grid = Grid { step: 0.5 };
        assert_eq!((grid.at_or_below(-0.2), grid.at_or_above(-0.2)), (-1, 0));
        assert_eq!((grid.at_or_below(1.0), grid.at_or_above(1.0)), (2, 2));
    }
}
