//! The logs that are compared, over one catalogue.

use std::sync::Arc;

use super::error::FidelityError;
use crate::data::{Dataset, InteractionsBuilder, ItemIx, UserIx, Vocabulary};
use crate::models::Profiles;

/// The fewest users of a log about which anything can be said.
pub const LEAST_USERS: usize = 20;
/// How many unknown items an error names.
const NAMED: usize = 5;

/// Real, synthetic and held-out users over one catalogue.
#[derive(Debug, Clone)]
pub struct Logs {
    /// The users that the synthetic ones were made from.
    pub real: Crowd,
    /// The users that never lived.
    pub synthetic: Crowd,
    /// Real users whom the synthesizer has not seen.
    pub holdout: Option<Crowd>,
}

/// Users with at least one event each, and the sets of their items.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// The log.
    pub data: Dataset,
    pub(crate) profiles: Profiles,
}

impl Logs {
    /// Brings the logs to one catalogue: the items of the real log, then those that the holdout and a
    /// public list have beyond them. Users without events are left out.
    ///
    /// # Errors
    /// If a log has too few users or items, or the synthetic one has items of none of the others.
    pub fn align(
        real: &Dataset,
        synthetic: &Dataset,
        holdout: Option<&Dataset>,
        public: &[String],
    ) -> Result<Self, FidelityError> {
        let mut items = Vocabulary::new();
        for log in [Some(real), holdout].into_iter().flatten() {
            for item in used(log) {
                items.intern(log.items().id(item.0));
            }
        }
        for id in public {
            items.intern(id);
        }
        if items.len() < 2 {
            return Err(FidelityError::TooFewItems { found: items.len() });
        }
        known(synthetic, &items)?;
        let items = Arc::new(items);
        Ok(Self {
            real: Crowd::over(real, &items).with_enough("real")?,
            synthetic: Crowd::over(synthetic, &items).with_enough("synthetic")?,
            holdout: holdout
                .map(|log| Crowd::over(log, &items).with_enough("holdout"))
                .transpose()?,
        })
    }
}

/// The items that have events, by index.
fn used(log: &Dataset) -> impl Iterator<Item = ItemIx> {
    let counts = log.item_counts();
    (0_u32..)
        .zip(counts)
        .filter(|&(_, count)| count > 0)
        .map(|(item, _)| ItemIx(item))
}

fn known(synthetic: &Dataset, items: &Vocabulary) -> Result<(), FidelityError> {
    let ids = || used(synthetic).map(|item| synthetic.items().id(item.0));
    let unknown = || ids().filter(|id| items.get(id).is_none());
    if unknown().next().is_none() {
        return Ok(());
    }
    Err(FidelityError::UnknownItems {
        unknown: unknown().count(),
        of: ids().count(),
        examples: unknown().take(NAMED).map(str::to_owned).collect(),
    })
}

impl Crowd {
    /// The users with events, their items as indices of `items`, which has them all.
    fn over(log: &Dataset, items: &Arc<Vocabulary>) -> Self {
        let (mut users, mut builder) = (Vocabulary::new(), InteractionsBuilder::new());
        for user in log.user_indices() {
            let ratings = log.interactions().ratings(user);
            for (position, item) in log.history(user).iter().enumerate() {
                let index = users.intern(log.users().id(user.0));
                let item = items.get(log.items().id(item.0));
                builder.push(
                    UserIx(index),
                    ItemIx(item.expect("checked to be known")),
                    ratings.map(|ratings| ratings[position]),
                    log.interactions().time(user, position),
                );
            }
        }
        let rows = builder.build(users.len());
        Self::of(Dataset::new(Arc::new(users), Arc::clone(items), rows))
    }

    /// All users of a log, each of whom has events.
    pub(crate) fn of(data: Dataset) -> Self {
        let profiles = Profiles::of(&data);
        Self { data, profiles }
    }

    fn with_enough(self, log: &'static str) -> Result<Self, FidelityError> {
        let found = self.n_users();
        if found < LEAST_USERS {
            return Err(FidelityError::TooFewUsers {
                log,
                found,
                needed: LEAST_USERS,
            });
        }
        Ok(self)
    }

    /// Number of users.
    pub fn n_users(&self) -> usize {
        self.profiles.n_rows()
    }

    /// Number of items of the catalogue.
    pub fn n_items(&self) -> usize {
        self.profiles.n_columns()
    }

    /// How many users have each item.
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.n_items()];
        for &item in self.profiles.rows().flatten() {
            counts[item as usize] += 1;
        }
        counts
    }

    /// Different items of each user.
    pub fn lengths(&self) -> Vec<u32> {
        let length = |row: &[u32]| u32::try_from(row.len()).expect("fewer than 2^32 items");
        self.profiles.rows().map(length).collect()
    }

    /// These users alone.
    pub(crate) fn only(&self, users: &[usize]) -> Self {
        let mut builder = InteractionsBuilder::new();
        let log = self.data.interactions();
        let mut ids = Vocabulary::new();
        for &user in users {
            let from = UserIx(u32::try_from(user).expect("fewer than 2^32 users"));
            let to = UserIx(ids.intern(self.data.users().id(from.0)));
            let ratings = log.ratings(from);
            for (position, &item) in log.row(from).iter().enumerate() {
                let rating = ratings.map(|ratings| ratings[position]);
                builder.push(to, item, rating, log.time(from, position));
            }
        }
        let rows = builder.build(ids.len());
        let items = Arc::clone(self.data.items());
        Self::of(Dataset::new(Arc::new(ids), items, rows))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::split::contract::log;

    /// A crowd of these profiles over `n_items` items.
    pub(in crate::fidelity) fn crowd(rows: &[&[u32]], n_items: u32) -> Crowd {
        let wide = Arc::new((0..n_items).map(|item| format!("i{item}")).collect());
        Crowd::over(&log(rows), &wide)
    }

    /// Twenty users, user `u` with the items `u % n` and `(u + 1) % n`.
    fn ring(n: u32) -> Dataset {
        let rows: Vec<[u32; 2]> = (0..20).map(|user| [user % n, (user + 1) % n]).collect();
        let rows: Vec<&[u32]> = rows.iter().map(<[u32; 2]>::as_slice).collect();
        log(&rows)
    }

    #[test]
    fn catalogues_are_joined_by_id() {
        let logs = Logs::align(&ring(5), &ring(3), Some(&ring(7)), &[]).unwrap();
        assert_eq!(logs.real.n_items(), 7);
        assert_eq!(logs.synthetic.counts(), [13, 14, 13, 0, 0, 0, 0]);
        assert_eq!(logs.holdout.unwrap().counts().len(), 7);
        let some = logs.real.only(&[4, 0]);
        assert_eq!((some.n_users(), some.data.users().id(0)), (2, "u4"));
        assert_eq!(some.profiles.row(0), [0, 4]);
    }

    #[test]
    fn items_of_neither_real_log_are_refused_by_name() {
        let error = Logs::align(&ring(2), &ring(9), None, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "7 of the 9 items of the synthetic log are unknown to the real one: \
             i2, i3, i4, i5, i6, ..."
        );
        let error = Logs::align(&ring(8), &ring(9), None, &[]).unwrap_err();
        assert!(error.to_string().ends_with("real one: i8"), "{error}");
        assert!(Logs::align(&ring(8), &ring(9), Some(&ring(9)), &[]).is_ok());
        let listed: Vec<String> = ring(9).items().iter().map(str::to_owned).collect();
        let logs = Logs::align(&ring(8), &ring(9), None, &listed).unwrap();
        assert_eq!(logs.real.n_items(), ring(9).n_items());
    }

    #[test]
    fn small_logs_are_refused() {
        let few = log(&[&[0, 1][..]; 19]);
        let error = Logs::align(&ring(3), &few, None, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the synthetic log has 19 users with events, 20 are needed"
        );
        let error = Logs::align(&ring(3), &ring(3), Some(&few), &[]).unwrap_err();
        assert!(error.to_string().contains("holdout"), "{error}");
        let one = log(&[&[0][..]; 20]);
        let error = Logs::align(&one, &one, None, &[]).unwrap_err();
        assert_eq!(error.to_string(), "the real log has 1 item, 2 are needed");
        assert!(!error.hint().is_empty());
    }
}
