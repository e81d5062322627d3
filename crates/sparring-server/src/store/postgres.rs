//! The storage in a `PostgreSQL` database, which may lie on another machine.

mod address;
mod read;
mod schema;
mod write;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postgres::{Client, Config};

use self::address::Connector;
pub use self::address::DatabaseAddress;
use self::write::Writing;
use super::turn::soon;
use super::{Change, Feedback, Filter, Item, Page, Row, Store, StoreError, User};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a connection may take to say that it is there, after a request on it has failed.
const ALIVE: Duration = Duration::from_secs(2);
/// What the lock of the server that writes is called.
const LOCK: i64 = 0x0073_7061_7272_696e;

/// A database that one server at a time writes.
///
/// A connection that breaks is made anew for the next request. What was acknowledged has been written to the disk of
/// the database (`synchronous_commit` is on, whatever its own settings are).
pub struct Postgres {
    connector: Connector,
    writer: Mutex<Option<Writing>>,
    /// Readers that nobody uses at the moment.
    readers: Mutex<Vec<Client>>,
}

impl Postgres {
    /// Connects, and makes the tables if they are not there.
    ///
    /// # Errors
    /// If the address is none, the database cannot be reached or cannot prove that it is the one that was named, has
    /// a schema of another version or another server writes to it.
    pub fn open(address: &DatabaseAddress) -> Result<Self, StoreError> {
        let mut config: Config = address.url.parse().map_err(|_| StoreError::Address)?;
        config.connect_timeout(CONNECT).application_name("sparring");
        let store = Self {
            writer: Mutex::new(None),
            readers: Mutex::new(Vec::new()),
            connector: Connector::new(address, config)?,
        };
        *locked(&store.writer) = Some(store.connect_writer()?);
        Ok(store)
    }

    /// A connection that holds the lock of the database, with the tables there.
    fn connect_writer(&self) -> Result<Writing, StoreError> {
        let mut client = self.connector.connect()?;
        client.batch_execute("set synchronous_commit = on")?;
        if !soon(|| lock(&mut client))? {
            return Err(StoreError::Taken);
        }
        schema::prepare(&mut client)?;
        Ok(Writing::new(client))
    }

    /// Runs `query` on a connection that nobody else uses.
    fn reading<T>(
        &self,
        query: impl FnOnce(&mut Client) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = locked(&self.readers).pop();
        let mut client = match idle.filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.connector.connect()?,
        };
        let answer = query(&mut client);
        if answer.is_ok() || client.is_valid(ALIVE).is_ok() {
            locked(&self.readers).push(client);
        }
        answer
    }
}

/// Asks for the lock of the database; whether it was free.
fn lock(client: &mut Client) -> Result<bool, StoreError> {
    let asked = client.query_one("select pg_try_advisory_lock($1)", &[&LOCK])?;
    Ok(asked.get(0))
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        f.write_str("Postgres")
    }
}

impl Drop for Postgres {
    /// Connections have an executor of their own, which must not end inside of another.
    fn drop(&mut self) {
        let writer = locked(&self.writer).take();
        let readers = std::mem::take(&mut *locked(&self.readers));
        let ending = std::thread::spawn(move || drop((writer, readers)));
        if ending.join().is_err() {
            tracing::warn!("the connections to the database did not end as they should");
        }
    }
}

/// A panic elsewhere leaves connections as good as they were: the database rolls back.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for Postgres {
    fn commit(&self, changes: &[Change]) -> Result<Vec<u64>, StoreError> {
        let mut writer = locked(&self.writer);
        let mut writing = match writer.take().filter(|writing| !writing.client.is_closed()) {
            Some(writing) => writing,
            None => self.connect_writer()?,
        };
        let done = writing.commit(changes);
        // A connection that broke may not know it yet; its lock ends with it.
        if done.is_ok() || writing.client.is_valid(ALIVE).is_ok() {
            *writer = Some(writing);
        }
        done
    }

    fn load(&self, visit: &mut dyn FnMut(Row<'_>)) -> Result<(), StoreError> {
        self.reading(|client| read::load(client, visit))
    }

    fn users(&self, page: &Page<'_>) -> Result<(Vec<User>, Option<String>), StoreError> {
        self.reading(|client| read::users(client, page))
    }

    fn items(&self, page: &Page<'_>) -> Result<(Vec<Item>, Option<String>), StoreError> {
        self.reading(|client| read::items(client, page))
    }

    fn feedback(
        &self,
        filter: &Filter<'_>,
        page: &Page<'_>,
    ) -> Result<(Vec<Feedback>, Option<String>), StoreError> {
        self.reading(|client| read::feedback(client, filter, page))
    }
}

#[cfg(test)]
mod started;
#[cfg(test)]
mod tests;
