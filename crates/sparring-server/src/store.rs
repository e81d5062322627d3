//! What is kept for good: users, items and feedback, behind one trait.
//!
//! [`Store::commit`] is the only way to write: a group of changes is there whole after it returns, or not at all, and
//! survives the loss of the process and of power. Every implementation passes the same suite (`contract.rs`).

#[cfg(test)]
pub(crate) mod contract;
mod cursor;
mod error;
mod postgres;
mod rows;
mod sqlite;
mod text;
mod turn;

pub use error::StoreError;
pub use postgres::{DatabaseAddress, Postgres};
pub use rows::{Change, Feedback, Filter, Item, ItemPatch, Page, Row, User, UserPatch};
pub use sqlite::{Sqlite, SqliteOptions};

/// A durable home of users, items and feedback; safe to read from many threads.
pub trait Store: Send + Sync {
    /// Makes all changes durable, in order, or none of them; how many rows each one touched.
    ///
    /// # Errors
    /// If the storage cannot take them; nothing has changed then.
    fn commit(&self, changes: &[Change]) -> Result<Vec<u64>, StoreError>;

    /// Shows everything once: users by their keys, then items, then feedback, one user's after the other's.
    ///
    /// # Errors
    /// If the storage cannot be read.
    fn load(&self, visit: &mut dyn FnMut(Row<'_>)) -> Result<(), StoreError>;

    /// Users in the order in which they came.
    ///
    /// # Errors
    /// If the storage cannot be read, or the page begins at a cursor that it did not give.
    fn users(&self, page: &Page<'_>) -> Result<(Vec<User>, Option<String>), StoreError>;

    /// Items in the order in which they came.
    ///
    /// # Errors
    /// As [`users`](Self::users).
    fn items(&self, page: &Page<'_>) -> Result<(Vec<Item>, Option<String>), StoreError>;

    /// Feedback that the filter lets through: of one user or item by item and user, else as it is stored.
    ///
    /// # Errors
    /// As [`users`](Self::users).
    fn feedback(
        &self,
        filter: &Filter<'_>,
        page: &Page<'_>,
    ) -> Result<(Vec<Feedback>, Option<String>), StoreError>;
}
