//! Pictures from words, where a generator was named.

use std::path::Path;

use serde::Serialize;
use sparring_pictures::{Kind, PictureError, Pictures, Saved, Table, grid};
use sparring_wide::Seed;
use sparring_words::{Encoder, WordsError};

/// Pictures drawn for each that is kept.
const CANDIDATES: usize = 4;
/// Pictures in a row of a sheet.
const COLUMNS: usize = 8;

/// A generator, and the encoder of the sentences that it was told.
pub(crate) struct Drawer {
    saved: Saved,
    encoder: Option<Encoder>,
    shown: Shown,
}

/// What a generator can be asked for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    /// Columns and rows of a picture.
    side: usize,
    /// Whether pictures are in colour.
    colour: bool,
    /// Whether it draws from words.
    words: bool,
    /// Number of its classes, where it was told classes.
    classes: usize,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) text: Option<String>,
    pub(crate) class: Option<u32>,
    pub(crate) n: usize,
    pub(crate) seed: u64,
}

/// A sheet, and what is to be said of it.
pub(crate) struct Drawn {
    pub(crate) png: Vec<u8>,
    pub(crate) notes: Vec<String>,
}

/// Why a generator cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// The generator cannot be loaded, or does not know what is asked.
    #[error(transparent)]
    Pictures(#[from] PictureError),
    /// The encoder cannot be used, or a text says nothing.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// It was told sentences under an encoder that is not built in.
    #[error("the generator was told sentences under the encoder {encoder}, which is not built in")]
    Foreign {
        /// Its name.
        encoder: String,
    },
    /// It does not draw from words.
    #[error("this generator was not told sentences")]
    Wordless,
}

impl DrawError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Pictures(error) => error.hint(),
            Self::Words(error) => error.hint(),
            Self::Foreign { .. } => {
                "train one with the built-in encoder: `sparring image train --captions`"
            }
            Self::Wordless => {
                "leave the text out, or train one with `sparring image train --captions`"
            }
        }
    }
}

impl Drawer {
    /// Loads the generator of a folder.
    pub(crate) fn open(folder: &Path) -> Result<Self, DrawError> {
        let saved = Saved::load(folder)?;
        let table = saved.table.as_ref();
        let encoder = match table.map(|table| &table.kind) {
            Some(Kind::Words { encoder: wanted }) => {
                let encoder = Encoder::open(None)?;
                if encoder.name() != wanted {
                    let encoder = wanted.clone();
                    return Err(DrawError::Foreign { encoder });
                }
                Some(encoder)
            }
            _ => None,
        };
        let told = |table: &&Table| table.kind == Kind::Classes;
        let shown = Shown {
            side: saved.shape.side,
            colour: saved.shape.channels > 1,
            words: encoder.is_some(),
            classes: table.filter(told).map_or(0, Table::groups),
        };
        Ok(Self {
            saved,
            encoder,
            shown,
        })
    }

    /// What it can be asked for.
    pub(crate) fn show(&self) -> &Shown {
        &self.shown
    }

    /// Draws a sheet.
    pub(crate) fn draw(&self, wanted: &Wanted) -> Result<Drawn, DrawError> {
        let (seed, n) = (Seed(wanted.seed), wanted.n);
        let mut notes = Vec::new();
        let pictures: Pictures = match &wanted.text {
            Some(text) => {
                let encoder = self.encoder.as_ref().ok_or(DrawError::Wordless)?;
                let vectors = encoder.encode(&[text])?;
                notes.extend(encoder.doubt(text));
                self.saved.imagine(&vectors, (n, CANDIDATES), seed)?
            }
            None => self.saved.sample(n, wanted.class, seed)?,
        };
        let sheet = grid(&pictures.bytes, pictures.shape, COLUMNS, 2);
        Ok(Drawn {
            png: sheet.to_png(),
            notes,
        })
    }
}
