//! A fitted synthesizer on disk.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::error::ArtifactError;
use super::fingerprint::sha256;
use super::manifest::{About, Kind, LEDGER_FILE, MODEL_FILE, Manifest, Names, Provenance};
use super::saved::Saved;
use super::{tensors, write};
use crate::data::{Columns, Vocabulary};
use crate::privacy::Statement;
use crate::synth::{Fitted, Layer, SynthConfig};

/// What the tensors of the layer begin with.
const LAYER: &str = "layer";

/// How far numbers may be apart for the last digits of another machine.
const LAST_DIGITS: f64 = 1.0 + 1e-6;

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
    /// What was spent on it and before it, if there is a guarantee.
    pub ledger: Option<Statement>,
    /// The same as it was saved, byte for byte, if it was.
    pub ledger_file: Option<Vec<u8>>,
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
        let names = Names {
            items: Arc::clone(&self.items),
            attributes: self.layer.texts(),
            ..Names::default()
        };
        let ledger = self.ledger_bytes();
        write(folder, about, self.weights(), (names, ledger))
    }

    /// All that drawing users needs, as it is saved.
    fn weights(&self) -> Vec<u8> {
        let weights = self.model.tensors().with_part(LAYER, self.layer.weights());
        tensors::to_bytes(&weights)
    }

    /// What is guaranteed to its users, in words.
    pub fn guarantee(&self) -> Option<String> {
        self.ledger.as_ref().map(Statement::guarantee)
    }

    /// What was spent, bound to this synthesizer by the hash of its tensors.
    pub fn statement(&self) -> Option<Statement> {
        let ledger = self.ledger.clone()?;
        Some(Statement {
            artifact: Some(sha256(&self.weights())),
            ..ledger
        })
    }

    /// `ledger.json`: the same bytes whenever users are drawn from it.
    pub fn ledger_bytes(&self) -> Option<Vec<u8>> {
        let fresh = || self.statement().map(|statement| statement.to_bytes());
        self.ledger_file.clone().or_else(fresh)
    }

    /// An error unless a ledger is that of the synthesizer saved in a folder.
    ///
    /// # Errors
    /// If there is no synthesizer, it has another ledger, or the ledger names another one.
    pub fn check_ledger(
        folder: &Path,
        ledger: &Path,
    ) -> Result<(Statement, Vec<u8>), ArtifactError> {
        let manifest = Manifest::read_of(folder, Kind::Synthesizer)?;
        let refused = |finding: String| ArtifactError::Ledger {
            path: ledger.to_path_buf(),
            finding,
        };
        let bytes = fs::read(ledger).map_err(|source| ArtifactError::Io {
            path: ledger.to_path_buf(),
            action: "read",
            source,
        })?;
        let hash = |name: &str| manifest.files.get(name).cloned();
        if hash(LEDGER_FILE) != Some(sha256(&bytes)) {
            let finding = "its SHA-256 is not the one in manifest.json".to_owned();
            return Err(refused(finding));
        }
        let text = String::from_utf8_lossy(&bytes);
        let statement = Statement::read(&text).map_err(|error| refused(error.to_string()))?;
        if statement.artifact != hash(MODEL_FILE) {
            let finding = "it names the SHA-256 of other tensors".to_owned();
            return Err(refused(finding));
        }
        Ok((statement, bytes))
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
        let (ledger, ledger_file) = Self::load_ledger(folder, &config)?.unzip();
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
            ledger,
            ledger_file,
        })
    }

    /// The ledger in the folder, where the settings say that there is one.
    fn load_ledger(
        folder: &Path,
        config: &SynthConfig,
    ) -> Result<Option<(Statement, Vec<u8>)>, ArtifactError> {
        let path = folder.join(LEDGER_FILE);
        let refused = |finding: String| ArtifactError::Ledger {
            path: path.clone(),
            finding,
        };
        let own = config
            .ledger()
            .map_err(|error| refused(error.to_string()))?;
        let Some(own) = own else { return Ok(None) };
        let (statement, bytes) = Self::check_ledger(folder, &path)?;
        let said = statement.composed.epsilon.unwrap_or(f64::INFINITY);
        let apart = (statement.delta.get() / own.delta().get() - 1.0).abs();
        if said * LAST_DIGITS < own.epsilon() || apart > LAST_DIGITS - 1.0 {
            return Err(refused("the settings cost something else".to_owned()));
        }
        Ok(Some((statement, bytes)))
    }
}
