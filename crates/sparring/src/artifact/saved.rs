//! What every saved model is read from, checked, before anything is made of it.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::error::ArtifactError;
use super::manifest::{self, Kind, Manifest, Names};
use super::tensors;
use crate::models::ConfigError;
use crate::recommend::NamedTensors;

/// The files of a folder whose checksums hold.
pub(super) struct Saved {
    folder: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) tensors: NamedTensors,
    pub(super) names: Names,
}

impl Saved {
    /// Reads a folder that should hold a model of one kind.
    pub(super) fn read(folder: &Path, kind: Kind) -> Result<Self, ArtifactError> {
        let manifest = Manifest::read_of(folder, kind)?;
        let weights = manifest.file(folder, manifest::MODEL_FILE)?;
        let vocabulary = manifest.file(folder, manifest::VOCABULARY_FILE)?;
        Ok(Self {
            folder: folder.to_path_buf(),
            tensors: tensors::from_bytes(&weights).map_err(|finding| damaged(folder, &finding))?,
            names: manifest::read_vocabulary(folder, &vocabulary)?,
            manifest,
        })
    }

    /// The settings cannot be those of a model.
    pub(super) fn no_config(&self, source: ConfigError) -> ArtifactError {
        ArtifactError::Model {
            folder: self.folder.clone(),
            source,
        }
    }

    /// The tensors do not make a model.
    pub(super) fn no_model(&self, finding: impl Display) -> ArtifactError {
        damaged(&self.folder, &finding)
    }

    /// An error, unless the model is of as many items as there are ids.
    pub(super) fn check_items(&self, n_items: usize) -> Result<(), ArtifactError> {
        let ids = self.names.items.len();
        if n_items == ids {
            return Ok(());
        }
        Err(self.no_model(format!(
            "the model has {n_items} items, there are {ids} ids"
        )))
    }
}

fn damaged(folder: &Path, finding: &impl Display) -> ArtifactError {
    ArtifactError::Damaged {
        path: folder.join(manifest::MODEL_FILE),
        finding: finding.to_string(),
    }
}
