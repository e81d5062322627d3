//! What a fit is given besides data: a seed, someone to tell, and a way to be stopped.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sparring_deep::Device;
use sparring_wide::Seed;

use super::kept::Kept;
use super::traits::Recommender;

/// The surroundings of one fit.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The only source of randomness.
    pub seed: Seed,
    /// Who is told about progress, curves and health.
    pub observer: &'a dyn Observer,
    /// Asked at every step whether to stop.
    pub cancel: &'a Cancel,
    /// Scores a model on validation data, for stopping and for keeping the best weights.
    pub monitor: Option<&'a dyn Monitor>,
    /// Bytes that the fit may take; without a number, what the system can still give.
    pub memory: Option<u64>,
    /// The folder where a model that can be resumed keeps the state of its training.
    pub checkpoint: Option<&'a Path>,
    /// Fitted parts of models that other fits on the same log have in common with this one.
    pub kept: Option<&'a Kept>,
    /// Where dense layers of deep models are trained.
    pub device: Device,
}

/// A request to stop at the next step, shared between threads.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

/// Rates a model while it trains; higher is better. Never looks at test data.
pub trait Monitor: Sync {
    /// The value of the watched metric.
    fn score(&self, model: &dyn Recommender) -> f64;
}

/// How far a piece of work is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// What is counted: `epoch`, `iteration`.
    pub unit: &'a str,
    /// How many are done.
    pub done: u64,
    /// How many there are.
    pub total: u64,
}

/// Someone who is told what happens during a fit.
pub trait Observer: Sync {
    /// A step of the work is done.
    fn progress(&self, progress: Progress<'_>);
    /// A point of a curve: a loss, an accuracy, a norm.
    fn point(&self, curve: &str, step: u64, value: f64);
    /// A diagnosis of the health of adversarial training.
    fn diagnosis(&self, diagnosis: Diagnosis);
    /// Something about the fit that a person should know; not kept unless an observer does.
    fn note(&self, _text: &str) {}
}

/// What a look at the health of training found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Step of the loop.
    pub step: u64,
    /// The verdict in words: `healthy`, `mode collapse`.
    pub verdict: String,
    /// The figures behind it.
    pub evidence: Vec<String>,
    /// What can be done.
    pub remedies: Vec<String>,
    /// What was done, if training treats itself.
    pub applied: Vec<String>,
}

/// An observer that hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

/// An observer that keeps curves, diagnoses and notes for a report.
#[derive(Debug, Default)]
pub struct Recorder {
    kept: Mutex<(BTreeMap<String, Curve>, Vec<Diagnosis>)>,
    notes: Mutex<Vec<String>>,
}

/// Points of one curve: step and value.
pub type Curve = Vec<(u64, f64)>;

impl Cancel {
    /// Nothing requested yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a stop at the next step.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<'a> Run<'a> {
    /// A run that tells nobody and stops only when done.
    pub fn quiet(seed: Seed, cancel: &'a Cancel) -> Self {
        Self {
            seed,
            observer: &Silent,
            cancel,
            monitor: None,
            memory: None,
            checkpoint: None,
            kept: None,
            device: Device::default(),
        }
    }

    /// The same run with another seed.
    #[must_use]
    pub fn with_seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run")
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl Observer for Silent {
    fn progress(&self, _: Progress<'_>) {}
    fn point(&self, _: &str, _: u64, _: f64) {}
    fn diagnosis(&self, _: Diagnosis) {}
}

impl Observer for Recorder {
    fn progress(&self, _: Progress<'_>) {}

    fn point(&self, curve: &str, step: u64, value: f64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0
            .entry(curve.to_owned())
            .or_default()
            .push((step, value));
    }

    fn diagnosis(&self, diagnosis: Diagnosis) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .push(diagnosis);
    }

    fn note(&self, text: &str) {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(text.to_owned());
    }
}

impl Recorder {
    /// An empty recorder.
    pub fn new() -> Self {
        Self::default()
    }

    /// The notes in order.
    pub fn notes(&self) -> Vec<String> {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The curves by name and the diagnoses in order.
    pub fn into_parts(self) -> (BTreeMap<String, Curve>, Vec<Diagnosis>) {
        self.kept
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
