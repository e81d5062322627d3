//! The interaction log: external ids, a compressed-row matrix of interactions, readers and
//! planted data.

mod attacks;
mod bands;
mod clock;
mod columns;
mod dataset;
mod error;
mod fetch;
mod format;
mod gaps;
mod hex;
mod ids;
mod interactions;
mod item_facts;
mod item_features;
mod load;
mod planted;
mod sets;
mod sink;
mod sources;
mod summary;
mod titles;
mod user_table;
mod write;

pub use attacks::{Attack, AttackError, Ground, Injected, Rate, draw_targets};
pub(crate) use bands::{by_popularity, head, tenths};
pub use clock::Clock;
pub use columns::Columns;
pub use dataset::Dataset;
pub use error::DataError;
pub use fetch::{Fetched, fetch};
pub use format::Format;
pub(crate) use gaps::{GAP_CLASSES, GAP_KNOTS, gap_class, gap_quantiles, gap_within, least_gap};
pub use hex::hex;
pub use ids::{ItemIx, UserIx, Vocabulary};
pub use interactions::{Interactions, InteractionsBuilder};
pub use item_facts::ItemFacts;
pub use item_features::ItemFeatures;
pub use load::{Duplicates, LoadOptions, UnknownUsers, load_aligned};
pub use planted::{Garden, Planted, PlantedConfig, PlantedEvent};
pub use sets::{NamedSet, Official, Package, SETS, default_cache, named_set, resolve};
pub use summary::{Spread, Summary};
pub use titles::titles;
pub use user_table::{UserColumn, UserTable};
pub use write::{csv_field, write_atomically};
