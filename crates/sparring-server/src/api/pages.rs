//! Rows of the storage for clients: one by its id, or page after page.

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use serde_json::{Value, json};

use super::App;
use super::read::Asked;
use crate::fault::Fault;
use crate::store::{Page, Store, StoreError};

/// What a list of the storage gives: rows, and where the next page begins.
type Rows<T> = Result<(Vec<T>, Option<String>), StoreError>;

/// The row with an id.
pub(super) async fn one<T: Send + 'static>(
    app: &Arc<App>,
    id: &str,
    list: impl Fn(&dyn Store, &Page<'_>) -> Rows<T> + Send + 'static,
) -> Result<Option<T>, Fault> {
    let id = id.to_owned();
    let found = app.stored(move |store| {
        let page = Page {
            n: 1,
            id: Some(&id),
            ..Page::default()
        };
        list(store, &page)
    });
    Ok(found.await?.0.pop())
}

/// The page that is asked for, under `name`, beside the cursor of the next.
pub(super) async fn page<T: Send + 'static, S: Serialize>(
    app: &Arc<App>,
    asked: &Asked,
    name: &str,
    list: impl Fn(&dyn Store, &Page<'_>) -> Rows<T> + Send + 'static,
    show: impl Fn(T) -> S,
) -> Result<Json<Value>, Fault> {
    let n = asked.n(app)?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let (after, text) = (owned(asked.cursor()), owned(asked.text("q")));
    let found = app.stored(move |store| {
        let page = Page {
            after: after.as_deref(),
            n,
            id: None,
            text: text.as_deref(),
        };
        list(store, &page)
    });
    let (rows, next) = found.await?;
    let rows: Vec<S> = rows.into_iter().map(show).collect();
    Ok(Json(
        json!({ "Cursor": next.unwrap_or_default(), name: rows }),
    ))
}
