//! Changes as statements, in one transaction.

use postgres::{Client, Transaction};

use crate::store::{Change, Feedback, Item, ItemPatch, StoreError, User, UserPatch};

/// Makes all changes durable or none of them.
pub(super) fn commit(client: &mut Client, changes: &[Change]) -> Result<Vec<u64>, StoreError> {
    let mut transaction = client.transaction()?;
    let touched = changes
        .iter()
        .map(|change| apply(&mut transaction, change))
        .collect::<Result<Vec<_>, _>>()?;
    transaction.commit()?;
    Ok(touched)
}

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
        Change::Catalogue(ids) => {
            add_items(to, &ids.iter().map(String::as_str).collect::<Vec<_>>())
        }
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
        Change::Feedback { events, overwrite } => {
            put_events(to, events, *overwrite)?;
            Ok(events.len() as u64)
        }
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
fn add_items(to: &mut Transaction<'_>, ids: &[&str]) -> Result<u64, StoreError> {
    let sql = "insert into items (id, hidden, deleted, categories, time, labels, comment)
        select id, false, false, '[]', null, 'null', ''
        from (select id, min(n) as n from unnest($1::text[]) with ordinality as given(id, n) group by id) fresh
        where not exists (select 1 from items i where i.id = fresh.id) order by n";
    Ok(to.execute(sql, &[&ids])?)
}

/// Adds events, with what they are of, in a statement for each table.
fn put_events(
    to: &mut Transaction<'_>,
    events: &[Feedback],
    overwrite: bool,
) -> Result<(), StoreError> {
    fn of<'a>(events: &'a [Feedback], id: impl Fn(&'a Feedback) -> &'a str) -> Vec<&'a str> {
        events.iter().map(id).collect()
    }
    let users = of(events, |event| &event.user);
    let items = of(events, |event| &event.item);
    let kinds = of(events, |event| &event.kind);
    let sql = "insert into users (id, labels, comment) select id, 'null', ''
        from (select id, min(n) as n from unnest($1::text[]) with ordinality as given(id, n) group by id) fresh
        where not exists (select 1 from users u where u.id = fresh.id) order by n";
    to.execute(sql, &[&users])?;
    add_items(to, &items)?;
    // A deleted item comes back as a new one would.
    let sql = "update items set deleted = false where deleted and id = any($1)";
    to.execute(sql, &[&items])?;
    let sql = "insert into kinds (id) select distinct id from unnest($1::text[]) as given(id)
        where not exists (select 1 from kinds k where k.id = given.id)";
    to.execute(sql, &[&kinds])?;
    let (order, conflict) = if overwrite {
        let set =
            "update set value = excluded.value, time = excluded.time, comment = excluded.comment";
        ("desc", set)
    } else {
        ("asc", "nothing")
    };
    // Of the same kind, user and item in one group the first stays, or the last overwrites.
    let sql = format!(
        r#"insert into feedback ("user", item, kind, value, time, comment)
        select distinct on (u.key, i.key, k.key) u.key, i.key, k.key, given.value, given.time, given.comment
        from unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::int8[], $6::text[])
            with ordinality as given(u, i, k, value, time, comment, n)
        join users u on u.id = given.u join items i on i.id = given.i join kinds k on k.id = given.k
        order by u.key, i.key, k.key, given.n {order}
        on conflict ("user", item, kind) do {conflict}"#
    );
    let values: Vec<f64> = events.iter().map(|event| event.value).collect();
    let times: Vec<i64> = events.iter().map(|event| event.time.0).collect();
    let comments: Vec<Option<&str>> = events
        .iter()
        .map(|event| (!event.comment.is_empty()).then_some(&event.comment[..]))
        .collect();
    to.execute(&sql, &[&users, &items, &kinds, &values, &times, &comments])?;
    Ok(())
}

/// A JSON array of names.
fn array(names: &[String]) -> String {
    serde_json::to_string(names).expect("names are strings")
}
