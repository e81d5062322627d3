//! From a log or a saved synthesizer to a folder of synthetic users.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use sparring_wide::Seed;

use super::Host;
use crate::artifact::{Provenance, SynthArtifact};
use crate::data::{Columns, Dataset, PlantedConfig, UserTable};
use crate::privacy::{Epsilon, Ledger, Statement};
use crate::report::{Synthesis, SynthesisReport, synthesis_page};
use crate::synth::{Layer, Order, Output, SynthConfig, SynthError, Tally};

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
/// The same for users of a saved synthesizer.
const SAVED: &str = "this drawing from the saved synthesizer cost nothing more";
/// The page.
const REPORT: &str = "report.html";
const COPIES: &str =
    "none: these are the profiles of real users under other names; do not share them";

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
    /// What was spent on them before, and may be in all.
    pub spent: Spent,
}

/// What was spent on real users before, and what may be spent in all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    /// The ledger of what was spent.
    pub before: Option<Statement>,
    /// The epsilon that must not be passed; without it, that of the ledger.
    pub budget: Option<Epsilon>,
}

impl Spent {
    /// The ledger once a synthesizer is fitted; `None` without a guarantee. To be asked before anything
    /// is released.
    ///
    /// # Errors
    /// If there is no such guarantee, or the budget does not allow it.
    pub fn with(&self, config: &SynthConfig) -> Result<Option<Statement>, SynthError> {
        let Some(own) = config.ledger()? else {
            return Ok(None);
        };
        let before = match &self.before {
            Some(statement) => statement.ledger()?,
            None => Ledger::new(own.delta(), own.budget()),
        };
        let all = before.continued(&own, self.budget)?;
        Ok(Some(all.statement()))
    }
}

/// Fits a synthesizer.
///
/// # Errors
/// If the settings or the data do not allow a fit, the budget does not allow it, or a stop is requested.
pub fn fit_synthesizer(
    config: SynthConfig,
    real: RealUsers,
    seed: u64,
    host: Host<'_>,
) -> Result<SynthArtifact, SynthError> {
    host.audience.stage(&format!("fit {}", config.name()));
    let run = host.run(Seed(seed));
    let ledger = real.spent.with(&config)?;
    let RealUsers {
        mut log,
        mut origin,
        columns,
        table,
        ..
    } = real;
    let extras = config.extras()?;
    if let Some((extras, plan)) = &extras
        && let Some(items) = extras.released_items(plan, &log, &run)?
    {
        origin.items = items.len();
        log = log.over(items);
    }
    let model = config.fit(&log, &run)?;
    let layer = if let Some((extras, plan)) = &extras {
        extras.released_layer(plan, &log, &*model, &run)
    } else {
        host.audience.stage("fit ratings, times and attributes");
        Layer::fit(&log, table.as_ref())
    };
    Ok(SynthArtifact {
        config,
        seed,
        data: origin,
        columns,
        model,
        layer,
        items: Arc::clone(log.items()),
        ledger,
        ledger_file: None,
    })
}

/// Users that are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Number of users.
    pub users: u64,
    /// Seed of the users.
    pub seed: u64,
    /// Where they are written to.
    pub folder: &'a Path,
    /// Whether the synthesizer was saved before, so that no real user is looked at.
    pub saved: bool,
    /// What was counted of the real users, to be shown where there is no guarantee.
    pub real: Option<&'a Tally>,
}

/// Draws users and puts them into a folder, whole or not at all.
///
/// # Errors
/// If the folder cannot be written or holds something already, or a stop is requested.
pub fn synthesize(
    synthesizer: &SynthArtifact,
    request: Request<'_>,
    host: Host<'_>,
) -> Result<Synthesis, SynthError> {
    host.audience.stage("draw users");
    let output = Output::begin(request.folder)?;
    let order = Order {
        users: request.users,
        seed: Seed(request.seed).derive("synthesize"),
        columns: &synthesizer.columns,
        items: &synthesizer.items,
        layer: &synthesizer.layer,
    };
    let model = &*synthesizer.model;
    let tally = output.interactions(model, order, host.audience, host.cancel)?;
    let ledger = synthesizer.statement();
    let made = told(synthesizer, request, (ledger.as_ref(), &tally))?;
    if let Some(bytes) = synthesizer.ledger_bytes() {
        output.file(LEDGER, &bytes)?;
    }
    let report = SynthesisReport {
        made: &made,
        about: synthesizer.config.about(),
        saved: request.saved,
        ledger: ledger.as_ref(),
        synthetic: &tally,
        // A guarantee does not cover what is shown of real users.
        real: request.real.filter(|_| ledger.is_none()),
    };
    output.file(REPORT, synthesis_page(report).as_bytes())?;
    finish(output, &made)?;
    Ok(made)
}

/// How the users were made, in words and numbers.
fn told(
    synthesizer: &SynthArtifact,
    request: Request<'_>,
    (ledger, tally): (Option<&Statement>, &Tally),
) -> Result<Synthesis, SynthError> {
    let (config, layer) = (&synthesizer.config, &synthesizer.layer);
    let attributes = layer.attribute_names().into_iter().map(str::to_owned);
    let notes = match config.extras()? {
        Some((extras, _)) => extras.notes(),
        None => layer.notes(),
    };
    let privacy = match ledger {
        Some(statement) if request.saved => format!("{}; {SAVED}", statement.guarantee()),
        Some(statement) => format!("{}; {FREE}", statement.guarantee()),
        None if config.copies_real_users() => COPIES.to_owned(),
        None => NO_GUARANTEE.to_owned(),
    };
    Ok(Synthesis {
        sparring: env!("CARGO_PKG_VERSION"),
        model: config.name(),
        settings: config.to_table(),
        fit_seed: synthesizer.seed,
        seed: request.seed,
        real: synthesizer.data.clone(),
        users: request.users,
        interactions: tally.interactions(),
        columns: synthesizer.columns.clone(),
        attributes: attributes.collect(),
        notes,
        guarantee: ledger.map(Statement::guarantee),
        privacy,
    })
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
