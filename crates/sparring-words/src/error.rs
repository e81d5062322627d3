//! What can go wrong with words.

use std::path::PathBuf;

/// Why a text cannot be encoded, or an encoder not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// A text without a letter or digit.
    #[error("the text `{text}` says nothing")]
    Empty {
        /// The text.
        text: String,
    },
    /// A text that no encoder reads to its end.
    #[error("the text that begins with `{begin}` has {bytes} bytes, and {most} are read at most")]
    Long {
        /// Its first words.
        begin: String,
        /// Its length.
        bytes: usize,
        /// What is allowed.
        most: usize,
    },
    /// A file of an encoder could not be read.
    #[error("{}: cannot read: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file of an encoder is not what it should be.
    #[error("{}: {finding}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        finding: String,
    },
    /// An encoder failed.
    #[error("the sentence encoder failed: {finding}")]
    Failed {
        /// How.
        finding: String,
    },
}

impl WordsError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "describe in a few words what is wanted",
            Self::Long { .. } => "say it in a sentence or two",
            Self::Io { .. } | Self::Damaged { .. } => {
                "name a folder with config.json, tokenizer.json and model.safetensors of a sentence encoder \
                 of the BERT family, or leave --encoder out"
            }
            Self::Failed { .. } => "leave --encoder out, or shorten the text",
        }
    }

    /// Whether the command line asks for what cannot be.
    pub fn is_wrong_use(&self) -> bool {
        matches!(self, Self::Empty { .. } | Self::Long { .. })
    }
}
