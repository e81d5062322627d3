//! A privacy-loss distribution on a grid, and its cumulants.

use super::grid::{Grid, after};

/// Bins whose exponentials are had by multiplication, from one `exp`.
const BLOCK: usize = 64;

/// Sums that run side by side.
const LANES: usize = 8;

/// Masses at consecutive points of a grid.
#[derive(Debug, Clone)]
pub(crate) struct Pmf {
    pub(crate) grid: Grid,
    /// The point of `mass[0]`.
    pub(crate) first: i64,
    pub(crate) mass: Vec<f64>,
    /// What is booked as an infinite loss.
    pub(crate) infinite: f64,
    /// `ln` of the largest mass of each block.
    peaks: Vec<f64>,
}

/// The logarithm of the moment generating function, and its first two derivatives.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cumulants {
    pub(crate) log_mgf: f64,
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

/// The exponentials within a block.
struct Powers([f64; BLOCK]);

impl Powers {
    fn of(exponent: f64) -> Self {
        Self(std::array::from_fn(|at| (exponent * at as f64).exp()))
    }

    /// Sums of mass times exponential times `1`, `k` and `k^2`, for place `k` in the block.
    fn moments(&self, masses: &[f64]) -> [f64; 3] {
        let mut sums = [[0.0; LANES]; 3];
        let rows = masses.chunks(LANES).zip(self.0.chunks(LANES));
        for (row, (masses, powers)) in rows.enumerate() {
            for (lane, (mass, power)) in masses.iter().zip(powers).enumerate() {
                let (part, at) = (mass * power, (row * LANES + lane) as f64);
                sums[0][lane] += part;
                sums[1][lane] += part * at;
                sums[2][lane] += part * at * at;
            }
        }
        sums.map(|lanes| lanes.iter().sum())
    }
}

impl Pmf {
    pub(crate) fn new(grid: Grid, first: i64, mass: Vec<f64>, infinite: f64) -> Self {
        let peak = |block: &[f64]| block.iter().copied().fold(0.0, f64::max).ln();
        let peaks = mass.chunks(BLOCK).map(peak).collect();
        Self {
            grid,
            first,
            mass,
            infinite,
            peaks,
        }
    }

    /// The last point.
    pub(crate) fn last(&self) -> i64 {
        after(self.first, self.mass.len()) - 1
    }

    /// `K(t) = ln E[e^(t L); L finite]`, and mean and variance under the law tilted by `t`.
    pub(crate) fn cumulants(&self, tilt: f64) -> Cumulants {
        let step = self.grid.step;
        let start = |block: usize| tilt * self.grid.loss(after(self.first, block * BLOCK));
        let reach = (tilt * step * (BLOCK - 1) as f64).max(0.0);
        let tops = self.peaks.iter().enumerate();
        let shift = tops.map(|(block, peak)| peak + start(block) + reach);
        let shift = shift.fold(f64::NEG_INFINITY, f64::max);
        let powers = Powers::of(tilt * step);
        let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
        for (block, masses) in self.mass.chunks(BLOCK).enumerate() {
            let scale = (start(block) - shift).exp();
            if scale == 0.0 {
                continue;
            }
            let sums = powers.moments(masses).map(|sum| sum * scale);
            let base = (block * BLOCK) as f64;
            total += sums[0];
            first += sums[1] + base * sums[0];
            second += sums[2] + base * (2.0 * sums[1] + base * sums[0]);
        }
        let mean = first / total;
        Cumulants {
            log_mgf: total.ln() + shift,
            mean: (self.first as f64 + mean) * step,
            variance: (second / total - mean * mean).max(0.0) * step * step,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cumulants_of_a_coin() {
        // Loss 1 with chance 1/4, -1 with 1/2, the rest infinite; at tilt ln 2:
        // E = 1/4 * 2 + 1/2 * 1/2 = 3/4, mean (1/2 - 1/4) / (3/4) = 1/3, variance 1 - 1/9.
        let coin = Pmf::new(Grid { step: 1.0 }, -1, vec![0.5, 0.0, 0.25], 0.25);
        let found = coin.cumulants(std::f64::consts::LN_2);
        assert!((found.log_mgf - 0.75_f64.ln()).abs() < 1e-15);
        assert!((found.mean - 1.0 / 3.0).abs() < 1e-15);
        assert!((found.variance - 8.0 / 9.0).abs() < 1e-14);
        assert_eq!(coin.last(), 1);
    }

    #[test]
    fn blocks_far_apart_neither_overflow_nor_vanish() {
        // Mass 1 - 1e-200 at 0 and 1e-200 at loss 1000 = 100,000 steps; at tilt 1 the second is
        // e^1000 * 1e-200 = e^(1000 - 460.517).
        let mut mass = vec![0.0; 100_001];
        mass[0] = 1.0;
        mass[100_000] = 1e-200;
        let far = Pmf::new(Grid { step: 0.01 }, 0, mass, 0.0);
        let expected = 1000.0 - 200.0 * std::f64::consts::LN_10;
        assert!((far.cumulants(1.0).log_mgf - expected).abs() < 1e-9);
        assert!((far.cumulants(-1.0).log_mgf).abs() < 1e-12);
    }
}
