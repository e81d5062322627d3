//! The parts of adversarial training: losses, penalties, noise, schedules, the alternating loop and
//! its health. Parts, not a base class; nothing here knows a recommender.
//!
//! To add a loss: a file in `gan/losses/` with its `impl AdversarialLoss` and a line in
//! `gan/losses.rs`.

mod bout;
#[cfg(test)]
mod bout_tests;
mod course;
#[cfg(test)]
mod course_tests;
mod critic;
mod health;
mod losses;
mod mlp;
mod noise;
mod penalty;
mod rates;
mod schedule;
pub mod toys;

pub use bout::{AdversarialStep, Bout, BoutConfig, End, Standing, Stopped};
pub use health::{Health, HealthConfig, Probe, Remedy, Verdict, examine};
pub use losses::{AdversarialLoss, LogitGrads, Loss, energy_margin, feature_matching};
pub use noise::Noise;
pub use penalty::{Critic, gradient_penalty, one_centred, zero_centred, zero_centred_penalty};
pub use rates::apply_to_rates;
pub use schedule::{Annealing, Schedule};

pub(crate) use critic::{NetCritic, paired_adam};
pub(crate) use mlp::{LEAK, Mlp};
pub(crate) use rates::PairRates;
