//! Pictures: convolutions as matrix products, a generator, a critic and a network of features.

mod convolution;
mod critic;
mod generator;
mod shape;
mod stack;

pub use convolution::Window;
pub use critic::{Judged, PictureCritic};
pub use generator::Generator;
pub use shape::{Architecture, PictureShape, features};
pub use stack::{Layer, Pulled, Stack, StackTrace};
