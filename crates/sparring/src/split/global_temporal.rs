//! One moment in time for the whole log.

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::error::SplitError;
use super::parts::{Part, Split, Splitter, assemble, check_shares, check_size};
use super::random_ratio::share;
use crate::data::Dataset;

/// Holds out what happened last in the whole log, so that nothing is trained on that lies in the
/// future of a test.
///
/// The cuts are the moments at which the latest `round(test * n)` events begin and the
/// `round(validation * n)` before them. Events of one moment are never separated: all those at a
/// cut fall behind it. A user may be in one part only. The seed changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GlobalTemporal {
    /// Share of the validation part, from 0 (none) to below 1.
    pub validation: f64,
    /// Share of the test part, above 0 and below 1.
    pub test: f64,
}

impl Default for GlobalTemporal {
    fn default() -> Self {
        Self {
            validation: 0.1,
            test: 0.2,
        }
    }
}

impl Splitter for GlobalTemporal {
    fn split(&self, data: &Dataset, _seed: Seed) -> Result<Split, SplitError> {
        check_shares(self.validation, self.test)?;
        check_size(data)?;
        let times = times(data).ok_or(SplitError::NoTimes)?;
        let mut sorted = times.clone();
        sorted.sort_unstable();
        let n = times.len();
        let before_test = n - share(self.test, n);
        let before_validation = before_test - share(self.validation, n).min(before_test);
        // Beyond the last event there is no cut.
        let cut = |at: usize| sorted.get(at).copied();
        let (test, validation) = (cut(before_test), cut(before_validation));
        let reached = |time: i64, cut: Option<i64>| cut.is_some_and(|cut| time >= cut);
        let labels: Vec<Part> = times
            .iter()
            .map(|&time| match () {
                () if reached(time, test) => Part::Test,
                () if reached(time, validation) => Part::Validation,
                () => Part::Train,
            })
            .collect();
        if self.validation > 0.0 && !labels.contains(&Part::Validation) {
            return Err(SplitError::Empty { part: "validation" });
        }
        assemble(data, &labels)
    }
}

/// The times of all events, row after row.
fn times(data: &Dataset) -> Option<Vec<i64>> {
    let log = data.interactions();
    let rows = data.user_indices().flat_map(|user| {
        let positions = 0..data.history(user).len();
        positions.map(move |position| log.time(user, position))
    });
    if log.has_times() {
        rows.collect()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{InteractionsBuilder, ItemIx, UserIx};
    use crate::split::contract::{log, planted};

    splitter_contract!(crate::split::GlobalTemporal::default());

    fn timed(times: &[i64]) -> Dataset {
        let mut builder = InteractionsBuilder::new();
        for (at, &time) in (0_u32..).zip(times) {
            builder.push(UserIx(at % 2), ItemIx(at), None, Some(time));
        }
        let items = (0..times.len()).map(|item| item.to_string()).collect();
        let users = ["a", "b"].into_iter().collect();
        Dataset::new(Arc::new(users), Arc::new(items), builder.build(2))
    }

    #[test]
    fn events_of_one_moment_stay_together() {
        // 10 events: round(.2 * 10) = 2 for test begin at the 9th of the sorted times, which is
        // 7: all three at 7 go to test. One for validation begins at 7 as well: nothing is left.
        let data = timed(&[1, 2, 3, 4, 5, 6, 6, 7, 7, 7]);
        let config = GlobalTemporal {
            validation: 0.1,
            test: 0.2,
        };
        let error = config.split(&data, Seed(1)).unwrap_err();
        assert_eq!(error, SplitError::Empty { part: "validation" });
        // Two more for validation begin at 6.
        let config = GlobalTemporal {
            validation: 0.2,
            ..config
        };
        let split = config.split(&data, Seed(1)).unwrap();
        assert_eq!(split.test.relevant.n_interactions(), 3);
        assert_eq!(split.validation.unwrap().relevant.n_interactions(), 2);
        assert_eq!(split.train.n_interactions(), 5);
    }

    #[test]
    fn training_ends_before_the_test_begins() {
        let split = GlobalTemporal::default().split(&planted(1), Seed(1));
        let split = split.unwrap();
        let train = times(&split.train).unwrap().into_iter().max();
        let validation = times(&split.validation.unwrap().relevant).unwrap();
        let test = times(&split.test.relevant).unwrap().into_iter().min();
        assert!(train < validation.iter().copied().min());
        assert!(validation.iter().copied().max() < test);
    }

    #[test]
    fn a_log_without_times_is_refused() {
        let split = GlobalTemporal::default().split(&log(&[&[0, 1], &[1, 2]]), Seed(1));
        assert_eq!(split, Err(SplitError::NoTimes));
        let split = GlobalTemporal::default().split(&timed(&[5; 8]), Seed(1));
        assert!(matches!(split, Err(SplitError::Empty { .. })));
    }
}
