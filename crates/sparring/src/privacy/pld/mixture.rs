//! The privacy loss of the Poisson-subsampled Gaussian, and with it of the Gaussian.
//!
//! ```text
//! P = (1 - up) N(0, sigma^2) + up N(1, sigma^2),   Q = (1 - down) N(0, sigma^2) + down N(-1, sigma^2)
//! L(x) = r(x; up) - r(-x; down),   r(x; q) = ln(1 - q + q e^((2 x - 1) / (2 sigma^2)))
//! ```
//! `(up, down)` is `(q, 0)` when a user is removed and `(0, q)` when one is added (Zhu, Dong, Wang,
//! 2022, theorem 11), and `(q, q)` when one is replaced. `L` rises with `x`.
//!
//! That `(q, q)` dominates: given who else is drawn, both outputs are mixtures with `N(u)` and `N(v)`,
//! `|u|, |v| <= 1`. Under `N(0)` their density ratios are `A = e^a`, `B = e^b`, where `a`, `b` are jointly
//! normal with `E A = E B = 1`, and `delta(ln c) = E g(A, B)`, `g = ((1 - c)(1 - q) + q A - c q B)+`. `g` is
//! convex in `A` and in `B`, and `d^2 g / dA dB <= 0`. So (Gaussian interpolation, Kahane 1986) `E g` rises
//! with `var a`, with `var b` and with `-cov(a, b)`, all of which are largest at `v = -u`, `|u| = 1`.

use rayon::prelude::*;

use super::grid::{GAUSS, Grid, after};
use super::law::Law;
use super::pmf::Pmf;
use crate::privacy::normal::{above, beyond};

/// A bin wider than this many `sigma` is measured by both masses, a narrower one by quadrature.
const WIDE: f64 = 0.1;

/// Bins of one task.
const TASK: usize = 2048;

/// The pair of mixtures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mixture {
    pub(crate) sigma: f64,
    pub(crate) up: f64,
    pub(crate) down: f64,
}

/// Mass on either side of a place; the smaller is precise.
#[derive(Clone, Copy)]
struct Sides {
    below: f64,
    above: f64,
}

impl Sides {
    fn between(self, upper: Self) -> f64 {
        if self.below > self.above {
            self.above - upper.above
        } else {
            upper.below - self.below
        }
    }
}

/// One end of a bin.
#[derive(Clone, Copy)]
struct Edge {
    loss: f64,
    place: f64,
    sides: Sides,
}

impl Mixture {
    /// The Gaussian mechanism itself.
    pub(crate) fn gaussian(noise_multiplier: f64) -> Self {
        Self {
            sigma: noise_multiplier,
            up: 1.0,
            down: 0.0,
        }
    }

    fn loss(&self, x: f64) -> f64 {
        self.ratio(x, self.up) - self.ratio(-x, self.down)
    }

    /// `r(x; q)`.
    fn ratio(&self, x: f64, q: f64) -> f64 {
        let y = (x - 0.5) / (self.sigma * self.sigma);
        if q == 0.0 {
            0.0
        } else if q >= 1.0 {
            y
        } else if y < 500.0 {
            (q * y.exp_m1()).ln_1p()
        } else {
            y + q.ln()
        }
    }

    /// Where the loss is `loss`; infinite beyond its range.
    fn place(&self, loss: f64) -> f64 {
        let square = self.sigma * self.sigma;
        if self.down == 0.0 {
            return 0.5 + square * unmixed(loss, self.up);
        }
        if self.up == 0.0 {
            return -0.5 - square * unmixed(-loss, self.down);
        }
        if self.up >= 1.0 {
            return 0.5 * square * loss;
        }
        // q e^(-1 / (2 sigma^2)) sinh(x / sigma^2 - l / 2) = (1 - q) sinh(l / 2).
        let half = 0.5 * loss;
        let log = ((1.0 - self.up) / self.up).ln() + 0.5 / square + log_sinh(half.abs());
        let turned = if log > 20.0 {
            log + std::f64::consts::LN_2
        } else {
            log.exp().asinh()
        };
        square * (half + turned.copysign(loss))
    }

    fn sides(&self, x: f64, weight: f64, mean: f64) -> Sides {
        let shifted = |x: f64, mean: f64| {
            let near = if weight >= 1.0 {
                0.0
            } else {
                (1.0 - weight) * above(x / self.sigma)
            };
            let far = if weight == 0.0 {
                0.0
            } else {
                weight * above((x - mean) / self.sigma)
            };
            near + far
        };
        if x > 0.0 {
            let above = shifted(x, mean);
            Sides {
                below: 1.0 - above,
                above,
            }
        } else {
            let below = shifted(-x, -mean);
            Sides {
                below,
                above: 1.0 - below,
            }
        }
    }

    fn under_p(&self, x: f64) -> Sides {
        self.sides(x, self.up, 1.0)
    }

    fn under_q(&self, x: f64) -> Sides {
        self.sides(x, self.down, -1.0)
    }

    fn edge(&self, loss: f64) -> Edge {
        let place = self.place(loss);
        Edge {
            loss,
            place,
            sides: self.under_p(place),
        }
    }

    /// Mass of a bin, and the share of it that goes up.
    fn bin(&self, grid: Grid, low: Edge, high: Edge) -> (f64, f64) {
        let mass = low.sides.between(high.sides).max(0.0);
        if mass == 0.0 {
            return (0.0, 0.0);
        }
        let width = high.place - low.place;
        if width > WIDE * self.sigma {
            let under_q = self.under_q(low.place).between(self.under_q(high.place));
            return (mass, grid.share_of_masses(mass, under_q * low.loss.exp()));
        }
        let middle = low.place + 0.5 * width;
        let centre = self.ratio(middle, self.up);
        let (mut total, mut up) = (0.0, 0.0);
        for (at, weight) in GAUSS {
            let x = low.place + at * width;
            let ratio = self.ratio(x, self.up);
            let fall = (middle - x) * (middle + x) / (2.0 * self.sigma * self.sigma);
            let density = weight * (fall + ratio - centre).exp();
            total += density;
            up += density * grid.share(ratio - self.ratio(-x, self.down) - low.loss);
        }
        if total > 0.0 && total.is_finite() {
            (mass, up / total)
        } else {
            (mass, 1.0)
        }
    }

    /// A place with at most `tail` of `P` above it.
    fn upper(&self, tail: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0 + self.sigma * beyond(tail));
        while high - low > 1e-6 * self.sigma {
            let middle = 0.5 * (low + high);
            if self.under_p(middle).above > tail {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }
}

impl Law for Mixture {
    fn support(&self, tail: f64) -> (f64, f64) {
        let far = self.sigma * beyond(tail);
        (self.loss(-far), self.loss(self.upper(tail)))
    }

    fn on(&self, grid: Grid, tail: f64) -> Pmf {
        let (low, high) = self.support(tail);
        let first = grid.at_or_below(low);
        let last = grid.at_or_above(high).max(first + 1);
        let bins = usize::try_from(last - first).expect("the support has a width");
        let bin_of = |task: usize| {
            let start = after(first, task * TASK);
            let mut low = self.edge(grid.loss(start));
            let count = after(0, TASK.min(bins - task * TASK));
            let mut found = Vec::with_capacity(TASK);
            for at in 1..=count {
                let high = self.edge(grid.loss(start + at));
                found.push(self.bin(grid, low, high));
                low = high;
            }
            found
        };
        let found: Vec<_> = (0..bins.div_ceil(TASK))
            .into_par_iter()
            .flat_map_iter(bin_of)
            .collect();
        let mut mass = vec![0.0; bins + 1];
        for (at, (whole, share)) in found.into_iter().enumerate() {
            mass[at] += whole * (1.0 - share);
            mass[at + 1] += whole * share;
        }
        mass[0] += self.edge(grid.loss(first)).sides.below;
        let infinite = self.edge(grid.loss(last)).sides.above;
        Pmf::new(grid, first, mass, infinite)
    }
}

/// `y` with `ln(1 - q + q e^y) = loss`.
fn unmixed(loss: f64, q: f64) -> f64 {
    if q >= 1.0 {
        return loss;
    }
    if loss > 500.0 {
        return loss - q.ln();
    }
    let inside = loss.exp_m1() / q;
    if inside <= -1.0 {
        f64::NEG_INFINITY
    } else {
        inside.ln_1p()
    }
}

/// `ln sinh(x)` for `x >= 0`.
fn log_sinh(x: f64) -> f64 {
    if x < 20.0 {
        x.sinh().ln()
    } else {
        x - std::f64::consts::LN_2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> [Mixture; 4] {
        let of = |up, down| Mixture {
            sigma: 0.7,
            up,
            down,
        };
        [of(0.1, 0.0), of(0.0, 0.1), of(0.1, 0.1), of(1.0, 0.0)]
    }

    #[test]
    fn the_loss_by_hand() {
        // q = 0.1, sigma = 0.7, x = 1: r = ln(0.9 + 0.1 e^(1 / 0.98)) = ln(1.177433) = 0.163336.
        let [remove, add, replace, whole] = pairs();
        assert!((remove.loss(1.0) - 0.163_336).abs() < 1e-6);
        assert!((add.loss(-1.0) + 0.163_336).abs() < 1e-6);
        // r(-1) = ln(0.9 + 0.1 e^(-3 / 0.98)) = ln(0.904683) = -0.100171.
        assert!((replace.loss(1.0) - 0.263_507).abs() < 2e-6);
        assert!((whole.loss(1.0) - 0.5 / 0.49).abs() < 1e-12);
    }

    #[test]
    fn a_place_has_its_loss() {
        for pair in pairs() {
            for x in [-2.0, -0.3, 0.0, 0.4, 3.0] {
                assert!(
                    (pair.place(pair.loss(x)) - x).abs() < 1e-9,
                    "{pair:?} at {x}"
                );
            }
        }
    }

    #[test]
    fn the_grid_keeps_the_curve_at_its_points() {
        for pair in pairs() {
            let pmf = pair.on(Grid { step: 0.05 }, 1e-15);
            let whole: f64 = pmf.mass.iter().sum::<f64>() + pmf.infinite;
            assert!((whole - 1.0).abs() < 1e-13, "{pair:?}");
            for at in [-1, 0, 1, 3] {
                let loss = 0.05 * f64::from(at);
                let (p, q) = (
                    pair.under_p(pair.place(loss)),
                    pair.under_q(pair.place(loss)),
                );
                let exact = p.above - loss.exp() * q.above;
                let above = pmf
                    .mass
                    .iter()
                    .zip(pmf.first..)
                    .filter(|(_, point)| *point > at.into());
                let part =
                    |(mass, point): (&f64, i64)| mass * -(loss - pmf.grid.loss(point)).exp_m1();
                let found: f64 = above.map(part).sum();
                assert!(
                    (found - exact).abs() < 1e-12,
                    "{pair:?} at {loss}: {found} {exact}"
                );
            }
        }
    }
}
