//! Threads that score: what waits for the same model is scored together, since a batch reads the model once.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use sparring::data::{ItemIx, UserIx};
use sparring::recommend::{Query, ScanMemory, ScoreError};
use tokio::sync::oneshot;

use super::Loaded;

/// Histories that are scored together at most.
const TOGETHER: usize = 64;

/// What happens to the scores of all items, or to what went wrong.
type Then = Box<dyn FnOnce(Result<&[f32], ScoreError>) + Send>;

/// A history to be scored.
pub(super) struct Job {
    model: Arc<Loaded>,
    user: Option<UserIx>,
    history: Vec<ItemIx>,
}

/// What waits for a thread.
enum Waiting {
    Score(Job, Then),
    Work(Box<dyn FnOnce() + Send>),
}

/// The threads. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Scorer {
    queue: Mutex<Sender<Waiting>>,
    /// A pool of its own: what a model does in parallel stays on the thread that scores.
    _pool: rayon::ThreadPool,
}

impl Job {
    pub(super) fn new(model: &Arc<Loaded>, user: Option<UserIx>, history: Vec<ItemIx>) -> Self {
        Self {
            model: Arc::clone(model),
            user,
            history,
        }
    }

    fn query(&self) -> Query<'_> {
        Query {
            user: self.user,
            history: &self.history,
        }
    }
}

impl Scorer {
    pub(super) fn start(threads: usize) -> Self {
        let (queue, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|at| format!("scorer {at}"))
            .build()
            .expect("the system gives threads");
        for _ in 0..threads.max(1) {
            let waiting = Arc::clone(&waiting);
            pool.spawn(move || run(&waiting));
        }
        Self {
            queue: Mutex::new(queue),
            _pool: pool,
        }
    }

    /// Scores a history and makes something of the scores on the same thread.
    pub(super) async fn score<T: Send + 'static>(
        &self,
        job: Job,
        make: impl FnOnce(&[f32]) -> T + Send + 'static,
    ) -> Result<T, ScoreError> {
        let (told, answer) = oneshot::channel();
        let then: Then = Box::new(move |scores| {
            // Who has gone away need not be told.
            let _ = told.send(scores.map(make));
        });
        self.send(Waiting::Score(job, then));
        answer.await.expect("a scorer answers every job")
    }

    /// Does other work of a model.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let (told, answer) = oneshot::channel();
        self.send(Waiting::Work(Box::new(move || {
            let _ = told.send(make());
        })));
        answer.await.expect("a scorer answers every job")
    }

    fn send(&self, waiting: Waiting) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue
            .send(waiting)
            .expect("the scorers live as long as this");
    }
}

fn run(waiting: &Mutex<Receiver<Waiting>>) {
    let mut scores = Vec::new();
    loop {
        let mut works = Vec::new();
        let mut jobs: Vec<(Job, Then)> = Vec::new();
        {
            let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(first) = waiting.recv() else {
                return;
            };
            let mut next = Some(first);
            while let Some(waits) = next {
                match waits {
                    Waiting::Work(work) => works.push(work),
                    Waiting::Score(job, then) => jobs.push((job, then)),
                }
                next = (jobs.len() < TOGETHER && works.is_empty())
                    .then(|| waiting.try_recv().ok())
                    .flatten();
            }
        }
        while let Some((first, _)) = jobs.first() {
            let model = Arc::clone(&first.model);
            let (same, others) = jobs
                .into_iter()
                .partition(|(job, _)| Arc::ptr_eq(&job.model, &model));
            jobs = others;
            score(&model, same, &mut scores);
        }
        for work in works {
            work();
        }
    }
}

/// Scores the histories of one model together; where one cannot be scored, each alone.
fn score(model: &Loaded, jobs: Vec<(Job, Then)>, scores: &mut Vec<f32>) {
    let n = model.artifact.model.n_items();
    scores.resize(scores.len().max(jobs.len() * n), 0.0);
    let scores = &mut scores[..jobs.len() * n];
    if let Some((scan, factored)) = model.scan() {
        let mut memory = ScanMemory::default();
        for (job, then) in jobs {
            let scores = &mut scores[..n];
            let done = scan.score_into(factored, &job.query(), (scores, &mut memory));
            then(done.map(|()| &*scores));
        }
        return;
    }
    let queries: Vec<Query<'_>> = jobs.iter().map(|(job, _)| job.query()).collect();
    if model.artifact.model.score_into(&queries, scores).is_ok() {
        for ((_, then), scores) in jobs.into_iter().zip(scores.chunks(n.max(1))) {
            then(Ok(scores));
        }
        return;
    }
    for (job, then) in jobs {
        let scores = &mut scores[..n];
        let done = model.artifact.model.score_into(&[job.query()], scores);
        then(done.map(|()| &*scores));
    }
}
