//! The pages, which are part of the binary: no network, no bundler, no script in the document.

use std::future::ready;
use std::hash::{DefaultHasher, Hash, Hasher};

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// An address, its type and what is there.
type Asset = (&'static str, &'static str, &'static str);

macro_rules! asset {
    ($address:literal, $kind:ident, $file:literal) => {
        (
            $address,
            $kind,
            include_str!(concat!("../dashboard/", $file)),
        )
    };
}

pub(super) const ASSETS: [Asset; 19] = [
    asset!("/", HTML, "index.html"),
    asset!("/ui/style.css", CSS, "style.css"),
    asset!("/ui/icon.svg", SVG, "icon.svg"),
    asset!("/ui/app.js", SCRIPT, "app.js"),
    asset!("/ui/api.js", SCRIPT, "api.js"),
    asset!("/ui/dom.js", SCRIPT, "dom.js"),
    asset!("/ui/chart.js", SCRIPT, "chart.js"),
    asset!("/ui/live.js", SCRIPT, "live.js"),
    asset!("/ui/lists.js", SCRIPT, "lists.js"),
    asset!("/ui/overview.js", SCRIPT, "overview.js"),
    asset!("/ui/people.js", SCRIPT, "people.js"),
    asset!("/ui/playground.js", SCRIPT, "playground.js"),
    asset!("/ui/board.js", SCRIPT, "board.js"),
    asset!("/ui/training.js", SCRIPT, "training.js"),
    asset!("/ui/reports.js", SCRIPT, "reports.js"),
    asset!("/ui/pictures.js", SCRIPT, "pictures.js"),
    asset!("/ui/models.js", SCRIPT, "models.js"),
    asset!("/ui/settings.js", SCRIPT, "settings.js"),
    asset!("/ui/calls.js", SCRIPT, "calls.js"),
];

/// All of them. Browsers keep them and ask whether they have changed.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    ASSETS.iter().fold(Router::new(), |router, asset| {
        router.route(
            asset.0,
            get(move |headers: HeaderMap| ready(show(*asset, &headers))),
        )
    })
}

fn show((_, kind, text): Asset, headers: &HeaderMap) -> Response {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let kept = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|kept| kept.as_bytes() == tag.as_bytes());
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CACHE_CONTROL, "no-cache".to_owned()),
        (ETAG, tag),
    ];
    if kept {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, text).into_response()
    }
}
