//! What other commands have made, as it lies in the folders that were named.

use std::path::Path;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::App;
use super::read::Asked;
use crate::fault::Fault;

/// A report draws with scripts of its own, and can do nothing else: no address, no storage, no parent.
const ALONE: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; \
    style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'";

pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let reports = app.reports.clone();
    let found = tokio::task::spawn_blocking(move || reports.list()).await;
    let found = found.expect("looking into folders does not panic");
    Json(json!({ "places": app.reports.places(), "reports": found }))
}

pub(super) async fn one(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Fault> {
    let id = asked.text("id").unwrap_or_default().to_owned();
    let reports = app.reports.clone();
    let read = tokio::task::spawn_blocking(move || {
        reports.find(&id).map(|found| (found.name, found.read()))
    });
    let read = read.await.expect("reading a file does not panic");
    let (name, bytes) = read.ok_or_else(|| {
        Fault::new(
            StatusCode::NOT_FOUND,
            "unknown_report",
            "there is no such report",
            "take an `id` of /api/v1/reports; name more folders with --reports",
        )
    })?;
    let bytes = bytes.map_err(|error| {
        Fault::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unreadable_report",
            format!("{name}: {error}"),
            "check that the file can be read, or open it without the server",
        )
    })?;
    let is_page = Path::new(name).extension().is_some_and(|end| end == "html");
    let (kind, policy) = if is_page {
        ("text/html; charset=utf-8", ALONE)
    } else {
        ("application/json", super::guard::POLICY)
    };
    Ok((
        [(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, policy)],
        bytes,
    )
        .into_response())
}
