//! What a membership attack comes to.

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::guesses::Lower;
use super::pairs::lower;
use super::roc::Roc;

/// The scores of an attack, larger for users that it takes for members.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Of the members.
    pub members: Vec<f64>,
    /// Of the others.
    pub outsiders: Vec<f64>,
}

/// A membership attack, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attack {
    /// What it is called.
    pub name: String,
    /// How well it tells members from others.
    pub roc: Roc,
    /// The lower bound of epsilon, when a user is replaced by another, that follows if real and held-out
    /// users were parted by lot.
    pub lower: Lower,
}

impl Attack {
    /// Judges scores, at the delta of the bound.
    pub fn of(name: &str, scores: &Scores, delta: f64, seed: Seed) -> Self {
        let seed = seed.derive(name);
        Self {
            name: name.to_owned(),
            roc: Roc::of(&scores.members, &scores.outsiders, seed),
            lower: lower(scores, delta, seed),
        }
    }
}
