//! From a config and a log to results: what the command line, a server and bindings call.

mod audit;
mod augment;
mod compare;
mod config;
mod error;
mod fidelity;
mod fit;
mod policies;
mod reactions;
mod robustness;
mod schema;
mod synthesize;
mod tune;

use std::path::Path;

use sparring_deep::Device;
use sparring_wide::Seed;

use crate::recommend::{Cancel, Kept, Observer, Run};

pub use crate::report::Synthesis;
pub use audit::{Suspects, Trap, attack_users, audit_release};
pub use augment::{AugmentConfig, Augmented, Generator, Ground, augment};
pub use compare::{Arena, Contender, Outcome, compare};
pub use config::{Config, EvalSettings};
pub use error::ExperimentError;
pub use fidelity::{Comparands, Compared, RING, fidelity};
pub use fit::{Fitted, fit};
pub use policies::{Met, Sessions, agreement};
pub use reactions::{Foreseen, ReactionFigures, reactions};
pub use robustness::{Threats, robustness};
pub use schema::schema;
pub use synthesize::{Plantation, RealUsers, Request, Spent, fit_synthesizer, plant, synthesize};
pub use tune::{Trial, TuneOptions, Tuning, tune};

/// An observer that is also told which part of the work begins.
pub trait Audience: Observer {
    /// A part of the work begins.
    fn stage(&self, text: &str);
}

/// What a piece of work is given besides its data: who is told, what stops it, what it may take.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    /// Who is told about stages, progress and notes.
    pub audience: &'a dyn Audience,
    /// Asked whether to stop.
    pub cancel: &'a Cancel,
    /// Bytes that one fit may take; without a number, what the system can still give.
    pub memory: Option<u64>,
    /// The folder where a model that can be resumed keeps the state of its training.
    pub checkpoint: Option<&'a Path>,
    /// Fitted parts of models that all fits on one log have in common.
    pub kept: Option<&'a Kept>,
    /// Where dense layers of deep models are trained.
    pub device: Device,
}

impl<'a> Host<'a> {
    /// With the memory that the system can give.
    pub fn new(audience: &'a dyn Audience, cancel: &'a Cancel) -> Self {
        Self {
            audience,
            cancel,
            memory: None,
            checkpoint: None,
            kept: None,
            device: Device::default(),
        }
    }

    /// What a fit with this seed is given.
    fn run(self, seed: Seed) -> Run<'a> {
        Run {
            seed,
            observer: self.audience,
            cancel: self.cancel,
            monitor: None,
            memory: self.memory,
            checkpoint: None,
            kept: self.kept,
            device: self.device,
        }
    }

    /// Says which part of the work begins; `None` if a stop is requested.
    fn begin(self, text: &str) -> Option<()> {
        if self.cancel.is_requested() {
            return None;
        }
        self.audience.stage(text);
        Some(())
    }
}

impl std::fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host")
            .field("memory", &self.memory)
            .finish_non_exhaustive()
    }
}

impl Audience for crate::recommend::Silent {
    fn stage(&self, _text: &str) {}
}
