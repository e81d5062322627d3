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

impl Evaluation {
    /// The mean of the metric with this label.
    pub fn mean(&self, label: &str) -> Option<f64> {
        self.measured(label).map(|measured| measured.mean)
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
