//! One fit, timed and recorded.

use std::collections::BTreeMap;
use std::time::Instant;

use sparring_wide::Seed;

use super::{Audience, Host};
use crate::data::Dataset;
use crate::models::ModelConfig;
use crate::recommend::{
    Curve, Diagnosis, FitError, Monitor, Observer, Progress, Recorder, Run, Trained,
};

/// A fitted model and what happened during the fit.
#[derive(Debug)]
pub struct Fitted {
    /// The model.
    pub model: Box<dyn Trained>,
    /// Wall time of the fit, in seconds.
    pub secs: f64,
    /// Training curves by name.
    pub curves: BTreeMap<String, Curve>,
    /// Looks at the health of training.
    pub health: Vec<Diagnosis>,
    /// What a person should know about the fit.
    pub notes: Vec<String>,
    /// Whether the fit was stopped on request, with the best weights so far.
    pub stopped: bool,
}

/// Fits a model; `monitor` rates it on validation data while it trains.
///
/// # Errors
/// As [`ModelConfig::fit`].
pub fn fit(
    config: &ModelConfig,
    train: &Dataset,
    seed: Seed,
    monitor: Option<&dyn Monitor>,
    host: Host<'_>,
) -> Result<Fitted, FitError> {
    let both = Both {
        recorder: Recorder::new(),
        audience: host.audience,
    };
    let start = Instant::now();
    let run = Run {
        observer: &both,
        monitor,
        checkpoint: host.checkpoint,
        ..host.run(seed)
    };
    let model = config.fit(train, &run)?;
    let secs = start.elapsed().as_secs_f64();
    let notes = both.recorder.notes();
    let (curves, health) = both.recorder.into_parts();
    Ok(Fitted {
        model,
        secs,
        curves,
        health,
        notes,
        stopped: host.cancel.is_requested(),
    })
}

/// Keeps what happens and passes it on.
struct Both<'a> {
    recorder: Recorder,
    audience: &'a dyn Audience,
}

impl Observer for Both<'_> {
    fn progress(&self, progress: Progress<'_>) {
        self.audience.progress(progress);
    }

    fn point(&self, curve: &str, step: u64, value: f64) {
        self.recorder.point(curve, step, value);
        self.audience.point(curve, step, value);
    }

    fn diagnosis(&self, diagnosis: Diagnosis) {
        self.recorder.diagnosis(diagnosis.clone());
        self.audience.diagnosis(diagnosis);
    }

    fn note(&self, text: &str) {
        self.recorder.note(text);
        self.audience.note(text);
    }
}
