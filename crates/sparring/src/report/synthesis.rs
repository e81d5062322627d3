//! Synthetic users: how they were made and what is guaranteed to the real ones.

use serde::Serialize;

use crate::artifact::Provenance;
use crate::data::Columns;
use crate::privacy::Statement;
use crate::synth::Tally;

/// What stands in `summary.json`: how the users were made, the same bytes for the same seed.
#[derive(Debug, Clone, Serialize)]
pub struct Synthesis {
    /// Version of Sparring.
    pub sparring: &'static str,
    /// Name of the synthesizer.
    pub model: &'static str,
    /// Its settings.
    pub settings: toml::Table,
    /// Seed of its fit.
    pub fit_seed: u64,
    /// Seed of the users.
    pub seed: u64,
    /// The real users.
    pub real: Provenance,
    /// Number of synthetic users.
    pub users: u64,
    /// Number of their interactions.
    pub interactions: u64,
    /// Names of the columns.
    pub columns: Columns,
    /// Columns of `users.csv`, the users' first; none without attributes.
    pub attributes: Vec<String>,
    /// What the users do not have, and what should be known.
    pub notes: Vec<String>,
    /// The privacy guarantee, if there is one.
    pub guarantee: Option<String>,
    /// The same in words.
    pub privacy: String,
}

/// What stands in `report.html` beside the summary.
#[derive(Debug, Clone, Copy)]
pub struct SynthesisReport<'a> {
    /// How the users were made.
    pub made: &'a Synthesis,
    /// One line about the synthesizer.
    pub about: &'a str,
    /// Whether they were drawn from a saved synthesizer, which costs nothing.
    pub saved: bool,
    /// What was spent, if there is a guarantee.
    pub ledger: Option<&'a Statement>,
    /// What was counted of the synthetic users.
    pub synthetic: &'a Tally,
    /// The same of the real ones, where there is no guarantee to keep and they are at hand.
    pub real: Option<&'a Tally>,
}
