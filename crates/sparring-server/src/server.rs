//! From a folder with a model to a server that listens, and back to rest.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use sparring::data::Dataset;
use sparring::recommend::{Observer, Progress};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::api::{App, END, Limits, router};
use crate::drawing::{DrawError, Drawer};
use crate::engine::{self, Engine, LoadError};
use crate::moment::Moment;
use crate::reports::Reports;
use crate::retrain::{self, Retrain, Trainer};
use crate::state::{Reads, State};
use crate::store::{
    Change, DatabaseAddress, Feedback, Postgres, Sqlite, SqliteOptions, Store, StoreError,
};
use crate::tls::{Tls, TlsError};
use crate::writer::Writer;

/// How long requests may go on after the server was asked to end.
const GRACE: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// How often the folder of the model is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// Events of an import that are committed together.
const BATCH: usize = 10_000;

/// What is served, from where, to whom.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder of a saved model.
    pub model: PathBuf,
    /// A folder whose models can be loaded by name; the one that the model lies in if `None`.
    pub shelf: Option<PathBuf>,
    /// Folders with leaderboards and reports, which are shown.
    pub reports: Vec<PathBuf>,
    /// The folder of a generator of pictures that draws on request.
    pub pictures: Option<PathBuf>,
    /// Where events are kept, if there is no database elsewhere.
    pub data: PathBuf,
    /// A `PostgreSQL` database that keeps them instead.
    pub database: Option<DatabaseAddress>,
    /// Address to listen at.
    pub host: IpAddr,
    /// Port to listen at; 0 for any.
    pub port: u16,
    /// Keys and limits.
    pub limits: Limits,
    /// Feedback that hides an item and tells no taste.
    pub reads: Reads,
    /// Threads that score.
    pub threads: usize,
    /// When the model is trained again.
    pub retrain: Retrain,
    /// The certificate to answer by; in the clear if `None`.
    pub tls: Option<Tls>,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Everyone could reach it, and nobody needs a key.
    #[error("{host}: this address can be reached from elsewhere, and there is no key")]
    Public {
        /// The address.
        host: IpAddr,
    },
    /// The model cannot be served.
    #[error(transparent)]
    Model(#[from] LoadError),
    /// The generator of pictures cannot be used.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// The storage cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// An import could not be stored.
    #[error("importing: {0}")]
    Import(Arc<StoreError>),
    /// The address cannot be listened at.
    #[error("{address}: cannot {action}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}

impl ServeError {
    /// Whether the caller asked for something that is not done, rather than something failing.
    pub fn is_wrong_use(&self) -> bool {
        matches!(self, Self::Public { .. })
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Public { .. } => "give a key with --api-key, or listen at 127.0.0.1",
            Self::Model(LoadError::Artifact(error)) => error.hint(),
            Self::Model(LoadError::Store(error)) | Self::Import(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Draw(error) => error.hint(),
            Self::Tls(_) => "give a certificate and its own private key, both in PEM",
            Self::Listen { .. } => "name another port with --port, or stop who uses this one",
        }
    }
}

/// A log whose events are stored before serving, and who is told how far that is.
pub struct Import<'a> {
    /// The log.
    pub data: Dataset,
    /// Who is told.
    pub observer: &'a dyn Observer,
}

impl std::fmt::Debug for Import<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import")
            .field("events", &self.data.n_interactions())
            .finish_non_exhaustive()
    }
}

/// Serves until `stop` is done; an import that it ends goes on where it was when it is asked for again. `listening` is
/// told the address once requests are answered.
///
/// # Errors
/// [`ServeError`] if it cannot start.
pub async fn serve(
    options: Options,
    import: Option<Import<'_>>,
    listening: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let limits = &options.limits;
    if !options.host.is_loopback() && limits.api_key.is_none() {
        return Err(ServeError::Public { host: options.host });
    }
    let tls = options.tls.as_ref().map(Tls::acceptor).transpose()?;
    let app = open(&options, SqliteOptions::default()).await?;
    let mut stop = std::pin::pin!(stop);
    if let Some(Import { data, observer }) = import {
        tokio::select! {
            imported = self::import(&app, &data, observer) => imported.map_err(ServeError::Import)?,
            () = &mut stop => {
                app.writer.close();
                return Ok(());
            }
        }
    }
    let address = SocketAddr::new(options.host, options.port);
    let failed = |action| {
        move |source| ServeError::Listen {
            address,
            action,
            source,
        }
    };
    let listener = TcpListener::bind(address).await.map_err(failed("listen"))?;
    let address = listener.local_addr().map_err(failed("listen"))?;
    let watching = tokio::spawn(watch(Arc::clone(&app)));
    let looking = tokio::spawn(look(Arc::clone(&app)));
    let training = tokio::spawn(retrain::run(Arc::clone(&app)));
    listening(address);
    accept((&listener, tls), &app, stop).await;
    watching.abort();
    looking.abort();
    training.abort();
    app.writer.close();
    Ok(())
}

/// As [`serve`], until `stop` says so or the system asks the process to end.
///
/// # Errors
/// As [`serve`].
pub fn run(
    options: Options,
    import: Option<Import<'_>>,
    listening: impl FnOnce(SocketAddr),
    stop: impl Fn() -> bool,
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("the system gives threads");
    let asked = async {
        while !stop() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let stop = async {
        tokio::select! {
            () = asked => {}
            () = terminated() => {}
        }
    };
    let served = runtime.block_on(serve(options, import, listening, stop));
    // A model that is being fitted is not waited for.
    runtime.shutdown_timeout(GRACE);
    served
}

/// Waits for the signal with which service managers end a process.
#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            tracing::warn!(%error, "the signal to terminate ends the server at once");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending::<()>().await;
}

/// Everything that answers, loaded.
pub(crate) async fn open(options: &Options, sqlite: SqliteOptions) -> Result<Arc<App>, ServeError> {
    let (store, state) = {
        let options = options.clone();
        let opened = move || -> Result<_, StoreError> {
            let store = storage(&options, sqlite)?;
            let state = State::load(&*store, &options.reads)?;
            Ok((store, Arc::new(RwLock::new(state))))
        };
        let opening = tokio::task::spawn_blocking(opened);
        opening.await.expect("opening the storage does not panic")?
    };
    let writer = Writer::start(Arc::clone(&store), Arc::clone(&state));
    let stamp = engine::stamp(&options.model);
    let model = engine::load(&options.model, 1, &state, &writer).await?;
    let engine = Engine::new(state, model, stamp, options.threads);
    let around = above(&options.model);
    let shelf = options.shelf.clone().unwrap_or_else(|| around.clone());
    // A leaderboard that lies beside the models is found without being named.
    let beside = [around.clone(), above(&around)]
        .map(|folder| folder.join("leaderboard.json"))
        .into_iter()
        .filter(|board| board.is_file());
    let places: Vec<PathBuf> = options.reports.iter().cloned().chain(beside).collect();
    let limits = options.limits.clone();
    let drawer = match options.pictures.clone() {
        Some(folder) => {
            let opening = tokio::task::spawn_blocking(move || Drawer::open(&folder));
            let opened = opening.await.expect("opening a generator does not panic")?;
            Some(Arc::new(opened))
        }
        None => None,
    };
    let shown = (shelf, Reports::new(&places), drawer);
    let training = Trainer::new(options.retrain, options.threads);
    Ok(App::new(engine, store, writer, limits, shown, training))
}

/// The storage that the options name.
fn storage(options: &Options, sqlite: SqliteOptions) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match &options.database {
        Some(address) => Arc::new(Postgres::open(address)?),
        None => Arc::new(Sqlite::open(&options.data, sqlite)?),
    })
}

/// The folder that a folder lies in.
fn above(folder: &Path) -> PathBuf {
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Takes connections until it is asked to stop, then lets those end that are open.
async fn accept(
    (listener, tls): (&TcpListener, Option<TlsAcceptor>),
    app: &Arc<App>,
    stop: impl Future<Output = ()>,
) {
    let service = TowerToHyperService::new(router(app));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let open = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            () = &mut stop => break,
        };
        let stream = match taken {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Too many open files, most likely: some will be closed.
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Answers are small: they are not kept back to be sent together.
        let _ = stream.set_nodelay(true);
        let (builder, service, watcher) = (builder.clone(), service.clone(), open.watcher());
        let Some(tls) = tls.clone() else {
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::spawn(ended(watcher.watch(connection)));
            continue;
        };
        tokio::spawn(async move {
            // Who is slow to shake hands keeps nobody else waiting.
            match tokio::time::timeout(HEAD, tls.accept(stream)).await {
                Ok(Ok(stream)) => {
                    let connection = builder.serve_connection(TokioIo::new(stream), service);
                    ended(watcher.watch(connection)).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "no handshake"),
                Err(_) => tracing::debug!("a handshake took too long"),
            }
        });
    }
    app.training.cancel.request();
    // Who watches would do so for ever.
    app.live.tell(END, &());
    if tokio::time::timeout(GRACE, open.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// Waits for the end of a connection.
async fn ended(connection: impl Future<Output = hyper::Result<()>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Counts every second for those who watch.
async fn look(app: Arc<App>) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        app.look();
    }
}

/// Loads the model again whenever its folder changes. What cannot be loaded is tried once.
async fn watch(app: Arc<App>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if !app.engine.has_news() {
            continue;
        }
        match app.engine.reload(&app.writer).await {
            Ok(model) => tracing::info!(generation = model.generation, "another model serves"),
            Err(error) => {
                tracing::warn!(%error, "the model in the folder is refused; the old one serves");
            }
        }
    }
}

/// Stores a log; events that are there already stay.
pub(crate) async fn import(
    app: &App,
    data: &Dataset,
    observer: &dyn Observer,
) -> Result<(), Arc<StoreError>> {
    let log = data.interactions();
    let total = data.n_interactions() as u64;
    let mut done = 0;
    let mut events = Vec::with_capacity(BATCH);
    for user in data.user_indices() {
        for (at, item) in data.history(user).iter().enumerate() {
            let ratings = log.ratings(user);
            events.push(Feedback {
                kind: "import".to_owned(),
                user: data.users().id(user.0).to_owned(),
                item: data.items().id(item.0).to_owned(),
                value: ratings.map_or(1.0, |ratings| f64::from(ratings[at])),
                // Without times the order of the log remains.
                time: Moment::of_number(
                    log.time(user, at)
                        .unwrap_or_else(|| i64::try_from(at).expect("a position")),
                ),
                comment: String::new(),
            });
        }
        if events.len() >= BATCH {
            done += events.len() as u64;
            put(app, std::mem::take(&mut events)).await?;
            let unit = "event";
            observer.progress(Progress { unit, done, total });
        }
    }
    put(app, events).await?;
    let state = &app.engine.state;
    state
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .gather();
    Ok(())
}

async fn put(app: &App, events: Vec<Feedback>) -> Result<(), Arc<StoreError>> {
    let overwrite = false;
    let change = Change::Feedback { events, overwrite };
    app.writer.write(vec![change]).await.map(|_| ())
}
