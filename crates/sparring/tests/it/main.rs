//! The integration tests of the library.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod artifact;
mod loading;
mod parquet;
mod synthesizer;
