//! From a config and a log to results: what the command line, a server and bindings call.

mod compare;
mod config;
mod error;
mod fit;
mod robustness;
mod schema;
mod tune;

use crate::recommend::Observer;

pub use compare::{Arena, Contender, Outcome, compare};
pub use config::{Config, EvalSettings};
pub use error::ExperimentError;
pub use fit::{Fitted, fit};
pub use robustness::{Threats, robustness};
pub use schema::schema;
pub use tune::{Trial, TuneOptions, Tuning, tune};

/// An observer that is also told which part of the work begins.
pub trait Audience: Observer {
    /// A part of the work begins.
    fn stage(&self, text: &str);
}

impl Audience for crate::recommend::Silent {
    fn stage(&self, _text: &str) {}
}
