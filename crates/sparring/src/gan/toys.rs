//! Toys that everyone knows: a ring of 8 Gaussians and a grid of 25, learnt by a small GAN that the
//! very same loop drives. They show what a loss does and whether an illness is caught and treated.

#[cfg(test)]
mod learning_tests;
mod network;
mod oracle;

use rand::RngExt;
use rand_distr::StandardNormal;
use sparring_wide::Seed;

pub use network::{ToyConfig, ToyGan};
pub use oracle::Oracle;

/// A mixture of equal Gaussians in the plane.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    /// The means.
    pub modes: Vec<[f32; 2]>,
    /// Standard deviation of each.
    pub std: f32,
}

/// How samples meet a mixture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Covered {
    /// Modes that are the nearest to at least a fifth of their fair share of good samples.
    pub modes: usize,
    /// Share of samples within three standard deviations of a mode.
    pub good: f64,
}

impl Mixture {
    /// Eight Gaussians on a circle of radius 1.5 with standard deviation .05.
    pub fn ring() -> Self {
        let mode = |at: u8| {
            let angle = f32::from(at) * std::f32::consts::FRAC_PI_4;
            [1.5 * angle.cos(), 1.5 * angle.sin()]
        };
        Self {
            modes: (0..8).map(mode).collect(),
            std: 0.05,
        }
    }

    /// Five by five Gaussians, .75 apart, with standard deviation .05.
    pub fn grid() -> Self {
        let line = [-1.5, -0.75, 0.0, 0.75, 1.5];
        let modes = line.iter().flat_map(|&x| line.map(|y| [x, y])).collect();
        Self { modes, std: 0.05 }
    }

    /// Draws points, row-major `[n, 2]`.
    pub fn sample(&self, n: usize, seed: Seed) -> Vec<f32> {
        let mut stream = seed.stream("mixture");
        let mut points = Vec::with_capacity(2 * n);
        for _ in 0..n {
            let mode = self.modes[stream.random_range(0..self.modes.len())];
            points
                .extend(mode.map(|mean| mean + self.std * stream.sample::<f32, _>(StandardNormal)));
        }
        points
    }

    /// Counts the modes that points `[n, 2]` cover, and the good ones among the points.
    pub fn covered(&self, points: &[f32]) -> Covered {
        let mut counts = vec![0_usize; self.modes.len()];
        let n = points.len() / 2;
        for point in points.chunks(2) {
            let distance = |mode: &[f32; 2]| (point[0] - mode[0]).hypot(point[1] - mode[1]);
            let nearest = (0..self.modes.len())
                .min_by(|&a, &b| distance(&self.modes[a]).total_cmp(&distance(&self.modes[b])));
            if let Some(mode) =
                nearest.filter(|&mode| distance(&self.modes[mode]) <= 3.0 * self.std)
            {
                counts[mode] += 1;
            }
        }
        let enough = (n / self.modes.len() / 5).max(1);
        Covered {
            modes: counts.iter().filter(|&&count| count >= enough).count(),
            good: counts.iter().sum::<usize>() as f64 / n.max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_covers_itself_and_a_point_covers_one_mode() {
        for (mixture, n) in [(Mixture::ring(), 8), (Mixture::grid(), 25)] {
            let covered = mixture.covered(&mixture.sample(2_500, Seed(1)));
            assert_eq!(covered.modes, n);
            // Beyond three standard deviations in the plane: e^-4.5 = 1.1 %.
            assert!(covered.good > 0.98);
            let point = mixture.modes[3].repeat(100);
            assert_eq!(
                mixture.covered(&point),
                Covered {
                    modes: 1,
                    good: 1.0
                }
            );
        }
    }
}
