//! From a log or a saved synthesizer to a folder of synthetic users.

use std::path::Path;

use serde::Serialize;
use sparring_wide::Seed;

use super::Host;
use crate::artifact::{Provenance, SynthArtifact};
use crate::data::{Columns, Dataset, PlantedConfig, UserTable};
use crate::privacy::Statement;
use crate::recommend::Run;
use crate::synth::{Layer, Order, Output, SynthConfig, SynthError};

/// The file that tells what the users are and are not.
const SUMMARY: &str = "summary.json";
/// What is said of users that come without a guarantee.
const NO_GUARANTEE: &str = "none: no user was copied on purpose, but nothing bounds what these users \
    tell about a real one; do not share them as anonymous";
/// The file of what was spent.
const LEDGER: &str = "ledger.json";
/// What is said beside a guarantee.
const FREE: &str = "drawing more users from the same saved synthesizer costs nothing, another fit to the \
    same log costs as much again";
/// What is left out under a guarantee.
const ONLY_ITEMS: &str =
    "Ratings, times and attributes are left out: nothing of them was released.";
const COPIES: &str =
    "none: these are the profiles of real users under other names; do not share them";

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

/// The real users that a synthesizer is fitted to, and where they came from.
#[derive(Debug, Clone)]
pub struct RealUsers {
    /// The log.
    pub log: Dataset,
    /// Where it came from.
    pub origin: Provenance,
    /// What it calls its users and items.
    pub columns: Columns,
    /// What is known of the users.
    pub table: Option<UserTable>,
}

/// Fits a synthesizer.
///
/// # Errors
/// If the settings or the data do not allow a fit, or a stop is requested.
pub fn fit_synthesizer(
    config: SynthConfig,
    real: RealUsers,
    seed: u64,
    host: Host<'_>,
) -> Result<SynthArtifact, SynthError> {
    host.audience.stage(&format!("fit {}", config.name()));
    let run = Run {
        seed: Seed(seed),
        observer: host.audience,
        cancel: host.cancel,
        monitor: None,
        memory: host.memory,
    };
    let model = config.fit(&real.log, &run)?;
    let layer = if config.ledger()?.is_some() {
        Layer::default()
    } else {
        host.audience.stage("fit ratings, times and attributes");
        Layer::fit(&real.log, real.table.as_ref())
    };
    Ok(SynthArtifact {
        config,
        seed,
        data: real.origin,
        columns: real.columns,
        model,
        layer,
        items: real.log.items().clone(),
    })
}

/// Draws users and puts them into a folder, whole or not at all.
///
/// # Errors
/// If the folder cannot be written or holds something already, or a stop is requested.
pub fn synthesize(
    synthesizer: &SynthArtifact,
    users: u64,
    seed: u64,
    folder: &Path,
    host: Host<'_>,
) -> Result<Synthesis, SynthError> {
    host.audience.stage("draw users");
    let output = Output::begin(folder)?;
    let order = Order {
        users,
        seed: Seed(seed).derive("synthesize"),
        columns: &synthesizer.columns,
        items: &synthesizer.items,
        layer: &synthesizer.layer,
    };
    let model = &*synthesizer.model;
    let interactions = output.interactions(model, order, host.audience, host.cancel)?;
    let config = &synthesizer.config;
    let ledger = config.ledger()?.map(|ledger| ledger.statement());
    let synthesis = Synthesis {
        sparring: env!("CARGO_PKG_VERSION"),
        model: config.name(),
        settings: config.to_table(),
        fit_seed: synthesizer.seed,
        seed,
        real: synthesizer.data.clone(),
        users,
        interactions,
        columns: synthesizer.columns.clone(),
        attributes: synthesizer
            .layer
            .attribute_names()
            .into_iter()
            .map(str::to_owned)
            .collect(),
        notes: match &ledger {
            Some(_) => vec![ONLY_ITEMS.to_owned()],
            None => synthesizer.layer.notes(),
        },
        guarantee: ledger.as_ref().map(Statement::guarantee),
        privacy: match &ledger {
            Some(statement) => format!("{}; {FREE}", statement.guarantee()),
            None if config.copies_real_users() => COPIES.to_owned(),
            None => NO_GUARANTEE.to_owned(),
        },
    };
    if let Some(statement) = &ledger {
        let mut json = serde_json::to_vec_pretty(statement).expect("a ledger is plain values");
        json.push(b'\n');
        output.file(LEDGER, &json)?;
    }
    finish(output, &synthesis)?;
    Ok(synthesis)
}

/// Writes the summary and puts the folder in its place.
fn finish(output: Output, summary: &impl Serialize) -> Result<(), SynthError> {
    let mut json = serde_json::to_vec_pretty(summary).expect("a summary is plain values");
    json.push(b'\n');
    output.file(SUMMARY, &json)?;
    output.finish()
}

/// What stands in `summary.json` of planted users.
#[derive(Debug, Clone, Serialize)]
pub struct Plantation {
    /// Version of Sparring.
    pub sparring: &'static str,
    /// `planted`.
    pub model: &'static str,
    /// What was planted.
    pub settings: PlantedConfig,
    /// Seed of the users.
    pub seed: u64,
    /// Number of users.
    pub users: u64,
    /// Number of their interactions.
    pub interactions: u64,
    /// What is to be said about privacy.
    pub privacy: &'static str,
}

/// Plants users from no data at all and puts them into a folder, whole or not at all.
///
/// # Errors
/// As [`synthesize`].
pub fn plant(
    config: &PlantedConfig,
    seed: u64,
    folder: &Path,
    host: Host<'_>,
) -> Result<Plantation, SynthError> {
    host.audience.stage("plant users");
    let output = Output::begin(folder)?;
    let planted = output.planted(config, Seed(seed), host.audience, host.cancel)?;
    let plantation = Plantation {
        sparring: env!("CARGO_PKG_VERSION"),
        model: "planted",
        settings: config.clone(),
        seed,
        users: config.n_users as u64,
        interactions: planted,
        privacy: "not needed: these users are made of no data",
    };
    finish(output, &plantation)?;
    Ok(plantation)
}
