//! Users who are absent from training: strong generalisation (Liang et al., 2018).

use std::collections::BTreeSet;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::error::SplitError;
use super::parts::{Holdout, Split, Splitter, check_shares, check_size};
use super::random_ratio::share;
use crate::data::{Dataset, UserIx};

/// Holds out whole users. Of each, a part of the history is known when scoring (the fold-in), and
/// the rest is to be predicted.
///
/// `round(share * U)` users are drawn for each part among those with at least two events; the
/// fold-in has `round(fold_in * n)` of a user's `n` events, but at least one and not all.
/// Departure: items that occur with held-out users alone stay in the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserHoldout {
    /// Share of the users held out for validation, from 0 (none) to below 1.
    pub validation: f64,
    /// Share of the users held out for test, above 0 and below 1.
    pub test: f64,
    /// Share of a held-out user's events that are known, above 0 and below 1.
    pub fold_in: f64,
    /// Whether the known events are a user's first ones, instead of drawn at random.
    pub in_order: bool,
}

impl Default for UserHoldout {
    fn default() -> Self {
        Self {
            validation: 0.1,
            test: 0.1,
            fold_in: 0.8,
            in_order: false,
        }
    }
}

impl Splitter for UserHoldout {
    fn split(&self, data: &Dataset, seed: Seed) -> Result<Split, SplitError> {
        check_shares(self.validation, self.test)?;
        if !(f64::EPSILON..1.0).contains(&self.fold_in) {
            return Err(SplitError::Share {
                name: "fold-in",
                found: self.fold_in,
            });
        }
        check_size(data)?;
        let mut users: Vec<UserIx> = data
            .user_indices()
            .filter(|&user| data.history(user).len() >= 2)
            .collect();
        users.shuffle(&mut seed.stream("user-holdout"));
        let mut draw = |share_of_users: f64| {
            let n = share(share_of_users, data.n_users()).min(users.len());
            users.split_off(users.len() - n)
        };
        let (test, validation) = (draw(self.test), draw(self.validation));
        let held_out: BTreeSet<UserIx> = test.iter().chain(&validation).copied().collect();
        let train = data.filter(|user, _| !held_out.contains(&user));
        SplitError::if_empty("training", &train)?;
        let test = self.holdout(data, &train, &test, seed);
        SplitError::if_empty("test", &test.relevant)?;
        let validation = (self.validation > 0.0)
            .then(|| self.holdout(data, &train, &validation, seed))
            .map(|part| SplitError::if_empty("validation", &part.relevant).map(|()| part));
        Ok(Split {
            train,
            validation: validation.transpose()?,
            test,
        })
    }
}

impl UserHoldout {
    fn holdout(&self, data: &Dataset, train: &Dataset, users: &[UserIx], seed: Seed) -> Holdout {
        // For each interaction of the log whether it is known, and `None` outside `users`.
        let chosen: BTreeSet<UserIx> = users.iter().copied().collect();
        let mut labels = Vec::with_capacity(data.n_interactions());
        for user in data.user_indices() {
            let n = data.history(user).len();
            if !chosen.contains(&user) {
                labels.resize(labels.len() + n, None);
                continue;
            }
            let known = share(self.fold_in, n).clamp(1, n - 1);
            let mut row = vec![Some(true); known];
            row.resize(n, Some(false));
            if !self.in_order {
                row.shuffle(&mut seed.stream_at("fold-in", u64::from(user.0)));
            }
            labels.extend(row);
        }
        let part = |wanted: bool| {
            let mut labels = labels.iter();
            data.filter(|_, _| labels.next() == Some(&Some(wanted)))
        };
        Holdout::of_new_users(train.clone(), part(true), part(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::split::contract::log;

    splitter_contract!(crate::split::UserHoldout::default());

    mod without_validation {
        splitter_contract!(crate::split::UserHoldout {
            validation: 0.0,
            ..Default::default()
        });
    }

    #[test]
    fn held_out_users_keep_their_first_events() {
        // User 1 has one event and is never drawn; half of two others is one.
        let data = log(&[&[4, 3, 2, 1, 0], &[1], &[0, 1, 2, 3, 4]]);
        let config = UserHoldout {
            validation: 0.0,
            test: 0.34,
            fold_in: 0.6,
            in_order: true,
        };
        let split = config.split(&data, Seed(1)).unwrap();
        let drawn: Vec<UserIx> = data
            .user_indices()
            .filter(|&user| !split.test.relevant.history(user).is_empty())
            .collect();
        assert_eq!(drawn.len(), 1);
        assert_ne!(drawn[0], UserIx(1));
        // round(.6 * 5) = 3 events are known.
        assert_eq!(
            split.test.known.history(drawn[0]),
            &data.history(drawn[0])[..3]
        );
        assert_eq!(
            split.test.relevant.history(drawn[0]),
            &data.history(drawn[0])[3..]
        );
        assert_eq!(split.train.history(UserIx(1)), [ItemIx(1)]);
        assert_eq!(split.report().train, split.train);
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let data = log(&[&[0, 1], &[0, 1], &[0, 1]]);
        let config = UserHoldout {
            fold_in: 1.0,
            ..Default::default()
        };
        let error = config.split(&data, Seed(1)).unwrap_err();
        assert!(matches!(
            error,
            SplitError::Share {
                name: "fold-in",
                ..
            }
        ));
        // round(.1 * 3) = 0 users.
        let error = UserHoldout::default().split(&data, Seed(1)).unwrap_err();
        assert_eq!(error, SplitError::Empty { part: "test" });
    }
}
