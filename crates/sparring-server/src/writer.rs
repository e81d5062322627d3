//! One thread writes: whatever waits is committed together, and nobody is told before it is durable.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::state::State;
use crate::store::{Change, Store, StoreError};

/// Events and rows of one commit, about; what waits longer comes in the next one.
const GROUP: usize = 20_000;

/// What is to be written, and who waits for it.
struct Waiting {
    changes: Vec<Change>,
    told: oneshot::Sender<Result<Vec<u64>, Arc<StoreError>>>,
}

/// The way to write, for everyone.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: Mutex<Option<Sender<Waiting>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    events: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(store: Arc<dyn Store>, state: Arc<RwLock<State>>) -> Self {
        let (queue, waiting) = channel();
        let events = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&events);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || run(&*store, &state, &waiting, &counted))
            .expect("the system gives a thread");
        Self {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
            events,
        }
    }

    /// Events that were made durable since the start.
    pub(crate) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    /// Makes changes durable, all or none; how many rows each one touched. The state knows them then, too.
    pub(crate) async fn write(&self, changes: Vec<Change>) -> Result<Vec<u64>, Arc<StoreError>> {
        let (told, answer) = oneshot::channel();
        {
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = queue
                .as_ref()
                .map(|queue| queue.send(Waiting { changes, told }));
            if !matches!(sent, Some(Ok(()))) {
                return Err(Arc::new(StoreError::Closed));
            }
        }
        answer
            .await
            .unwrap_or_else(|_| Err(Arc::new(StoreError::Closed)))
    }

    /// Writes what waits and ends the thread.
    pub(crate) fn close(&self) {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that writes has panicked");
        }
    }
}

fn run(store: &dyn Store, state: &RwLock<State>, waiting: &Receiver<Waiting>, counted: &AtomicU64) {
    while let Ok(first) = waiting.recv() {
        let mut weight = weight(&first);
        let mut group = vec![first];
        while weight < GROUP
            && let Ok(next) = waiting.try_recv()
        {
            weight += self::weight(&next);
            group.push(next);
        }
        commit(store, state, group, counted);
    }
}

fn weight(waiting: &Waiting) -> usize {
    waiting.changes.iter().map(Change::weight).sum()
}

/// Commits a group; if that fails, each part alone, so that one that cannot be stored harms no other.
fn commit(store: &dyn Store, state: &RwLock<State>, group: Vec<Waiting>, counted: &AtomicU64) {
    let (mut all, mut told) = (Vec::new(), Vec::new());
    for waiting in group {
        let refused = {
            let state = state.read().unwrap_or_else(PoisonError::into_inner);
            waiting.changes.iter().find_map(|c| state.check(c).err())
        };
        if let Some(error) = refused {
            answer(waiting.told, Err(Arc::new(error)));
            continue;
        }
        told.push((waiting.told, waiting.changes.len()));
        all.extend(waiting.changes);
    }
    match store.commit(&all) {
        Ok(touched) => {
            apply(state, &all, counted);
            let mut touched = touched.into_iter();
            for (told, count) in told {
                answer(told, Ok(touched.by_ref().take(count).collect()));
            }
        }
        Err(error) if told.len() > 1 && worth_another(&error) => {
            let mut all = all.into_iter();
            for (told, count) in told {
                let changes: Vec<Change> = all.by_ref().take(count).collect();
                let done = store.commit(&changes);
                if done.is_ok() {
                    apply(state, &changes, counted);
                }
                answer(told, done.map_err(Arc::new));
            }
        }
        Err(error) => {
            tracing::error!(%error, "a commit failed");
            let error = Arc::new(error);
            for (told, _) in told {
                answer(told, Err(Arc::clone(&error)));
            }
        }
    }
}

/// Whether a smaller part may succeed where the whole has not.
fn worth_another(error: &StoreError) -> bool {
    !matches!(error, StoreError::Locked | StoreError::ReadOnly)
}

fn apply(state: &RwLock<State>, changes: &[Change], counted: &AtomicU64) {
    let events = changes.iter().map(|change| match change {
        Change::Feedback { events, .. } => events.len() as u64,
        _ => 0,
    });
    counted.fetch_add(events.sum(), Ordering::Relaxed);
    let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
    for change in changes {
        if let Err(error) = state.apply(change) {
            tracing::error!(%error, "what is stored does not fit into memory");
        }
    }
}

/// Who has gone away need not be told.
fn answer(
    told: oneshot::Sender<Result<Vec<u64>, Arc<StoreError>>>,
    result: Result<Vec<u64>, Arc<StoreError>>,
) {
    let _ = told.send(result);
}
