//! When things happen, and what follows what.

use serde::{Deserialize, Serialize};

use super::divergence::{jensen_shannon, kolmogorov_smirnov, total_variation};
use super::logs::Crowd;
use crate::data::{Dataset, tenths};

/// The times of real users and of others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// Kolmogorov-Smirnov statistic of the times between a user's consecutive events; none where
    /// nobody has two.
    pub gap_ks: Option<f64>,
    /// Total variation over the hours of a week (UTC); none where times are positions.
    pub week_tv: Option<f64>,
    /// Jensen-Shannon divergence, in bits, of the pairs of tenths of the events, by popularity,
    /// that consecutive items of a user are in.
    pub transition_js: Option<f64>,
}

impl Times {
    /// Of real users and others; none unless both logs have times.
    pub fn of(real: &Crowd, other: &Crowd) -> Option<Self> {
        let gaps = (gaps(real)?, gaps(other)?);
        let dated = |weeks: (Vec<f64>, Vec<f64>)| total_variation(&weeks.0, &weeks.1);
        let tenth = tenths(&real.counts());
        Some(Self {
            gap_ks: kolmogorov_smirnov(gaps.0, gaps.1),
            week_tv: week(real).zip(week(other)).and_then(dated),
            transition_js: jensen_shannon(&transitions(real, &tenth), &transitions(other, &tenth)),
        })
    }
}

/// The times of each user, in order; none if the log has none.
pub(super) fn rows(data: &Dataset) -> Option<impl Iterator<Item = Vec<i64>>> {
    let log = data.interactions();
    log.has_times().then(|| {
        data.user_indices().map(|user| {
            (0..log.row(user).len())
                .filter_map(|at| log.time(user, at))
                .collect()
        })
    })
}

fn gaps(crowd: &Crowd) -> Option<Vec<f64>> {
    let of_row = |row: Vec<i64>| -> Vec<f64> {
        let gap = |pair: &[i64]| pair[1] as f64 - pair[0] as f64;
        row.windows(2).map(gap).collect()
    };
    Some(rows(&crowd.data)?.flat_map(of_row).collect())
}

/// Events by hour of the week; none if the times are no dates.
fn week(crowd: &Crowd) -> Option<Vec<f64>> {
    let hour = crowd.data.interactions().clock()?.hour()?;
    let mut hours = vec![0.0; 168];
    for time in rows(&crowd.data)?.flatten() {
        let hour = time.div_euclid(hour).rem_euclid(168);
        hours[usize::try_from(hour).expect("below 168")] += 1.0;
    }
    Some(hours)
}

/// Consecutive events by tenth before and tenth after, `[10, 10]`.
fn transitions(crowd: &Crowd, tenth: &[usize]) -> Vec<f64> {
    let mut counts = vec![0.0; 100];
    for user in crowd.data.user_indices() {
        for pair in crowd.data.history(user).windows(2) {
            counts[10 * tenth[pair[0].at()] + tenth[pair[1].at()]] += 1.0;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{InteractionsBuilder, ItemIx, UserIx};
    use crate::fidelity::checks::close;
    use crate::fidelity::logs::tests::crowd;
    use crate::split::contract::log;

    /// One user with items 0 and 1 in turn at these times.
    fn timed(times: &[i64]) -> Crowd {
        let mut builder = InteractionsBuilder::new();
        for (item, &time) in (0..).zip(times) {
            builder.push(UserIx(0), ItemIx(item % 2), None, Some(time));
        }
        Crowd::of(log(&[&[0, 1]]).with_interactions(builder.build(1)))
    }

    #[test]
    fn worked_by_hand() {
        let start = 1_000_000_800; // 2001-09-09 02:00 UTC
        let real = timed(&[start, start + 60, start + 3600]);
        let other = timed(&[start, start + 3600, start + 7200]);
        let found = Times::of(&real, &other).unwrap();
        // Gaps 60, 3540 against 3600, 3600.
        close(found.gap_ks, 1.0);
        // Hours (2, 1, 0) / 3 against (1, 1, 1) / 3.
        close(found.week_tv, 1.0 / 3.0);
        close(found.transition_js, 0.0);
        // A week later is the same hour.
        let week = timed(&[start + 604_800, start + 604_860, start + 608_400]);
        close(Times::of(&real, &week).unwrap().week_tv, 0.0);
        // So it is in milliseconds.
        let [real, other] =
            [[0, 60, 3600], [0, 3600, 7200]].map(|t| timed(&t.map(|t| 1000 * (start + t))));
        close(Times::of(&real, &other).unwrap().week_tv, 1.0 / 3.0);
        // Real: item 0 twice of three, tenth 0; item 1 in tenth 6. Only 0 -> 6 against both ways.
        let short = timed(&[start, start + 1]);
        let js = Times::of(&real, &short).unwrap().transition_js;
        close(js, 0.311_278_124_459);
    }

    #[test]
    fn positions_are_no_dates_and_no_times_no_figures() {
        let found = Times::of(&timed(&[1, 2]), &timed(&[1, 2])).unwrap();
        assert_eq!((found.week_tv, found.gap_ks), (None, Some(0.0)));
        assert_eq!(Times::of(&timed(&[1, 2]), &crowd(&[&[0, 1]], 2)), None);
    }
}
