//! Splitting a log into what is known and what is to be predicted.

use crate::data::Dataset;

/// What a model may see of some users, and what it should then rank high.
#[derive(Debug, Clone, PartialEq)]
pub struct Holdout {
    /// The history of each user, excluded from its list.
    pub known: Dataset,
    /// The held-out interactions.
    pub relevant: Dataset,
}

/// The parts of a log. All of them share one vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// What models are fitted on.
    pub train: Dataset,
    /// What settings are chosen on.
    pub validation: Option<Holdout>,
    /// What is reported on, and never seen by tuning.
    pub test: Holdout,
}
