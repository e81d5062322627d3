//! When users act: a start, gaps in a chain, sessions in the rhythm of the week, items in an order.
//!
//! ```text
//! start ~ real first events that leave room for the gaps
//! t_1 = moved(start),  t_n = t_(n-1) + g_n,  moved where g_n is an hour or more
//! ```
//!
//! `g_n` comes from a chain over classes of gaps (`gaps.rs`). A session, which begins after an hour or
//! more, is moved to an hour nearby, drawn by the rhythm of the week (`week.rs`). Starts and moves stay
//! inside of the time of the real log; gaps that do not fit into it are shortened alike. Times that are
//! positions, not dates, have no rhythm. Which item comes when is for `order.rs`.

mod gaps;
mod order;
mod released;
mod week;

use rand::RngExt;
use sparring_wide::{Seed, Stream};

use self::gaps::{Before, Gaps};
use self::order::Order;
use self::week::Week;
use crate::data::{Clock, Dataset, ItemIx};
use crate::recommend::{NamedTensors, WeightsError};

pub(super) use released::TimeShares;
pub(super) use week::{HOURS as WEEK, sessions};

/// Knots of the table of starts.
const KNOTS: usize = 257;
/// Parts of the real log's time, of which one is the least step of a start.
const STEPS: i64 = 64;
/// Hours that a session is moved by at most.
const REACH: i64 = 84;

/// The law of times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Times {
    /// The first and the last time of the real log.
    ends: (i64, i64),
    /// Starts at their quantiles, rising.
    starts: Vec<i64>,
    gaps: Gaps,
    /// The rhythm, if times are dates.
    week: Option<Week>,
    order: Order,
}

impl Times {
    /// Fitted to the times of a log; none if it has none.
    pub(super) fn of(real: &Dataset) -> Option<Self> {
        let log = real.interactions();
        if !log.has_times() || log.is_empty() {
            return None;
        }
        let row = |user| -> Vec<i64> {
            let time = |at| log.time(user, at).expect("the log has times");
            (0..log.row(user).len()).map(time).collect()
        };
        let rows = || real.user_indices().map(row).filter(|row| !row.is_empty());
        let first = rows().map(|row| row[0]).min()?;
        let last = rows().map(|row| row[row.len() - 1]).max()?;
        let hour = Clock::of(first, last).hour();
        let gaps = rows().map(|row| {
            row.windows(2)
                .map(|pair| pair[1].abs_diff(pair[0]))
                .collect()
        });
        Some(Self {
            ends: (first, last),
            starts: starts(rows().map(|row| row[0]).collect(), (first, last), hour),
            gaps: Gaps::of(gaps),
            week: hour.map(|hour| Week::of(rows(), hour)),
            order: Order::of(real),
        })
    }

    /// The items of a user in order, as positions in the profile, with rising times.
    pub(super) fn draw(&self, user: u64, profile: &[ItemIx], seed: Seed) -> Vec<(u32, i64)> {
        let order = self.order.draw(profile, &mut seed.stream_at("order", user));
        let times = self.times(profile.len(), &mut seed.stream_at("time", user));
        order.into_iter().zip(times).collect()
    }

    /// `n` rising times.
    fn times(&self, n: usize, stream: &mut Stream) -> Vec<i64> {
        let mut before = Before::none();
        let mut gaps: Vec<u64> = (1..n)
            .map(|_| self.gaps.draw(&mut before, stream))
            .collect();
        let room = self.ends.1.abs_diff(self.ends.0);
        let length = squeezed(&mut gaps, room);
        let mut time = self.start(length, stream);
        if let Some(week) = &self.week {
            let reach = reach(self.ends, week.hour());
            let latest = self.ends.1.saturating_sub_unsigned(length);
            time = week.moved(time, reach, (self.ends.0, latest), stream);
        }
        let mut times = Vec::with_capacity(n);
        times.extend((n > 0).then_some(time));
        for gap in gaps {
            let next = time.saturating_add_unsigned(gap).min(self.ends.1);
            let new = self
                .week
                .as_ref()
                .filter(|week| gap >= week.hour().unsigned_abs());
            time = match new {
                None => next,
                Some(week) => {
                    let half = i64::try_from(gap / 2).unwrap_or(i64::MAX);
                    let reach = half.min(week.hour().saturating_mul(REACH));
                    week.moved(next, reach, (time, self.ends.1), stream)
                }
            };
            times.push(time);
        }
        times
    }

    /// A start that leaves room for all of a user's events, however long they take.
    fn start(&self, length: u64, stream: &mut Stream) -> i64 {
        let latest = self.ends.1.saturating_sub_unsigned(length).max(self.ends.0);
        let early = self.starts.partition_point(|start| *start <= latest);
        let place = stream.random::<f64>() * early.saturating_sub(1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place between the knots"
        )]
        let below = place as usize;
        let low = self.starts[below];
        let high = self.starts[(below + 1).min(early.max(1) - 1)];
        let step = (place - below as f64) * high.abs_diff(low) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "less than from one knot to the next"
        )]
        let step = step as u64;
        low.saturating_add_unsigned(step).min(latest)
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let ends = [self.ends.0, self.ends.1];
        let mut weights = NamedTensors::new()
            .with_wholes("ends", &ends)
            .with_wholes("starts", &self.starts)
            .with_part("gaps", self.gaps.weights())
            .with_part("order", self.order.weights());
        if let Some(week) = &self.week {
            weights = weights.with_part("rhythm", week.weights());
        }
        weights
    }

    pub(super) fn from_weights(
        weights: &NamedTensors,
        n_items: usize,
    ) -> Result<Self, WeightsError> {
        let wrong = |name: &str, expected, found: String| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found,
        };
        let ends = wholes(weights, "ends", 2)?;
        let (first, last) = (ends[0], ends[1]);
        if first > last {
            let found = format!("{first} and {last}");
            return Err(wrong("ends", "the first time and the last", found));
        }
        let starts = wholes(weights, "starts", KNOTS)?;
        let rising = starts.is_sorted();
        if !rising || starts[0] < first || starts[KNOTS - 1] > last {
            let found = format!("{} to {}", starts[0], starts[KNOTS - 1]);
            return Err(wrong("starts", "rising times between the ends", found));
        }
        let week = Clock::of(first, last).hour().map(|hour| {
            let rhythm = super::part(weights, "rhythm")?;
            Week::from_weights(&rhythm, hour)
        });
        Ok(Self {
            ends: (first, last),
            starts,
            gaps: Gaps::from_weights(&super::part(weights, "gaps")?)?,
            week: week.transpose()?,
            order: Order::from_weights(&super::part(weights, "order")?, n_items)?,
        })
    }
}

/// The starts at their quantiles, in steps of a day, so that none is that of a user to the second;
/// of less in a short log.
fn starts(mut starts: Vec<i64>, (first, last): (i64, i64), hour: Option<i64>) -> Vec<i64> {
    let span = last.saturating_sub(first);
    let step = match hour {
        Some(hour) => (24 * hour).min(span / STEPS).max(1),
        None => 1,
    };
    starts.sort_unstable();
    let knot = |at: usize| {
        let start = starts[at * (starts.len() - 1) / (KNOTS - 1)];
        start - start.saturating_sub(first) % step
    };
    (0..KNOTS).map(knot).collect()
}

/// How far a user's start is moved: less in a short log.
fn reach(ends: (i64, i64), hour: i64) -> i64 {
    let span = ends.1.saturating_sub(ends.0);
    hour.saturating_mul(REACH).min(span / 16)
}

/// Shortens gaps that take more than there is room for, all by the same factor; what they take.
fn squeezed(gaps: &mut [u64], room: u64) -> u64 {
    let sum = |gaps: &[u64]| {
        gaps.iter()
            .fold(0, |sum: u64, gap| sum.saturating_add(*gap))
    };
    let all: f64 = gaps.iter().map(|&gap| gap as f64).sum();
    if sum(gaps) > room {
        for gap in &mut *gaps {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "less than it was"
            )]
            let shorter = (*gap as f64 * (room as f64 / all)) as u64;
            *gap = shorter;
        }
    }
    sum(gaps).min(room)
}

/// `n` whole numbers of 64 bits.
fn wholes(weights: &NamedTensors, name: &str, n: usize) -> Result<Vec<i64>, WeightsError> {
    let found = weights.wholes(name)?;
    if found.len() != n {
        return Err(WeightsError::Shape {
            name: name.to_owned(),
            expected: format!("[{}]", 2 * n),
            found: vec![2 * found.len()],
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
