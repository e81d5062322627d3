//! What can go wrong with pictures.

use std::path::PathBuf;

use sparring::data::DataError;
use sparring::recommend::{FitError, WeightsError};

/// Why pictures cannot be read, learnt or judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
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
    /// A file is not what it should be.
    #[error("{}: byte {offset}: {finding}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in the file, decompressed.
        offset: usize,
        /// What was found, and what was expected.
        finding: String,
    },
    /// Pictures of different sizes, or of a size that no network is made for.
    #[error("{}: {width} x {height}, {expected}", path.display())]
    Size {
        /// The picture, or the file of pictures.
        path: PathBuf,
        /// Its columns.
        width: usize,
        /// Its rows.
        height: usize,
        /// What was expected.
        expected: String,
    },
    /// There is nothing to learn from.
    #[error("{}: {finding}", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
        /// What is missing.
        finding: String,
    },
    /// No file, folder or named set.
    #[error("there is no file, folder or set of pictures `{argument}`{}", near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    NoSuchSet {
        /// The argument.
        argument: String,
        /// A set whose name is near.
        near: Option<String>,
    },
    /// A named set that is not here yet.
    #[error("the set `{name}` has not been fetched")]
    NotFetched {
        /// Its name.
        name: String,
    },
    /// A setting is outside its range.
    #[error("{key} must be {expected}, got {found}")]
    Setting {
        /// The setting.
        key: &'static str,
        /// What is allowed.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// A checkpoint of something else, or a damaged one.
    #[error("{}: {finding}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        finding: String,
    },
    /// Classes are asked for where there are none.
    #[error("{finding}")]
    Classes {
        /// What does not fit.
        finding: String,
    },
    /// A file of sentences that does not fit.
    #[error("{}: {finding}", path.display())]
    Captions {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        finding: String,
    },
    /// Two sets that cannot be compared.
    #[error("the real pictures are {real}, the others {other}")]
    Apart {
        /// Their size.
        real: String,
        /// The size of the others.
        other: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Training failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Weights do not make a network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

impl PictureError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } => "check the path, the permissions and the space on the disk",
            Self::Damaged { .. } => "fetch the file again, or take it out of the folder",
            Self::Size { .. } => "give --resize 28, 32 or 64",
            Self::Empty { .. } => {
                "give an IDX file, a folder of PNG or JPEG files, or the name of a set"
            }
            Self::NoSuchSet { .. } => "the sets are mnist, fashion-mnist and quickdraw-cat",
            Self::NotFetched { .. } => {
                "run `sparring data fetch` with its name, or give the file itself"
            }
            Self::Setting { .. } => "change this setting",
            Self::Checkpoint { .. } => {
                "give another folder, or the settings, seed and pictures it was made with"
            }
            Self::Classes { .. } => "leave the class out, or give pictures with labels",
            Self::Captions { .. } => {
                "give a CSV file with the columns class and caption (a sub-folder's name or a number from 0), \
                 picture and caption (a file's name or a number), or the name of a set: fashion-mnist, mnist"
            }
            Self::Apart { .. } => "give --resize, or pictures of the same kind",
            Self::Data(error) => error.hint(),
            Self::Fit(error) => error.hint(),
            Self::Weights(_) => "train the model again",
        }
    }

    /// Whether the command line asks for something that does not exist.
    pub fn is_wrong_use(&self) -> bool {
        matches!(
            self,
            Self::Setting { .. } | Self::Classes { .. } | Self::NoSuchSet { .. }
        )
    }
}
