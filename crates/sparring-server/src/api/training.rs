//! The retraining of this server.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::App;
use crate::fault::Fault;
use crate::retrain::Training;

pub(super) async fn show(State(app): State<Arc<App>>) -> Json<Training> {
    Json(app.training.show())
}

/// Retrains now; what comes of it is told to those who watch.
pub(super) async fn start(State(app): State<Arc<App>>) -> Result<Json<Training>, Fault> {
    if app.training.ask() {
        return Ok(Json(app.training.show()));
    }
    let (message, remedy) = ("training is going on already", "wait until it has ended");
    Err(Fault::new(
        StatusCode::CONFLICT,
        "training",
        message,
        remedy,
    ))
}
