//! Whether the server is there, and whether its database answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::App;
use crate::fault::Fault;
use crate::store::Page;

/// How long the database may take for one row.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the database for a row; how long it took.
async fn database(app: &Arc<App>) -> Result<Duration, Fault> {
    let begin = Instant::now();
    let page = Page {
        n: 1,
        ..Page::default()
    };
    let asked = app.stored(move |store| store.users(&page).map(|_| ()));
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer.map(|()| begin.elapsed()),
        Err(_) => Err(Fault::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "storage_slow",
            "the database did not answer within a second",
            "look at the disk and at who else uses it",
        )),
    }
}

/// Whether everything works that an answer needs.
pub(super) async fn all(State(app): State<Arc<App>>) -> Result<Json<Value>, Fault> {
    let mut took = database(&app).await;
    if let Err(fault) = &mut took {
        fault.status = StatusCode::SERVICE_UNAVAILABLE;
    }
    let model = app.engine.model();
    Ok(Json(json!({
        "ready": true,
        "database_ms": took?.as_secs_f64() * 1e3,
        "model": model.artifact.config.name(),
        "generation": model.generation,
        "version": env!("CARGO_PKG_VERSION"),
    })))
}

/// The process is there.
pub(super) async fn live() -> Json<Value> {
    Json(gorse(None))
}

/// Models are loaded before anyone is answered, so that the database alone is asked.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    match database(&app).await {
        Ok(_) => Json(gorse(None)).into_response(),
        Err(fault) => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (status, Json(gorse(Some(&fault.message)))).into_response()
        }
    }
}

/// As gorse tells it.
fn gorse(error: Option<&str>) -> Value {
    json!({
        "Ready": error.is_none(),
        "DataStoreError": error,
        "CacheStoreError": null,
        "DataStoreConnected": error.is_none(),
        "CacheStoreConnected": true,
    })
}
