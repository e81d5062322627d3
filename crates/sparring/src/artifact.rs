//! A fitted model, recommender or synthesizer, on disk: `manifest.json`, `model.safetensors`, `vocabulary.json`,
//! and `ledger.json` where there is a privacy guarantee.
//!
//! Nothing of the training rows is inside, only their fingerprint. Each file's SHA-256 stands in
//! the manifest and the manifest carries its own, so that a flipped byte anywhere is noticed.

mod bind;
mod error;
mod fingerprint;
mod folder;
mod manifest;
mod saved;
mod synthesizer;
mod tensors;

use std::path::Path;
use std::sync::Arc;

use crate::data::Vocabulary;
use crate::models::ModelConfig;
use crate::recommend::Trained;
use manifest::{About, Names};
use saved::Saved;

pub use bind::Bound;
pub use error::ArtifactError;
pub use fingerprint::fingerprint;
pub use manifest::{FORMAT, Kind, Manifest, Provenance};
pub use synthesizer::SynthArtifact;

/// A fitted model with everything that serving needs.
#[derive(Debug)]
pub struct Artifact {
    /// The settings it was fitted with.
    pub config: ModelConfig,
    /// The seed it was fitted with.
    pub seed: u64,
    /// Where its data came from.
    pub data: Provenance,
    /// The fitted model.
    pub model: Box<dyn Trained>,
    /// External ids of the training users.
    pub users: Arc<Vocabulary>,
    /// External ids of the items.
    pub items: Arc<Vocabulary>,
}

impl Artifact {
    /// Writes the artifact; an earlier one in this folder is replaced whole or not at all.
    ///
    /// # Errors
    /// If the folder cannot be written, or holds something that is not an artifact.
    pub fn save(&self, folder: &Path) -> Result<(), ArtifactError> {
        let about = About {
            kind: Kind::Recommender,
            model: self.config.name(),
            settings: self.config.to_table(),
            seed: self.seed,
            data: &self.data,
            columns: None,
            guarantee: None,
        };
        let weights = tensors::to_bytes(&self.model.tensors());
        let names = Names {
            users: Arc::clone(&self.users),
            items: Arc::clone(&self.items),
            attributes: None,
        };
        write(folder, about, weights, (names, None))
    }

    /// Reads an artifact back, and checks it first.
    ///
    /// # Errors
    /// If a file is missing, of another version, damaged, or does not make a model.
    pub fn load(folder: &Path) -> Result<Self, ArtifactError> {
        let saved = Saved::read(folder, Kind::Recommender)?;
        let (name, settings) = (&saved.manifest.model, saved.manifest.settings.clone());
        let config = ModelConfig::from_table(name, settings).map_err(|e| saved.no_config(e))?;
        let model = config.load(&saved.tensors).map_err(|e| saved.no_model(e))?;
        saved.check_items(model.n_items())?;
        Ok(Self {
            config,
            seed: saved.manifest.seed,
            data: saved.manifest.data,
            model,
            users: saved.names.users,
            items: saved.names.items,
        })
    }
}

/// Writes the files of a model: its weights, what it calls things, what it cost if that is known.
fn write(
    folder: &Path,
    about: About<'_>,
    weights: Vec<u8>,
    (names, ledger): (Names, Option<Vec<u8>>),
) -> Result<(), ArtifactError> {
    let mut files = vec![
        (manifest::MODEL_FILE, weights),
        (manifest::VOCABULARY_FILE, manifest::vocabulary_bytes(names)),
    ];
    files.extend(ledger.map(|ledger| (manifest::LEDGER_FILE, ledger)));
    let manifest = Manifest::describe(about, &files);
    files.push((manifest::MANIFEST_FILE, manifest.to_bytes()));
    folder::replace(folder, &files)
}
