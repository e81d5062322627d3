//! Gaps between the events of a user: a Markov chain over classes of gaps.
//!
//! The next class depends on the one before, so that short gaps come in sessions; rows of few gaps are
//! shrunk towards the law of all gaps. Within a class a gap is drawn between the quantiles of the
//! real ones.

use rand::RngExt;
use sparring_wide::Stream;

use crate::data::{
    GAP_CLASSES as CLASSES, GAP_KNOTS as KNOTS, gap_class as class, gap_quantiles as quantiles,
    gap_within, least_gap as least,
};
use crate::recommend::{NamedTensors, WeightsError};

/// Rows of the chain: the class before, or none.
const ROWS: usize = CLASSES + 1;
/// The row of a user's first gap.
const FIRST: usize = CLASSES;
/// Gaps that a row is given from the law of all gaps.
const SHRINK: f64 = 5.0;

/// The law of gaps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gaps {
    /// Share of each class up to it, after each class, `[66, 65]`.
    chain: Vec<f32>,
    /// The gaps of each class at their quantiles, `[65, 9]`.
    knots: Vec<f32>,
}

impl Gaps {
    /// Of the real gaps of every user, in order.
    pub(super) fn of(users: impl Iterator<Item = Vec<u64>>) -> Self {
        let mut counts = vec![0.0_f64; ROWS * CLASSES];
        let mut by_class: Vec<Vec<u64>> = vec![Vec::new(); CLASSES];
        for gaps in users {
            let mut before = FIRST;
            for gap in gaps {
                let class = class(gap);
                counts[before * CLASSES + class] += 1.0;
                by_class[class].push(gap);
                before = class;
            }
        }
        let total: usize = by_class.iter().map(Vec::len).sum();
        let shares: Vec<f64> = by_class
            .iter()
            .enumerate()
            .map(|(class, gaps)| match total {
                // Nobody has two events: there is nothing between them.
                0 => f64::from(u8::from(class == 0)),
                _ => gaps.len() as f64 / total as f64,
            })
            .collect();
        let mut chain = Vec::with_capacity(counts.len());
        for row in counts.chunks(CLASSES) {
            let (n, mut up_to) = (row.iter().sum::<f64>(), 0.0);
            for (count, share) in row.iter().zip(&shares) {
                up_to += (count + SHRINK * share) / (n + SHRINK);
                chain.push(single(up_to));
            }
        }
        let knots = by_class.iter_mut().enumerate();
        Self {
            chain,
            knots: knots
                .flat_map(|(class, gaps)| quantiles(class, gaps))
                .collect(),
        }
    }

    /// With the shares of classes after nothing, after a short gap and after a long one, which is
    /// `long` and more; within a class gaps are even over logarithms.
    pub(super) fn released(rows: &[Vec<f64>; 3], long: u64) -> Self {
        let after = |before: usize| match before {
            FIRST => &rows[0],
            class if least(class) >= long => &rows[2],
            _ => &rows[1],
        };
        let chain = (0..ROWS).flat_map(|before| {
            after(before).iter().scan(0.0, |up_to, share| {
                *up_to += share;
                Some(single(*up_to))
            })
        });
        let knot = |at: usize| {
            let (low, place) = (least(at / KNOTS) as f64, at % KNOTS);
            let whole = low * (place as f64 / (KNOTS - 1) as f64).exp2();
            // The last gap of the class; none above 0 in the first.
            single(whole.min(2.0 * low - 1.0).max(low))
        };
        Self {
            chain: chain.collect(),
            knots: (0..CLASSES * KNOTS).map(knot).collect(),
        }
    }

    /// The next gap of a user; `before` is the class of the last one, and changes.
    pub(super) fn draw(&self, before: &mut Before, stream: &mut Stream) -> u64 {
        let row = &self.chain[before.0 * CLASSES..(before.0 + 1) * CLASSES];
        let place = stream.random::<f32>() * row[CLASSES - 1];
        let class = row.partition_point(|up_to| *up_to <= place);
        let class = class.min(CLASSES - 1);
        before.0 = class;
        gap_within(&self.knots[class * KNOTS..(class + 1) * KNOTS], stream)
    }

    pub(super) fn weights(&self) -> NamedTensors {
        NamedTensors::new()
            .with("chain", &[ROWS, CLASSES], self.chain.clone())
            .with("knots", &[CLASSES, KNOTS], self.knots.clone())
    }

    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let wrong = |name: &str, expected, found: f32| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found: found.to_string(),
        };
        let chain = weights.matrix_of("chain", ROWS, CLASSES)?.to_vec();
        for row in chain.chunks(CLASSES) {
            let mut before = 0.0;
            for &share in row {
                if !(before..=1.01).contains(&share) {
                    return Err(wrong("chain", "rising shares up to 1", share));
                }
                before = share;
            }
            if before < 0.99 {
                return Err(wrong("chain", "shares that add up to 1", before));
            }
        }
        let knots = weights.matrix_of("knots", CLASSES, KNOTS)?.to_vec();
        for row in knots.chunks(KNOTS) {
            let mut before = 0.0;
            for &knot in row {
                if !(before..=1.9e19).contains(&knot) {
                    return Err(wrong("knots", "rising gaps", knot));
                }
                before = knot;
            }
        }
        Ok(Self { chain, knots })
    }
}

/// What the chain knows of a user: the class of the last gap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before(usize);

impl Before {
    /// No gap yet.
    pub(super) fn none() -> Self {
        Self(FIRST)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Seed;

    fn drawn(gaps: &Gaps, n: usize) -> Vec<u64> {
        let (mut stream, mut before) = (Seed(1).stream("gaps"), Before::none());
        (0..n)
            .map(|_| gaps.draw(&mut before, &mut stream))
            .collect()
    }

    #[test]
    fn short_gaps_follow_short_ones() {
        // Users whose gaps are nine of 1, one of 1,000, and so on.
        let row: Vec<u64> = (0..100)
            .map(|at| if at % 10 == 9 { 1000 } else { 1 })
            .collect();
        let gaps = Gaps::of((0..50).map(|_| row.clone()));
        let drawn = drawn(&gaps, 20_000);
        assert!(drawn.iter().all(|gap| [1, 1000].contains(gap)));
        let long = drawn.iter().filter(|gap| **gap == 1000).count();
        assert!(long.abs_diff(2000) < 150, "{long}");
        // A long gap follows a long one only as far as rows are shrunk.
        let twice = drawn
            .windows(2)
            .filter(|pair| **pair == [1000, 1000])
            .count();
        assert!(twice < 60, "{twice}");
    }

    #[test]
    fn gaps_have_the_real_quantiles() {
        let gaps = Gaps::of((0..1000).map(|user| vec![512 + user % 512]));
        let mut drawn = drawn(&gaps, 4000);
        drawn.sort_unstable();
        for (at, expected) in [(1000, 640), (2000, 768), (3000, 896)] {
            assert!(drawn[at].abs_diff(expected) < 12, "{}", drawn[at]);
        }
        assert!(drawn[0] >= 512 && drawn[3999] < 1024);
    }

    #[test]
    fn without_gaps_there_is_nothing_between_events() {
        let gaps = Gaps::of([vec![], vec![]].into_iter());
        assert_eq!(drawn(&gaps, 5), [0; 5]);
    }

    #[test]
    fn damaged_gaps_are_refused() {
        let weights = Gaps::of([vec![0, 5, 700]].into_iter()).weights();
        assert!(Gaps::from_weights(&weights).is_ok());
        for (name, shape, value) in [
            ("chain", [ROWS, CLASSES], f32::NAN),
            ("chain", [ROWS, CLASSES], 0.0),
            ("chain", [ROWS, CLASSES], 2.0),
            ("knots", [CLASSES, KNOTS], -1.0),
            ("knots", [CLASSES, KNOTS], f32::INFINITY),
        ] {
            let data = vec![value; shape.iter().product()];
            let damaged = weights.clone().with(name, &shape, data);
            let error = Gaps::from_weights(&damaged).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
