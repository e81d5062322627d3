//! Items and their categories.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::{Asked, Bodies, Body, check_id, time};
use super::users::{Rows, write};
use super::{App, pages};
use crate::fault::Fault;
use crate::moment::NEVER;
use crate::store::{Change, Item, ItemPatch};

/// An item as clients see one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shown {
    item_id: String,
    #[serde(default)]
    is_hidden: bool,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    labels: Value,
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Patch {
    #[serde(default)]
    is_hidden: Option<bool>,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    labels: Option<Value>,
    #[serde(default)]
    comment: Option<String>,
}

fn read(shown: Shown) -> Result<Item, Fault> {
    check_id(&shown.item_id)?;
    let categories = shown.categories.unwrap_or_default();
    categories.iter().try_for_each(|name| check_id(name))?;
    let given = shown.timestamp.as_deref().filter(|text| *text != NEVER);
    Ok(Item {
        id: shown.item_id,
        hidden: shown.is_hidden,
        categories,
        time: time(given)?,
        labels: shown.labels,
        comment: shown.comment.unwrap_or_default(),
    })
}

fn show(item: Item) -> Shown {
    let time = item
        .time
        .map_or_else(|| NEVER.to_owned(), |time| time.to_string());
    Shown {
        item_id: item.id,
        is_hidden: item.hidden,
        categories: Some(item.categories),
        timestamp: Some(time),
        labels: item.labels,
        comment: Some(item.comment),
    }
}

pub(super) async fn insert(
    State(app): State<Arc<App>>,
    Body(item): Body<Shown>,
) -> Result<Json<Rows>, Fault> {
    write(&app, Change::Items(vec![read(item)?])).await
}

pub(super) async fn insert_all(
    State(app): State<Arc<App>>,
    Bodies(items): Bodies<Shown>,
) -> Result<Json<Rows>, Fault> {
    let items = items.into_iter().map(read).collect::<Result<_, _>>()?;
    write(&app, Change::Items(items)).await
}

async fn find(app: &Arc<App>, id: &str) -> Result<Item, Fault> {
    let found = pages::one(app, id, |store, page| store.items(page)).await?;
    found.ok_or_else(Fault::no_item)
}

pub(super) async fn one(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Shown>, Fault> {
    Ok(Json(show(find(&app, asked.part("item")).await?)))
}

pub(super) async fn all(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Value>, Fault> {
    pages::page(&app, &asked, "Items", |store, page| store.items(page), show).await
}

pub(super) async fn patch(
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(patch): Body<Patch>,
) -> Result<Json<Rows>, Fault> {
    let names = patch.categories.iter().flatten();
    names.into_iter().try_for_each(|name| check_id(name))?;
    let patch = ItemPatch {
        hidden: patch.is_hidden,
        categories: patch.categories,
        time: time(patch.timestamp.as_deref())?,
        labels: patch.labels,
        comment: patch.comment,
    };
    change(&app, asked.part("item"), patch).await
}

async fn change(app: &App, id: &str, patch: ItemPatch) -> Result<Json<Rows>, Fault> {
    let rows = write(app, Change::PatchItem(id.to_owned(), patch)).await?;
    if rows.row_affected == 0 {
        Err(Fault::no_item())
    } else {
        Ok(rows)
    }
}

pub(super) async fn delete(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Rows>, Fault> {
    write(&app, Change::DeleteItem(asked.part("item").to_owned())).await
}

pub(super) async fn add_category(
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Rows>, Fault> {
    recategorise(&app, &asked, true).await
}

pub(super) async fn remove_category(
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Rows>, Fault> {
    recategorise(&app, &asked, false).await
}

async fn recategorise(app: &Arc<App>, asked: &Asked, add: bool) -> Result<Json<Rows>, Fault> {
    let (id, category) = (asked.part("item"), asked.part("category"));
    // What is read here must not change before it is written.
    let _alone = app.categorising.lock().await;
    let mut categories = find(app, id).await?.categories;
    categories.retain(|name| name != category);
    if add {
        categories.push(category.to_owned());
    }
    let patch = ItemPatch {
        categories: Some(categories),
        ..ItemPatch::default()
    };
    change(app, id, patch).await
}
