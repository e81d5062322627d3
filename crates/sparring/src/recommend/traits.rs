//! The traits of a recommender and of the configuration that fits it.

use std::fmt::Debug;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::behaviour::Behaviour;
use super::bytes::Bytes;
use super::query::Query;
use super::run::Run;
use super::scan::Factored;
use super::tensors::{NamedTensors, WeightsError};
use crate::data::{Dataset, ItemIx};

/// Scores all items for a user.
pub trait Recommender: Debug + Send + Sync {
    /// Number of items `I` that are scored.
    fn n_items(&self) -> usize;

    /// Writes the scores of all items for each query, row-major `[Q, I]`, higher is better.
    ///
    /// A batch gives the scores of its queries one by one, to 1e-5.
    ///
    /// # Errors
    /// [`ScoreError`] if a query cannot be scored by this model.
    ///
    /// # Panics
    /// If `scores` is not `[Q, I]`.
    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError>;

    /// What each item of the history adds to the score of `item`, in the order of the history and
    /// in the units of the score; `None` where the model cannot tell.
    ///
    /// An item that stands in the history again adds nothing, since a history counts it once. Each
    /// model says whether its contributions sum to the score.
    ///
    /// # Errors
    /// [`ScoreError`] if the query or the item cannot be scored by this model.
    fn explain(&self, _query: &Query<'_>, _item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        Ok(None)
    }

    /// Its vectors of users and items, if its scores are their products.
    fn factored(&self) -> Option<&dyn Factored> {
        None
    }

    /// What it knows of whole events, if it is a model of them.
    fn behaviour(&self) -> Option<&dyn Behaviour> {
        None
    }
}

/// Fits a model; implemented by its configuration, so that an untrained model cannot exist.
pub trait Fit {
    /// What is fitted.
    type Model: Recommender;

    /// Fits the model to a log.
    ///
    /// # Errors
    /// [`FitError`] if the settings or the data do not allow a fit, or training diverges.
    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Self::Model, FitError>;
}

/// What an artifact saves and loads of a model.
pub trait Weights: Sized {
    /// All that scoring needs, by name.
    fn weights(&self) -> NamedTensors;

    /// The model from its weights.
    ///
    /// # Errors
    /// [`WeightsError`] if a tensor is missing or has another shape.
    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError>;
}

/// What tuning may vary.
pub trait Tune: Fit + Serialize + DeserializeOwned + Default {
    /// The settings worth trying.
    fn space() -> Vec<Dimension>;

    /// The integer setting that a trial may be given less of, for successive halving: epochs.
    fn resource() -> Option<&'static str> {
        None
    }

    /// The parts that are tuned one after the other; all settings at once if there is one alone.
    fn parts() -> Vec<Part> {
        vec![Part {
            name: "",
            needs: None,
            held: &[],
            space: Self::space(),
            resource: Self::resource(),
        }]
    }
}

/// Settings of a model that are tuned together, apart from its others.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name in progress and reports.
    pub name: &'static str,
    /// The weight without which this part of the model is off; then it is not tuned.
    pub needs: Option<&'static str>,
    /// Settings that have these values while the part is tuned.
    pub held: &'static [(&'static str, f64)],
    /// The settings worth trying.
    pub space: Vec<Dimension>,
    /// As [`Tune::resource`].
    pub resource: Option<&'static str>,
}

/// One setting and the values worth trying. The key is a path inside the model's table, for
/// example `gan.discriminator_steps`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// Dotted key inside the model's table.
    pub key: &'static str,
    /// The values.
    pub values: Values,
}

/// The values of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Real, uniform in the logarithm between the bounds.
    LogUniform(f64, f64),
    /// Real, uniform between the bounds.
    Uniform(f64, f64),
    /// Integer, uniform in the logarithm between the bounds, both included.
    LogInteger(i64, i64),
    /// One of these names.
    Names(&'static [&'static str]),
    /// One of these integers.
    Integers(&'static [i64]),
    /// On or off.
    Switch,
    /// One of these reals, unless the setting is 0: a part that is switched off stays off.
    Weights(&'static [f64]),
}

/// A fitted model behind a pointer: scores, and can be saved.
pub trait Trained: Recommender {
    /// All that scoring needs, by name.
    fn tensors(&self) -> NamedTensors;
}

impl<M: Recommender + Weights> Trained for M {
    fn tensors(&self) -> NamedTensors {
        self.weights()
    }
}

/// Why a model could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A setting is outside its range.
    #[error("{model}: {key} must be {expected}, got {found}")]
    Setting {
        /// Model name.
        model: &'static str,
        /// The setting.
        key: &'static str,
        /// What is allowed.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// The log is too small for this model.
    #[error("{model}: needs {needed}, the log has {found}")]
    TooSmall {
        /// Model name.
        model: &'static str,
        /// What is needed.
        needed: &'static str,
        /// What there is.
        found: usize,
    },
    /// The loss or the weights are no longer finite.
    #[error("{model}: training diverged at step {step}: {evidence}")]
    Diverged {
        /// Model name.
        model: &'static str,
        /// Step of the loop.
        step: u64,
        /// What was seen.
        evidence: String,
    },
    /// The model's matrices do not fit into this machine.
    #[error("{model}: needs about {needed} of memory, {available} are available")]
    Memory {
        /// Model name.
        model: &'static str,
        /// What the fit takes at its peak.
        needed: Bytes,
        /// What it may take: the limit that was set, or what the system can give.
        available: Bytes,
    },
    /// A matrix could not be factorised.
    #[error("{model}: the {matrix} is not positive definite")]
    NotPositiveDefinite {
        /// Model name.
        model: &'static str,
        /// Which matrix.
        matrix: &'static str,
    },
    /// The state of an earlier training cannot be gone on from.
    #[error("{}: the checkpoint of {model} {finding}", path.display())]
    Checkpoint {
        /// Model name.
        model: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        finding: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Stopped on request before there was anything to keep.
    #[error("{model}: stopped before the first result")]
    Cancelled {
        /// Model name.
        model: &'static str,
    },
}

impl FitError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Setting { .. } => "change this setting in the config file or with --set",
            Self::TooSmall { .. } => "use a larger log or another model",
            Self::Diverged { .. } => "lower the learning rates or raise the regularisation",
            Self::Memory { .. } => {
                "allow more (--memory), keep fewer items, or use a model that takes less: ials, \
                 itemknn, multvae, cfgan"
            }
            Self::NotPositiveDefinite { .. } => "raise the l2 regularisation",
            Self::Checkpoint { remedy, .. } => remedy,
            Self::Cancelled { .. } => "run again; earlier results are untouched",
        }
    }
}

/// Why a query could not be scored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// An item index is not one of the model's.
    #[error("item {} is not one of the model's {n_items}", item.0)]
    UnknownItem {
        /// The index.
        item: ItemIx,
        /// Number of items of the model.
        n_items: usize,
    },
    /// The model knows only its training users and this is none of them.
    #[error("{model} scores only users of its training data")]
    NewUser {
        /// Model name.
        model: &'static str,
    },
}
