//! A fitted synthesizer on disk.

use std::path::Path;
use std::sync::Arc;

use super::error::ArtifactError;
use super::manifest::{About, Kind, Names, Provenance};
use super::saved::Saved;
use super::write;
use crate::data::{Columns, Vocabulary};
use crate::synth::{Fitted, Layer, SynthConfig};

/// What the tensors of the layer begin with.
const LAYER: &str = "layer";

/// A fitted synthesizer with everything that drawing users needs, without an id of a real one.
#[derive(Debug)]
pub struct SynthArtifact {
    /// The settings it was fitted with.
    pub config: SynthConfig,
    /// The seed it was fitted with.
    pub seed: u64,
    /// Where its data came from.
    pub data: Provenance,
    /// What the data call their users and items.
    pub columns: Columns,
    /// The fitted synthesizer.
    pub model: Box<dyn Fitted>,
    /// What stands beside the items.
    pub layer: Layer,
    /// External ids of the items.
    pub items: Arc<Vocabulary>,
}

impl SynthArtifact {
    /// Writes the synthesizer; an earlier model in this folder is replaced whole or not at all.
    ///
    /// # Errors
    /// If the folder cannot be written, holds something that is not a model, or the synthesizer is
    /// made of real users.
    pub fn save(&self, folder: &Path) -> Result<(), ArtifactError> {
        Self::check_saves(&self.config, folder)?;
        let about = About {
            kind: Kind::Synthesizer,
            model: self.config.name(),
            settings: self.config.to_table(),
            seed: self.seed,
            data: &self.data,
            columns: Some(&self.columns),
            guarantee: self.guarantee(),
        };
        let tensors = self.model.tensors().with_part(LAYER, self.layer.weights());
        let names = Names {
            items: Arc::clone(&self.items),
            attributes: self.layer.texts(),
            ..Names::default()
        };
        write(folder, about, &tensors, names)
    }

    /// What is guaranteed to its users, in words.
    pub fn guarantee(&self) -> Option<String> {
        let ledger = self.config.ledger().ok()??;
        Some(ledger.statement().guarantee())
    }

    /// An error if a synthesizer of these settings is not saved, before it is fitted.
    ///
    /// # Errors
    /// If it is made of real users.
    pub fn check_saves(config: &SynthConfig, folder: &Path) -> Result<(), ArtifactError> {
        if config.copies_real_users() {
            return Err(ArtifactError::CopiesUsers {
                folder: folder.to_path_buf(),
                model: config.name(),
            });
        }
        Ok(())
    }

    /// Reads a synthesizer back, and checks it first.
    ///
    /// # Errors
    /// If a file is missing, of another version, damaged, or does not make a synthesizer.
    pub fn load(folder: &Path) -> Result<Self, ArtifactError> {
        let saved = Saved::read(folder, Kind::Synthesizer)?;
        let (name, settings) = (&saved.manifest.model, saved.manifest.settings.clone());
        let config = SynthConfig::from_table(name, settings).map_err(|e| saved.no_config(e))?;
        let model = config.load(&saved.tensors).map_err(|e| saved.no_model(e))?;
        saved.check_items(model.n_items())?;
        let texts = saved.names.attributes.clone();
        let layer = saved.tensors.part(LAYER).unwrap_or_default();
        let layer =
            Layer::from_weights(&layer, texts, model.n_items()).map_err(|e| saved.no_model(e))?;
        Ok(Self {
            config,
            seed: saved.manifest.seed,
            data: saved.manifest.data,
            columns: saved.manifest.columns.unwrap_or_default(),
            model,
            layer,
            items: saved.names.items,
        })
    }
}
