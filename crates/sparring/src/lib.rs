//! Generative adversarial networks for recommender systems.
//!
//! The rooms, left to right; each imports only rooms to its left:
//!
//! [`data`] -> [`split`] -> [`recommend`] -> [`eval`] -> [`privacy`] -> [`gan`] -> [`models`] ->
//! [`synth`] -> [`fidelity`] -> [`audit`] -> [`artifact`] -> [`report`] -> [`experiment`].

pub mod data;
pub mod split;

pub mod recommend;

pub mod eval;

pub mod privacy;

pub mod gan;

pub mod models;

pub mod synth;

pub mod fidelity;

pub mod audit;

pub mod artifact;

pub mod report;

pub mod experiment;

pub use sparring_deep::{Device, NoDevice};
pub use sparring_wide::{Seed, Stream, instruction_set};
