//! A thinner log: fewer users, and shorter histories.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::error::SplitError;
use super::random_ratio::share;
use crate::data::{Dataset, UserIx};

/// Leaves out users and events by lot, to see what a recommender does with less.
///
/// Of `U` users with events `round(users U)` stay, but at least one; of those that stay a share
/// `cut` keeps `round(keep n)` of its `n` events, but at least one, in their order. The ids stay, so
/// that users and items without events are still known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thinning {
    /// Share of the users that stay, above 0 and at most 1.
    pub users: f64,
    /// Share of the users that stay whose history is cut, from 0 to 1.
    pub cut: f64,
    /// Share of a cut history that is kept, above 0 and at most 1.
    pub keep: f64,
}

impl Default for Thinning {
    fn default() -> Self {
        Self {
            users: 1.0,
            cut: 1.0,
            keep: 1.0,
        }
    }
}

impl Thinning {
    /// The thinner log; the same seed gives the same one.
    ///
    /// # Errors
    /// [`SplitError`] if a share is out of range or the log has no event.
    pub fn apply(&self, data: &Dataset, seed: Seed) -> Result<Dataset, SplitError> {
        for (name, found, lowest) in [
            ("users", self.users, f64::MIN_POSITIVE),
            ("cut", self.cut, 0.0),
            ("keep", self.keep, f64::MIN_POSITIVE),
        ] {
            if !(lowest..=1.0).contains(&found) {
                return Err(SplitError::Thinning { name, found });
            }
        }
        SplitError::if_empty("thinned", data)?;
        let mut users: Vec<UserIx> = data
            .user_indices()
            .filter(|&user| !data.history(user).is_empty())
            .collect();
        users.shuffle(&mut seed.stream("thin"));
        users.truncate(share(self.users, users.len()).max(1));
        let mut kept = vec![Vec::new(); data.n_users()];
        let cut = share(self.cut, users.len());
        for (at, user) in users.into_iter().enumerate() {
            let n = data.history(user).len();
            let stay = if at < cut {
                share(self.keep, n).max(1)
            } else {
                n
            };
            let row = &mut kept[user.at()];
            row.resize(stay, true);
            row.resize(n, false);
            row.shuffle(&mut seed.stream_at("events", u64::from(user.0)));
        }
        Ok(data.filter(|user, position| kept[user.at()].get(position) == Some(&true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::contract::log;

    fn lengths(data: &Dataset) -> Vec<usize> {
        let mut lengths: Vec<usize> = data
            .user_indices()
            .map(|user| data.history(user).len())
            .collect();
        lengths.sort_unstable();
        lengths
    }

    #[test]
    fn users_and_events_by_hand() {
        let row = [0, 1, 2, 3, 4];
        let data = log(&[&row, &row, &row, &row, &[], &[2]]);
        let thin = |users, cut, keep| {
            let thinning = Thinning { users, cut, keep };
            thinning.apply(&data, Seed(1)).unwrap()
        };
        assert_eq!(thin(1.0, 1.0, 1.0), data);
        // round(.4 * 5) = 2 of every history, the one event of the last user stays.
        assert_eq!(lengths(&thin(1.0, 1.0, 0.4)), [0, 1, 2, 2, 2, 2]);
        // round(.6 * 5) = 3 users of the five with events.
        let fewer = thin(0.6, 1.0, 1.0);
        assert_eq!(lengths(&fewer)[..3], [0, 0, 0]);
        assert_eq!((fewer.n_users(), fewer.n_items()), (6, data.n_items()));
        let half = thin(1.0, 0.5, 0.2);
        assert!(half.n_interactions() < data.n_interactions());
        assert_eq!(half, thin(1.0, 0.5, 0.2));
        assert_eq!(thin(1.0, 0.0, 0.2), data, "nobody is cut");
        let other = Thinning {
            keep: 0.4,
            ..Thinning::default()
        };
        assert_ne!(other.apply(&data, Seed(2)).unwrap(), thin(1.0, 1.0, 0.4));
    }

    #[test]
    fn shares_outside_their_range_are_refused() {
        let data = log(&[&[0, 1], &[1]]);
        for (name, users, cut, keep) in [
            ("users", 0.0, 1.0, 1.0),
            ("users", 1.1, 1.0, 1.0),
            ("cut", 1.0, -0.1, 1.0),
            ("keep", 1.0, 1.0, f64::NAN),
        ] {
            let error = Thinning { users, cut, keep }.apply(&data, Seed(1));
            let error = error.unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        let empty = log(&[&[], &[]]);
        assert!(Thinning::default().apply(&empty, Seed(1)).is_err());
    }
}
