//! Users.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read::{Asked, Bodies, Body, check_id};
use super::{App, pages};
use crate::fault::Fault;
use crate::store::{Change, User, UserPatch};

/// A user as clients see one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Shown {
    user_id: String,
    #[serde(default)]
    labels: Value,
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Patch {
    #[serde(default)]
    labels: Option<Value>,
    #[serde(default)]
    comment: Option<String>,
}

/// How many rows a change touched.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Rows {
    pub(super) row_affected: u64,
}

/// Makes one change durable.
pub(super) async fn write(app: &App, change: Change) -> Result<Json<Rows>, Fault> {
    let touched = app.writer.write(vec![change]).await?;
    Ok(Json(Rows {
        row_affected: touched[0],
    }))
}

fn read(shown: Shown) -> Result<User, Fault> {
    check_id(&shown.user_id)?;
    Ok(User {
        id: shown.user_id,
        labels: shown.labels,
        comment: shown.comment.unwrap_or_default(),
    })
}

fn show(user: User) -> Shown {
    Shown {
        user_id: user.id,
        labels: user.labels,
        comment: Some(user.comment),
    }
}

pub(super) async fn insert(
    State(app): State<Arc<App>>,
    Body(user): Body<Shown>,
) -> Result<Json<Rows>, Fault> {
    write(&app, Change::Users(vec![read(user)?])).await
}

pub(super) async fn insert_all(
    State(app): State<Arc<App>>,
    Bodies(users): Bodies<Shown>,
) -> Result<Json<Rows>, Fault> {
    let users = users.into_iter().map(read).collect::<Result<_, _>>()?;
    write(&app, Change::Users(users)).await
}

pub(super) async fn one(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Shown>, Fault> {
    let found = pages::one(&app, asked.part("user"), |store, page| store.users(page)).await?;
    Ok(Json(show(found.ok_or_else(Fault::no_user)?)))
}

pub(super) async fn all(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Value>, Fault> {
    pages::page(&app, &asked, "Users", |store, page| store.users(page), show).await
}

pub(super) async fn patch(
    State(app): State<Arc<App>>,
    asked: Asked,
    Body(patch): Body<Patch>,
) -> Result<Json<Rows>, Fault> {
    let patch = UserPatch {
        labels: patch.labels,
        comment: patch.comment,
    };
    let change = Change::PatchUser(asked.part("user").to_owned(), patch);
    let rows = write(&app, change).await?;
    if rows.row_affected == 0 {
        Err(Fault::no_user())
    } else {
        Ok(rows)
    }
}

pub(super) async fn delete(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Rows>, Fault> {
    let id = asked.part("user");
    let rows = write(&app, Change::DeleteUser(id.to_owned())).await?;
    app.engine.forget(id);
    Ok(rows)
}
