//! The rhythm of a week: at which of its 168 hours (UTC) sessions begin.
//!
//! A session weighs as many events as it has, so that the hours of all events are kept. A time is
//! moved to an hour near it, drawn by the rhythm.

use rand::RngExt;
use sparring_wide::Stream;

use crate::recommend::{NamedTensors, WeightsError};

/// Hours in a week.
pub(in crate::synth) const HOURS: usize = 168;

/// The share of events whose session begins in each hour of the week.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Week {
    /// Number of units of time in an hour.
    hour: i64,
    shares: Vec<f32>,
}

impl Week {
    /// Of the times of users, in order; sessions are an hour or more apart.
    pub(super) fn of(users: impl Iterator<Item = Vec<i64>>, hour: i64) -> Self {
        let mut counts = vec![0_u64; HOURS];
        for times in users {
            for begun in sessions(&times, hour) {
                counts[begun] += 1;
            }
        }
        let all: u64 = counts.iter().sum();
        #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
        let share = |count: u64| (count as f64 / all.max(1) as f64) as f32;
        Self {
            hour,
            shares: counts.into_iter().map(share).collect(),
        }
    }

    /// With the share of each hour.
    pub(super) fn released(shares: &[f64], hour: i64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
        let single = |share: &f64| *share as f32;
        Self {
            hour,
            shares: shares.iter().map(single).collect(),
        }
    }

    /// Number of units of time in an hour.
    pub(super) fn hour(&self) -> i64 {
        self.hour
    }

    /// A time at most `reach` from this one, and not outside of `least` to `most`.
    pub(super) fn moved(
        &self,
        time: i64,
        reach: i64,
        (least, most): (i64, i64),
        stream: &mut Stream,
    ) -> i64 {
        let from = time.saturating_sub(reach).max(least);
        let to = time.saturating_add(reach).min(most);
        if from >= to {
            return time.clamp(least, most);
        }
        let hours = from.div_euclid(self.hour)..=to.div_euclid(self.hour);
        let share = |hour: i64| f64::from(self.shares[hour_of_week(hour, 1)]);
        let all: f64 = hours.clone().map(share).sum();
        let mut place = stream.random::<f64>() * all;
        let found = hours.clone().find(|&hour| {
            place -= share(hour);
            place < 0.0
        });
        let Some(hour) = found else {
            return time.clamp(from, to);
        };
        let start = hour.saturating_mul(self.hour).max(from);
        let end = hour
            .saturating_mul(self.hour)
            .saturating_add(self.hour - 1)
            .min(to);
        stream.random_range(start..=end.max(start))
    }

    pub(super) fn weights(&self) -> NamedTensors {
        NamedTensors::new().with("week", &[HOURS], self.shares.clone())
    }

    /// With so many units of time in an hour.
    pub(super) fn from_weights(weights: &NamedTensors, hour: i64) -> Result<Self, WeightsError> {
        let shares = weights.vector_of("week", HOURS)?.to_vec();
        let possible = |share: &f32| (0.0..=1.0).contains(share);
        match shares.iter().find(|share| !possible(share)) {
            None => Ok(Self { hour, shares }),
            Some(share) => Err(WeightsError::Value {
                name: "week".to_owned(),
                expected: "shares from 0 to 1",
                found: share.to_string(),
            }),
        }
    }
}

/// For each event of a user, in order, the hour of the week in which its session began; sessions are
/// an hour or more apart.
pub(in crate::synth) fn sessions(times: &[i64], hour: i64) -> impl Iterator<Item = usize> {
    let mut start = None;
    (0..times.len()).map(move |at| {
        let time = times[at];
        let goes_on = at > 0 && time.saturating_sub(times[at - 1]) < hour;
        let begun = start.filter(|_| goes_on).unwrap_or(time);
        start = Some(begun);
        hour_of_week(begun, hour)
    })
}

fn hour_of_week(time: i64, hour: i64) -> usize {
    let hour = time.div_euclid(hour).rem_euclid(168);
    usize::try_from(hour).expect("below 168")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Seed;

    const HOUR: i64 = 3600;

    #[test]
    fn a_session_weighs_its_events_at_its_beginning() {
        // Three events from hour 10 over into 11, then one in hour 20 of the next week.
        let times = vec![
            10 * HOUR + 3000,
            11 * HOUR,
            11 * HOUR + 3500,
            (168 + 20) * HOUR,
        ];
        let week = Week::of([times].into_iter(), HOUR);
        assert_eq!((week.shares[10], week.shares[20]), (0.75, 0.25));
        assert_eq!(week.shares[11].to_bits(), 0);
    }

    #[test]
    fn times_are_moved_to_the_hours_of_the_rhythm() {
        // Nine of ten events on Thursday (1 January 1970) at 5, one of ten at 8.
        let at = |hour: i64| vec![hour * HOUR];
        let users = (0..10).map(|user| at(if user < 9 { 5 } else { 8 }));
        let week = Week::of(users, HOUR);
        let mut stream = Seed(1).stream("x");
        let mut moved = |time, reach| week.moved(time, reach, (0, i64::MAX), &mut stream);
        let found: Vec<i64> = (0..1000)
            .map(|_| moved(7 * HOUR, 4 * HOUR) / HOUR)
            .collect();
        let early = found.iter().filter(|hour| **hour == 5).count();
        assert!(found.iter().all(|hour| [5, 8].contains(hour)));
        assert!(early.abs_diff(900) < 30, "{early}");
        // Nobody is about at night: a time stays.
        assert_eq!(moved(14 * HOUR, HOUR), 14 * HOUR);
        assert_eq!(moved(14 * HOUR, 0), 14 * HOUR);
    }

    #[test]
    fn limits_hold() {
        let week = Week::of([vec![5 * HOUR]].into_iter(), HOUR);
        let mut stream = Seed(1).stream("x");
        let limits = (5 * HOUR + 100, 5 * HOUR + 110);
        for _ in 0..100 {
            let found = week.moved(9 * HOUR, 8 * HOUR, limits, &mut stream);
            assert!((limits.0..=limits.1).contains(&found), "{found}");
        }
        let found = week.moved(i64::MAX, i64::MAX, (0, 7), &mut stream);
        assert_eq!(found, 7);
    }
}
