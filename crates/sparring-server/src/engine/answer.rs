//! What is asked, and what is answered.

use serde::Serialize;

use super::Loaded;

/// For whom a list is made.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// A user by external id, known or not.
    User(String),
    /// Items by external id, oldest first.
    History(Vec<String>),
}

/// How the list should be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    pub(crate) n: usize,
    pub(crate) offset: usize,
    /// Only items in all of these.
    pub(crate) categories: Vec<String>,
    /// None of these.
    pub(crate) exclude: Vec<String>,
    /// From 0, by score alone, to 1, as unlike as can be.
    pub(crate) diversity: f32,
    /// How many reasons to give for each item.
    pub(crate) reasons: usize,
}

/// A list, and which model it comes from.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Answer {
    pub(crate) model: &'static str,
    pub(crate) generation: u64,
    pub(crate) items: Vec<Listed>,
}

impl Answer {
    pub(super) fn empty(model: &Loaded) -> Self {
        Self {
            model: model.artifact.config.name(),
            generation: model.generation,
            items: Vec::new(),
        }
    }
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Listed {
    pub(crate) item: String,
    /// The model's score, the number of events, or seconds since 1970, by the source.
    pub(crate) score: f32,
    pub(crate) source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) because: Option<Vec<Because>>,
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    Model,
    Popular,
    Latest,
}

/// An item of the history that carried a recommendation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Because {
    pub(crate) item: String,
    /// In units of the score.
    pub(crate) contribution: f32,
    /// Of all that was added to the score.
    pub(crate) share: f32,
}
