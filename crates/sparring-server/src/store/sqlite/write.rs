//! Changes as statements, in one transaction.

use rusqlite::{
    CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params,
};

use super::keys::Keys;
use crate::store::text::array;
use crate::store::{Change, Feedback, Item, ItemPatch, StoreError, User, UserPatch};

/// Makes all changes durable or none of them.
pub(super) fn commit(
    connection: &mut Connection,
    keys: &mut Keys,
    changes: &[Change],
) -> Result<Vec<u64>, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let touched = changes
        .iter()
        .map(|change| apply(&transaction, keys, change))
        .collect::<Result<Vec<_>, _>>()?;
    transaction.commit()?;
    Ok(touched)
}

fn apply(to: &Transaction<'_>, keys: &mut Keys, change: &Change) -> Result<u64, StoreError> {
    match change {
        Change::Users(users) => {
            users.iter().try_for_each(|user| put_user(to, user))?;
            Ok(users.len() as u64)
        }
        Change::PatchUser(id, patch) => patch_user(to, id, patch),
        Change::DeleteUser(id) => {
            keys.users.forget(id);
            delete_user(to, id)
        }
        Change::Items(items) => {
            items.iter().try_for_each(|item| put_item(to, item))?;
            Ok(items.len() as u64)
        }
        Change::Catalogue(ids) => ids
            .iter()
            .try_fold(0, |sum, id| Ok(sum + add_item(to, id)?)),
        Change::PatchItem(id, patch) => patch_item(to, id, patch),
        Change::DeleteItem(id) => {
            keys.items.forget(id);
            delete_item(to, id)
        }
        Change::Feedback { events, overwrite } => {
            put_events(to, keys, events, *overwrite)?;
            Ok(events.len() as u64)
        }
        Change::DeleteFeedback { user, item, kind } => {
            let sql = "delete from feedback where user = (select key from users where id = ?1)
                and item = (select key from items where id = ?2)
                and (?3 is null or kind = (select key from kinds where id = ?3))";
            let count = to.prepare_cached(sql)?.execute(params![user, item, kind])?;
            Ok(count as u64)
        }
    }
}

fn put_user(to: &Transaction<'_>, user: &User) -> Result<(), StoreError> {
    let sql = "insert into users (id, labels, comment) values (?1, ?2, ?3)
        on conflict (id) do update set labels = ?2, comment = ?3";
    to.prepare_cached(sql)?
        .execute(params![user.id, user.labels.to_string(), user.comment])?;
    Ok(())
}

fn patch_user(to: &Transaction<'_>, id: &str, patch: &UserPatch) -> Result<u64, StoreError> {
    let sql = "update users set labels = coalesce(?2, labels), comment = coalesce(?3, comment) where id = ?1";
    let labels = patch.labels.as_ref().map(ToString::to_string);
    let count = to
        .prepare_cached(sql)?
        .execute(params![id, labels, patch.comment])?;
    Ok(count as u64)
}

fn delete_user(to: &Transaction<'_>, id: &str) -> Result<u64, StoreError> {
    let Some(key) = find(to, "select key from users where id = ?1", id)? else {
        return Ok(0);
    };
    to.prepare_cached("delete from feedback where user = ?1")?
        .execute([key])?;
    let count = to
        .prepare_cached("delete from users where key = ?1")?
        .execute([key])?;
    Ok(count as u64)
}

fn put_item(to: &Transaction<'_>, item: &Item) -> Result<(), StoreError> {
    let sql = "insert into items (id, hidden, deleted, categories, time, labels, comment)
        values (?1, ?2, 0, ?3, ?4, ?5, ?6)
        on conflict (id) do update set hidden = ?2, deleted = 0, categories = ?3, time = ?4, labels = ?5, comment = ?6";
    let time = item.time.map(|time| time.0);
    let (categories, labels) = (array(&item.categories), item.labels.to_string());
    to.prepare_cached(sql)?.execute(params![
        item.id,
        item.hidden,
        categories,
        time,
        labels,
        item.comment
    ])?;
    Ok(())
}

/// Adds an item of which only the id is known; how many were added.
fn add_item(to: &Transaction<'_>, id: &str) -> Result<u64, StoreError> {
    let sql = "insert or ignore into items (id, hidden, deleted, categories, time, labels, comment)
        values (?1, 0, 0, '[]', null, 'null', '')";
    Ok(to.prepare_cached(sql)?.execute([id])? as u64)
}

fn patch_item(to: &Transaction<'_>, id: &str, patch: &ItemPatch) -> Result<u64, StoreError> {
    let sql =
        "update items set hidden = coalesce(?2, hidden), categories = coalesce(?3, categories),
        time = coalesce(?4, time), labels = coalesce(?5, labels), comment = coalesce(?6, comment)
        where id = ?1 and deleted = 0";
    let categories = patch.categories.as_deref().map(array);
    let labels = patch.labels.as_ref().map(ToString::to_string);
    let time = patch.time.map(|time| time.0);
    let count = to.prepare_cached(sql)?.execute(params![
        id,
        patch.hidden,
        categories,
        time,
        labels,
        patch.comment
    ])?;
    Ok(count as u64)
}

fn delete_item(to: &Transaction<'_>, id: &str) -> Result<u64, StoreError> {
    let present = "select key from items where id = ?1 and deleted = 0";
    let Some(key) = find(to, present, id)? else {
        return Ok(0);
    };
    // Its events are not looked for: they belong to a key that is no item's any more.
    to.prepare_cached("delete from items where key = ?1")?
        .execute([key])?;
    to.prepare_cached("insert into orphans (item) values (?1)")?
        .execute([key])?;
    let sql = "insert into items (id, hidden, deleted, categories, time, labels, comment)
        values (?1, 0, 1, '[]', null, 'null', '')";
    Ok(to.prepare_cached(sql)?.execute([id])? as u64)
}

/// Adds events in one go: statements are looked up once, and keys that are known are not.
fn put_events(
    to: &Transaction<'_>,
    keys: &mut Keys,
    events: &[Feedback],
    overwrite: bool,
) -> Result<(), StoreError> {
    let mut insert: CachedStatement<'_> = to.prepare_cached(if overwrite {
        "insert into feedback (user, item, kind, value, time, comment) values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (user, item, kind) do update set value = ?4, time = ?5, comment = ?6"
    } else {
        "insert into feedback (user, item, kind, value, time, comment) values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (user, item, kind) do nothing"
    })?;
    for event in events {
        let user = match keys.users.get(&event.user) {
            Some(key) => key,
            None => keys.users.keep(&event.user, user_key(to, &event.user)?),
        };
        let item = match keys.items.get(&event.item) {
            Some(key) => key,
            None => keys.items.keep(&event.item, item_key(to, &event.item)?),
        };
        let kind = match keys.kinds.get(&event.kind) {
            Some(key) => key,
            None => keys.kinds.keep(&event.kind, kind_key(to, &event.kind)?),
        };
        let comment = (!event.comment.is_empty()).then_some(&event.comment);
        insert.execute(params![
            user,
            item,
            kind,
            event.value,
            event.time.0,
            comment
        ])?;
    }
    Ok(())
}

/// The key of a user, who is added if new.
fn user_key(to: &Transaction<'_>, id: &str) -> Result<i64, StoreError> {
    key_of(to, "select key from users where id = ?1", id, || {
        let sql = "insert into users (id, labels, comment) values (?1, 'null', '')";
        to.prepare_cached(sql)?.insert([id])
    })
}

/// The key of an item, which is added if new and brought back if deleted, as a new one would be.
fn item_key(to: &Transaction<'_>, id: &str) -> Result<i64, StoreError> {
    match find_item(to, id)? {
        Some((key, false)) => Ok(key),
        Some((key, true)) => {
            to.prepare_cached("update items set deleted = 0 where key = ?1")?
                .execute([key])?;
            Ok(key)
        }
        None => {
            add_item(to, id)?;
            Ok(to.last_insert_rowid())
        }
    }
}

fn kind_key(to: &Transaction<'_>, id: &str) -> Result<i64, StoreError> {
    key_of(to, "select key from kinds where id = ?1", id, || {
        to.prepare_cached("insert into kinds (id) values (?1)")?
            .insert([id])
    })
}

fn find(to: &Transaction<'_>, sql: &str, id: &str) -> Result<Option<i64>, StoreError> {
    let mut statement = to.prepare_cached(sql)?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// The key of an item, and whether it is deleted.
fn find_item(to: &Transaction<'_>, id: &str) -> Result<Option<(i64, bool)>, StoreError> {
    let mut statement = to.prepare_cached("select key, deleted from items where id = ?1")?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    Ok(statement.query_row([id], read).optional()?)
}

/// The key that `sql` finds, or the one that `insert` makes.
fn key_of(
    to: &Transaction<'_>,
    sql: &str,
    id: &str,
    insert: impl FnOnce() -> Result<i64, rusqlite::Error>,
) -> Result<i64, StoreError> {
    match find(to, sql, id)? {
        Some(key) => Ok(key),
        None => Ok(insert()?),
    }
}
