//! The privacy loss of the Laplace mechanism.
//!
//! ```text
//! P = Lap(0, b), Q = Lap(1, b):   L(x) = (|x - 1| - |x|) / b
//! ```
//! `L` is `1/b` with chance `1/2`, `-1/b` with chance `e^(-1/b) / 2`, and has the density
//! `e^((l - 1/b) / 2) / 4` in between. It is the same when a user is added and when one is removed.

use super::grid::{GAUSS, Grid, after};
use super::law::Law;
use super::pmf::Pmf;

/// The pair, of scale `b` at sensitivity 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LaplaceLaw {
    pub(crate) scale: f64,
}

impl Law for LaplaceLaw {
    fn support(&self, _tail: f64) -> (f64, f64) {
        (-self.scale.recip(), self.scale.recip())
    }

    fn on(&self, grid: Grid, _tail: f64) -> Pmf {
        let end = self.scale.recip();
        let (first, last) = (grid.at_or_below(-end), grid.at_or_above(end));
        let bins = usize::try_from(last - first).expect("the support has a width");
        let mut mass = vec![0.0; bins + 1];
        let mut put = |at: usize, whole: f64, share: f64| {
            mass[at] += whole * (1.0 - share);
            mass[at + 1] += whole * share;
        };
        for at in 0..bins {
            let floor = grid.loss(after(first, at));
            let (low, high) = (floor.max(-end), (floor + grid.step).min(end));
            if high <= low {
                continue;
            }
            let whole = 0.5 * (0.5 * (low - end)).exp() * (0.5 * (high - low)).exp_m1();
            let (mut total, mut up) = (0.0, 0.0);
            for (place, weight) in GAUSS {
                let beyond = place * (high - low);
                let density = weight * (0.5 * beyond).exp();
                total += density;
                up += density * grid.share(low - floor + beyond);
            }
            put(at, whole, up / total);
        }
        put(0, 0.5 * (-end).exp(), grid.share(-end - grid.loss(first)));
        put(bins - 1, 0.5, grid.share(end - grid.loss(last - 1)));
        Pmf::new(grid, first, mass, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_by_hand() {
        // b = 1/2: losses in [-2, 2]; on a grid of step 1 the whole is 1 and E e^-L is 1 as well.
        let law = LaplaceLaw { scale: 0.5 };
        let pmf = law.on(Grid { step: 1.0 }, 0.0);
        assert_eq!((pmf.first, pmf.mass.len()), (-2, 5));
        assert!((pmf.mass.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        let under_q: f64 = (-2..=2)
            .zip(&pmf.mass)
            .map(|(l, m)| m * f64::from(-l).exp())
            .sum();
        assert!((under_q - 1.0).abs() < 1e-6);
        // The atom 1/2 at loss 2 and the upper share of the bin [1, 2]:
        // m = (1 - e^-1/2) / 2, n = e^-1 (e^-1/2 - e^-1) / 2, high = (m - e n) / (1 - 1/e).
        let m = 0.5 * (1.0 - (-0.5_f64).exp());
        let n = 0.5 * (-1.0_f64).exp() * ((-0.5_f64).exp() - (-1.0_f64).exp());
        let up = (m - std::f64::consts::E * n) / (1.0 - (-1.0_f64).exp());
        assert!((pmf.mass[4] - 0.5 - up).abs() < 1e-6);
    }
}
