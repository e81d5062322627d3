//! The tables, and how the database is set up.

use std::path::Path;

use rusqlite::Connection;

use crate::store::StoreError;

/// Number of the schema; one more whenever the tables change.
const VERSION: i64 = 2;

/// Pages of the write-ahead log before they are moved into the database: many commits touch the same pages, and each is
/// moved once. 64 MiB are read again within a second after a loss of power.
const CHECKPOINT: i64 = 16_384;

/// Users and items have keys of their own, so that an event is a few bytes, whatever the ids are.
///
/// There is no index of feedback by item: it would cost every event a page of its own, since items come in no order.
/// A deleted item gets another key, so that its events belong to nothing, and `orphans` has the old one until they
/// are removed at the next start.
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
    create table orphans (item integer primary key);
";
/// From the first schema to the second.
const SECOND: &str = "
    drop index feedback_by_item;
    create table orphans (item integer primary key);
";

/// Sets the connection that writes up, and makes the tables of a new database.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // Synced at every commit: what is acknowledged survives a loss of power too.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT, |_| Ok(()))?;
    // What is deleted is overwritten.
    connection.pragma_update_and_check(None, "secure_delete", "on", |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.set_prepared_statement_cache_capacity(64);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        0 => Ok(connection.execute_batch(&format!(
            "begin immediate; {TABLES} pragma user_version = {VERSION}; commit;"
        ))?),
        1 => Ok(connection.execute_batch(&format!(
            "begin immediate; {SECOND} pragma user_version = {VERSION}; commit;"
        ))?),
        VERSION => remove_orphans(connection),
        found => Err(StoreError::Version {
            path: path.to_path_buf(),
            found,
            expected: VERSION,
        }),
    }
}

/// Removes events of items that were deleted. They are looked for only if there are any: it takes a look at all events.
fn remove_orphans(connection: &Connection) -> Result<(), StoreError> {
    let sql = "select exists (select 1 from orphans)";
    let any: bool = connection.query_row(sql, [], |row| row.get(0))?;
    if !any {
        return Ok(());
    }
    Ok(connection.execute_batch(
        "begin immediate; delete from feedback where item in (select item from orphans);
        delete from orphans; commit;",
    )?)
}
