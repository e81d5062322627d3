//! What a comparison of synthetic with real users found, as JSON.

use serde::{Deserialize, Serialize};

use crate::fidelity::{Copying, Likeness, Resemblance, Utility};

/// Synthetic users beside real ones. The same seed gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fidelity {
    /// Version of Sparring that made it.
    pub sparring: String,
    /// Seed of everything drawn by lot.
    pub seed: u64,
    /// The users that the synthetic ones were made from.
    pub real: Source,
    /// The users that never lived.
    pub synthetic: Source,
    /// Real users whom the synthesizer has not seen.
    pub holdout: Option<Source>,
    /// The statistics of the synthetic users beside those of the real ones.
    pub likeness: Likeness,
    /// The synthetic users as wholes beside the real ones.
    pub resemblance: Resemblance,
    /// Both of the held-out users: what nobody can be blamed for, at their number.
    pub floor: Option<Floor>,
    /// What the synthetic users are good for, where there is a holdout and a model is named.
    pub utility: Option<Utility>,
    /// How much of the real users the synthetic ones give away.
    pub copying: Copying,
    /// What a reader should know: what was left out, what could not be done.
    pub notes: Vec<String>,
}

/// The held-out users, measured as the synthetic ones are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// Their statistics.
    pub likeness: Likeness,
    /// They as wholes.
    pub resemblance: Resemblance,
}

/// One of the logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it came from.
    pub data: String,
    /// Users with events.
    pub users: usize,
    /// Items with events.
    pub items: usize,
    /// Events.
    pub interactions: usize,
    /// SHA-256 of the log over the common catalogue.
    pub sha256: String,
}
