//! What is read: pages for clients, and everything once at the start.

use std::collections::HashMap;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use crate::moment::Moment;
use crate::store::cursor::{decode, encode};
use crate::store::text::json;
use crate::store::{Feedback, Filter, Item, Page, Row, StoreError, User};

/// Rows of a page and where the next one begins.
type Rows<T> = Result<(Vec<T>, Option<String>), StoreError>;

pub(super) fn users(connection: &Connection, page: &Page<'_>) -> Rows<User> {
    let sql = "select key, id, labels, comment from users
        where key > ?1 and (?2 is null or id = ?2)
        and (?3 is null or instr(lower(id), lower(?3)) or instr(lower(comment), lower(?3)))
        order by key limit ?4";
    listed(connection, sql, page, |row| {
        Ok(User {
            id: row.get(1)?,
            labels: json(row.get(2)?),
            comment: row.get(3)?,
        })
    })
}

pub(super) fn items(connection: &Connection, page: &Page<'_>) -> Rows<Item> {
    let sql = "select key, id, hidden, categories, time, labels, comment from items
        where key > ?1 and deleted = 0 and (?2 is null or id = ?2)
        and (?3 is null or instr(lower(id), lower(?3)) or instr(lower(comment), lower(?3)))
        order by key limit ?4";
    listed(connection, sql, page, |row| {
        let categories: String = row.get(3)?;
        Ok(Item {
            id: row.get(1)?,
            hidden: row.get(2)?,
            categories: serde_json::from_str(&categories).unwrap_or_default(),
            time: row.get::<_, Option<i64>>(4)?.map(Moment),
            labels: json(row.get(5)?),
            comment: row.get(6)?,
        })
    })
}

/// Rows of a table whose first column is its key.
fn listed<T>(
    connection: &Connection,
    sql: &str,
    page: &Page<'_>,
    read: impl Fn(&rusqlite::Row<'_>) -> Result<T, rusqlite::Error>,
) -> Rows<T> {
    // One id is found by its index, since no other condition stands in the way.
    let after = match page.after {
        None => 0,
        Some(cursor) => decode::<1>(cursor)?[0],
    };
    let sql = if page.id.is_some() {
        sql.replace("(?2 is null or id = ?2)", "id = ?2")
    } else {
        sql.to_owned()
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(page.n).unwrap_or(i64::MAX);
    let mut found = statement.query(rusqlite::params![after, page.id, page.text, limit])?;
    let (mut rows, mut last) = (Vec::new(), after);
    while let Some(row) = found.next()? {
        last = row.get(0)?;
        rows.push(read(row)?);
    }
    let next = (page.n > 0 && rows.len() == page.n).then(|| encode([last]));
    Ok((rows, next))
}

pub(super) fn feedback(
    connection: &Connection,
    filter: &Filter<'_>,
    page: &Page<'_>,
) -> Rows<Feedback> {
    let mut wheres = vec!["1 = 1"];
    let mut values: Vec<Sql> = Vec::new();
    let mut text = |condition: &'static str, value: Option<&str>| {
        if let Some(value) = value {
            wheres.push(condition);
            values.push(Sql::Text(value.to_owned()));
        }
    };
    text("f.user = (select key from users where id = ?)", filter.user);
    text("f.item = (select key from items where id = ?)", filter.item);
    text("f.kind = (select key from kinds where id = ?)", filter.kind);
    if let Some(until) = filter.until {
        wheres.push("f.time <= ?");
        values.push(Sql::Integer(until.0));
    }
    if let Some(cursor) = page.after {
        wheres.push("(f.user, f.item, f.kind) > (?, ?, ?)");
        values.extend(decode::<3>(cursor)?.map(Sql::Integer));
    }
    let order = if filter.user.is_some() || filter.item.is_some() {
        "i.id, u.id, k.id"
    } else {
        "f.user, f.item, f.kind"
    };
    // `cross join` keeps the order of the tables, so that pages follow the primary key.
    let sql = format!(
        "select f.user, f.item, f.kind, k.id, u.id, i.id, f.value, f.time, f.comment from feedback f
         cross join users u on u.key = f.user cross join items i on i.key = f.item
         cross join kinds k on k.key = f.kind
         where {} order by {order} limit ?",
        wheres.join(" and ")
    );
    values.push(Sql::Integer(i64::try_from(page.n).unwrap_or(i64::MAX)));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params_from_iter(values))?;
    let (mut rows, mut last) = (Vec::new(), [0; 3]);
    while let Some(row) = found.next()? {
        last = [row.get(0)?, row.get(1)?, row.get(2)?];
        rows.push(Feedback {
            kind: row.get(3)?,
            user: row.get(4)?,
            item: row.get(5)?,
            value: row.get(6)?,
            time: Moment(row.get(7)?),
            comment: row.get::<_, Option<String>>(8)?.unwrap_or_default(),
        });
    }
    let next = (page.n > 0 && rows.len() == page.n).then(|| encode(last));
    Ok((rows, next))
}

pub(super) fn load(
    connection: &Connection,
    visit: &mut dyn FnMut(Row<'_>),
) -> Result<(), StoreError> {
    let mut users = connection.prepare("select key, id from users order by key")?;
    let mut found = users.query([])?;
    while let Some(row) = found.next()? {
        let id = row.get_ref(1)?.as_str().map_err(damaged)?;
        visit(Row::User {
            key: row.get(0)?,
            id,
        });
    }
    let sql = "select key, id, hidden, deleted, time, categories from items order by key";
    let mut items = connection.prepare(sql)?;
    let mut found = items.query([])?;
    while let Some(row) = found.next()? {
        let id = row.get_ref(1)?.as_str().map_err(damaged)?;
        let array = row.get_ref(5)?.as_str().map_err(damaged)?;
        let categories: Vec<String> = serde_json::from_str(array).map_err(damaged)?;
        visit(Row::Item {
            key: row.get(0)?,
            id,
            hidden: row.get(2)?,
            deleted: row.get(3)?,
            time: row.get::<_, Option<i64>>(4)?.map(Moment),
            categories: &categories,
        });
    }
    // They are few, and looking one up for every event would take a third of the time.
    let mut kinds = connection.prepare("select key, id from kinds")?;
    let kinds = kinds.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let kinds: HashMap<i64, String> = kinds.collect::<Result<_, _>>()?;
    let sql = "select user, item, kind, time from feedback order by user, item, kind";
    let mut events = connection.prepare(sql)?;
    let mut found = events.query([])?;
    while let Some(row) = found.next()? {
        let whole = |at| row.get_ref(at)?.as_i64().map_err(damaged);
        let Some(kind) = kinds.get(&whole(2)?) else {
            continue;
        };
        visit(Row::Event {
            user: whole(0)?,
            item: whole(1)?,
            kind,
            time: Moment(whole(3)?),
        });
    }
    Ok(())
}

fn damaged(error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        finding: error.to_string(),
    }
}
