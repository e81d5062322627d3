//! The privacy loss of the discrete Gaussian on whole numbers.
//!
//! ```text
//! P(x) = e^(-x^2 / (2 sigma^2)) / Z,  Q(x) = P(x - D):   L(x) = (D^2 - 2 x D) / (2 sigma^2)
//! ```
//! `Z >= sigma sqrt(2 pi)` by Poisson's summation, so that `P(|x| > R) <= 2 P(N(0, sigma^2) > R)`
//! (Canonne, Kamath, Steinke, 2020).

use super::grid::Grid;
use super::law::Law;
use super::pmf::Pmf;
use crate::privacy::normal::{above, beyond};

/// The pair, shifted by `sensitivity`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DiscreteLaw {
    pub(crate) sigma: f64,
    pub(crate) sensitivity: f64,
}

impl DiscreteLaw {
    fn loss(&self, x: f64) -> f64 {
        self.sensitivity * (self.sensitivity - 2.0 * x) / (2.0 * self.sigma * self.sigma)
    }

    /// All but `tail` lies at or within it, on either side.
    fn radius(&self, tail: f64) -> f64 {
        (self.sigma * beyond(tail)).ceil()
    }
}

impl Law for DiscreteLaw {
    fn support(&self, tail: f64) -> (f64, f64) {
        let radius = self.radius(tail);
        (self.loss(radius), self.loss(-radius))
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "sigma is bounded when the event is checked"
    )]
    fn on(&self, grid: Grid, tail: f64) -> Pmf {
        let radius = self.radius(tail);
        let (low, high) = self.support(tail);
        let (first, last) = (grid.at_or_below(low), grid.at_or_above(high) + 1);
        let mut mass =
            vec![0.0; usize::try_from(last - first).expect("the support has a width") + 1];
        let mut total = 0.0;
        for x in -(radius as i64)..=radius as i64 {
            let x = x as f64;
            let weight = (-0.5 * (x / self.sigma).powi(2)).exp();
            let loss = self.loss(x);
            let point = grid.at_or_below(loss);
            let share = grid.share(loss - grid.loss(point));
            let at = usize::try_from(point - first).expect("the point is in the support");
            total += weight;
            mass[at] += weight * (1.0 - share);
            mass[at + 1] += weight * share;
        }
        for mass in &mut mass {
            *mass /= total;
        }
        Pmf::new(grid, first, mass, above(radius / self.sigma))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_atoms_by_hand() {
        // sigma = 1/2, D = 1: weights 1, e^-2 twice, e^-8 twice; losses 2 (1 - 2 x) = 2 at 0, 6 at -1.
        let law = DiscreteLaw {
            sigma: 0.5,
            sensitivity: 1.0,
        };
        let pmf = law.on(Grid { step: 1.0 }, 1e-20);
        let mass = |loss: i64| pmf.mass[usize::try_from(loss - pmf.first).unwrap()];
        let whole = 1.0 + 2.0 * (-2.0_f64).exp() + 2.0 * (-8.0_f64).exp() + 2.0 * (-18.0_f64).exp();
        assert!((mass(2) - 1.0 / whole).abs() < 1e-12);
        assert!((mass(6) - (-2.0_f64).exp() / whole).abs() < 1e-12);
        assert!(mass(4) <= 0.0);
    }
}
