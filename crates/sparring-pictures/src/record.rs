//! What happened during training, kept with it so that a report of a resumed one is whole.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sparring::recommend::{Curve, Diagnosis, Observer, Progress};

/// Curves and diagnoses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Curves by name.
    pub curves: BTreeMap<String, Curve>,
    /// Diagnoses in order.
    pub health: Vec<Diagnosis>,
}

/// Keeps a record, and tells someone else.
pub(crate) struct Keeping<'a> {
    kept: Mutex<Record>,
    next: &'a dyn Observer,
}

impl<'a> Keeping<'a> {
    pub(crate) fn new(record: Record, next: &'a dyn Observer) -> Self {
        Self {
            kept: Mutex::new(record),
            next,
        }
    }

    /// The record so far.
    pub(crate) fn record(&self) -> Record {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Observer for Keeping<'_> {
    fn progress(&self, progress: Progress<'_>) {
        self.next.progress(progress);
    }

    fn point(&self, curve: &str, step: u64, value: f64) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.curves
            .entry(curve.to_owned())
            .or_default()
            .push((step, value));
        drop(kept);
        self.next.point(curve, step, value);
    }

    fn diagnosis(&self, diagnosis: Diagnosis) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.health.push(diagnosis.clone());
        drop(kept);
        self.next.diagnosis(diagnosis);
    }

    fn note(&self, text: &str) {
        self.next.note(text);
    }
}
