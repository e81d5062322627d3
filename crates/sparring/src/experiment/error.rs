//! Why an experiment failed.

use std::path::PathBuf;

use crate::data::AttackError;
use crate::eval::EvalError;
use crate::fidelity::FidelityError;
use crate::models::ConfigError;
use crate::recommend::{FitError, ScoreError};
use crate::report::BesideError;
use crate::synth::SynthError;

/// Why an experiment failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// The config file could not be read.
    #[error("{}: cannot read the config: {source}", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The config does not say what it should.
    #[error("{place}: {message}{}", did_you_mean(nearest.as_deref()))]
    Config {
        /// The file with line and column, or `--set`.
        place: String,
        /// What is wrong.
        message: String,
        /// The nearest key there is.
        nearest: Option<String>,
    },
    /// A model or one of its settings does not exist.
    #[error(transparent)]
    Model(#[from] ConfigError),
    /// A model could not be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A model could not be evaluated.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// An attack does not exist or cannot be made.
    #[error(transparent)]
    Attack(#[from] AttackError),
    /// A model could not score a history.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// Logs could not be compared.
    #[error(transparent)]
    Fidelity(#[from] FidelityError),
    /// Two reports do not stand beside one another.
    #[error(transparent)]
    Beside(#[from] BesideError),
    /// A generator could not be fitted.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// A part has too few users to tell a gain from chance.
    #[error("the {part} part has {found} users with events, at least {needed} are needed")]
    TooFewUsers {
        /// Training, validation or test.
        part: &'static str,
        /// How many are needed.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// There is nothing to add rows with.
    #[error("no generator is named")]
    NoGenerator,
    /// There is nothing to fit.
    #[error("no model is named")]
    NoModel,
    /// No trial of tuning gave a model.
    #[error("none of the {trials} settings tried for `{model}` gave a model; the last: {last}")]
    NoTrial {
        /// Model name.
        model: &'static str,
        /// Number of settings tried.
        trials: usize,
        /// Why the last one failed.
        last: String,
    },
    /// Stopped on request before there was anything to keep.
    #[error("stopped before the first result")]
    Cancelled,
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

impl ExperimentError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::ConfigFile { .. } => "check the path given with --config",
            Self::Config { .. } => "`sparring schema` prints what a config may hold",
            Self::Model(error) => error.hint(),
            Self::Fit(error) => error.hint(),
            Self::Eval(error) => error.hint(),
            Self::Attack(error) => error.hint(),
            Self::Score(_) => "use a model and a log with the same items",
            Self::Fidelity(error) => error.hint(),
            Self::Beside(_) => {
                "name folders of `sparring fidelity` with the same --real and --holdout"
            }
            Self::Synth(error) => error.hint(),
            Self::TooFewUsers { .. } => "give a part with more users",
            Self::NoGenerator => "name one with --synth, or leave it out",
            Self::NoModel => {
                "name some with --models or in the config; `sparring models` lists them"
            }
            Self::NoTrial { .. } => "set the settings by hand, or use a larger log",
            Self::Cancelled => "run again; earlier results are untouched",
        }
    }

    /// Whether the caller asked for something that does not exist, rather than something failing.
    pub fn is_wrong_use(&self) -> bool {
        matches!(
            self,
            Self::ConfigFile { .. }
                | Self::Config { .. }
                | Self::Model(_)
                | Self::Eval(EvalError::UnknownMetric { .. } | EvalError::CutOff { .. })
                | Self::Fit(FitError::Setting { .. })
                | Self::NoModel
                | Self::NoGenerator
        ) || matches!(self, Self::Attack(error) if error.is_wrong_use())
            || matches!(self, Self::Synth(error) if error.is_wrong_use())
    }
}
