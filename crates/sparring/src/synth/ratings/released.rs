//! The law of ratings from shares that were released with noise.

use super::{KNOTS, MOST, REACH, Ratings, scores, single};
use crate::synth::classes::Classes;
use crate::synth::normal::quantile;

/// What the classes share out among them.
const WHOLE: f64 = 1e6;

/// Shares of ratings, each row in their order.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::synth) struct RatingShares {
    /// By band of popularity.
    pub(in crate::synth) bands: Vec<Vec<f64>>,
    /// Of all.
    pub(in crate::synth) all: Vec<f64>,
    /// Variance of the means of users, ratings being even places from 0 to 1.
    pub(in crate::synth) between: f64,
}

impl Ratings {
    /// Of these values and shares; an item rates as its band does, and a user's bias is normal.
    ///
    /// Near a bias of 0 the mean score of a user moves by its variance within a user, `V - T`, times the
    /// bias, `V` being the variance of the scores of all ratings and `T` that of the users' means. So
    /// biases of deviation `sqrt(T) / (V - T)` give means of variance `T`.
    ///
    /// # Panics
    /// If there are more than 20 values.
    pub(in crate::synth) fn released(
        values: &[f64],
        shares: &RatingShares,
        bands: &[usize],
    ) -> Self {
        assert!(values.len() <= MOST, "a class for each value");
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a million"
        )]
        let count = |share: &f64| (share * WHOLE).round().max(1.0) as u32;
        let classes = Classes::ordered(shares.all.iter().map(count).collect(), MOST, false);
        let scores = scores(&classes);
        let deviation = bias(&shares.all, &scores, shares.between);
        let knot = |at: usize| {
            let place = (at as f64 + 0.5) / KNOTS as f64;
            single((deviation * quantile(place)).clamp(-REACH, REACH))
        };
        let mut ratings = Self {
            values: values.iter().map(|value| single(*value)).collect(),
            classes,
            scores,
            items: Vec::new(),
            biases: (0..KNOTS).map(knot).collect(),
        };
        let chances: Vec<f64> = bands
            .iter()
            .flat_map(|&band| shares.bands[band].clone())
            .collect();
        ratings.items = ratings.raked(&chances);
        ratings
    }
}

/// The deviation of the biases: see [`Ratings::released`].
fn bias(shares: &[f64], scores: &[f64], between: f64) -> f64 {
    let last = (shares.len() - 1).max(1) as f64;
    let places: Vec<f64> = (0..shares.len()).map(|at| at as f64 / last).collect();
    let variance = |of: &[f64]| {
        let mean: f64 = of.iter().zip(shares).map(|(x, share)| x * share).sum();
        let squares = of
            .iter()
            .zip(shares)
            .map(|(x, share)| (x - mean).powi(2) * share);
        squares.sum::<f64>()
    };
    let (of_places, of_scores) = (variance(&places), variance(scores));
    if of_places <= 0.0 || of_scores <= 0.0 {
        return 0.0;
    }
    // No more than half of the variance is that of means: beyond it the first order says nothing.
    let part = (between / of_places).min(0.5);
    part.sqrt() / (of_scores.sqrt() * (1.0 - part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use sparring_wide::Seed;

    fn law(between: f64) -> Ratings {
        let shares = RatingShares {
            bands: vec![vec![0.1, 0.2, 0.7], vec![0.6, 0.3, 0.1]],
            all: vec![0.2, 0.3, 0.5],
            between,
        };
        Ratings::released(&[1.0, 2.0, 4.5], &shares, &[0, 1, 1])
    }

    #[test]
    fn items_rate_as_their_band_does() {
        for between in [0.0, 0.02] {
            let law = law(between);
            let drawn = (0..6000).map(|user| law.draw(user, &[ItemIx(0), ItemIx(2)], Seed(1)));
            let drawn: Vec<Vec<f32>> = drawn.collect();
            for (at, expected) in [(0, [0.1, 0.2, 0.7]), (1, [0.6, 0.3, 0.1])] {
                for (value, share) in [1.0, 2.0, 4.5].into_iter().zip(expected) {
                    let found = drawn
                        .iter()
                        .filter(|row| row[at].to_bits() == f32::to_bits(value));
                    let found = found.count() as f64 / 6000.0;
                    // Four standard errors of .0065 at most.
                    assert!((found - share).abs() < 0.026, "{value}: {found} {share}");
                }
            }
        }
    }

    #[test]
    fn means_of_users_vary_as_they_are_to() {
        // Long profiles, so that chance is small beside what users differ by.
        let profile = [ItemIx(0); 200];
        let variance = |between| {
            let shares = RatingShares {
                bands: vec![vec![0.2, 0.3, 0.5]],
                all: vec![0.2, 0.3, 0.5],
                between,
            };
            let law = Ratings::released(&[1.0, 2.0, 4.5], &shares, &[0]);
            let place = |rating: &f32| {
                [1.0, 2.0, 4.5]
                    .iter()
                    .position(|v| (v - rating).abs() < 1e-6)
                    .unwrap()
            };
            let mean = |user| {
                let places = law.draw(user, &profile, Seed(2));
                places.iter().map(|r| place(r) as f64 / 2.0).sum::<f64>() / 200.0
            };
            let means: Vec<f64> = (0..3000).map(mean).collect();
            let centre = means.iter().sum::<f64>() / 3000.0;
            means.iter().map(|m| (m - centre).powi(2)).sum::<f64>() / 3000.0
        };
        assert!(variance(0.0) < 0.001, "{}", variance(0.0));
        let found = variance(0.02);
        assert!((0.012..0.028).contains(&found), "{found}");
    }

    #[test]
    fn it_survives_saving() {
        let law = law(0.02);
        assert_eq!(Ratings::from_weights(&law.weights(), 3).unwrap(), law);
    }
}
