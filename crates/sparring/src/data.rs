//! The interaction log: external ids, a compressed-row matrix of interactions, readers and
//! planted data.

mod dataset;
mod error;
mod format;
mod ids;
mod interactions;
mod load;
mod planted;
mod sink;
mod sources;

pub use dataset::Dataset;
pub use error::DataError;
pub use format::Format;
pub use ids::{ItemIx, UserIx, Vocabulary};
pub use interactions::{Interactions, InteractionsBuilder};
pub use load::{Duplicates, LoadOptions, UnknownUsers, load_aligned};
pub use planted::{Planted, PlantedConfig};
