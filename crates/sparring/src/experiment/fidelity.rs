//! Synthetic users beside real ones: all measures, one after the other.

use sparring_wide::Seed;

use super::Host;
use super::error::ExperimentError;
use crate::artifact::fingerprint;
use crate::fidelity::{Copying, Crowd, FidelityError, Likeness, Logs};
use crate::report::{Fidelity, Source};

/// What is compared.
#[derive(Debug)]
pub struct Comparands<'a> {
    /// The logs.
    pub logs: &'a Logs,
    /// What they are called: real, synthetic, holdout.
    pub names: [String; 3],
    /// Seed of everything drawn by lot.
    pub seed: u64,
}

/// Measures the synthetic users of some logs.
///
/// # Errors
/// If a measure cannot be taken, or a stop is requested.
pub fn fidelity(comparands: &Comparands<'_>, host: Host<'_>) -> Result<Fidelity, ExperimentError> {
    let Comparands { logs, names, seed } = comparands;
    let begin = |text: &str| {
        if host.cancel.is_requested() {
            return Err(FidelityError::Cancelled);
        }
        host.audience.stage(text);
        Ok(())
    };
    begin("statistics")?;
    let likeness = Likeness::of(&logs.real, &logs.synthetic);
    let floor = logs.holdout.as_ref();
    let floor = floor.map(|holdout| Likeness::of(&logs.real, holdout));
    begin("copies")?;
    let copying = Copying::of(logs, Seed(*seed).derive("copying"));
    let [real, synthetic, holdout] = names;
    Ok(Fidelity {
        sparring: env!("CARGO_PKG_VERSION").to_owned(),
        seed: *seed,
        real: source(real, &logs.real),
        synthetic: source(synthetic, &logs.synthetic),
        holdout: logs.holdout.as_ref().map(|crowd| source(holdout, crowd)),
        notes: notes(logs, &likeness),
        likeness,
        floor,
        copying,
    })
}

fn source(name: &str, crowd: &Crowd) -> Source {
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
        "Without a holdout (--holdout) there is no membership attack and no floor.".to_owned()
    });
    [ratings, times, positions, alone]
        .into_iter()
        .flatten()
        .collect()
}
