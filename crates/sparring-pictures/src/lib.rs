//! Adversarial training of pictures, and how good they are.
//!
//! Networks and convolutions are those of `sparring-deep`, losses, penalties, health and the loop
//! those of `sparring::gan`. A crate of its own, since only pictures need decoders of PNG and JPEG.

mod augment;
mod canvas;
mod captions;
mod checkpoint;
mod config;
mod error;
mod features;
mod frechet;
mod gan;
mod groups;
mod judge;
mod manifold;
mod modes;
mod record;
mod report;
mod saved;
mod score;
mod session;
mod set;
mod sources;
mod taste;
mod told;

pub use augment::Augmentation;
pub use canvas::{Canvas, grid};
pub use captions::{Captions, Names};
pub use checkpoint::FILE as CHECKPOINT;
pub use config::{PictureConfig, Recipe};
pub use error::PictureError;
pub use gan::PictureGan;
pub use judge::{Judge, Prompted};
pub use modes::Modes;
pub use record::Record;
pub use saved::Saved;
pub use score::{Figure, Score, Scoring};
pub use session::{Outcome, Session};
pub use set::Pictures;
pub use sources::{ReadOptions, names, read};
pub use taste::Taste;
pub use told::{Kind, Table, Told};
