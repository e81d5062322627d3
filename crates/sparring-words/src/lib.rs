//! Sentences as vectors: a small encoder that is built in, or any encoder of the BERT family from a folder.
//!
//! A crate of its own, since only it needs candle, tokenizers and ten megabytes of weights.

mod encoder;
mod error;
mod folder;

pub use encoder::Encoder;
pub use error::WordsError;
