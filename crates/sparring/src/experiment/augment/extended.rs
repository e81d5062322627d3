//! A log with rows added: the real users where they were, the added ones behind them.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::data::{Columns, Dataset, InteractionsBuilder, ItemIx, UserIx, Vocabulary, csv_field};

/// A log with additions.
#[derive(Debug, Clone)]
pub(super) struct Extended {
    /// Real users at their indices, then the added ones; no ratings and no times, since the added
    /// rows have none.
    pub(super) log: Dataset,
    /// Number of added users.
    pub(super) users: usize,
    /// Number of added interactions.
    pub(super) interactions: usize,
}

impl Extended {
    /// Adds a user for each of the rows.
    pub(super) fn of(real: &Dataset, rows: &[Vec<ItemIx>]) -> Self {
        if rows.is_empty() {
            return Self {
                log: real.clone(),
                users: 0,
                interactions: 0,
            };
        }
        let mut users: Vocabulary = real.users().iter().collect();
        let prefix = fresh_prefix(&users, rows.len());
        let mut builder = InteractionsBuilder::new();
        for user in real.user_indices() {
            for &item in real.history(user) {
                builder.push(user, item, None, None);
            }
        }
        for (at, row) in rows.iter().enumerate() {
            let user = UserIx(users.intern(&added_id(&prefix, at)));
            for &item in row {
                builder.push(user, item, None, None);
            }
        }
        let interactions = builder.len() - real.n_interactions();
        let rows_of = builder.build(users.len());
        Self {
            log: Dataset::new(Arc::new(users), Arc::clone(real.items()), rows_of),
            users: rows.len(),
            interactions,
        }
    }

    /// The log as CSV under the source's names, without ratings and times.
    pub(super) fn to_csv(&self, columns: &Columns) -> String {
        let head = [csv_field(&columns.user), csv_field(&columns.item)];
        let mut text = format!("{},{}\n", head[0], head[1]);
        for user in self.log.user_indices() {
            let id = csv_field(self.log.users().id(user.0));
            for item in self.log.history(user) {
                let item = csv_field(self.log.items().id(item.0));
                writeln!(text, "{id},{item}").expect("writing to a string cannot fail");
            }
        }
        text
    }
}

/// The id of the added user at a position: `a000001` for the first.
fn added_id(prefix: &str, at: usize) -> String {
    format!("{prefix}{:06}", at + 1)
}

/// `a`, or more of it, so that no added id is a real one's.
fn fresh_prefix(users: &Vocabulary, added: usize) -> String {
    let mut prefix = "a".to_owned();
    while (0..added).any(|at| users.get(&added_id(&prefix, at)).is_some()) {
        prefix.push('a');
    }
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;

    #[test]
    fn real_users_stay_where_they_were() {
        let real = log(2, 3, [(0, 1), (1, 2), (1, 0)]);
        let rows = [vec![ItemIx(0), ItemIx(2)], vec![ItemIx(1)]];
        let found = Extended::of(&real, &rows);
        assert_eq!((found.users, found.interactions), (2, 3));
        assert_eq!(found.log.n_users(), 4);
        assert_eq!(found.log.history(UserIx(1)), real.history(UserIx(1)));
        assert_eq!(found.log.history(UserIx(2)), rows[0]);
        let columns = Columns {
            user: "userId".to_owned(),
            item: "movie,Id".to_owned(),
            ..Columns::default()
        };
        assert_eq!(
            found.to_csv(&columns),
            "userId,\"movie,Id\"\n0,1\n1,2\n1,0\na000001,0\na000001,2\na000002,1\n"
        );
        assert_eq!(Extended::of(&real, &[]).log, real);
    }

    #[test]
    fn added_ids_are_fresh() {
        let users: Vocabulary = ["a000002", "aa000001"].into_iter().collect();
        assert_eq!(fresh_prefix(&users, 1), "a");
        assert_eq!(fresh_prefix(&users, 2), "aaa");
    }
}
