//! The manifest and the vocabulary file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::ArtifactError;
use super::fingerprint::{fingerprint, sha256};
use crate::data::{Columns, Dataset, Vocabulary};
use crate::synth::AttributeTexts;

/// Number of the folder's format; one more whenever an old reader would misread it.
pub const FORMAT: u32 = 1;

pub(super) const MANIFEST_FILE: &str = "manifest.json";
pub(super) const MODEL_FILE: &str = "model.safetensors";
pub(super) const VOCABULARY_FILE: &str = "vocabulary.json";
pub(super) const LEDGER_FILE: &str = "ledger.json";

/// What is written about an artifact, in `manifest.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Number of the folder's format.
    pub format: u32,
    /// Version of Sparring that wrote it.
    pub sparring: String,
    /// What the model does; not written for a recommender.
    #[serde(default, skip_serializing_if = "Kind::is_recommender")]
    pub kind: Kind,
    /// Model name.
    pub model: String,
    /// All settings of the model.
    pub settings: toml::Table,
    /// Seed of the fit.
    pub seed: u64,
    /// Where the training data came from.
    pub data: Provenance,
    /// What the data call their users and items, for a synthesizer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
    /// The privacy guarantee; none for a model fitted directly on data.
    pub guarantee: Option<String>,
    /// SHA-256 of each other file.
    pub files: BTreeMap<String, String>,
    /// SHA-256 of this manifest with this field empty.
    pub checksum: String,
}

/// What a saved model does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Recommends items.
    #[default]
    Recommender,
    /// Draws users.
    Synthesizer,
}

impl Kind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_recommender(&self) -> bool {
        *self == Self::Recommender
    }

    /// As it is called in findings.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Recommender => "recommender",
            Self::Synthesizer => "synthesizer",
        }
    }
}

/// What a manifest tells about a model besides its files.
pub(super) struct About<'a> {
    pub(super) kind: Kind,
    pub(super) model: &'a str,
    pub(super) settings: toml::Table,
    pub(super) seed: u64,
    pub(super) data: &'a Provenance,
    pub(super) columns: Option<&'a Columns>,
    pub(super) guarantee: Option<String>,
}

/// Where training data came from: enough to find and recognise it, not the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The data argument as it was given, if there was one.
    pub source: Option<String>,
    /// Smallest rating that was kept, if there was a limit.
    pub min_rating: Option<f32>,
    /// Kinds of events that were read as ratings, the first as 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scale: Vec<String>,
    /// Number of users.
    pub users: usize,
    /// Number of items.
    pub items: usize,
    /// Number of interactions.
    pub interactions: usize,
    /// SHA-256 of the log.
    pub sha256: String,
}

impl Provenance {
    /// Describes a log.
    pub fn of(data: &Dataset, source: Option<String>, min_rating: Option<f32>) -> Self {
        Self {
            source,
            min_rating,
            scale: Vec::new(),
            users: data.n_users(),
            items: data.n_items(),
            interactions: data.n_interactions(),
            sha256: fingerprint(data),
        }
    }

    /// Of a log under differential privacy: nothing that was counted in it.
    pub fn withheld(source: Option<String>, min_rating: Option<f32>, items: usize) -> Self {
        Self {
            source,
            min_rating,
            scale: Vec::new(),
            users: 0,
            items,
            interactions: 0,
            sha256: "withheld".to_owned(),
        }
    }
}

impl Manifest {
    pub(super) fn describe(about: About<'_>, files: &[(&str, Vec<u8>)]) -> Self {
        Self {
            format: FORMAT,
            sparring: env!("CARGO_PKG_VERSION").to_owned(),
            kind: about.kind,
            model: about.model.to_owned(),
            settings: about.settings,
            seed: about.seed,
            data: about.data.clone(),
            columns: about.columns.cloned(),
            guarantee: about.guarantee,
            files: files
                .iter()
                .map(|(name, bytes)| ((*name).to_owned(), sha256(bytes)))
                .collect(),
            checksum: String::new(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let checksum = self.own_checksum();
        let mut bytes = serde_json::to_vec_pretty(&Self {
            checksum,
            ..self.clone()
        })
        .expect("a manifest is plain values");
        bytes.push(b'\n');
        bytes
    }

    fn own_checksum(&self) -> String {
        let empty = Self {
            checksum: String::new(),
            ..self.clone()
        };
        sha256(&serde_json::to_vec(&empty).expect("a manifest is plain values"))
    }

    /// Reads the manifest of a folder that should hold a model of one kind.
    pub(super) fn read_of(folder: &Path, expected: Kind) -> Result<Self, ArtifactError> {
        let manifest = Self::read(folder)?;
        if manifest.kind == expected {
            return Ok(manifest);
        }
        Err(ArtifactError::Kind {
            folder: folder.to_path_buf(),
            found: manifest.kind.name(),
            expected: expected.name(),
        })
    }

    /// Reads and checks the manifest of a folder.
    ///
    /// # Errors
    /// If there is none, it has another format, or was changed.
    pub fn read(folder: &Path) -> Result<Self, ArtifactError> {
        let path = folder.join(MANIFEST_FILE);
        let bytes = fs::read(&path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                ArtifactError::NoArtifact {
                    folder: folder.to_path_buf(),
                }
            }
            _ => ArtifactError::Io {
                path: path.clone(),
                action: "read",
                source,
            },
        })?;
        Self::parse(&bytes, &path)
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, ArtifactError> {
        let damaged = |finding: String| ArtifactError::Damaged {
            path: path.to_path_buf(),
            finding,
        };
        let value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
        match value.get("format").and_then(serde_json::Value::as_u64) {
            Some(found) if found != u64::from(FORMAT) => {
                let path = path.to_path_buf();
                return Err(ArtifactError::Version {
                    path,
                    found,
                    expected: FORMAT,
                });
            }
            _ => {}
        }
        let manifest: Self =
            serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
        if manifest.own_checksum() != manifest.checksum {
            return Err(damaged(
                "the checksum of the manifest does not match".to_owned(),
            ));
        }
        Ok(manifest)
    }

    /// Reads one of the other files and checks its hash.
    pub(super) fn file(&self, folder: &Path, name: &str) -> Result<Vec<u8>, ArtifactError> {
        let path = folder.join(name);
        let bytes = fs::read(&path).map_err(|source| ArtifactError::Io {
            path: path.clone(),
            action: "read",
            source,
        })?;
        if self.files.get(name) == Some(&sha256(&bytes)) {
            return Ok(bytes);
        }
        let finding = "its SHA-256 is not the one in manifest.json".to_owned();
        Err(ArtifactError::Damaged { path, finding })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VocabularyFile {
    users: Vec<String>,
    items: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attributes: Option<AttributeTexts>,
}

/// What a model calls things.
#[derive(Default)]
pub(super) struct Names {
    pub(super) users: Arc<Vocabulary>,
    pub(super) items: Arc<Vocabulary>,
    /// What the users of a synthesizer can be.
    pub(super) attributes: Option<AttributeTexts>,
}

pub(super) fn vocabulary_bytes(names: Names) -> Vec<u8> {
    let owned = |ids: &Vocabulary| ids.iter().map(str::to_owned).collect();
    let file = VocabularyFile {
        users: owned(&names.users),
        items: owned(&names.items),
        attributes: names.attributes,
    };
    serde_json::to_vec(&file).expect("ids are strings")
}

pub(super) fn read_vocabulary(folder: &Path, bytes: &[u8]) -> Result<Names, ArtifactError> {
    let path = folder.join(VOCABULARY_FILE);
    let damaged = |finding: String| ArtifactError::Damaged {
        path: path.clone(),
        finding,
    };
    let file: VocabularyFile =
        serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    let unique = |ids: Vec<String>| {
        let vocabulary: Vocabulary = ids.iter().collect();
        (vocabulary.len() == ids.len())
            .then(|| Arc::new(vocabulary))
            .ok_or_else(|| damaged("an id stands twice".to_owned()))
    };
    Ok(Names {
        users: unique(file.users)?,
        items: unique(file.items)?,
        attributes: file.attributes,
    })
}
