//! Recommendations in real time, and a page that shows what goes on.
#![allow(dead_code, reason = "while it grows")]

mod engine;
pub mod moment;
mod state;
pub mod store;
mod writer;
