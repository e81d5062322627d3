//! Addresses that remember what they are, so that the document can be held against them.

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;

use super::App;

/// A router and its paths.
#[derive(Default)]
pub(super) struct Table {
    pub(super) router: Router<Arc<App>>,
    pub(super) paths: Vec<String>,
}

impl Table {
    pub(super) fn route(mut self, path: &str, answers: MethodRouter<Arc<App>>) -> Self {
        self.paths.push(path.to_owned());
        self.router = self.router.route(path, answers);
        self
    }

    pub(super) fn merge(mut self, other: Self) -> Self {
        self.paths.extend(other.paths);
        self.router = self.router.merge(other.router);
        self
    }
}
