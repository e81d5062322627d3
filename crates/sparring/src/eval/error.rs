//! Why an evaluation failed.

use crate::recommend::ScoreError;

/// Why an evaluation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// No metric has this name.
    #[error("there is no metric `{name}`{}", did_you_mean(nearest.as_deref()))]
    UnknownMetric {
        /// The name given.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// No profile has this name.
    #[error("there is no profile `{name}`{}", did_you_mean(nearest.as_deref()))]
    UnknownProfile {
        /// The name given.
        name: String,
        /// The nearest name there is.
        nearest: Option<String>,
    },
    /// A metric without a cut-off, or with one that is not a positive number.
    #[error("metric `{label}` needs a cut-off of 1 or more")]
    CutOff {
        /// The label given.
        label: String,
    },
    /// No user has held-out items.
    #[error("none of the {users} users has a held-out item")]
    NobodyToEvaluate {
        /// Number of users.
        users: usize,
    },
    /// The model knows another catalogue.
    #[error("the model scores {model} items, the data have {data}")]
    Catalogue {
        /// Items of the model.
        model: usize,
        /// Items of the data.
        data: usize,
    },
    /// A comparison by a metric that was not measured.
    #[error("there is no value of `{label}` to compare")]
    NotMeasured {
        /// The label given.
        label: String,
    },
    /// A comparison of evaluations of different users.
    #[error("the evaluations are of different users")]
    OtherUsers,
    /// A user could not be scored.
    #[error("a user could not be scored")]
    Score(#[from] ScoreError),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

impl EvalError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::UnknownMetric { .. } => "use a name such as ndcg@20, recall@10 or precision@5",
            Self::UnknownProfile { .. } => {
                "use default, recbole, lenskit, rectools, implicit or ranx"
            }
            Self::CutOff { .. } => "write the length of the list after the name, as in ndcg@20",
            Self::NobodyToEvaluate { .. } => {
                "the test part needs users of the training part, with pairs that training does not have"
            }
            Self::Catalogue { .. } => "load the data with the ids of the model",
            Self::NotMeasured { .. } => "evaluate all models with the same cut-offs and profile",
            Self::OtherUsers => "evaluate all models on the same holdout",
            Self::Score(_) => "use a split whose users are in the training part, or another model",
        }
    }
}
