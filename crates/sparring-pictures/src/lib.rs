//! Adversarial training of pictures, and how good they are.
//!
//! Networks and convolutions are those of `sparring-deep`, losses, penalties, health and the loop
//! those of `sparring::gan`. A crate of its own, since only pictures need decoders of PNG and JPEG.

mod augment;
mod canvas;
mod checkpoint;
mod config;
mod error;
mod features;
mod frechet;
mod gan;
mod manifold;
mod record;
mod report;
mod score;
mod session;
mod set;
mod sources;

pub use augment::Augmentation;
pub use canvas::{Canvas, grid};
pub use checkpoint::FILE as CHECKPOINT;
pub use config::{PictureConfig, Recipe};
pub use error::PictureError;
pub use gan::PictureGan;
pub use record::Record;
pub use score::{Figure, Score, Scoring};
pub use session::{Outcome, Saved, Session};
pub use set::Pictures;
pub use sources::{ReadOptions, read};
