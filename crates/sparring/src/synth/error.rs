//! Why users could not be made.

use std::path::PathBuf;

use crate::data::DataError;
use crate::privacy::PrivacyError;
use crate::recommend::FitError;

/// Why a synthesizer could not be fitted, or its users not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// The settings or the data do not allow a fit.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// There is no such guarantee.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
    /// Too few items have enough users.
    #[error("{found} items have enough users to be told apart from noise; 2 are needed")]
    NoCatalogue {
        /// How many have.
        found: usize,
    },
    /// What items publicly are could not be read.
    #[error(transparent)]
    Data(#[from] DataError),
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
    /// The folder to write to holds something.
    #[error("{}: holds {finding} already", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// What is in it.
        finding: String,
    },
    /// Users are written to a folder, and this is something else.
    #[error("{}: is not a folder", path.display())]
    NoFolder {
        /// What was named.
        path: PathBuf,
    },
    /// Stopped on request.
    #[error("{}: stopped after {done} of {users} users; nothing was written", folder.display())]
    Stopped {
        /// The folder.
        folder: PathBuf,
        /// Users that were drawn.
        done: u64,
        /// Users that were asked for.
        users: u64,
    },
}

impl SynthError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Fit(FitError::Memory { .. }) => "allow more (--memory), or keep fewer items",
            Self::Fit(FitError::TooSmall { .. }) => {
                "give a log of more users and items, or let more of it pass --min-rating"
            }
            Self::Fit(error) => error.hint(),
            Self::Privacy(error) => error.hint(),
            Self::NoCatalogue { .. } => {
                "name a public list of the items with --catalogue, or give more epsilon or a larger log"
            }
            Self::Data(error) => error.hint(),
            Self::Io { .. } => "check that the folder is writable and that the disk has room",
            Self::Occupied { .. } => "name another folder with --out, or empty this one",
            Self::NoFolder { .. } => "name a folder with --out; it need not exist yet",
            Self::Stopped { .. } => "run again; the same seed gives the same users",
        }
    }

    /// Whether the caller asked for something that does not exist, rather than something failing.
    pub fn is_wrong_use(&self) -> bool {
        match self {
            Self::Fit(FitError::Setting { .. }) => true,
            Self::Privacy(error) => error.is_wrong_use(),
            _ => false,
        }
    }
}
