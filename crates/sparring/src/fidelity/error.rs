//! Why two logs cannot be compared.

use crate::eval::EvalError;
use crate::recommend::FitError;

/// Why two logs cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FidelityError {
    /// Too few users to say anything about.
    #[error("the {log} log has {found} users with events, {needed} are needed")]
    TooFewUsers {
        /// Which log.
        log: &'static str,
        /// How many it has.
        found: usize,
        /// How many it must have.
        needed: usize,
    },
    /// Too few items to compare.
    #[error("the real log has {found} item, 2 are needed")]
    TooFewItems {
        /// How many it has.
        found: usize,
    },
    /// The synthetic log has items that the real one has not.
    #[error("{unknown} of the {of} items of the synthetic log are unknown to the real one: {}", some(examples, *unknown))]
    UnknownItems {
        /// How many there are.
        unknown: usize,
        /// How many items the synthetic log has.
        of: usize,
        /// The first of them.
        examples: Vec<String>,
    },
    /// Nobody in the holdout has enough events to know some and predict others.
    #[error("no user of the holdout has two events or more")]
    NobodyToPredict,
    /// A recommender could not be fitted.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A recommender could not be evaluated.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// The eigenvectors of a small matrix were not found, or a classifier could not be fitted.
    #[error("{what}: {finding}")]
    Numbers {
        /// What was computed.
        what: &'static str,
        /// What went wrong.
        finding: String,
    },
    /// Stopped on request.
    #[error("stopped before the comparison was finished")]
    Cancelled,
}

fn some(examples: &[String], unknown: usize) -> String {
    let named = examples.join(", ");
    if unknown > examples.len() {
        return format!("{named}, ...");
    }
    named
}

impl FidelityError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooFewUsers { .. } => {
                "give a log of more users, or let more of it pass --min-rating"
            }
            Self::TooFewItems { .. } => "give a log of more items",
            Self::UnknownItems { .. } => {
                "give the log that the synthetic users were made from, with the same item ids and \
                 the same --min-rating; items of a public list with --catalogue"
            }
            Self::NobodyToPredict => "give a holdout of whole users, each with several events",
            Self::Fit(error) => error.hint(),
            Self::Eval(error) => error.hint(),
            Self::Numbers { .. } => "use larger logs",
            Self::Cancelled => "run again; earlier results are untouched",
        }
    }
}
