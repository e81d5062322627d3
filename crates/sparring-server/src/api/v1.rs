//! What gorse does not have: reasons, tried histories, models, statistics.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use sparring::models::ModelConfig;

use super::lists::wish;
use super::read::{Asked, Body, check_diversity, check_id};
use super::{App, models};
use crate::engine::{Answer, Explained, Foreseen, Who, Wish};
use crate::fault::Fault;
use crate::moment::Moment;
use crate::store::{Filter, Page};

/// Reasons for an item, at most.
const REASONS: usize = 20;

pub(super) async fn recommend(
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Answer>, Fault> {
    let excluded = asked.text("exclude").unwrap_or_default().split(',');
    let wish = Wish {
        exclude: excluded
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
            .collect(),
        diversity: asked.diversity()?,
        reasons: asked.number("reasons", 0, REASONS)?,
        ..wish(&app, &asked)?
    };
    let who = Who::User(asked.part("user").to_owned());
    Ok(Json(app.engine.recommend(&who, &wish).await))
}

/// A history to be tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tried {
    history: Vec<String>,
    #[serde(default = "ten")]
    n: usize,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    #[serde(default)]
    diversity: f32,
    #[serde(default)]
    reasons: usize,
}

fn ten() -> usize {
    10
}

pub(super) async fn try_history(
    State(app): State<Arc<App>>,
    Body(tried): Body<Tried>,
) -> Result<Json<Answer>, Fault> {
    tried.history.iter().try_for_each(|id| check_id(id))?;
    for (name, number, most) in [
        ("n", tried.n, app.limits.page),
        ("reasons", tried.reasons, REASONS),
    ] {
        if number > most {
            let message = format!("`{name}` must be {most} at most, got {number}");
            return Err(Fault::bad("bad_number", message, "ask for fewer"));
        }
    }
    let wish = Wish {
        n: tried.n,
        offset: 0,
        categories: tried.categories,
        exclude: tried.exclude,
        diversity: check_diversity(tried.diversity)?,
        reasons: tried.reasons,
    };
    Ok(Json(
        app.engine
            .recommend(&Who::History(tried.history), &wish)
            .await,
    ))
}

pub(super) async fn explain(
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Value>, Fault> {
    let most = asked.number("reasons", 5, REASONS)?;
    let (user, item) = (asked.part("user"), asked.part("item"));
    let conflict = |code, message: String, remedy| {
        Err(Fault::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            code,
            message,
            remedy,
        ))
    };
    match app.engine.explain(user, item, most).await {
        Explained::NoUser => Err(Fault::no_user()),
        Explained::NoItem => Err(Fault::no_item()),
        Explained::Unknown => conflict(
            "unknown_to_model",
            "the model knows nothing of the item or of the history".to_owned(),
            "train a model that has seen them",
        ),
        Explained::Silent => conflict(
            "silent_model",
            format!(
                "this kind of model cannot tell reasons; these can: {}",
                ModelConfig::EXPLAINING.join(", ")
            ),
            "train one of them",
        ),
        Explained::Told(because) => Ok(Json(
            json!({ "user": user, "item": item, "because": because }),
        )),
    }
}

pub(super) async fn stats(State(app): State<Arc<App>>) -> Json<Value> {
    let model = app.engine.model();
    let state = app.engine.read();
    Json(json!({
        "users": state.n_users(),
        "items": state.n_items(),
        "events": state.n_events(),
        "event_bytes": state.event_bytes(),
        "resident_bytes": resident(),
        "up_secs": app.since.elapsed().as_secs(),
        "requests": app.metrics.total(),
        "model": models::show(&model),
    }))
}

pub(super) async fn metrics(State(app): State<Arc<App>>) -> String {
    let state = app.engine.read();
    let gauges = [
        ("users", state.n_users() as f64),
        ("items", state.n_items() as f64),
        ("events", state.n_events() as f64),
        ("resident_bytes", resident() as f64),
        ("model_generation", app.engine.model().generation as f64),
    ];
    drop(state);
    app.metrics.text(&gauges)
}

/// Events that are foreseen at most.
const STEPS: usize = 50;

/// What a user does next.
pub(super) async fn predict(
    State(app): State<Arc<App>>,
    asked: Asked,
) -> Result<Json<Foreseen>, Fault> {
    let steps = asked.number("n", 5, STEPS)?;
    let user = asked.part("user").to_owned();
    let found = app.engine.read().find_user(&user);
    found.ok_or_else(Fault::no_user)?;
    let mut events = app
        .stored(move |store| {
            let filter = Filter {
                user: Some(&user),
                until: Some(Moment::now()),
                ..Filter::default()
            };
            let page = Page {
                n: usize::MAX,
                ..Page::default()
            };
            Ok(store.feedback(&filter, &page)?.0)
        })
        .await?;
    {
        let state = app.engine.read();
        events.retain(|event| state.is_taste(&event.kind));
    }
    events.sort_by_key(|event| event.time);
    let cannot = |code, message: String, remedy| {
        Fault::new(StatusCode::UNPROCESSABLE_ENTITY, code, message, remedy)
    };
    match app.engine.foresee(&events, steps).await {
        Some(Ok(foreseen)) => Ok(Json(foreseen)),
        Some(Err(error)) => Err(cannot(
            "unknown_to_model",
            format!("the model cannot tell what comes after this history: {error}"),
            "send events on items that the model knows",
        )),
        None => Err(cannot(
            "no_next_model",
            format!(
                "the model that serves ranks items, but knows no chances of the next one; these do: {}",
                ModelConfig::NEXT.join(", ")
            ),
            "serve one of them, or ask for recommendations",
        )),
    }
}

/// What the server was started with, as far as everyone with a key may know it.
pub(super) async fn settings(State(app): State<Arc<App>>) -> Json<Value> {
    let limits = &app.limits;
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "watched_model": app.engine.folder(),
        "shelf": app.shelf,
        "reports": app.reports.places(),
        "needs_key": limits.api_key.is_some(),
        "has_admin_key": limits.admin_key.is_some(),
        "body_bytes": limits.body,
        "page_rows": limits.page,
        "timeout_secs": limits.timeout.as_secs_f64(),
        "requests_per_sec": limits.rate,
        "retrain_every_secs": app.training.plan.every.map(|every| every.as_secs()),
        "retrain_after_events": app.training.plan.after,
    }))
}

/// Bytes of memory in use, as the system counts; 0 where it does not say.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix("kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok())
        .unwrap_or(0)
        * 1024
}
