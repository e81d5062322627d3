//! Attacks on synthetic users and on private releases, one after the other.

use sparring_wide::Seed;

use super::Host;
use super::fidelity::source;
use crate::artifact::fingerprint;
use crate::audit::{
    Attack, Attributes, AuditError, Canaries, Claim, Scores, Shadows, Targets, attributes,
    density_ratio, hidden_item, likelihood_ratio, nearest_ratio, one_run, singling_out,
};
use crate::data::Dataset;
use crate::fidelity::Logs;
use crate::privacy::Delta;
use crate::report::{Audit, Source};
use crate::synth::SynthConfig;

/// Finished synthetic users, to be attacked.
#[derive(Debug)]
pub struct Suspects<'a> {
    /// Real, synthetic and held-out users.
    pub logs: &'a Logs,
    /// What they are called: real, synthetic, holdout.
    pub names: [String; 3],
    /// The guarantee that is claimed.
    pub claim: Option<Claim>,
    /// The shadow models of the likelihood ratio; without any it is left out.
    pub shadows: Option<Shadows<'a>>,
    /// What real and held-out users are, and what the synthetic ones are; without either nothing is
    /// inferred of it.
    pub attributes: Option<[Attributes; 2]>,
    /// Seed of everything drawn by lot.
    pub seed: u64,
}

/// A private release, to be audited.
#[derive(Debug)]
pub struct Trap<'a> {
    /// The synthesizer, with its claim.
    pub config: &'a SynthConfig,
    /// The users among whom canaries are put.
    pub log: &'a Dataset,
    /// What the log is called.
    pub name: String,
    /// The guarantee that is claimed.
    pub claim: Claim,
    /// Number of canaries.
    pub canaries: usize,
    /// Whether synthetic users are drawn and attacked too.
    pub black_box: bool,
    /// Seed of the canaries, their coins and the synthetic users; not of the noise.
    pub seed: u64,
}

/// Attacks finished synthetic users in every way.
///
/// # Errors
/// If the users are too few or the holdout is none, or a stop is requested.
pub fn attack_users(suspects: &Suspects<'_>, host: Host<'_>) -> Result<Audit, AuditError> {
    let Suspects { logs, claim, .. } = suspects;
    let seed = Seed(suspects.seed).derive("audit");
    let targets = Targets::of(logs, seed)?;
    let delta = claim.as_ref().map_or(Delta::LIMIT, |c| c.replace_delta);
    let judged = |name: &str, scores: &Scores| Attack::of(name, scores, delta, seed);
    begin("nearest neighbours", host)?;
    let (scores, closest) = nearest_ratio(&targets);
    let mut attacks = vec![judged("nearest-neighbour ratio", &scores)];
    begin("densities", host)?;
    attacks.push(judged("density ratio", &density_ratio(&targets)));
    if let Some(shadows) = suspects.shadows {
        let name = format!("{} shadow models", shadows.synthesizer.name());
        begin(&format!("{} {name}", shadows.count), host)?;
        let scores = likelihood_ratio(&targets, shadows, &host.run(seed))?;
        attacks.push(judged(&name, &scores));
    }
    begin("hidden items", host)?;
    let (hidden, scores) = hidden_item(&targets, seed.derive("hidden")).unzip();
    attacks.extend(scores.map(|scores| judged("hidden item", &scores)));
    let inferred = match &suspects.attributes {
        Some([real, synthetic]) => {
            begin("attributes", host)?;
            attributes(&targets, real, synthetic)
        }
        None => Vec::new(),
    };
    begin("singling out", host)?;
    let singling_out = singling_out(&targets, seed.derive("predicates"));
    let [real, synthetic, holdout] = &suspects.names;
    let held_out = logs.holdout.as_ref();
    let mut found = Audit {
        sparring: env!("CARGO_PKG_VERSION").to_owned(),
        seed: suspects.seed,
        verdict: Vec::new(),
        claim: claim.clone(),
        real: source(real, &logs.real),
        synthetic: Some(source(synthetic, &logs.synthetic)),
        holdout: held_out.map(|crowd| source(holdout, crowd)),
        attacks,
        closest: Some(closest),
        hidden,
        attributes: inferred,
        singling_out,
        one_run: None,
        notes: notes(suspects),
    };
    found.judge();
    Ok(found)
}

/// What was left out.
fn notes(suspects: &Suspects<'_>) -> Vec<String> {
    let shadows = suspects.shadows.is_none();
    let shadows =
        shadows.then(|| "Without shadow models the likelihood ratio is left out.".to_owned());
    let claim = suspects.claim.is_none();
    let claim = claim.then(|| {
        "There is no ledger.json beside the synthetic users, and --epsilon names no claim."
            .to_owned()
    });
    [shadows, claim].into_iter().flatten().collect()
}

/// Puts canaries among the users of a log, releases once and guesses who was there.
///
/// # Errors
/// If there is no release to audit, the log is too small, or a stop is requested.
pub fn audit_release(trap: &Trap<'_>, host: Host<'_>) -> Result<Audit, AuditError> {
    let seed = Seed(trap.seed).derive("audit");
    begin("canaries", host)?;
    let canaries = Canaries::of(trap.log, trap.canaries, seed.derive("canaries"))?;
    begin("one release", host)?;
    let run = host.run(seed.derive("release"));
    let found = one_run(trap.config, trap.log, &canaries, trap.black_box, &run)?;
    let counts = trap.log.item_counts();
    let users = trap.log.user_indices();
    let mut audit = Audit {
        sparring: env!("CARGO_PKG_VERSION").to_owned(),
        seed: trap.seed,
        verdict: Vec::new(),
        claim: Some(trap.claim.clone()),
        real: Source {
            data: trap.name.clone(),
            users: users.filter(|&u| !trap.log.history(u).is_empty()).count(),
            items: counts.iter().filter(|&&count| count > 0).count(),
            interactions: trap.log.n_interactions(),
            sha256: fingerprint(trap.log),
        },
        synthetic: None,
        holdout: None,
        attacks: Vec::new(),
        closest: None,
        hidden: None,
        attributes: Vec::new(),
        singling_out: None,
        one_run: Some(found),
        notes: Vec::new(),
    };
    audit.judge();
    Ok(audit)
}

/// Says what comes next, unless a stop is requested.
fn begin(text: &str, host: Host<'_>) -> Result<(), AuditError> {
    host.begin(text).ok_or(AuditError::Cancelled)
}
