//! A random share of the interactions, of the whole log or of each user.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::error::SplitError;
use super::parts::{Part, Split, Splitter, assemble, check_shares, check_size};
use crate::data::Dataset;

/// Holds out a random share of the interactions.
///
/// A part has `round(share * n)` interactions, where `n` counts the whole log or, with
/// `per_user`, those of one user. With `per_user` every user keeps at least one interaction in
/// training, at the expense of validation first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomRatio {
    /// Share of the validation part, from 0 (none) to below 1.
    pub validation: f64,
    /// Share of the test part, above 0 and below 1.
    pub test: f64,
    /// Whether each user gives its share, instead of the log as a whole.
    pub per_user: bool,
}

impl Default for RandomRatio {
    fn default() -> Self {
        Self {
            validation: 0.1,
            test: 0.2,
            per_user: false,
        }
    }
}

impl Splitter for RandomRatio {
    fn split(&self, data: &Dataset, seed: Seed) -> Result<Split, SplitError> {
        check_shares(self.validation, self.test)?;
        check_size(data)?;
        let mut labels = Vec::with_capacity(data.n_interactions());
        if self.per_user {
            for user in data.user_indices() {
                let mut row = self.cut(data.history(user).len(), 1);
                row.shuffle(&mut seed.stream_at("random-ratio", u64::from(user.0)));
                labels.extend(row);
            }
        } else {
            labels = self.cut(data.n_interactions(), 0);
            labels.shuffle(&mut seed.stream("random-ratio"));
        }
        if self.validation > 0.0 && !labels.contains(&Part::Validation) {
            return Err(SplitError::Empty { part: "validation" });
        }
        assemble(data, &labels)
    }
}

impl RandomRatio {
    /// Labels of `n` interactions before shuffling; at least `kept` go to training.
    fn cut(&self, n: usize, kept: usize) -> Vec<Part> {
        let most = n.saturating_sub(kept);
        let test = share(self.test, n).min(most);
        let validation = share(self.validation, n).min(most - test);
        let mut labels = vec![Part::Test; test];
        labels.resize(test + validation, Part::Validation);
        labels.resize(n, Part::Train);
        labels
    }
}

/// `round(share * n)`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and n"
)]
pub(super) fn share(share: f64, n: usize) -> usize {
    (share * n as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::contract::log;

    splitter_contract!(crate::split::RandomRatio::default());

    mod per_user {
        splitter_contract!(crate::split::RandomRatio {
            per_user: true,
            ..Default::default()
        });
    }

    #[test]
    fn shares_are_rounded() {
        // 10 interactions: round(.2 * 10) = 2 for test, round(.1 * 10) = 1 for validation.
        let data = log(&[&[0, 1, 2, 3, 4], &[0, 1, 2, 3, 4]]);
        let split = RandomRatio::default().split(&data, Seed(1)).unwrap();
        let sizes = |split: &Split| {
            let validation = split.validation.as_ref();
            (
                split.train.n_interactions(),
                validation.map_or(0, |part| part.relevant.n_interactions()),
                split.test.relevant.n_interactions(),
            )
        };
        assert_eq!(sizes(&split), (7, 1, 2));
        // Each user of 5 gives round(.5) = 1 (halves away from 0) and round(1.0) = 1.
        let config = RandomRatio {
            per_user: true,
            ..Default::default()
        };
        assert_eq!(sizes(&config.split(&data, Seed(1)).unwrap()), (6, 2, 2));
    }

    #[test]
    fn a_user_keeps_one_interaction() {
        let data = log(&[&[0, 1], &[2, 3]]);
        let config = RandomRatio {
            validation: 0.3,
            test: 0.5,
            per_user: true,
        };
        // round(1.0) = 1 to test; the other one, due to validation, stays.
        assert_eq!(
            config.split(&data, Seed(1)),
            Err(SplitError::Empty { part: "validation" })
        );
    }

    #[test]
    fn shares_outside_their_range_are_refused() {
        let data = log(&[&[0, 1], &[2, 3]]);
        for (validation, test) in [(0.0, 0.0), (0.0, 1.0), (-0.1, 0.5), (f64::NAN, 0.5)] {
            let config = RandomRatio {
                validation,
                test,
                per_user: false,
            };
            let error = config.split(&data, Seed(1)).unwrap_err();
            assert!(matches!(error, SplitError::Share { .. }), "{error}");
        }
        let config = RandomRatio {
            validation: 0.5,
            test: 0.5,
            per_user: false,
        };
        let error = config.split(&data, Seed(1)).unwrap_err();
        assert!(matches!(error, SplitError::NothingLeft { .. }), "{error}");
        assert!(!error.hint().is_empty());
    }
}
