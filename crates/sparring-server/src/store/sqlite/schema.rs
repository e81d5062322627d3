//! The tables, and how the database is set up.

use std::path::Path;

use rusqlite::Connection;

use crate::store::StoreError;

/// Number of the schema; one more whenever the tables change.
const VERSION: i64 = 1;

/// Users and items have keys of their own, so that an event is a few bytes, whatever the ids are.
const TABLES: &str = "
    create table users (key integer primary key autoincrement, id text not null unique,
        labels text not null, comment text not null);
    create table items (key integer primary key autoincrement, id text not null unique,
        hidden integer not null, deleted integer not null, categories text not null, time integer,
        labels text not null, comment text not null);
    create table kinds (key integer primary key, id text not null unique);
    create table feedback (user integer not null, item integer not null, kind integer not null,
        value real not null, time integer not null, comment text,
        primary key (user, item, kind)) without rowid;
    create index feedback_by_item on feedback (item);
";

/// Sets the connection that writes up, and makes the tables of a new database.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // Synced at every commit: what is acknowledged survives a loss of power too.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "secure_delete", "fast")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.set_prepared_statement_cache_capacity(64);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => Ok(connection.execute_batch(&format!(
            "begin immediate; {TABLES} pragma user_version = {VERSION}; commit;"
        ))?),
        VERSION => Ok(()),
        found => Err(StoreError::Version {
            path: path.to_path_buf(),
            found,
            expected: VERSION,
        }),
    }
}
