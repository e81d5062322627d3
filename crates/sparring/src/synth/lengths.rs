//! The lengths of profiles: a standard normal variable for every user, and back.
//!
//! ```text
//! g_u = Phi^-1((users shorter than u + half of those as long) / U)
//! length(g) = exp(interpolation of the log lengths at 301 knots of g)
//! ```
//!
//! So a law of normal variables sees lengths whatever theirs is. The length at a knot is the real
//! one of the rank that the knot has under the fitted law, so that drawn lengths are real ones even
//! where the law is not standard. The knots are steps of 1/50 between -3 and 3: half a knot moves at
//! most .4 % of the users.

use super::normal::quantile;
use crate::recommend::{NamedTensors, WeightsError};

/// Largest score of a knot.
const REACH: f64 = 3.0;
/// Knots in one unit of the score.
const DENSITY: f64 = 50.0;
const KNOTS: usize = 301;

/// The lengths at the knots, rising.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lengths {
    logs: Vec<f32>,
}

impl Lengths {
    /// From the lengths of real users, of which there is one at least, none of them 0, for scores
    /// that have the distribution function `cdf`.
    pub(super) fn of(lengths: &[usize], cdf: impl Fn(f64) -> f64) -> Self {
        let mut sorted = lengths.to_vec();
        sorted.sort_unstable();
        let knot = |at: usize| {
            let share = cdf(at as f64 / DENSITY - REACH);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a rank below the number of users"
            )]
            let rank = (share * sorted.len() as f64) as usize;
            #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
            let log = (sorted[rank.min(sorted.len() - 1)] as f64).ln() as f32;
            log
        };
        Self {
            logs: (0..KNOTS).map(knot).collect(),
        }
    }

    /// The score of each length among them all; equal lengths have equal scores.
    pub(super) fn scores(lengths: &[usize]) -> Vec<f64> {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let mut counts = vec![0_usize; longest + 1];
        for &length in lengths {
            counts[length] += 1;
        }
        let (mut shorter, users) = (0, lengths.len() as f64);
        let by_length: Vec<f64> = counts
            .iter()
            .map(|&same| {
                let rank = shorter as f64 + same as f64 / 2.0;
                shorter += same;
                if same == 0 {
                    0.0
                } else {
                    quantile(rank / users)
                }
            })
            .collect();
        lengths.iter().map(|&length| by_length[length]).collect()
    }

    /// The length at a score, from 1 to `most`.
    pub(super) fn at(&self, score: f64, most: usize) -> usize {
        let place = ((score.clamp(-REACH, REACH) + REACH) * DENSITY).min((KNOTS - 1) as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to the last knot"
        )]
        let below = (place as usize).min(KNOTS - 2);
        let (low, high) = (f64::from(self.logs[below]), f64::from(self.logs[below + 1]));
        let length = (low + (place - below as f64) * (high - low)).exp().round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a length of a profile"
        )]
        let length = length as usize;
        length.clamp(1, most)
    }

    pub(super) fn weights(&self) -> NamedTensors {
        NamedTensors::new().with("log_lengths", &[KNOTS], self.logs.clone())
    }

    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let logs = weights.vector_of("log_lengths", KNOTS)?.to_vec();
        let possible = |log: &f32| (0.0..=22.0).contains(log);
        match logs.iter().find(|log| !possible(log)) {
            None => Ok(Self { logs }),
            Some(log) => Err(WeightsError::Value {
                name: "log_lengths".to_owned(),
                expected: "logarithms of lengths",
                found: log.to_string(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::normal::cdf;

    #[test]
    fn scores_by_hand() {
        // Ranks (0.5, 2, 2, 3.5) of 4: Phi^-1 of .125, .5, .5, .875.
        let scores = Lengths::scores(&[1, 5, 5, 9]);
        for (found, expected) in scores.iter().zip([-1.150_35, 0.0, 0.0, 1.150_35]) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    #[test]
    fn lengths_come_back_from_their_scores() {
        // 1,000 users of the lengths 3 to 102, ten of each.
        let lengths: Vec<usize> = (0..1000).map(|user| 3 + user / 10).collect();
        let table = Lengths::of(&lengths, cdf);
        for (length, score) in lengths.iter().zip(Lengths::scores(&lengths)) {
            let found = table.at(score, 500);
            assert!(found.abs_diff(*length) <= 1, "{found} {length}");
        }
        assert_eq!((table.at(-9.0, 500), table.at(9.0, 500)), (3, 102));
        assert_eq!(table.at(9.0, 40), 40, "no more than there is");
    }

    #[test]
    fn short_lengths_keep_their_shares() {
        // Half of the users have one item, 3 in 10 have two, 2 in 10 have seven.
        let shares = [(1, 500), (2, 300), (7, 200)];
        let lengths: Vec<usize> = shares.iter().flat_map(|&(l, n)| vec![l; n]).collect();
        let table = Lengths::of(&lengths, cdf);
        let drawn: Vec<usize> = (0..10_000)
            .map(|at| table.at(quantile((f64::from(at) + 0.5) / 1e4), 500))
            .collect();
        for (length, users) in shares {
            let found = drawn.iter().filter(|drawn| **drawn == length).count();
            assert!(found.abs_diff(10 * users) < 100, "{length}: {found}");
        }
    }

    #[test]
    fn scores_of_another_law_have_real_lengths_too() {
        // Scores of twice the spread: .5 has the rank of a standard score of .25.
        let lengths: Vec<usize> = (1..=1000).collect();
        let wide = Lengths::of(&lengths, |score| cdf(score / 2.0));
        let standard = Lengths::of(&lengths, cdf);
        assert!(wide.at(0.5, 1000).abs_diff(standard.at(0.25, 1000)) <= 4);
        assert!(wide.at(0.5, 1000) + 50 < standard.at(0.5, 1000));
    }

    #[test]
    fn damaged_lengths_are_refused() {
        let mut weights = Lengths::of(&[1, 2, 3], cdf).weights();
        assert!(Lengths::from_weights(&weights).is_ok());
        weights = weights.with("log_lengths", &[KNOTS], vec![f32::NAN; KNOTS]);
        assert!(Lengths::from_weights(&weights).is_err());
    }
}
