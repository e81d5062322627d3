//! The models: which answers, which could, how they differ.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::read::{Body, check_id};
use crate::engine::{Answer, Loaded, Who, Wish};
use crate::fault::Fault;
use crate::shelf;

/// Entries of each list that is compared, at most.
const COMPARED: usize = 100;

pub(super) fn show(model: &Loaded) -> Value {
    json!({
        "folder": model.folder,
        "model": model.artifact.config.name(),
        "generation": model.generation,
        "since": model.since.to_string(),
        "seed": model.artifact.seed,
        "items": model.artifact.items.len(),
        "trained_on": {
            "users": model.artifact.data.users,
            "items": model.artifact.data.items,
            "interactions": model.artifact.data.interactions,
        },
    })
}

/// The model that answers, and the one before it.
pub(super) async fn all(State(app): State<Arc<App>>) -> Json<Value> {
    let before = app.engine.before();
    let mut models = vec![show(&app.engine.model())];
    models.extend(before.as_deref().map(show));
    Json(json!(models))
}

/// The models that lie beside the one that answers.
pub(super) async fn shelf(State(app): State<Arc<App>>) -> Json<Value> {
    let place = app.shelf.clone();
    let found = tokio::task::spawn_blocking(move || shelf::list(&place)).await;
    let found = found.expect("looking into a folder does not panic");
    Json(json!({ "folder": app.shelf, "models": found, "watched": app.engine.folder() }))
}

/// The name of a model on the shelf.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: String,
}

async fn find(app: &Arc<App>, name: String) -> Result<PathBuf, Fault> {
    let place = app.shelf.clone();
    let listed = tokio::task::spawn_blocking(move || shelf::list(&place)).await;
    let listed = listed.expect("looking into a folder does not panic");
    let found = listed.into_iter().find(|shelved| shelved.name == name);
    found.map(|shelved| shelved.folder).ok_or_else(|| {
        Fault::new(
            StatusCode::NOT_FOUND,
            "unknown_model",
            format!("there is no sound model `{name:.80}` on the shelf"),
            "take a name of /api/v1/models/shelf; `sparring train --out` makes one",
        )
    })
}

pub(super) async fn load(
    State(app): State<Arc<App>>,
    Body(named): Body<Named>,
) -> Result<Json<Value>, Fault> {
    let folder = find(&app, named.name).await?;
    let model = app.engine.take(&folder, &app.writer).await?;
    tracing::info!(generation = model.generation, "another model serves");
    Ok(Json(show(&model)))
}

pub(super) async fn reload(State(app): State<Arc<App>>) -> Result<Json<Value>, Fault> {
    let model = app.engine.reload(&app.writer).await?;
    tracing::info!(generation = model.generation, "another model serves");
    Ok(Json(show(&model)))
}

pub(super) async fn roll_back(State(app): State<Arc<App>>) -> Result<Json<Value>, Fault> {
    let model = app.engine.roll_back().ok_or_else(|| {
        Fault::new(
            StatusCode::CONFLICT,
            "no_earlier_model",
            "no other model has served since the start",
            "load one by its name",
        )
    })?;
    tracing::info!(
        generation = model.generation,
        "the model before serves again"
    );
    Ok(Json(show(&model)))
}

/// Whose lists are compared, and with which model's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Compared {
    with: String,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    history: Vec<String>,
    #[serde(default = "ten")]
    n: usize,
}

fn ten() -> usize {
    10
}

/// The list of the model that answers beside that of another.
pub(super) async fn compare(
    State(app): State<Arc<App>>,
    Body(asked): Body<Compared>,
) -> Result<Json<Value>, Fault> {
    let ids = asked.history.iter().chain(&asked.user);
    ids.into_iter().try_for_each(|id| check_id(id))?;
    if asked.n > COMPARED {
        let message = format!("`n` must be {COMPARED} at most, got {}", asked.n);
        return Err(Fault::bad("bad_number", message, "ask for fewer"));
    }
    let folder = find(&app, asked.with).await?;
    let other = app.engine.beside(&folder, &app.writer).await?;
    let who = match asked.user {
        Some(user) => Who::User(user),
        None => Who::History(asked.history),
    };
    let wish = Wish {
        n: asked.n,
        ..Wish::default()
    };
    let now = app.engine.recommend(&who, &wish).await;
    let other = app.engine.recommend_by(&other, &who, &wish).await;
    let shared = shared(&now, &other);
    Ok(Json(
        json!({ "now": now, "other": other, "shared": shared }),
    ))
}

/// How many items two lists have in common.
fn shared(a: &Answer, b: &Answer) -> usize {
    let both = a.items.iter();
    both.filter(|one| b.items.iter().any(|other| other.item == one.item))
        .count()
}
