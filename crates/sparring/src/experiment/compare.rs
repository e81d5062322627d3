//! Several models on one test part: tuned alike, fitted with several seeds, ranked with intervals.

use std::collections::BTreeMap;
use std::time::Instant;

use sparring_wide::Seed;

use super::Host;
use super::error::ExperimentError;
use super::fit::{Fitted, fit};
use super::tune::{TuneOptions, tune};
use crate::artifact::fingerprint;
use crate::eval::{
    BootstrapConfig, EvalConfig, Evaluation, evaluate, mean_interval, paired_difference,
    parse_metric, user_means,
};
use crate::models::{Family, ModelConfig};
use crate::recommend::{NamedTensors, Trained};
use crate::report::{Comparison, Estimate, Facts, Leaderboard, Row, Timing, Timings, Tuned};
use crate::split::Stage;

/// Where models meet.
#[derive(Debug)]
pub struct Arena<'a> {
    /// Name of the data.
    pub data: String,
    /// How it was split, in words.
    pub protocol: String,
    /// What settings are chosen on; without it all models keep theirs.
    pub tuning: Option<Stage>,
    /// What is reported on.
    pub report: &'a Stage,
    /// What is measured.
    pub eval: EvalConfig,
    /// Label of the metric that ranks and is watched.
    pub watched: String,
    /// Seeds of the fits.
    pub seeds: Vec<u64>,
}

/// A model that takes part.
#[derive(Debug, Clone)]
pub struct Contender {
    /// Its settings, or those that tuning starts from.
    pub config: ModelConfig,
    /// Number of settings to try; 0 keeps the settings.
    pub trials: usize,
}

/// What a comparison gives.
#[derive(Debug)]
pub struct Outcome {
    /// The leaderboard; the same bytes for the same seeds.
    pub board: Leaderboard,
    /// Wall times, which are never the same twice.
    pub timings: Timings,
    /// The fitted models of the first seed, by name.
    pub models: BTreeMap<String, (ModelConfig, Box<dyn Trained>)>,
}

/// The row of one model before the comparison with the reference.
struct Contest {
    row: Row,
    timing: Timing,
    /// Values of the watched metric by user, averaged over seeds.
    values: Vec<f64>,
    /// What a person should know about its fits.
    notes: Vec<String>,
    model: Option<(ModelConfig, Box<dyn Trained>)>,
}

/// Fits every contender and ranks them.
///
/// A contender that fails keeps its row with the reason. When a stop is requested, the finished
/// rows stay and a note says which models did not run.
///
/// # Errors
/// If a metric does not exist, the test part cannot be evaluated, or nothing was finished.
pub fn compare(
    arena: &Arena<'_>,
    contenders: &[Contender],
    host: Host<'_>,
) -> Result<Outcome, ExperimentError> {
    parse_metric(&arena.watched)?;
    let mut contests: Vec<Contest> = Vec::new();
    let mut missing = Vec::new();
    for contender in contenders {
        if host.cancel.is_requested() {
            missing.push(contender.config.name());
            continue;
        }
        match contest(arena, contender, host) {
            Ok(contest) => contests.push(contest),
            Err(_) if host.cancel.is_requested() => missing.push(contender.config.name()),
            Err(ExperimentError::Eval(error)) => return Err(error.into()),
            Err(error) => contests.push(failure(contender, &error)),
        }
    }
    if contests.is_empty() {
        return Err(ExperimentError::Cancelled);
    }
    host.audience.stage("intervals");
    let evaluated = contests.iter().map(|c| c.values.len()).max().unwrap_or(0);
    let facts = facts(arena, evaluated);
    let mut outcome = assemble(arena, contests);
    outcome.board.facts = facts;
    if !missing.is_empty() {
        let note = format!(
            "Stopped on request; these models did not finish: {}.",
            missing.join(", ")
        );
        outcome.board.notes.push(note);
    }
    Ok(outcome)
}

fn contest(
    arena: &Arena<'_>,
    contender: &Contender,
    host: Host<'_>,
) -> Result<Contest, ExperimentError> {
    let mut timing = Timing::default();
    let mut config = contender.config.clone();
    let mut tuned = None;
    let start = Instant::now();
    if let Some(stage) = arena.tuning.as_ref().filter(|_| contender.trials > 0) {
        let seed = Seed(arena.seeds.first().copied().unwrap_or(1)).derive("tune");
        let options = TuneOptions {
            trials: contender.trials,
            metric: arena.watched.clone(),
            seed,
        };
        let tuning = tune(&config, stage, &options, host)?;
        tuned = Some(Tuned {
            trials: tuning.trials.len(),
            validation: tuning.value,
        });
        config = tuning.best;
        timing.tune_secs = start.elapsed().as_secs_f64();
    }
    let rounds = rounds(arena, &config, &mut timing, host)?;
    let (fitted, evaluations): (Vec<Fitted>, Vec<Evaluation>) = rounds.into_iter().unzip();
    let metrics = estimates(arena, &evaluations);
    let values = user_means(&evaluations, &arena.watched)?;
    let fits = fitted.len();
    let first = fitted
        .into_iter()
        .next()
        .expect("at least one seed was fitted");
    let row = Row {
        model: config.name().to_owned(),
        about: config.about().to_owned(),
        family: config.family(),
        settings: config.to_table(),
        tuned,
        fits,
        metrics,
        versus: None,
        curves: first.curves,
        health: first.health,
        failure: None,
    };
    Ok(Contest {
        row,
        timing,
        values,
        notes: first.notes,
        model: Some((config, first.model)),
    })
}

/// Fits and evaluates with every seed; a model whose weights do not depend on the seed only once.
fn rounds(
    arena: &Arena<'_>,
    config: &ModelConfig,
    timing: &mut Timing,
    host: Host<'_>,
) -> Result<Vec<(Fitted, Evaluation)>, ExperimentError> {
    let mut rounds: Vec<(Fitted, Evaluation)> = Vec::new();
    let mut first: Option<NamedTensors> = None;
    for (at, &seed) in arena.seeds.iter().enumerate() {
        host.audience.stage(&format!(
            "fit {} {}/{}",
            config.name(),
            at + 1,
            arena.seeds.len()
        ));
        let fitted = fit(config, &arena.report.train, Seed(seed), None, host)?;
        if fitted.stopped {
            return Err(ExperimentError::Cancelled);
        }
        let tensors = (arena.seeds.len() > 1 && at < 2).then(|| fitted.model.tensors());
        if at == 1 && tensors == first {
            break;
        }
        first = first.or(tensors);
        let start = Instant::now();
        let evaluation = evaluate(&*fitted.model, &arena.report.holdout, &arena.eval)?;
        timing.evaluate_secs += start.elapsed().as_secs_f64();
        timing.fit_secs += fitted.secs;
        rounds.push((fitted, evaluation));
    }
    timing.fit_secs /= rounds.len() as f64;
    timing.evaluate_secs /= rounds.len() as f64;
    Ok(rounds)
}

fn failure(contender: &Contender, error: &ExperimentError) -> Contest {
    let config = &contender.config;
    let row = Row {
        model: config.name().to_owned(),
        about: config.about().to_owned(),
        family: config.family(),
        settings: config.to_table(),
        tuned: None,
        fits: 0,
        metrics: BTreeMap::new(),
        versus: None,
        curves: BTreeMap::new(),
        health: Vec::new(),
        failure: Some(error.to_string()),
    };
    Contest {
        row,
        timing: Timing::default(),
        values: Vec::new(),
        notes: Vec::new(),
        model: None,
    }
}

/// The mean of each metric over seeds, with its interval over users.
fn estimates(arena: &Arena<'_>, evaluations: &[Evaluation]) -> BTreeMap<String, Estimate> {
    let labels = evaluations[0].labels();
    labels
        .into_iter()
        .map(|label| {
            let means: Vec<f64> = evaluations.iter().filter_map(|e| e.mean(&label)).collect();
            let mean = means.iter().sum::<f64>() / means.len() as f64;
            let spread = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>();
            let seed_sd = if means.len() > 1 {
                (spread / (means.len() - 1) as f64).sqrt()
            } else {
                0.0
            };
            // A metric of all lists together has no value for each user.
            let values = user_means(evaluations, &label).unwrap_or_default();
            let interval = mean_interval(&values, &bootstrap(arena));
            let (low, high) = if values.is_empty() {
                (mean, mean)
            } else {
                (interval.low, interval.high)
            };
            (
                label,
                Estimate {
                    mean,
                    low,
                    high,
                    seed_sd,
                },
            )
        })
        .collect()
}

/// How intervals are drawn, the same for all that is measured in an arena.
pub(super) fn bootstrap(arena: &Arena<'_>) -> BootstrapConfig {
    let seed = Seed(arena.seeds.first().copied().unwrap_or(1)).derive("bootstrap");
    BootstrapConfig {
        seed,
        ..BootstrapConfig::default()
    }
}

fn assemble(arena: &Arena<'_>, mut contests: Vec<Contest>) -> Outcome {
    let value = |c: &Contest| {
        c.row
            .metrics
            .get(&arena.watched)
            .map_or(f64::NEG_INFINITY, |e| e.mean)
    };
    let reference = contests
        .iter()
        .filter(|c| c.row.family == Family::Baseline && !c.values.is_empty())
        .max_by(|a, b| value(a).total_cmp(&value(b)))
        .map(|c| (c.row.model.clone(), c.values.clone()));
    if let Some((name, best)) = &reference {
        for c in contests
            .iter_mut()
            .filter(|c| c.row.model != *name && !c.values.is_empty())
        {
            let d = paired_difference(&c.values, best, &bootstrap(arena));
            c.row.versus = Some(Comparison {
                difference: d.mean,
                low: d.low,
                high: d.high,
                p: d.p,
            });
        }
    }
    let mut board = Leaderboard {
        sparring: env!("CARGO_PKG_VERSION").to_owned(),
        facts: Facts::default(),
        metrics: columns(arena, &contests),
        watched: arena.watched.clone(),
        seeds: arena.seeds.clone(),
        reference: reference.map(|(name, _)| name),
        rows: Vec::new(),
        notes: Vec::new(),
    };
    let mut timings = Timings::new();
    let mut models = BTreeMap::new();
    for contest in contests {
        timings.insert(contest.row.model.clone(), contest.timing);
        board.notes.extend(contest.notes);
        if let Some(model) = contest.model {
            models.insert(contest.row.model.clone(), model);
        }
        board.rows.push(contest.row);
    }
    board.rank();
    Outcome {
        board,
        timings,
        models,
    }
}

/// The metrics of accuracy, in the order in which people look for them.
const FIRST: [&str; 6] = ["precision", "recall", "ndcg", "map", "mrr", "hit"];

/// The metrics that were measured: the watched one, those of accuracy by length, all others.
fn columns(arena: &Arena<'_>, contests: &[Contest]) -> Vec<String> {
    let measured = contests.iter().find(|c| !c.row.metrics.is_empty());
    let Some(measured) = measured else {
        return vec![arena.watched.clone()];
    };
    let mut labels: Vec<String> = measured.row.metrics.keys().cloned().collect();
    let key = |label: &String| {
        let (name, k) = label.split_once('@').unwrap_or((label, "0"));
        let known = FIRST.iter().position(|first| *first == name);
        let length = k.parse::<usize>().unwrap_or(usize::MAX);
        let class = known.map_or(1, |_| 0);
        let rank = known.unwrap_or(FIRST.len());
        (
            *label != arena.watched,
            class,
            length,
            rank,
            name.to_owned(),
        )
    };
    labels.sort_by_key(key);
    labels
}

/// What was compared on, with the number of users who were evaluated.
pub(super) fn facts(arena: &Arena<'_>, evaluated: usize) -> Facts {
    let (train, holdout) = (&arena.report.train, &arena.report.holdout);
    Facts {
        data: arena.data.clone(),
        protocol: arena.protocol.clone(),
        users: train.n_users(),
        items: train.n_items(),
        train: train.n_interactions(),
        test: holdout.relevant.n_interactions(),
        evaluated,
        left_out: holdout.relevant.n_users() - evaluated,
        sha256: fingerprint(train),
        profile: arena.eval.profile.name().to_owned(),
    }
}
