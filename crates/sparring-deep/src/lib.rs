//! Deep and dense models of what users do next.
//!
//! burn differentiates what is dense: norms, projections, feed-forward layers. What takes most of
//! the time is by hand on the products of `sparring-wide`: attention over packed sequences and the
//! head over the catalogue. Weights live on the host, so that a checkpoint is a copy of them.

mod attention;
mod body;
mod decode;
mod device;
#[cfg(test)]
mod differences;
mod events;
mod gru;
mod head;
mod network;
mod packed;
mod transformer;

pub use attention::{Attended, Attention};
pub use body::{Body, Network, Noise};
pub use decode::Cache;
pub use device::{Device, NoDevice};
pub use events::{
    AGES, CriticTrace, Embedding, EventBatch, EventCritic, EventGradient, EventNet, EventSizes,
    OrdinalGradient, START, Targets, age, ordinal, ordinal_chances, thresholds,
};
pub use gru::{Gru, GruTrace};
pub use head::{HeadGradient, Shared, cross_entropy, sampled_cross_entropy};
pub use network::{Batch, NextItem, StepGradient};
pub use packed::Packed;
pub use transformer::{Trace, Transformer, TransformerSizes};
