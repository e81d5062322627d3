//! The binary from outside: what it prints, writes and refuses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit;
mod augment;
mod bad_input;
mod clients;
mod cold;
mod explaining;
mod fidelity;
mod models_on_disk;
mod pictures;
mod predicting;
mod printed;
mod privacy;
mod private;
mod release;
mod robustness;
mod same_bytes;
mod serve;
mod simulate;
mod simulating;
mod sparring;
mod stopping;
mod synthesize;
mod words;
