//! Pictures from words, or of a class, by the generator that the server was started with.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::App;
use super::read::Body;
use crate::drawing::{DrawError, Wanted};
use crate::fault::Fault;

/// Pictures of a sheet, at most.
const MOST: usize = 64;

/// What is to be drawn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    text: Option<String>,
    class: Option<u32>,
    #[serde(default = "eight")]
    n: usize,
    #[serde(default)]
    seed: u64,
}

fn eight() -> usize {
    8
}

impl From<DrawError> for Fault {
    fn from(error: DrawError) -> Self {
        let (status, code) = match &error {
            DrawError::Words(_) => (StatusCode::UNPROCESSABLE_ENTITY, "bad_text"),
            // Nothing is wrong with the request: another generator would take it.
            DrawError::Wordless => (StatusCode::CONFLICT, "not_told_sentences"),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "not_drawn"),
        };
        Self::new(status, code, error.to_string(), error.hint())
    }
}

pub(super) async fn show(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "generator": app.drawer.as_ref().map(|drawer| drawer.show()) }))
}

pub(super) async fn draw(
    State(app): State<Arc<App>>,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, Fault> {
    if !(1..=MOST).contains(&asked.n) {
        let message = format!("`n` must be 1 to {MOST}, got {}", asked.n);
        return Err(Fault::bad(
            "bad_number",
            message,
            "ask for fewer, and again with another `seed`",
        ));
    }
    let drawer = app.drawer.clone().ok_or_else(|| {
        Fault::new(
            StatusCode::NOT_FOUND,
            "no_generator",
            "no generator of pictures is loaded",
            "start the server with --pictures and the folder of `sparring image train`",
        )
    })?;
    let wanted = Wanted {
        text: asked.text,
        class: asked.class,
        n: asked.n,
        seed: asked.seed,
    };
    let drawing = tokio::task::spawn_blocking(move || drawer.draw(&wanted));
    let drawn = drawing.await.expect("drawing does not panic")?;
    let image = format!(
        "data:image/png;base64,{}",
        BASE64_STANDARD.encode(drawn.png)
    );
    Ok(Json(
        json!({ "pictures": asked.n, "image": image, "notes": drawn.notes }),
    ))
}
