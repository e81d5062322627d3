//! The interaction log: external ids, a compressed-row matrix of interactions, readers and
//! planted data.

mod dataset;
mod ids;
mod interactions;
mod planted;

pub use dataset::Dataset;
pub use ids::{ItemIx, UserIx, Vocabulary};
pub use interactions::{Interactions, InteractionsBuilder};
pub use planted::{Planted, PlantedConfig};
