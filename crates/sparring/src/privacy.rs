//! What a release costs its users: user-level differential privacy, accounted.
//!
//! A [`DpEvent`] is a noisy look at the data. [`PldAccountant`] composes events by their privacy-loss
//! distributions and gives an upper bound of epsilon that is tight to about `1e-4`; [`RenyiAccountant`]
//! stands beside it, for comparison only. [`calibrate`] finds the noise for an epsilon, and a
//! [`Ledger`] books every event of a release, with what was declared public.
//!
//! The unit is a user. Two logs are neighbours when one has a user more ([`Neighbouring::AddRemove`];
//! the larger epsilon of both directions counts) or another user ([`Neighbouring::ReplaceOne`]).
//! A sensitivity is the most that one user can add to a release; noise is given relative to it.

mod accountant;
mod calibrate;
mod delta;
mod discrete_gaussian;
mod error;
mod event;
mod ledger;
mod normal;
mod notation;
mod pld;
mod renyi;
mod statement;

pub use accountant::{Neighbouring, PldAccountant, PrivacyAccountant};
pub use calibrate::{Calibrated, calibrate};
pub use delta::{Delta, EPSILON_WARNING, Epsilon};
pub use discrete_gaussian::{DiscreteGaussian, LARGEST_SCALE};
pub use error::PrivacyError;
pub use event::DpEvent;
pub use ledger::{Declared, Ledger};
pub use normal::gaussian_delta;
pub(crate) use normal::{above, beyond};
pub use renyi::{RenyiAccountant, rdp};
pub use statement::{Booked, Cost, Statement};

#[cfg(test)]
mod golden;
