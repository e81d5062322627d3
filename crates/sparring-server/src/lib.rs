//! Recommendations in real time: events become durable, and the very next answer knows them.
//!
//! A request goes from `api` to the `engine`, which scores the history that the `state` holds in memory; a change goes
//! to the `writer`, the one thread that commits to the [`store`] and then applies it to the state.

mod api;
mod drawing;
mod engine;
mod export;
mod fault;
mod live;
mod metrics;
pub mod moment;
mod reports;
mod retrain;
mod server;
mod shelf;
mod state;
pub mod store;
#[cfg(test)]
mod tests;
mod tls;
mod writer;

pub use api::Limits;
pub use drawing::DrawError;
pub use engine::LoadError;
pub use export::{ExportError, ExportFormat, export_to};
pub use retrain::Retrain;
pub use server::{Import, Options, ServeError, run, serve};
pub use state::Reads;
pub use tls::{Tls, TlsError};
