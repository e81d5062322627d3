//! Changes as statements, in one transaction.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, Statement, Transaction};

use crate::store::text::array;
use crate::store::{Change, Feedback, Item, ItemPatch, StoreError, User, UserPatch};

/// The connection that writes, with the statements that events need.
pub(super) struct Writing {
    pub(super) client: Client,
    statements: HashMap<String, Statement>,
}

impl Writing {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            statements: HashMap::new(),
        }
    }

    /// Makes all changes durable or none of them. Events that follow each other go together, whoever sent them: a round
    /// trip costs more than a row.
    pub(super) fn commit(&mut self, changes: &[Change]) -> Result<Vec<u64>, StoreError> {
        let mut to = Events {
            transaction: self.client.transaction()?,
            statements: &mut self.statements,
        };
        let mut touched = Vec::with_capacity(changes.len());
        for group in changes.chunk_by(|a, b| {
            let overwrites = [a, b].map(|change| match change {
                Change::Feedback { overwrite, .. } => Some(*overwrite),
                _ => None,
            });
            overwrites[0].is_some() && overwrites[0] == overwrites[1]
        }) {
            if let Change::Feedback { overwrite, .. } = group[0] {
                let events = group.iter().flat_map(|change| match change {
                    Change::Feedback { events, .. } => &events[..],
                    _ => &[],
                });
                to.put(&events.collect::<Vec<_>>(), overwrite)?;
                touched.extend(group.iter().map(|change| change.weight() as u64));
            } else {
                touched.push(apply(&mut to.transaction, &group[0])?);
            }
        }
        to.transaction.commit()?;
        Ok(touched)
    }
}

/// Anything but events.
fn apply(to: &mut Transaction<'_>, change: &Change) -> Result<u64, StoreError> {
    match change {
        Change::Users(users) => {
            users.iter().try_for_each(|user| put_user(to, user))?;
            Ok(users.len() as u64)
        }
        Change::PatchUser(id, patch) => patch_user(to, id, patch),
        Change::DeleteUser(id) => {
            let sql =
                r#"delete from feedback where "user" = (select key from users where id = $1)"#;
            to.execute(sql, &[id])?;
            Ok(to.execute("delete from users where id = $1", &[id])?)
        }
        Change::Items(items) => {
            items.iter().try_for_each(|item| put_item(to, item))?;
            Ok(items.len() as u64)
        }
        Change::Catalogue(ids) => Ok(to.execute(ADD_ITEMS, &[ids])?),
        Change::PatchItem(id, patch) => patch_item(to, id, patch),
        Change::DeleteItem(id) => {
            let sql =
                "update items set deleted = true, hidden = false, categories = '[]', time = null,
                labels = 'null', comment = '' where id = $1 and not deleted";
            let count = to.execute(sql, &[id])?;
            let sql = "delete from feedback where item = (select key from items where id = $1)";
            to.execute(sql, &[id])?;
            Ok(count)
        }
        Change::Feedback { .. } => unreachable!("events go together"),
        Change::DeleteFeedback { user, item, kind } => {
            let sql = r#"delete from feedback where "user" = (select key from users where id = $1)
                and item = (select key from items where id = $2)
                and ($3::text is null or kind = (select key from kinds where id = $3))"#;
            Ok(to.execute(sql, &[user, item, kind])?)
        }
    }
}

fn put_user(to: &mut Transaction<'_>, user: &User) -> Result<(), StoreError> {
    let sql = "insert into users (id, labels, comment) values ($1, $2, $3)
        on conflict (id) do update set labels = $2, comment = $3";
    to.execute(sql, &[&user.id, &user.labels.to_string(), &user.comment])?;
    Ok(())
}

fn patch_user(to: &mut Transaction<'_>, id: &str, patch: &UserPatch) -> Result<u64, StoreError> {
    let sql = "update users set labels = coalesce($2, labels), comment = coalesce($3, comment) where id = $1";
    let labels = patch.labels.as_ref().map(ToString::to_string);
    Ok(to.execute(sql, &[&id, &labels, &patch.comment])?)
}

fn put_item(to: &mut Transaction<'_>, item: &Item) -> Result<(), StoreError> {
    let sql = "insert into items (id, hidden, deleted, categories, time, labels, comment)
        values ($1, $2, false, $3, $4, $5, $6) on conflict (id) do update
        set hidden = $2, deleted = false, categories = $3, time = $4, labels = $5, comment = $6";
    let time = item.time.map(|time| time.0);
    let (categories, labels) = (array(&item.categories), item.labels.to_string());
    to.execute(
        sql,
        &[
            &item.id,
            &item.hidden,
            &categories,
            &time,
            &labels,
            &item.comment,
        ],
    )?;
    Ok(())
}

fn patch_item(to: &mut Transaction<'_>, id: &str, patch: &ItemPatch) -> Result<u64, StoreError> {
    let sql =
        "update items set hidden = coalesce($2, hidden), categories = coalesce($3, categories),
        time = coalesce($4, time), labels = coalesce($5, labels), comment = coalesce($6, comment)
        where id = $1 and not deleted";
    let categories = patch.categories.as_deref().map(array);
    let labels = patch.labels.as_ref().map(ToString::to_string);
    let time = patch.time.map(|time| time.0);
    Ok(to.execute(
        sql,
        &[
            &id,
            &patch.hidden,
            &categories,
            &time,
            &labels,
            &patch.comment,
        ],
    )?)
}

/// Adds items of which only the ids are known, in their order; how many were added.
const ADD_ITEMS: &str = "insert into items (id, hidden, deleted, categories, time, labels, comment)
    select id, false, false, '[]', null, 'null', ''
    from (select id, min(n) as n from unnest($1::text[]) with ordinality as given(id, n) group by id) fresh
    where not exists (select 1 from items i where i.id = fresh.id) order by n";
/// Adds users likewise.
const ADD_USERS: &str = "insert into users (id, labels, comment) select id, 'null', ''
    from (select id, min(n) as n from unnest($1::text[]) with ordinality as given(id, n) group by id) fresh
    where not exists (select 1 from users u where u.id = fresh.id) order by n";
const ADD_KINDS: &str =
    "insert into kinds (id) select distinct id from unnest($1::text[]) as given(id)
    where not exists (select 1 from kinds k where k.id = given.id)";
/// A deleted item comes back as a new one would.
const BRING_BACK: &str = "update items set deleted = false where deleted and id = any($1)";

/// Adds events; of the same kind, user and item in one group the first stays, or the last overwrites.
fn adding(overwrite: bool) -> String {
    let (order, conflict) = if overwrite {
        let set =
            "update set value = excluded.value, time = excluded.time, comment = excluded.comment";
        ("desc", set)
    } else {
        ("asc", "nothing")
    };
    format!(
        r#"insert into feedback ("user", item, kind, value, time, comment)
        select distinct on (u.key, i.key, k.key) u.key, i.key, k.key, given.value, given.time, given.comment
        from unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::int8[], $6::text[])
            with ordinality as given(u, i, k, value, time, comment, n)
        join users u on u.id = given.u join items i on i.id = given.i join kinds k on k.id = given.k
        order by u.key, i.key, k.key, given.n {order}
        on conflict ("user", item, kind) do {conflict}"#
    )
}

/// Adds events, with what they are of, by a statement for each table, which is looked at once a connection.
struct Events<'a> {
    transaction: Transaction<'a>,
    statements: &'a mut HashMap<String, Statement>,
}

impl Events<'_> {
    fn execute(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<(), StoreError> {
        let statement = if let Some(known) = self.statements.get(sql) {
            known.clone()
        } else {
            let made = self.transaction.prepare(sql)?;
            self.statements.insert(sql.to_owned(), made.clone());
            made
        };
        self.transaction.execute(&statement, values)?;
        Ok(())
    }

    fn put(&mut self, events: &[&Feedback], overwrite: bool) -> Result<(), StoreError> {
        let users: Vec<&str> = events.iter().map(|event| &event.user[..]).collect();
        let items: Vec<&str> = events.iter().map(|event| &event.item[..]).collect();
        let kinds: Vec<&str> = events.iter().map(|event| &event.kind[..]).collect();
        self.execute(ADD_USERS, &[&users])?;
        self.execute(ADD_ITEMS, &[&items])?;
        self.execute(BRING_BACK, &[&items])?;
        self.execute(ADD_KINDS, &[&kinds])?;
        let values: Vec<f64> = events.iter().map(|event| event.value).collect();
        let times: Vec<i64> = events.iter().map(|event| event.time.0).collect();
        let comments: Vec<Option<&str>> = events
            .iter()
            .map(|event| (!event.comment.is_empty()).then_some(&event.comment[..]))
            .collect();
        self.execute(
            &adding(overwrite),
            &[&users, &items, &kinds, &values, &times, &comments],
        )
    }
}
