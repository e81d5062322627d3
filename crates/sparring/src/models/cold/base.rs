//! The recommender that ranks the items that somebody has.

use serde::{Deserialize, Serialize};

use crate::data::Dataset;
use crate::models::ModelConfig;
use crate::recommend::{FitError, Run, Trained};

/// Which recommender, and its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Base {
    /// Its name in the list of models.
    pub name: String,
    /// Its settings, unset ones by default.
    pub settings: toml::Table,
}

impl Default for Base {
    fn default() -> Self {
        Self {
            name: "edlae".to_owned(),
            settings: toml::Table::new(),
        }
    }
}

/// The base, fitted for a model.
///
/// # Errors
/// If there is no such recommender, it needs facts of items itself, or as its own fit.
pub(in crate::models) fn fitted(
    model: &'static str,
    base: &Base,
    (train, run): (&Dataset, &Run<'_>),
) -> Result<Box<dyn Trained>, FitError> {
    let wrong = |found: String| FitError::Setting {
        model,
        key: "base",
        expected: "a recommender of the list that needs no facts, with settings of its own",
        found,
    };
    if ModelConfig::COLD.contains(&base.name.as_str()) {
        return Err(wrong(base.name.clone()));
    }
    let config = ModelConfig::from_table(&base.name, base.settings.clone());
    let config = config.map_err(|error| wrong(error.to_string()))?;
    // It stops by its own rules: the part that is watched is about items that it cannot know.
    let run = Run {
        monitor: None,
        checkpoint: None,
        ..*run
    };
    config.fit(train, &run)
}
