//! Whether every kind of user is there: k-means clusters of real users, and who falls into them.

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::divergence::total_variation;
use crate::models::{Clusters, closest};

/// The most clusters.
const MOST: usize = 20;
/// Real users for each cluster.
const USERS: usize = 10;

/// Clusters of real users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Modes {
    /// How many there are: one for ten users, at most 20.
    pub clusters: usize,
    /// Those in which the others are at least half as frequent as real users.
    pub covered: usize,
    /// Total variation of the shares of the clusters.
    pub total_variation: f64,
}

impl Modes {
    /// Of real points and others.
    pub(super) fn of(real: &[&[f64]], other: &[&[f64]], seed: Seed) -> Self {
        let centres = Clusters::of(real, (real.len() / USERS).clamp(1, MOST), seed).centres;
        let shares = |points: &[&[f64]]| {
            let mut shares = vec![0.0; centres.len()];
            for point in points {
                shares[closest(point, &centres).0] += 1.0 / points.len() as f64;
            }
            shares
        };
        let (real, other) = (shares(real), shares(other));
        let covers = |(real, other): &(&f64, &f64)| **other >= **real / 2.0;
        Self {
            clusters: centres.len(),
            covered: real.iter().zip(&other).filter(covers).count(),
            total_variation: total_variation(&real, &other).expect("both have users"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;

    #[test]
    fn worked_by_hand() {
        // Three groups of ten users, at 0, 10 and 20; the others are in the first two, 2 : 1.
        let at = |place: f64| (0..10).map(move |n| vec![place + 0.01 * f64::from(n)]);
        let real: Vec<Vec<f64>> = at(0.0).chain(at(10.0)).chain(at(20.0)).collect();
        let other: Vec<Vec<f64>> = at(0.0).chain(at(0.0)).chain(at(10.0)).collect();
        let real: Vec<&[f64]> = real.iter().map(Vec::as_slice).collect();
        let other: Vec<&[f64]> = other.iter().map(Vec::as_slice).collect();
        for seed in 0..5 {
            let found = Modes::of(&real, &other, Seed(seed));
            assert_eq!((found.clusters, found.covered), (3, 2));
            close(Some(found.total_variation), 1.0 / 3.0);
            close(
                Some(Modes::of(&real, &real, Seed(seed)).total_variation),
                0.0,
            );
        }
        // Points that are all the same are one cluster.
        let same = vec![&[1.0][..]; 40];
        let found = Modes::of(&same, &same, Seed(1));
        assert_eq!((found.clusters, found.covered), (1, 1));
    }
}
