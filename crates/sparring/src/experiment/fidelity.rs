//! Synthetic users beside real ones: all measures, one after the other.

use sparring_wide::Seed;

use super::Host;
use super::error::ExperimentError;
use crate::artifact::fingerprint;
use crate::fidelity::{
    Copying, Crowd, Exam, FidelityError, Likeness, Logs, Pictures, Points, Utility,
};
use crate::models::ModelConfig;
use crate::report::{Fidelity, Floor, Source};

/// The recommenders that are trained where none are named.
pub const RING: [&str; 8] = [
    "pop", "itemknn", "puresvd", "ease", "edlae", "ials", "bprmf", "multvae",
];

/// What is compared.
#[derive(Debug)]
pub struct Comparands<'a> {
    /// The logs.
    pub logs: &'a Logs,
    /// What they are called: real, synthetic, holdout.
    pub names: [String; 3],
    /// The recommenders that are trained on real and on synthetic users.
    pub models: Vec<ModelConfig>,
    /// Reports of other synthetic users of the same real ones.
    pub beside: Vec<Fidelity>,
    /// What the items of the common catalogue are called; an empty text for one without a title.
    pub titles: Vec<String>,
    /// Seed of everything drawn by lot.
    pub seed: u64,
}

/// What a comparison gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The figures and the verdict.
    pub found: Fidelity,
    /// What a page draws.
    pub pictures: Pictures,
}

/// Measures the synthetic users of some logs.
///
/// # Errors
/// If a measure cannot be taken, or a stop is requested.
pub fn fidelity(comparands: &Comparands<'_>, host: Host<'_>) -> Result<Compared, ExperimentError> {
    let Comparands { logs, names, .. } = comparands;
    let seed = Seed(comparands.seed);
    let [real, synthetic, holdout] = names;
    let (real, synthetic) = (source(real, &logs.real), source(synthetic, &logs.synthetic));
    let holdout = logs.holdout.as_ref().map(|crowd| source(holdout, crowd));
    for other in &comparands.beside {
        other.same_users([&synthetic, &real], holdout.as_ref())?;
    }
    begin("statistics", host)?;
    let likeness = Likeness::of(&logs.real, &logs.synthetic);
    let floor = logs.holdout.as_ref();
    let floor = floor.map(|holdout| Likeness::of(&logs.real, holdout));
    begin("copies", host)?;
    let copying = Copying::of(logs, seed.derive("copying"));
    begin("users as wholes", host)?;
    let points = Points::of(logs, &host.run(seed.derive("points")))?;
    let resemblance = points.synthetic(seed.derive("resemblance"))?;
    begin("floor", host)?;
    let resemblance_of_holdout = points.holdout(seed.derive("resemblance"))?;
    let utility = utility(comparands, host)?;
    let mut found = Fidelity {
        verdict: Vec::new(),
        sparring: env!("CARGO_PKG_VERSION").to_owned(),
        seed: comparands.seed,
        real,
        synthetic,
        holdout,
        notes: notes(logs, &likeness),
        likeness,
        resemblance,
        floor: floor
            .zip(resemblance_of_holdout)
            .map(|(likeness, resemblance)| Floor {
                likeness,
                resemblance,
            }),
        utility,
        copying,
        beside: Vec::new(),
    };
    found.judge();
    for other in &comparands.beside {
        found.put_beside(other)?;
    }
    let pictures = Pictures::of(logs, &points, &comparands.titles, seed.derive("pictures"));
    Ok(Compared { found, pictures })
}

/// Says what comes next, unless a stop is requested.
fn begin(text: &str, host: Host<'_>) -> Result<(), FidelityError> {
    host.begin(text).ok_or(FidelityError::Cancelled)
}

/// Trains every model on both logs; none without a holdout or a model.
fn utility(comparands: &Comparands<'_>, host: Host<'_>) -> Result<Option<Utility>, FidelityError> {
    let seed = Seed(comparands.seed).derive("utility");
    let Some(exam) = Exam::of(comparands.logs, seed)? else {
        return Ok(None);
    };
    let mut rows = Vec::new();
    for model in &comparands.models {
        begin(&format!("train {}", model.name()), host)?;
        rows.push(exam.sit(model, &host.run(seed))?);
    }
    Ok((!rows.is_empty()).then(|| exam.utility(rows)))
}

pub(super) fn source(name: &str, crowd: &Crowd) -> Source {
    Source {
        data: name.to_owned(),
        users: crowd.n_users(),
        items: crowd.counts().iter().filter(|&&count| count > 0).count(),
        interactions: crowd.data.n_interactions(),
        sha256: fingerprint(&crowd.data),
    }
}

/// What was left out, and why.
fn notes(logs: &Logs, likeness: &Likeness) -> Vec<String> {
    let missing = |has: fn(&Crowd) -> bool, what: &str, left_out: &str| {
        let without = [("real", &logs.real), ("synthetic", &logs.synthetic)];
        let without: Vec<&str> = without
            .into_iter()
            .filter(|(_, crowd)| !has(crowd))
            .map(|(name, _)| name)
            .collect();
        let logs = if without.len() > 1 {
            "logs have"
        } else {
            "log has"
        };
        let names = without.join(" and the ");
        (!without.is_empty()).then(|| format!("The {names} {logs} no {what}: {left_out} left out."))
    };
    let ratings = missing(
        |crowd| crowd.data.interactions().has_ratings(),
        "ratings",
        "their distribution is",
    );
    let times = missing(
        |crowd| crowd.data.interactions().has_times(),
        "times",
        "gaps, hours of the week and transitions are",
    );
    let positions = likeness
        .times
        .filter(|times| times.week_tv.is_none())
        .map(|_| "The times are positions, not dates: hours of the week are left out.".to_owned());
    let alone = logs.holdout.is_none().then(|| {
        "Without a holdout (--holdout) there is no membership attack, no utility and no floor."
            .to_owned()
    });
    [ratings, times, positions, alone]
        .into_iter()
        .flatten()
        .collect()
}
