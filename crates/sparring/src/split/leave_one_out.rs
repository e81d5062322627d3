//! The last event of each user.

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::error::SplitError;
use super::parts::{Part, Split, Splitter, assemble, check_size};
use crate::data::Dataset;

/// Holds out the last event of each user for test and, if asked, the one before for validation.
///
/// The order is that of the log: by time, then of the source. A user whose events would all be
/// held out (fewer than 3 with validation, fewer than 2 without) stays in training whole. There is
/// no chance in this split: the seed changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeaveOneOut {
    /// Whether the second-last event is held out for validation.
    pub validation: bool,
}

impl Default for LeaveOneOut {
    fn default() -> Self {
        Self { validation: true }
    }
}

impl Splitter for LeaveOneOut {
    fn split(&self, data: &Dataset, _seed: Seed) -> Result<Split, SplitError> {
        check_size(data)?;
        let held_out = 1 + usize::from(self.validation);
        let mut labels = Vec::with_capacity(data.n_interactions());
        for user in data.user_indices() {
            let n = data.history(user).len();
            labels.resize(labels.len() + n, Part::Train);
            if n > held_out {
                let end = labels.len();
                labels[end - 1] = Part::Test;
                if self.validation {
                    labels[end - 2] = Part::Validation;
                }
            }
        }
        assemble(data, &labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ItemIx, UserIx};
    use crate::split::contract::log;

    splitter_contract!(crate::split::LeaveOneOut::default());

    mod without_validation {
        splitter_contract!(crate::split::LeaveOneOut { validation: false });
    }

    #[test]
    fn the_last_events_are_held_out() {
        let data = log(&[&[3, 1, 0, 2], &[0, 1]]);
        let split = LeaveOneOut::default().split(&data, Seed(1)).unwrap();
        let items = |data: &Dataset, user| data.history(UserIx(user)).to_vec();
        assert_eq!(items(&split.train, 0), [ItemIx(3), ItemIx(1)]);
        let validation = split.validation.unwrap();
        assert_eq!(items(&validation.relevant, 0), [ItemIx(0)]);
        assert_eq!(items(&split.test.relevant, 0), [ItemIx(2)]);
        assert_eq!(
            items(&split.test.known, 0),
            [ItemIx(3), ItemIx(1), ItemIx(0)]
        );
        // Two events are too few for three parts.
        assert_eq!(items(&split.train, 1), [ItemIx(0), ItemIx(1)]);
        assert!(items(&split.test.relevant, 1).is_empty());
        let split = LeaveOneOut { validation: false }.split(&data, Seed(1));
        assert_eq!(items(&split.unwrap().test.relevant, 1), [ItemIx(1)]);
    }

    #[test]
    fn short_histories_alone_are_refused() {
        let error = LeaveOneOut::default().split(&log(&[&[0, 1], &[1]]), Seed(1));
        assert_eq!(error, Err(SplitError::Empty { part: "test" }));
    }
}
