//! Sums over users of vectors of norm 1 at most, in integers, with noise; and what they say.

use crate::privacy::DiscreteGaussian;
use crate::synth::private::MARGIN;
use crate::synth::private::sketch::{noisy, units, whole};

/// A part of the vector: its cells, and the square of its weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) cells: usize,
    pub(super) square: f64,
}

/// The sums of all users, without noise.
pub(super) struct Sums {
    parts: Vec<Part>,
    /// Where each part begins.
    starts: Vec<usize>,
    /// One, in units of the sums.
    one: f64,
    /// Scale of the noise, in the same units.
    scale: u64,
    totals: Vec<i64>,
}

/// The sums of one part with noise, in the units in which they were added.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Noisy {
    pub(super) sums: Vec<f64>,
    /// Deviation of the noise in each.
    pub(super) noise: f64,
}

impl Sums {
    /// Nobody yet; the squares of the parts sum to 1 at most, the noise is `sigma` times what a user
    /// can add.
    pub(super) fn new(parts: Vec<Part>, sigma: f64) -> Self {
        let (one, scale) = units(sigma * MARGIN);
        let mut cells = 0;
        let starts = parts.iter().map(|part| {
            cells += part.cells;
            cells - part.cells
        });
        Self {
            starts: starts.collect(),
            totals: vec![0; cells],
            parts,
            one,
            scale,
        }
    }

    /// Adds to a cell what a user has there. The entries of one user in one part have norm 1 at most, and
    /// each is cut off towards zero.
    pub(super) fn add(&mut self, part: usize, cell: usize, entry: f64) {
        let weight = self.parts[part].square.sqrt();
        self.totals[self.starts[part] + cell] += whole(entry * weight * self.one);
    }

    /// The square of the norm of what was added, where that is one user's.
    #[cfg(test)]
    pub(super) fn square(&self) -> f64 {
        let squares = self
            .totals
            .iter()
            .map(|&sum| (sum as f64 / self.one).powi(2));
        squares.sum()
    }

    /// Adds the noise, which is from the system's entropy.
    pub(super) fn release(self) -> Vec<Noisy> {
        let all = noisy(
            &self.totals,
            Some(DiscreteGaussian::new(self.scale)),
            |sum| sum,
        );
        let parts = self.parts.iter().zip(&self.starts);
        let of = |(part, &start): (&Part, &usize)| {
            let unit = (self.one * part.square.sqrt()).recip();
            let sums = &all[start..start + part.cells];
            Noisy {
                sums: sums.iter().map(|sum| sum * unit).collect(),
                noise: self.scale as f64 * unit,
            }
        };
        parts.map(of).collect()
    }
}

/// The nearest law to noisy counts: shifted down alike and cut off at 0, with their sum
/// (Duchi, Shalev-Shwartz, Singer and Chandra, ICML 2008, figure 1).
pub(super) fn shares(counts: &[f64]) -> Vec<f64> {
    let even = 1.0 / counts.len() as f64;
    let mass: f64 = counts.iter().sum();
    if mass.is_nan() || mass <= 0.0 {
        return vec![even; counts.len()];
    }
    let mut falling = counts.to_vec();
    falling.sort_unstable_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (at, count) in falling.iter().enumerate() {
        sum += count;
        let now = (sum - mass) / (at + 1) as f64;
        if *count <= now {
            break;
        }
        shift = now;
    }
    let kept: Vec<f64> = counts.iter().map(|n| (n - shift).max(0.0)).collect();
    let all: f64 = kept.iter().sum();
    kept.into_iter().map(|n| n / all).collect()
}

/// The laws of groups, row after row of `width` cells, each pulled towards that of all as far as its
/// deviation from it could be noise (James and Stein, 1961), and that of all.
pub(super) fn shares_of_groups(noisy: &Noisy, width: usize) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut totals = vec![0.0; width];
    for row in noisy.sums.chunks(width) {
        for (total, sum) in totals.iter_mut().zip(row) {
            *total += sum;
        }
    }
    let all = shares(&totals);
    let of = |row: &[f64]| {
        let mass: f64 = row.iter().sum();
        if mass <= 0.0 {
            return all.clone();
        }
        let apart: Vec<f64> = row.iter().zip(&all).map(|(n, p)| n - mass * p).collect();
        let square: f64 = apart.iter().map(|x| x * x).sum();
        let by_chance = width as f64 * noisy.noise.powi(2);
        let kept = (1.0 - by_chance / square.max(f64::MIN_POSITIVE)).max(0.0);
        let counts: Vec<f64> = apart
            .iter()
            .zip(&all)
            .map(|(x, p)| mass * p + kept * x)
            .collect();
        shares(&counts)
    };
    (noisy.sums.chunks(width).map(of).collect(), all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: &[f64], expected: &[f64]) -> bool {
        let pairs = found.iter().zip(expected);
        found.len() == expected.len() && { pairs }.all(|(a, b)| (a - b).abs() < 1e-9)
    }

    #[test]
    fn the_nearest_law_by_hand() {
        assert!(near(&shares(&[6.0, 3.0, 1.0]), &[0.6, 0.3, 0.1]));
        // Sum 8: without -1 the rest is to lose 1 in all, a half each: 6.5 and 1.5 of 8.
        assert!(near(
            &shares(&[7.0, 2.0, -1.0]),
            &[6.5 / 8.0, 1.5 / 8.0, 0.0]
        ));
        // Sum 6: 1 would be 0 or less, so that 8 alone is left.
        assert!(near(&shares(&[8.0, 1.0, -3.0]), &[1.0, 0.0, 0.0]));
        assert!(near(&shares(&[-1.0, 0.5]), &[0.5, 0.5]));
        assert!(near(&shares(&[2.0]), &[1.0]));
    }

    #[test]
    fn groups_are_pulled_together_as_far_as_noise_goes() {
        // All: 50 and 50. Apart from it 20 and -20 in each row, square 800.
        let sums = vec![45.0, 5.0, 5.0, 45.0];
        let of = |noise| {
            let noisy = Noisy {
                sums: sums.clone(),
                noise,
            };
            shares_of_groups(&noisy, 2)
        };
        let (rows, all) = of(0.0);
        assert!(near(&all, &[0.5, 0.5]) && near(&rows[0], &[0.9, 0.1]));
        // Noise of 10: 200 of 800 are by chance, three quarters of 20 are left.
        assert!(near(&of(10.0).0[1], &[0.2, 0.8]));
        assert!(near(&of(25.0).0[1], &[0.5, 0.5]));
    }

    #[test]
    fn sums_are_released_part_by_part() {
        let parts = vec![
            Part {
                cells: 2,
                square: 0.25,
            },
            Part {
                cells: 1,
                square: 0.75,
            },
        ];
        let mut sums = Sums::new(parts, 1e-6);
        for _ in 0..3 {
            sums.add(0, 1, 0.5);
            sums.add(1, 0, -1.0);
        }
        // 3 users of .5 times a weight of .5 are 3/4 of one.
        assert_eq!(sums.totals[1], 3 << 22);
        let found = sums.release();
        assert!((found[0].sums[1] - 1.5).abs() < 1e-4 && found[0].sums[0].abs() < 1e-4);
        assert!((found[1].sums[0] + 3.0).abs() < 1e-4);
        assert!(
            (found[0].noise / 2e-6 - 1.0).abs() < 0.1,
            "{}",
            found[0].noise
        );
    }
}
