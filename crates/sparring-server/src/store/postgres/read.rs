//! What is read: pages for clients, and everything once at the start.

use postgres::fallible_iterator::FallibleIterator;
use postgres::types::ToSql;
use postgres::{Client, Row as Found};

use crate::moment::Moment;
use crate::store::cursor::{decode, encode};
use crate::store::text::json;
use crate::store::{Feedback, Filter, Item, Page, Row, StoreError, User};

/// Rows of a page and where the next one begins.
type Rows<T> = Result<(Vec<T>, Option<String>), StoreError>;

const USERS: &str = "select key, id, labels, comment from users where key > $1 and ($2::text is null or id = $2)
    and ($3::text is null or position(lower($3) in lower(id)) > 0 or position(lower($3) in lower(comment)) > 0)
    order by key limit $4";
const ITEMS: &str = "select key, id, hidden, categories, time, labels, comment from items
    where key > $1 and not deleted and ($2::text is null or id = $2)
    and ($3::text is null or position(lower($3) in lower(id)) > 0 or position(lower($3) in lower(comment)) > 0)
    order by key limit $4";

pub(super) fn users(client: &mut Client, page: &Page<'_>) -> Rows<User> {
    listed(client, USERS, page, |row| User {
        id: row.get(1),
        labels: json(row.get(2)),
        comment: row.get(3),
    })
}

pub(super) fn items(client: &mut Client, page: &Page<'_>) -> Rows<Item> {
    listed(client, ITEMS, page, |row| Item {
        id: row.get(1),
        hidden: row.get(2),
        categories: serde_json::from_str(row.get(3)).unwrap_or_default(),
        time: row.get::<_, Option<i64>>(4).map(Moment),
        labels: json(row.get(5)),
        comment: row.get(6),
    })
}

/// Rows of a table whose first column is its key.
fn listed<T>(
    client: &mut Client,
    sql: &str,
    page: &Page<'_>,
    read: impl Fn(&Found) -> T,
) -> Rows<T> {
    let after = match page.after {
        None => 0,
        Some(cursor) => decode::<1>(cursor)?[0],
    };
    let limit = i64::try_from(page.n).unwrap_or(i64::MAX);
    let found = client.query(sql, &[&after, &page.id, &page.text, &limit])?;
    let last = found.last().map_or(after, |row| row.get(0));
    let rows: Vec<T> = found.iter().map(read).collect();
    let next = (page.n > 0 && rows.len() == page.n).then(|| encode([last]));
    Ok((rows, next))
}

pub(super) fn feedback(
    client: &mut Client,
    filter: &Filter<'_>,
    page: &Page<'_>,
) -> Rows<Feedback> {
    let after = page.after.map(decode::<3>).transpose()?;
    let until = filter.until.map(|until| until.0);
    let limit = i64::try_from(page.n).unwrap_or(i64::MAX);
    let mut wheres = vec!["true".to_owned()];
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&limit];
    if let Some(user) = &filter.user {
        values.push(user);
        let at = values.len();
        wheres.push(format!(
            r#"f."user" = (select key from users where id = ${at})"#
        ));
    }
    if let Some(item) = &filter.item {
        values.push(item);
        let at = values.len();
        wheres.push(format!("f.item = (select key from items where id = ${at})"));
    }
    if let Some(kind) = &filter.kind {
        values.push(kind);
        let at = values.len();
        wheres.push(format!("f.kind = (select key from kinds where id = ${at})"));
    }
    if let Some(until) = &until {
        values.push(until);
        wheres.push(format!("f.time <= ${}", values.len()));
    }
    if let Some(keys) = &after {
        values.extend(keys.iter().map(|key| key as &(dyn ToSql + Sync)));
        let [a, b, c] = [2, 1, 0].map(|back| values.len() - back);
        wheres.push(format!(
            r#"(f."user", f.item, f.kind) > (${a}, ${b}, ${c})"#
        ));
    }
    // Bytes are compared, as in the other storage, whatever the language of the database is.
    let order = if filter.user.is_some() || filter.item.is_some() {
        r#"i.id collate "C", u.id collate "C", k.id collate "C""#
    } else {
        r#"f."user", f.item, f.kind"#
    };
    let sql = format!(
        r#"select f."user", f.item, f.kind, k.id, u.id, i.id, f.value, f.time, f.comment from feedback f
        join users u on u.key = f."user" join items i on i.key = f.item join kinds k on k.key = f.kind
        where {} order by {order} limit $1"#,
        wheres.join(" and ")
    );
    let found = client.query(&sql, &values)?;
    let last = found.last().map(|row| [row.get(0), row.get(1), row.get(2)]);
    let rows: Vec<Feedback> = found
        .iter()
        .map(|row| Feedback {
            kind: row.get(3),
            user: row.get(4),
            item: row.get(5),
            value: row.get(6),
            time: Moment(row.get(7)),
            comment: row.get::<_, Option<String>>(8).unwrap_or_default(),
        })
        .collect();
    let next = last.filter(|_| page.n > 0 && rows.len() == page.n);
    Ok((rows, next.map(encode)))
}

pub(super) fn load(client: &mut Client, visit: &mut dyn FnMut(Row<'_>)) -> Result<(), StoreError> {
    let sql = "select key, id from users order by key";
    each(client, sql, |row| {
        visit(Row::User {
            key: row.get(0),
            id: row.get(1),
        });
        Ok(())
    })?;
    let sql = "select key, id, hidden, deleted, time, categories from items order by key";
    each(client, sql, |row| {
        let categories = serde_json::from_str(row.get(5));
        let categories: Vec<String> = categories.map_err(|error| StoreError::Damaged {
            finding: error.to_string(),
        })?;
        visit(Row::Item {
            key: row.get(0),
            id: row.get(1),
            hidden: row.get(2),
            deleted: row.get(3),
            time: row.get::<_, Option<i64>>(4).map(Moment),
            categories: &categories,
        });
        Ok(())
    })?;
    let sql = r#"select f."user", f.item, k.id, f.time from feedback f join kinds k on k.key = f.kind
        order by f."user", f.item, f.kind"#;
    each(client, sql, |row| {
        visit(Row::Event {
            user: row.get(0),
            item: row.get(1),
            kind: row.get(2),
            time: Moment(row.get(3)),
        });
        Ok(())
    })
}

/// Rows one after the other, as they come.
fn each(
    client: &mut Client,
    sql: &str,
    mut read: impl FnMut(&Found) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let nothing: [&str; 0] = [];
    let mut rows = client.query_raw(sql, nothing)?;
    while let Some(row) = rows.next()? {
        read(&row)?;
    }
    Ok(())
}
