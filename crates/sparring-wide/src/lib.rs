//! Wide and sparse neural layers: as wide as a catalogue, fed by sparse histories.
//!
//! Every layer has a `forward` and a `backward` written by hand; results are the same bits at any
//! number of threads.

mod seed;

pub use seed::{Seed, Stream};
