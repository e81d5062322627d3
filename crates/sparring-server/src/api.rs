//! The addresses, and what stands before them all: keys, limits, timeouts, headers, counting.

mod events;
mod export;
mod guard;
mod health;
mod imagine;
mod items;
mod lists;
mod models;
mod openapi;
mod pages;
mod read;
mod reports;
mod streams;
mod table;
mod training;
mod ui;
mod users;
mod v1;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post, put};

use crate::drawing::Drawer;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::live::{Live, Totals};
use crate::metrics::Metrics;
use crate::moment::Moment;
use crate::reports::Reports;
use crate::retrain::Trainer;
use crate::store::Store;
use crate::writer::Writer;

pub(crate) use streams::END;
use table::Table;

/// Limits and keys.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Who may use the server; everyone if `None`.
    pub api_key: Option<String>,
    /// Who may load models; whoever may use the server if `None`.
    pub admin_key: Option<String>,
    /// Bytes of a body.
    pub body: usize,
    /// Rows of a page.
    pub page: usize,
    /// How long a request may take.
    pub timeout: Duration,
    /// Requests a second and key, with as many at once; 0 for no limit.
    pub rate: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            api_key: None,
            admin_key: None,
            body: 16 << 20,
            page: 10_000,
            timeout: Duration::from_secs(10),
            rate: 0,
        }
    }
}

/// What every request works with.
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) writer: Writer,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) live: Live,
    pub(crate) reports: Reports,
    /// What draws pictures, where a generator was named.
    pub(crate) drawer: Option<Arc<Drawer>>,
    /// The folder with models that can be loaded by name.
    pub(crate) shelf: PathBuf,
    pub(crate) since: Instant,
    pub(crate) training: Trainer,
    pub(crate) rate: guard::Buckets,
    /// Held while categories of an item are read and written again.
    categorising: tokio::sync::Mutex<()>,
}

impl App {
    pub(crate) fn new(
        engine: Engine,
        store: Arc<dyn Store>,
        writer: Writer,
        limits: Limits,
        (shelf, reports, drawer): (PathBuf, Reports, Option<Arc<Drawer>>),
        training: Trainer,
    ) -> Arc<Self> {
        Arc::new(Self {
            engine,
            store,
            writer,
            rate: guard::Buckets::new(limits.rate),
            limits,
            metrics: Metrics::default(),
            live: Live::default(),
            reports,
            drawer,
            shelf,
            since: Instant::now(),
            training,
            categorising: tokio::sync::Mutex::default(),
        })
    }

    /// Tells those who watch what the last second brought.
    pub(crate) fn look(&self) {
        let totals = Totals {
            events: self.writer.events(),
            lists: self.engine.lists(),
            resident_bytes: v1::resident(),
        };
        self.live.look(Moment::now().0 as f64 / 1e6, totals);
    }

    /// Tells those who watch how the training stands.
    pub(crate) fn tell_training(&self) {
        self.live.tell("training", &self.training.show());
    }

    /// Asks the storage on a thread that may wait.
    async fn stored<T: Send + 'static>(
        self: &Arc<Self>,
        ask: impl FnOnce(&dyn Store) -> Result<T, crate::store::StoreError> + Send + 'static,
    ) -> Result<T, Fault> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || ask(&*store))
            .await
            .expect("reading the storage does not panic")
            .map_err(Fault::from)
    }
}

/// All addresses.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let admin = from_fn_with_state(Arc::clone(app), guard::admin);
    let user = from_fn_with_state(Arc::clone(app), guard::user);
    let keyed = gorse().merge(own()).router.route_layer(user);
    open()
        .router
        .merge(ui::routes())
        .merge(admins().router.route_layer(admin))
        .merge(keyed)
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(app.limits.body))
        .layer(from_fn_with_state(Arc::clone(app), guard::around))
        .layer(from_fn(guard::headers))
        .with_state(Arc::clone(app))
}

/// What needs no key.
fn open() -> Table {
    Table::default()
        .route("/api/health", get(health::all))
        .route("/api/health/live", get(health::live))
        .route("/api/health/ready", get(health::ready))
        .route("/api/openapi.json", get(openapi::document))
}

/// What needs the admin key, where there is one.
fn admins() -> Table {
    Table::default()
        .route("/api/v1/models/reload", post(models::reload))
        .route("/api/v1/models/load", post(models::load))
        .route("/api/v1/models/rollback", post(models::roll_back))
        .route("/api/v1/models/compare", post(models::compare))
        .route("/api/v1/training/start", post(training::start))
        .route("/api/v1/events.csv", get(export::csv))
        .route("/api/v1/events.parquet", get(export::parquet))
}

/// Every address but those of the pages.
#[cfg(test)]
pub(crate) fn addresses() -> Vec<String> {
    open().merge(admins()).merge(gorse()).merge(own()).paths
}

/// What gorse's clients call.
fn gorse() -> Table {
    let item = get(items::one).patch(items::patch).delete(items::delete);
    let category = put(items::add_category).delete(items::remove_category);
    let user = get(users::one).patch(users::patch).delete(users::delete);
    let feedback = get(events::page)
        .post(events::insert)
        .put(events::overwrite);
    let pair = get(events::all).delete(events::delete);
    let typed = get(events::one).delete(events::delete);
    let mut router = Table::default()
        .route("/api/item", post(items::insert))
        .route("/api/items", get(items::all).post(items::insert_all))
        .route("/api/item/{item}", item)
        .route("/api/item/{item}/category/{category}", category)
        .route("/api/user", post(users::insert))
        .route("/api/users", get(users::all).post(users::insert_all))
        .route("/api/user/{user}", user)
        .route("/api/feedback", feedback)
        .route("/api/feedback/{kind}", get(events::page))
        .route("/api/feedback/{user}/{item}", pair)
        .route("/api/feedback/{kind}/{user}/{item}", typed)
        .route("/api/user/{user}/feedback/{kind}", get(events::all))
        .route("/api/item/{item}/feedback/{kind}", get(events::all))
        .route("/api/recommend/{user}/{category}", get(lists::recommend))
        .route("/api/session/recommend/{category}", post(lists::session))
        .route("/api/popular/{category}", get(lists::popular))
        .route("/api/latest/{category}", get(lists::latest))
        .route(
            "/api/item/{item}/neighbors/{category}",
            get(lists::item_neighbours),
        );
    // Clients put a slash where a category would follow.
    for end in ["", "/"] {
        router = router
            .route(
                &format!("/api/user/{{user}}/feedback{end}"),
                get(events::all),
            )
            .route(
                &format!("/api/item/{{item}}/feedback{end}"),
                get(events::all),
            )
            .route(
                &format!("/api/recommend/{{user}}{end}"),
                get(lists::recommend),
            )
            .route(
                &format!("/api/session/recommend{end}"),
                post(lists::session),
            )
            .route(&format!("/api/popular{end}"), get(lists::popular))
            .route(&format!("/api/latest{end}"), get(lists::latest))
            .route(
                &format!("/api/item/{{item}}/neighbors{end}"),
                get(lists::item_neighbours),
            )
            .route(
                &format!("/api/user/{{user}}/neighbors{end}"),
                get(lists::user_neighbours),
            );
    }
    router
}

/// What gorse does not have.
fn own() -> Table {
    Table::default()
        .route("/api/v1/recommend", post(v1::try_history))
        .route("/api/v1/recommend/{user}", get(v1::recommend))
        .route("/api/v1/explain/{user}/{item}", get(v1::explain))
        .route("/api/v1/predict/{user}", get(v1::predict))
        .route("/api/v1/imagine", get(imagine::show).post(imagine::draw))
        .route("/api/v1/training", get(training::show))
        .route("/api/v1/models", get(models::all))
        .route("/api/v1/models/shelf", get(models::shelf))
        .route("/api/v1/reports", get(reports::list))
        .route("/api/v1/reports/file", get(reports::one))
        .route("/api/v1/live", get(streams::live))
        .route("/api/v1/settings", get(v1::settings))
        .route("/api/v1/stats", get(v1::stats))
        .route("/metrics", get(v1::metrics))
}

/// How many files the pages are.
#[cfg(test)]
pub(crate) fn pages_in_the_binary() -> usize {
    ui::ASSETS.len()
}

async fn nowhere() -> Fault {
    let (message, remedy) = (
        "there is nothing at this address",
        "see the list in the documentation",
    );
    Fault::new(StatusCode::NOT_FOUND, "no_such_address", message, remedy)
}

async fn wrong_method() -> Fault {
    let (message, remedy) = (
        "this address does not take this method",
        "use another method",
    );
    Fault::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        message,
        remedy,
    )
}
