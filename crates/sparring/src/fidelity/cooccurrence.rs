//! Which items stand together in profiles.
//!
//! ```text
//! phi_ab = (n_ab / n - p_a p_b) / sqrt(p_a (1 - p_a) p_b (1 - p_b)),  p = count / n
//! ```
//! The counts of pairs alone follow from popularity for the most part: users who choose by
//! popularity have them right to .91 on MovieLens-1M, and the correlations of items to .16.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::correlation::pearson;
use super::logs::Crowd;
use crate::data::by_popularity;

/// Items of a band.
const BAND: usize = 200;

/// Whether items go together among others as they do among real users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cooccurrence {
    /// Correlation of `phi` over all pairs of the 200 items most popular among real users; none
    /// where it does not vary.
    pub top_200: Option<f64>,
    /// The same for the items at the ranks 200 to 400.
    pub ranks_200_to_400: Option<f64>,
    /// Correlation of the plain counts of the pairs of the top 200.
    pub counts_top_200: Option<f64>,
}

/// A figure of each pair of a band in two crowds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pairs {
    pub(super) real: Vec<f64>,
    pub(super) other: Vec<f64>,
}

impl Cooccurrence {
    /// Of real users and others.
    pub fn of(real: &Crowd, other: &Crowd) -> Self {
        let correlation = |from| {
            let pairs = Pairs::phi(real, other, from);
            pearson(&pairs.real, &pairs.other)
        };
        let counts = Pairs::of(real, other, 0, pairs);
        Self {
            top_200: correlation(0),
            ranks_200_to_400: correlation(BAND),
            counts_top_200: pearson(&counts.real, &counts.other),
        }
    }
}

impl Pairs {
    /// The correlations of the items at the ranks from `from`.
    pub(super) fn phi(real: &Crowd, other: &Crowd, from: usize) -> Self {
        Self::of(real, other, from, phi)
    }

    fn of(
        real: &Crowd,
        other: &Crowd,
        from: usize,
        figure: fn(&Crowd, &[usize]) -> Vec<f64>,
    ) -> Self {
        let counts = real.counts();
        let mut band = by_popularity(&counts);
        band.retain(|&item| counts[item] > 0);
        let band: Vec<usize> = band.into_iter().skip(from).take(BAND).collect();
        Self {
            real: figure(real, &band),
            other: figure(other, &band),
        }
    }
}

/// `phi` of each pair of places in `band`; 0 for an item that nobody or everybody has.
fn phi(crowd: &Crowd, band: &[usize]) -> Vec<f64> {
    let (n, counts) = (crowd.n_users() as f64, crowd.counts());
    let shares: Vec<f64> = band
        .iter()
        .map(|&item| f64::from(counts[item]) / n)
        .collect();
    let variances: Vec<f64> = shares.iter().map(|p| p * (1.0 - p)).collect();
    let mut both = pairs(crowd, band);
    let mut at = 0;
    for a in 0..band.len() {
        for b in a + 1..band.len() {
            let scale = (variances[a] * variances[b]).sqrt();
            let covariance = both[at] / n - shares[a] * shares[b];
            both[at] = if scale > 0.0 { covariance / scale } else { 0.0 };
            at += 1;
        }
    }
    both
}

/// How many users have both items, for each pair `a < b` of places in `band`, row after row.
fn pairs(crowd: &Crowd, band: &[usize]) -> Vec<f64> {
    let mut place = vec![usize::MAX; crowd.n_items()];
    for (at, &item) in band.iter().enumerate() {
        place[item] = at;
    }
    let by_item = crowd.profiles.transpose();
    let rows = band.par_iter().enumerate().map(|(at, &item)| {
        let mut sums = vec![0_u32; band.len()];
        for &user in by_item.row(item) {
            for &other in crowd.profiles.row(user as usize) {
                if let Some(sum) = sums.get_mut(place[other as usize]) {
                    *sum += 1;
                }
            }
        }
        let after: Vec<f64> = sums[at + 1..].iter().copied().map(f64::from).collect();
        after
    });
    rows.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;
    use crate::fidelity::logs::tests::crowd;

    #[test]
    fn worked_by_hand() {
        // Item 3 is nobody's. Pairs 01, 02, 12: real 2, 1, 1; others 1, 0, 2.
        let real = crowd(&[&[0, 1, 2], &[0, 1], &[0]], 4);
        let other = crowd(&[&[0, 1], &[1, 2, 3], &[2, 1]], 4);
        let found = Pairs::of(&real, &other, 0, pairs);
        assert_eq!(found.real, [2.0, 1.0, 1.0]);
        assert_eq!(found.other, [1.0, 0.0, 2.0]);
        // Deviations (2, -1, -1) / 3 and (0, -1, 1): 0.
        close(Cooccurrence::of(&real, &other).counts_top_200, 0.0);
        // Real shares 1, 2/3, 1/3: item 0 tells nothing; phi_12 = (1/3 - 2/9) / (2/9).
        // Other shares 1/3, 1, 2/3: item 1 tells nothing; phi_02 = (0 - 2/9) / (2/9).
        let phi = Pairs::phi(&real, &other, 0);
        for (found, expected) in [(phi.real, [0.0, 0.0, 0.5]), (phi.other, [0.0, -1.0, 0.0])] {
            for (found, expected) in found.into_iter().zip(expected) {
                close(Some(found), expected);
            }
        }
        close(Cooccurrence::of(&real, &real).top_200, 1.0);
        assert_eq!(Cooccurrence::of(&real, &other).ranks_200_to_400, None);
    }

    #[test]
    fn the_bands_are_200_items_wide() {
        // Item i is had by 450 - i users: user u has the items 0..=u.
        let rows: Vec<Vec<u32>> = (0..450).map(|user| (0..=user).collect()).collect();
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        let all = crowd(&rows, 450);
        let pairs = Pairs::of(&all, &all, BAND, pairs);
        assert_eq!(pairs.real.len(), 200 * 199 / 2);
        // The items 200 and 201 are both had by the users from 201 on.
        close(pairs.real.first().copied(), 249.0);
        close(pairs.real.last().copied(), 51.0);
    }
}
