//! What can be wrong with an artifact.

use std::path::PathBuf;

use crate::models::ConfigError;

/// Why an artifact could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// A file or folder could not be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// The folder to write to holds something else.
    #[error("{}: holds files that are not a model ({found})", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// One of the files.
        found: String,
    },
    /// A model is a folder, and this is something else.
    #[error("{}: is not a folder", path.display())]
    NoFolder {
        /// What was named.
        path: PathBuf,
    },
    /// The folder has no manifest.
    #[error("{}: there is no model here (no manifest.json)", folder.display())]
    NoArtifact {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds a model of another kind.
    #[error("{}: holds a {found}, not a {expected}", folder.display())]
    Kind {
        /// The folder.
        folder: PathBuf,
        /// What is there.
        found: &'static str,
        /// What was wanted.
        expected: &'static str,
    },
    /// The synthesizer is made of rows of real users.
    #[error("{}: a {model} is not saved, since it is made of the rows of real users", folder.display())]
    CopiesUsers {
        /// The folder.
        folder: PathBuf,
        /// Name of the synthesizer.
        model: &'static str,
    },
    /// Written by a version with another format.
    #[error("{}: format {found}, this version reads format {expected}", path.display())]
    Version {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The format that is read.
        expected: u32,
    },
    /// A file is not what was written.
    #[error("{}: damaged: {finding}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was seen.
        finding: String,
    },
    /// A ledger does not belong to a synthesizer.
    #[error("{}: is not the ledger of the synthesizer: {finding}", path.display())]
    Ledger {
        /// The ledger.
        path: PathBuf,
        /// What was seen.
        finding: String,
    },
    /// The manifest names a model or setting that this version does not have.
    #[error("{}: {source}", folder.display())]
    Model {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with the model's settings.
        source: ConfigError,
    },
}

impl ArtifactError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => "check that the folder exists, is writable and has room",
            Self::NoFolder { .. } => "name a folder with --out; it need not exist yet",
            Self::Occupied { .. } => "name another folder with --out, or empty this one",
            Self::NoArtifact { .. } | Self::Kind { .. } => {
                "name a folder that `sparring train --out` wrote, or, to draw users, one of \
                 `sparring synthesize --save`"
            }
            Self::CopiesUsers { .. } => "leave --save out, or save another synthesizer",
            Self::Version { .. } | Self::Model { .. } => {
                "train the model again with this version, or use the version that wrote it"
            }
            Self::Ledger { .. } => {
                "do not trust it; use the ledger.json that was written with the synthesizer"
            }
            Self::Damaged { .. } => {
                "copy the folder again from its origin, or train the model again"
            }
        }
    }
}
