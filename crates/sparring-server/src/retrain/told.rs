//! What a person is told of the training.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use sparring::experiment::Audience;
use sparring::recommend::{Cancel, Curve, Diagnosis, Observer, Progress};

use super::{Asked, Retrain};
use crate::api::App;

/// Watchers are told no more often.
const PAUSE: Duration = Duration::from_millis(300);
/// Points of a curve that are kept; then every second one goes.
const POINTS: usize = 1000;

/// How the training stands.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Training {
    /// `off`, `waiting` or `training`.
    state: &'static str,
    model: &'static str,
    /// What is being done.
    told: String,
    unit: String,
    done: u64,
    total: u64,
    /// What came of the last time.
    decision: Option<String>,
    curves: BTreeMap<String, Curve>,
    health: Vec<Diagnosis>,
}

/// When to train, and how it stands.
#[derive(Debug)]
pub(crate) struct Trainer {
    pub(crate) plan: Retrain,
    /// Threads that training may take.
    pub(crate) threads: usize,
    pub(crate) cancel: Cancel,
    asked: Asked,
    shown: Mutex<Training>,
}

impl Trainer {
    pub(crate) fn new(plan: Retrain, threads: usize) -> Self {
        let planned = plan.every.is_some() || plan.after.is_some();
        Self {
            plan,
            // The others answer meanwhile.
            threads: (threads / 2).max(1),
            cancel: Cancel::new(),
            asked: Asked::default(),
            shown: Mutex::new(Training {
                state: if planned { "waiting" } else { "off" },
                ..Training::default()
            }),
        }
    }

    fn shown(&self) -> MutexGuard<'_, Training> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn show(&self) -> Training {
        self.shown().clone()
    }

    /// Asks for a training; not while one goes on.
    pub(crate) fn ask(&self) -> bool {
        let free = self.shown().state != "training";
        if free {
            self.asked.set();
        }
        free
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.take()
    }

    pub(super) fn begin(&self, model: &'static str) {
        let mut shown = self.shown();
        let decision = shown.decision.take();
        *shown = Training {
            state: "training",
            model,
            decision,
            ..Training::default()
        };
    }

    pub(super) fn end(&self, decision: String) {
        tracing::info!(decision, "training has ended");
        let mut shown = self.shown();
        shown.state = "waiting";
        shown.told.clear();
        shown.total = 0;
        shown.decision = Some(decision);
    }
}

/// Passes on what happens during a fit.
pub(super) struct Heard<'a> {
    app: &'a Arc<App>,
    last: Mutex<Instant>,
    /// Whether what is drawn is of the stage before: it stays until there is something new, and after the end.
    stale: AtomicBool,
}

impl<'a> Heard<'a> {
    pub(super) fn new(app: &'a Arc<App>) -> Self {
        Self {
            app,
            last: Mutex::new(Instant::now()),
            stale: AtomicBool::new(true),
        }
    }

    /// What is drawn, without what is of another stage.
    fn drawn(&self) -> MutexGuard<'a, Training> {
        let mut shown = self.app.training.shown();
        if self.stale.swap(false, Ordering::Relaxed) {
            shown.curves.clear();
            shown.health.clear();
        }
        shown
    }

    pub(super) fn stage(&self, text: &str) {
        let mut shown = self.app.training.shown();
        text.clone_into(&mut shown.told);
        (shown.done, shown.total) = (0, 0);
        drop(shown);
        self.stale.store(true, Ordering::Relaxed);
        self.app.tell_training();
    }

    fn changed(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= PAUSE {
            *last = Instant::now();
            self.app.tell_training();
        }
    }
}

impl Observer for Heard<'_> {
    fn progress(&self, progress: Progress<'_>) {
        let mut shown = self.app.training.shown();
        progress.unit.clone_into(&mut shown.unit);
        (shown.done, shown.total) = (progress.done, progress.total);
        drop(shown);
        self.changed();
    }

    fn point(&self, curve: &str, step: u64, value: f64) {
        let mut shown = self.drawn();
        let points = shown.curves.entry(curve.to_owned()).or_default();
        points.push((step, value));
        if points.len() > POINTS {
            let mut keep = false;
            points.retain(|_| {
                keep = !keep;
                keep
            });
        }
        drop(shown);
        self.changed();
    }

    fn diagnosis(&self, diagnosis: Diagnosis) {
        self.drawn().health.push(diagnosis);
        self.changed();
    }
}

impl Audience for Heard<'_> {
    fn stage(&self, text: &str) {
        Self::stage(self, text);
    }
}
