//! Attacks on our own synthetic users: who was among the real ones, what else can be told of them.
//!
//! Attacks on a finished output see the synthetic users ([`Targets`]): the nearest one, densities,
//! likelihood ratios with shadow models, a hidden item or attribute, users that are singled out. The one-run audit
//! puts [`Canaries`] among the real users before a private release and guesses from the release, and
//! from its users, which of them were there; its lower bound of epsilon stands beside the claimed one.
//! One attack a file.

mod attack;
mod attribute;
mod binomial;
mod canaries;
mod claim;
mod crowd;
mod density;
mod error;
mod guesses;
mod hidden;
mod kernel;
mod likelihood;
mod nearest;
mod one_run;
mod pairs;
mod roc;
mod singling_out;
mod targets;

pub use attack::{Attack, Scores};
pub use attribute::{Attributes, Inferred, attributes};
pub use binomial::clopper_pearson;
pub use canaries::Canaries;
pub use claim::Claim;
pub use density::density_ratio;
pub use error::AuditError;
pub use guesses::{CONFIDENCE, Guesses, Lower, planned};
pub use hidden::{Hidden, hidden_item};
pub use likelihood::{Shadows, likelihood_ratio};
pub use nearest::{ClosestRecord, nearest_ratio};
pub use one_run::{OneRun, Seen, one_run};
pub(crate) use roc::needed;
pub use roc::{Histogram, Rate, Roc};
pub use singling_out::{SinglingOut, singling_out};
pub use targets::{LEAST_USERS, MOST_TARGETS, Targets};

#[cfg(test)]
mod planted_bugs;
