//! The law of times from shares that were released with noise.

use super::gaps::Gaps;
use super::order::Order;
use super::week::Week;
use super::{KNOTS, Times};
use crate::data::Clock;

/// Shares that were released, and the range that was declared.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::synth) struct TimeShares {
    /// The first and the last time.
    pub(in crate::synth) ends: (i64, i64),
    /// Of first events, in parts of the range of the same length.
    pub(in crate::synth) starts: Vec<f64>,
    /// Of the hours of the week.
    pub(in crate::synth) week: Vec<f64>,
    /// Of classes of gaps: after nothing, after less than an hour, after more.
    pub(in crate::synth) gaps: [Vec<f64>; 3],
}

impl Times {
    /// Of these shares; starts are even within a part, and items come in any order.
    pub(in crate::synth) fn released(shares: &TimeShares, n_items: usize) -> Self {
        let (first, last) = shares.ends;
        let hour = Clock::of(first, last).hour();
        let long = hour.map_or(u64::MAX, i64::unsigned_abs);
        Self {
            ends: shares.ends,
            starts: (0..KNOTS).map(|at| start(shares, at)).collect(),
            gaps: Gaps::released(&shares.gaps, long),
            week: hour.map(|hour| Week::released(&shares.week, hour)),
            order: Order::even(n_items),
        }
    }
}

/// The start at a quantile.
fn start(shares: &TimeShares, at: usize) -> i64 {
    let (first, last) = shares.ends;
    let parts = shares.starts.len() as f64;
    let mut left = at as f64 / (KNOTS - 1) as f64;
    let mut place = 1.0;
    for (part, &share) in shares.starts.iter().enumerate() {
        if left <= share && share > 0.0 {
            place = (part as f64 + left / share) / parts;
            break;
        }
        left = (left - share).max(0.0);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of the range"
    )]
    let after = (place * last.abs_diff(first) as f64) as u64;
    first.saturating_add_unsigned(after).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::data::{GAP_CLASSES as CLASSES, gap_class as class};
    use sparring_wide::Seed;

    const DAY: i64 = 86_400;

    fn law() -> Times {
        // A gap of 32 to 63 s goes on with nine of ten, one of 18 to 36 hours follows else; users
        // begin in the second or the last quarter of 1,000 days; sessions at Thursday midnight.
        let mut gaps = [vec![0.0; CLASSES], vec![0.0; CLASSES], vec![0.0; CLASSES]];
        for row in &mut gaps {
            row[6] = 0.9;
            row[17] = 0.1;
        }
        let mut week = vec![0.0; 168];
        week[0] = 1.0;
        let shares = TimeShares {
            ends: (800_000_000, 800_000_000 + 1000 * DAY),
            starts: vec![0.0, 0.75, 0.0, 0.25],
            week,
            gaps,
        };
        Times::released(&shares, 30)
    }

    #[test]
    fn starts_and_gaps_are_those_of_the_shares() {
        let law = law();
        let quarter = |time: i64| (time - 800_000_000) / (250 * DAY);
        let second = law
            .starts
            .iter()
            .filter(|start| quarter(**start) == 1)
            .count();
        let last = law
            .starts
            .iter()
            .filter(|start| quarter(**start) >= 3)
            .count();
        assert!(
            second.abs_diff(193) < 3 && last.abs_diff(64) < 3,
            "{second} {last}"
        );
        let profile: Vec<ItemIx> = (0..30).map(ItemIx).collect();
        let (mut short, mut all) = (0, 0);
        for user in 0..200 {
            let events = law.draw(user, &profile, Seed(3));
            assert!(events.is_sorted_by_key(|(_, time)| *time));
            let inside = |time| (law.ends.0..=law.ends.1).contains(&time);
            assert!(events.iter().all(|(_, time)| inside(*time)));
            for pair in events.windows(2) {
                all += 1;
                short += usize::from(class(pair[1].1.abs_diff(pair[0].1)) == 6);
            }
        }
        let share = short as f64 / f64::from(all);
        // Gaps at the end of the range may be shortened.
        assert!((0.85..0.93).contains(&share), "{share}");
    }

    #[test]
    fn it_survives_saving() {
        let law = law();
        assert_eq!(Times::from_weights(&law.weights(), 30).unwrap(), law);
    }

    #[test]
    fn positions_have_no_hours() {
        let shares = TimeShares {
            ends: (0, 500),
            starts: vec![1.0],
            week: vec![1.0 / 168.0; 168],
            gaps: [0, 1, 2].map(|_| {
                let mut row = vec![0.0; CLASSES];
                row[1] = 1.0;
                row
            }),
        };
        let law = Times::released(&shares, 3);
        assert!(law.week.is_none());
        let events = law.draw(0, &[ItemIx(0), ItemIx(1), ItemIx(2)], Seed(1));
        assert!(events.windows(2).all(|pair| pair[1].1 - pair[0].1 <= 1));
        assert_eq!(Times::from_weights(&law.weights(), 3).unwrap(), law);
    }
}
