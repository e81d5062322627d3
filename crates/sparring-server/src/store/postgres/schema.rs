//! The tables, and the version of them.

use postgres::Client;

use crate::store::StoreError;

/// Number of the schema; one more whenever the tables change.
const VERSION: i64 = 1;

/// As in `SQLite`, users and items have keys of their own; here an index of feedback by item is worth its cost, so that
/// a deleted item takes its events along.
const TABLES: &str = r#"
    create table if not exists sparring_schema (version bigint not null);
    create table if not exists users (key bigint generated always as identity primary key, id text not null unique,
        labels text not null, comment text not null);
    create table if not exists items (key bigint generated always as identity primary key, id text not null unique,
        hidden boolean not null, deleted boolean not null, categories text not null, time bigint,
        labels text not null, comment text not null);
    create table if not exists kinds (key bigint generated always as identity primary key, id text not null unique);
    create table if not exists feedback ("user" bigint not null, item bigint not null, kind bigint not null,
        value double precision not null check (value <> 'NaN'), time bigint not null, comment text,
        primary key ("user", item, kind));
    create index if not exists feedback_by_item on feedback (item);
"#;

/// Makes the tables of a new database.
pub(super) fn prepare(client: &mut Client) -> Result<(), StoreError> {
    let mut transaction = client.transaction()?;
    // Nobody else makes them: the lock is held.
    transaction.batch_execute("set local client_min_messages = warning")?;
    transaction.batch_execute(TABLES)?;
    let found = transaction.query_opt("select version from sparring_schema", &[])?;
    match found.map(|row| row.get::<_, i64>(0)) {
        None => {
            let sql = "insert into sparring_schema (version) values ($1)";
            transaction.execute(sql, &[&VERSION])?;
        }
        Some(VERSION) => {}
        Some(found) => {
            return Err(StoreError::Version {
                path: "the database".into(),
                found,
                expected: VERSION,
            });
        }
    }
    Ok(transaction.commit()?)
}
