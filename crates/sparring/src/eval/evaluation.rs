//! The outcome of an evaluation.

use super::metric::Direction;
use crate::data::{ItemIx, UserIx};

/// The lists of a model for all held-out users, and what they are worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The users who were evaluated.
    pub users: Vec<UserIx>,
    /// The list of each of them, best first, as long as the largest cut-off.
    pub lists: Vec<Vec<ItemIx>>,
    /// The metrics of single lists.
    pub measured: Vec<Measured>,
    /// The metrics of all lists together.
    pub overall: Vec<Overall>,
    /// Number of users left out, since nothing is held out for them.
    pub left_out: usize,
}

/// One metric of single lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Name and cut-off.
    pub label: String,
    /// Whether more is better.
    pub direction: Direction,
    /// The mean over the users for whom the metric is defined, weighted as the metric says.
    pub mean: f64,
    /// The value of each user; `NaN` where the metric is undefined.
    pub values: Vec<f64>,
}

/// One metric of all lists together.
#[derive(Debug, Clone, PartialEq)]
pub struct Overall {
    /// Name and cut-off.
    pub label: String,
    /// Whether more is better.
    pub direction: Direction,
    /// The value; `None` where it is undefined.
    pub value: Option<f64>,
}

impl Evaluation {
    /// The value of the metric with this label: a mean over users, or one of all lists together.
    pub fn mean(&self, label: &str) -> Option<f64> {
        let overall = || self.overall.iter().find(|overall| overall.label == label);
        self.measured(label)
            .map(|measured| measured.mean)
            .or_else(|| overall()?.value)
    }

    /// The labels of all metrics: those of single lists, then those of all lists together.
    pub fn labels(&self) -> Vec<String> {
        let overall = self.overall.iter().map(|overall| &overall.label);
        let measured = self.measured.iter().map(|measured| &measured.label);
        measured.chain(overall).cloned().collect()
    }

    /// Whether more is better of the metric with this label.
    pub fn direction(&self, label: &str) -> Option<Direction> {
        let overall = || self.overall.iter().find(|overall| overall.label == label);
        self.measured(label)
            .map(|measured| measured.direction)
            .or_else(|| Some(overall()?.direction))
    }

    /// The value of each user, beside [`users`](Self::users).
    pub fn values(&self, label: &str) -> Option<&[f64]> {
        self.measured(label).map(|measured| &measured.values[..])
    }

    fn measured(&self, label: &str) -> Option<&Measured> {
        self.measured
            .iter()
            .find(|measured| measured.label == label)
    }
}
