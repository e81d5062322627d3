//! Deep and dense models of what users do next, and of pictures.
//!
//! burn differentiates what is dense: norms, projections, feed-forward layers. What takes most of
//! the time is by hand on matrix products: attention over packed sequences, the head over the
//! catalogue, convolutions. Weights live on the host, so that a checkpoint is a copy of them.

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
mod pictures;
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
pub use pictures::{
    Architecture, Generator, Judged, Layer, PictureCritic, PictureShape, Pulled, Stack, StackTrace,
    Window, features,
};
pub use transformer::{Trace, Transformer, TransformerSizes};
