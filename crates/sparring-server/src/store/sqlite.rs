//! The storage in one `SQLite` file: write-ahead log, synced at every commit.

mod keys;
mod read;
mod schema;
mod write;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use keys::Keys;

use super::turn::soon;
use super::{Change, Feedback, Filter, Item, Page, Row, Store, StoreError, User};

/// Name of the database in the data folder.
pub(crate) const FILE: &str = "sparring.db";

/// How the database is opened.
#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// How long a write waits for someone else's lock.
    pub busy: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            busy: Duration::from_secs(2),
        }
    }
}

/// The database of a data folder. One server at a time has it.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    busy: Duration,
    writer: Mutex<Writing>,
    /// Readers that nobody uses at the moment.
    readers: Mutex<Vec<Connection>>,
    /// Holds the folder for this server; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

/// The connection that writes, and what it knows.
#[derive(Debug)]
struct Writing {
    connection: Connection,
    keys: Keys,
}

impl Sqlite {
    /// Opens the database of a folder, and makes both if they are not there.
    ///
    /// # Errors
    /// If the folder cannot be written, another server has it, or the database is of another version or damaged.
    pub fn open(folder: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let failed = |path: &Path, action| {
            let path = path.to_path_buf();
            move |source| StoreError::Io {
                path,
                action,
                source,
            }
        };
        fs::create_dir_all(folder).map_err(failed(folder, "create the folder"))?;
        let lock_path = folder.join("sparring.lock");
        let lock = File::create(&lock_path).map_err(failed(&lock_path, "write"))?;
        if !soon(|| Ok::<_, StoreError>(lock.try_lock().is_ok()))? {
            return Err(StoreError::InUse {
                folder: folder.to_path_buf(),
            });
        }
        let path = folder.join(FILE);
        let writer = Connection::open(&path)?;
        writer.busy_timeout(options.busy)?;
        schema::prepare(&writer, &path)?;
        Ok(Self {
            path,
            busy: options.busy,
            writer: Mutex::new(Writing {
                connection: writer,
                keys: Keys::default(),
            }),
            readers: Mutex::new(Vec::new()),
            _lock: lock,
        })
    }

    /// Runs `query` on a connection that only reads.
    fn reading<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = locked(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.reader()?,
        };
        let answer = query(&connection);
        locked(&self.readers).push(connection);
        answer
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy)?;
        Ok(connection)
    }
}

/// A panic elsewhere leaves connections as good as they were: `SQLite` rolls back.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for Sqlite {
    fn commit(&self, changes: &[Change]) -> Result<Vec<u64>, StoreError> {
        let Writing { connection, keys } = &mut *locked(&self.writer);
        let done = write::commit(connection, keys, changes);
        if done.is_err() {
            keys.clear();
        } else if changes
            .iter()
            .any(|change| matches!(change, Change::DeleteUser(_)))
        {
            // Older pages in the log would still show the user. Whoever reads at this moment delays it to the next time.
            let emptied = connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()));
            if let Err(error) = emptied {
                tracing::warn!(%error, "the write-ahead log was not emptied after a user was deleted");
            }
        }
        done
    }

    fn load(&self, visit: &mut dyn FnMut(Row<'_>)) -> Result<(), StoreError> {
        self.reading(|connection| read::load(connection, visit))
    }

    fn users(&self, page: &Page<'_>) -> Result<(Vec<User>, Option<String>), StoreError> {
        self.reading(|connection| read::users(connection, page))
    }

    fn items(&self, page: &Page<'_>) -> Result<(Vec<Item>, Option<String>), StoreError> {
        self.reading(|connection| read::items(connection, page))
    }

    fn feedback(
        &self,
        filter: &Filter<'_>,
        page: &Page<'_>,
    ) -> Result<(Vec<Feedback>, Option<String>), StoreError> {
        self.reading(|connection| read::feedback(connection, filter, page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{self, Home};

    struct Folder(tempfile::TempDir);

    impl Home for Folder {
        type Store = Sqlite;

        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn open(&self) -> Sqlite {
            let busy = Duration::from_millis(50);
            Sqlite::open(self.0.path(), SqliteOptions { busy }).unwrap()
        }
    }

    contract::store_contract!(Folder);

    #[test]
    fn a_folder_has_one_server() {
        let home = Folder::new();
        let first = home.open();
        let second = Sqlite::open(home.0.path(), SqliteOptions::default());
        assert!(matches!(second, Err(StoreError::InUse { .. })));
        drop(first);
        home.open();
    }

    #[test]
    fn another_version_and_garbage_are_refused() {
        let home = Folder::new();
        drop(home.open());
        let path = home.0.path().join(FILE);
        let other = Connection::open(&path).unwrap();
        other.pragma_update(None, "user_version", 99).unwrap();
        drop(other);
        let opened = Sqlite::open(home.0.path(), SqliteOptions::default());
        assert!(matches!(opened, Err(StoreError::Version { found: 99, .. })));
        fs::write(&path, vec![7; 4096]).unwrap();
        assert!(Sqlite::open(home.0.path(), SqliteOptions::default()).is_err());
    }

    #[test]
    fn a_deleted_user_is_in_no_file() {
        let home = Folder::new();
        let store = home.open();
        let mut events: Vec<Feedback> = (0..300)
            .map(|n| contract::event(&format!("other{n}"), "i", "like", n))
            .collect();
        events.push(Feedback {
            comment: "a-secret-comment".to_owned(),
            ..contract::event("a-secret-user", "i", "like", 1)
        });
        let overwrite = false;
        store
            .commit(&[Change::Feedback { events, overwrite }])
            .unwrap();
        let holds = |text: &str| {
            let files = fs::read_dir(home.0.path()).unwrap();
            files.flatten().any(|file| {
                let bytes = fs::read(file.path()).unwrap();
                bytes
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            })
        };
        assert!(holds("a-secret-user") && holds("a-secret-comment"));
        store
            .commit(&[Change::DeleteUser("a-secret-user".to_owned())])
            .unwrap();
        assert!(!holds("a-secret-user") && !holds("a-secret-comment"));
        assert!(holds("other7"));
    }

    #[test]
    fn the_first_schema_is_brought_up_and_events_of_deleted_items_go_at_the_start() {
        let home = Folder::new();
        let store = home.open();
        let events = vec![
            contract::event("u", "i", "like", 1),
            contract::event("u", "j", "like", 2),
        ];
        let overwrite = false;
        store
            .commit(&[Change::Feedback { events, overwrite }])
            .unwrap();
        store.commit(&[Change::DeleteItem("i".to_owned())]).unwrap();
        drop(store);
        let path = home.0.path().join(FILE);
        let count = || -> i64 {
            let other = Connection::open(&path).unwrap();
            other
                .query_row("select count(*) from feedback", [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(
            count(),
            2,
            "the event of the deleted item belongs to nothing"
        );
        drop(home.open());
        assert_eq!(count(), 1);
        let old = Connection::open(&path).unwrap();
        old.execute_batch(
            "drop table orphans; create index feedback_by_item on feedback (item); pragma user_version = 1",
        )
        .unwrap();
        drop(old);
        let store = home.open();
        let page = Page {
            n: 9,
            ..Page::default()
        };
        assert_eq!(
            store.feedback(&Filter::default(), &page).unwrap().0.len(),
            1
        );
    }

    #[test]
    fn what_was_undone_is_not_taken_for_stored() {
        let home = Folder::new();
        let store = home.open();
        let like = |user: &str, item: &str| Change::Feedback {
            events: vec![contract::event(user, item, "like", 1)],
            overwrite: false,
        };
        let other = Connection::open(home.0.path().join(FILE)).unwrap();
        other
            .execute_batch(
                "create trigger t before insert on items when new.id = 'bad' begin select raise(abort, 'no'); end",
            )
            .unwrap();
        assert!(store.commit(&[like("u", "i"), like("u", "bad")]).is_err());
        store.commit(&[like("u", "i")]).unwrap();
        store.commit(&[Change::DeleteUser("u".to_owned())]).unwrap();
        store.commit(&[like("u", "i"), like("u", "i")]).unwrap();
        store
            .commit(&[Change::DeleteItem("i".to_owned()), like("v", "i")])
            .unwrap();
        let page = Page {
            n: 9,
            ..Page::default()
        };
        let found = store.feedback(&Filter::default(), &page).unwrap().0;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].user.as_str(), found[0].item.as_str()), ("v", "i"));
    }

    #[test]
    fn a_locked_database_takes_nothing_and_is_read_all_the_same() {
        let home = Folder::new();
        let store = home.open();
        let users = Change::Users(vec![contract::user("a")]);
        store.commit(std::slice::from_ref(&users)).unwrap();
        let other = Connection::open(home.0.path().join(FILE)).unwrap();
        other.execute_batch("begin immediate").unwrap();
        let refused = store.commit(&[Change::DeleteUser("a".to_owned())]);
        assert!(matches!(refused, Err(StoreError::Locked)));
        let page = Page {
            n: 10,
            ..Page::default()
        };
        assert_eq!(store.users(&page).unwrap().0.len(), 1);
        other.execute_batch("rollback").unwrap();
        let deleted = store.commit(&[Change::DeleteUser("a".to_owned())]);
        assert_eq!(deleted.unwrap(), [1]);
    }

    #[test]
    fn a_full_disk_is_told_and_takes_nothing() {
        let home = Folder::new();
        let store = home.open();
        store
            .commit(&[Change::Users(vec![contract::user("a")])])
            .unwrap();
        let pages: i64 = locked(&store.writer)
            .connection
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        let limit = |pages: i64| {
            locked(&store.writer)
                .connection
                .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
                .unwrap();
        };
        limit(pages);
        let many: Vec<User> = (0..2000)
            .map(|n| contract::user(&format!("u{n}")))
            .collect();
        let refused = store.commit(&[Change::Users(many.clone())]);
        assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
        let page = Page {
            n: 5000,
            ..Page::default()
        };
        assert_eq!(store.users(&page).unwrap().0.len(), 1);
        limit(1_000_000);
        assert_eq!(store.commit(&[Change::Users(many)]).unwrap(), [2000]);
    }
}
