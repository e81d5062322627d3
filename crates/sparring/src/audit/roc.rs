//! How well scores tell members from others: the area under the curve, and the few that are certain.

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::guesses::CONFIDENCE;
use crate::eval::Interval;
use crate::fidelity::Auc;

/// Resamples of an interval.
const RESAMPLES: u64 = 1000;
/// Shares of others that are wrongly called members.
const RATES: [f64; 2] = [0.01, 0.001];
/// Points of a curve, bars of a histogram.
const POINTS: usize = 200;
const BARS: usize = 40;

/// True against false positives of an attack whose scores are larger for members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Roc {
    /// Members that were attacked.
    pub members: usize,
    /// Others that were attacked.
    pub outsiders: usize,
    /// Area under the curve: 1/2 if the attack tells nothing. The interval is by bootstrap over
    /// members and others.
    pub auc: Interval,
    /// Members that are found while few others are wrongly called members.
    pub rates: Vec<Rate>,
    /// False and true positives.
    pub curve: Vec<(f64, f64)>,
    /// How the scores are spread.
    pub histogram: Histogram,
}

/// Members found at a rate of false positives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// The most others that are wrongly called members.
    pub false_positives: f64,
    /// Share of the members that are found; none where there are too few others to know.
    pub true_positives: Option<Interval>,
}

/// Shares of members and of others by score.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Middles of the bars.
    pub at: Vec<f64>,
    /// Shares of the members.
    pub members: Vec<f64>,
    /// Shares of the others.
    pub outsiders: Vec<f64>,
}

impl Roc {
    /// Of the scores of members and of others, none of which is empty.
    pub fn of(members: &[f64], outsiders: &[f64], seed: Seed) -> Self {
        let samples: Vec<Vec<f64>> = (0..RESAMPLES)
            .into_par_iter()
            .map(|at| {
                let mut stream = seed.stream_at("bootstrap", at);
                let mut drawn = |of: &[f64]| -> Vec<f64> {
                    (0..of.len())
                        .map(|_| of[stream.random_range(0..of.len())])
                        .collect()
                };
                figures(&drawn(members), &drawn(outsiders))
            })
            .collect();
        let whole = figures(members, outsiders);
        let interval = |at: usize| {
            let mut all: Vec<f64> = samples.iter().map(|figures| figures[at]).collect();
            all.sort_unstable_by(f64::total_cmp);
            let tail = (1.0 - CONFIDENCE) / 2.0;
            Interval {
                mean: whole[at],
                low: quantile(&all, tail),
                high: quantile(&all, 1.0 - tail),
            }
        };
        let rates = RATES.iter().enumerate().map(|(at, &false_positives)| Rate {
            false_positives,
            true_positives: (outsiders.len() >= needed(false_positives)).then(|| interval(at + 1)),
        });
        Self {
            members: members.len(),
            outsiders: outsiders.len(),
            auc: interval(0),
            rates: rates.collect(),
            curve: curve(members, outsiders),
            histogram: Histogram::of(members, outsiders),
        }
    }
}

/// Others that must be there for one of them to be this share.
pub(crate) fn needed(false_positives: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number"
    )]
    let needed = false_positives.recip().round() as usize;
    needed
}

/// The area, then the true positives at each rate.
fn figures(members: &[f64], outsiders: &[f64]) -> Vec<f64> {
    let auc = Auc::of(members, outsiders).map_or(0.5, |auc| auc.value);
    let mut falling = outsiders.to_vec();
    falling.sort_unstable_by(|a, b| b.total_cmp(a));
    let found = |rate: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length; a rate times a length is not to be a little too small"
        )]
        let allowed = (rate * falling.len() as f64 + 1e-9) as usize;
        let above = falling[allowed.min(falling.len() - 1)];
        let found = members.iter().filter(|&&score| score > above).count();
        found as f64 / members.len() as f64
    };
    std::iter::once(auc).chain(RATES.map(found)).collect()
}

/// The number below which a share of sorted ones lies.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let at = (share * (sorted.len() - 1) as f64).round() as usize;
    sorted[at]
}

/// From (0, 0) to (1, 1), thinned.
fn curve(members: &[f64], outsiders: &[f64]) -> Vec<(f64, f64)> {
    let mut all: Vec<(f64, bool)> = members.iter().map(|&score| (score, true)).collect();
    all.extend(outsiders.iter().map(|&score| (score, false)));
    all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let (mut found, mut wrong) = (0, 0);
    let mut points = vec![(0.0, 0.0)];
    for (at, &(score, member)) in all.iter().enumerate() {
        if member {
            found += 1;
        } else {
            wrong += 1;
        }
        let last = at + 1 == all.len();
        if last || all[at + 1].0.total_cmp(&score).is_ne() {
            let share = |part: usize, of: &[f64]| part as f64 / of.len() as f64;
            points.push((share(wrong, outsiders), share(found, members)));
        }
    }
    let step = points.len().div_ceil(POINTS).max(1);
    let end = points.len() - 1;
    let kept = points.iter().enumerate();
    kept.filter(|(at, _)| at % step == 0 || *at == end)
        .map(|(_, &point)| point)
        .collect()
}

impl Histogram {
    fn of(members: &[f64], outsiders: &[f64]) -> Self {
        let finite = || members.iter().chain(outsiders).copied();
        let least = finite().fold(f64::INFINITY, f64::min);
        let most = finite().fold(f64::NEG_INFINITY, f64::max);
        let width = (most - least) / BARS as f64;
        if !(width > 0.0 && width.is_finite()) {
            return Self::default();
        }
        let shares = |scores: &[f64]| {
            let mut bars = vec![0.0; BARS];
            for score in scores {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a bar of the histogram"
                )]
                let bar = (((score - least) / width) as usize).min(BARS - 1);
                bars[bar] += 1.0 / scores.len() as f64;
            }
            bars
        };
        Self {
            at: (0..BARS)
                .map(|bar| least + (bar as f64 + 0.5) * width)
                .collect(),
            members: shares(members),
            outsiders: shares(outsiders),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        // 100 others 0 .. 99; members 98.5 (beats 99 of them), 99.5 (all), -1 (none) and 98 (98.5).
        let outsiders: Vec<f64> = (0..100).map(f64::from).collect();
        let roc = Roc::of(&[98.5, 99.5, -1.0, 98.0], &outsiders, Seed(1));
        assert!((roc.auc.mean - (99.0 + 100.0 + 98.5) / 400.0).abs() < 1e-12);
        assert!(roc.auc.low < roc.auc.mean && roc.auc.mean < roc.auc.high);
        // One other may be wrong: members above 98.
        let [one, thousandth] = roc.rates[..] else {
            panic!("two rates")
        };
        assert!((one.true_positives.unwrap().mean - 0.5).abs() < 1e-12);
        assert_eq!(thousandth.true_positives, None, "1,000 others are needed");
        assert_eq!(roc.curve.first(), Some(&(0.0, 0.0)));
        assert_eq!(roc.curve.last(), Some(&(1.0, 1.0)));
        assert!(roc.curve.contains(&(0.01, 0.5)));
    }

    #[test]
    fn chance_and_certainty() {
        let some: Vec<f64> = (0..1000).map(f64::from).collect();
        let more: Vec<f64> = (1000..2000).map(f64::from).collect();
        let same = Roc::of(&some, &some, Seed(1));
        assert!((same.auc.mean - 0.5).abs() < 1e-12);
        assert!(same.auc.low > 0.46 && same.auc.high < 0.54);
        let none = same.rates[1].true_positives.unwrap();
        assert!(none.mean < 0.002, "{none:?}");
        let certain = Roc::of(&more, &some, Seed(1));
        assert!((certain.auc.low - 1.0).abs() < 1e-12);
        assert!((certain.rates[1].true_positives.unwrap().low - 1.0).abs() < 1e-12);
        assert!(certain.curve.len() <= POINTS + 2);
        let bars: f64 = certain.histogram.members.iter().sum();
        assert!((bars - 1.0).abs() < 1e-9 && certain.histogram.members[0] < 1e-12);
    }

    #[test]
    fn equal_scores_are_no_attack() {
        let roc = Roc::of(&[1.0; 5], &[1.0; 7], Seed(1));
        assert!((roc.auc.mean - 0.5).abs() < 1e-12);
        assert_eq!(roc.curve, [(0.0, 0.0), (1.0, 1.0)]);
        assert_eq!(roc.histogram, Histogram::default());
    }
}
