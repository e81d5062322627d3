//! Whole events: what, how it was liked, when, and when a user stops.

mod batch;
mod critic;
mod embedding;
mod net;
mod ordinal;

pub use batch::{EventBatch, START, Targets};
pub use critic::{CriticTrace, EventCritic};
pub use embedding::{AGES, Embedding, EventSizes, age};
pub use net::{EventGradient, EventNet};
pub use ordinal::{OrdinalGradient, ordinal, ordinal_chances, thresholds};
