//! Finding settings on a validation part by successive halving.

use rand::RngExt;
use serde::Serialize;
use sparring_wide::{Seed, Stream};

use super::Host;
use super::config::set_path;
use super::error::ExperimentError;
use super::fit::fit;
use crate::eval::Watch;
use crate::models::ModelConfig;
use crate::recommend::{Dimension, Monitor, Values};
use crate::split::Stage;

/// How much to try.
#[derive(Debug, Clone)]
pub struct TuneOptions {
    /// Number of settings, the given ones included.
    pub trials: usize,
    /// Label of the metric on the validation part.
    pub metric: String,
    /// Seed of the draws and of the fits.
    pub seed: Seed,
}

/// Settings and what they are worth.
#[derive(Debug, Clone, Serialize)]
pub struct Trial {
    /// All settings of the model.
    pub settings: toml::Table,
    /// Share of the full number of epochs it was last given.
    pub budget: f64,
    /// The metric on the validation part; none if the fit failed.
    pub value: Option<f64>,
    /// Why the fit failed.
    pub failure: Option<String>,
}

/// The outcome of tuning.
#[derive(Debug, Clone)]
pub struct Tuning {
    /// The best settings.
    pub best: ModelConfig,
    /// Their value of the metric on the validation part.
    pub value: f64,
    /// Every setting that was tried, best first.
    pub trials: Vec<Trial>,
}

/// At each rung one of this many settings goes on, with this many times the epochs.
const ETA: usize = 3;
/// The most rungs below the full budget.
const RUNGS: u32 = 2;

/// Tries settings drawn from the model's space on `stage` and returns the best.
///
/// Models with a [resource](ModelConfig::resource) are tuned by successive halving (Jamieson and
/// Talwalkar, 2016): all settings get a ninth of their epochs, the best third of them a third, the
/// best third of those all. The first setting is `base` itself, which is never dropped. Nothing but `stage` is looked at.
///
/// # Errors
/// If the metric does not exist, no setting gave a model, or a stop was requested at once.
pub fn tune(
    base: &ModelConfig,
    stage: &Stage,
    options: &TuneOptions,
    host: Host<'_>,
) -> Result<Tuning, ExperimentError> {
    let watch = Watch::new(stage.holdout.clone(), &options.metric)?;
    let mut field: Vec<Trial> = settings(base, options)
        .into_iter()
        .map(|settings| Trial {
            settings,
            budget: 0.0,
            value: None,
            failure: None,
        })
        .collect();
    let rungs = if base.resource().is_some() && field.len() >= ETA {
        RUNGS
    } else {
        0
    };
    let mut alive = field.len();
    for rung in (0..=rungs).rev() {
        let budget = (ETA as f64).powi(-rung.cast_signed());
        for (at, trial) in field[..alive].iter_mut().enumerate() {
            if host.cancel.is_requested() {
                break;
            }
            let part = if rungs == 0 {
                String::new()
            } else {
                format!(", {budget:.2} of the epochs")
            };
            host.audience
                .stage(&format!("tune {} {}/{alive}{part}", base.name(), at + 1));
            try_out(trial, base, (budget, stage, &watch, options.seed), host);
        }
        sort(&mut field[..alive]);
        if rung > 0 {
            alive = keep(&mut field[..alive], &base.to_table());
        }
    }
    conclude(base, field)
}

fn conclude(base: &ModelConfig, field: Vec<Trial>) -> Result<Tuning, ExperimentError> {
    let best = field.first().filter(|trial| trial.value.is_some());
    let Some((best, value)) = best.and_then(|trial| Some((trial, trial.value?))) else {
        let last = field.iter().rev().find_map(|trial| trial.failure.clone());
        let Some(last) = last else {
            return Err(ExperimentError::Cancelled);
        };
        return Err(ExperimentError::NoTrial {
            model: base.name(),
            trials: field.len(),
            last,
        });
    };
    let best = ModelConfig::from_table(base.name(), best.settings.clone())?;
    Ok(Tuning {
        best,
        value,
        trials: field,
    })
}

/// The best third, and the given settings, which always get their full budget: no tuning ends with
/// settings that are worse on validation than those it began with.
fn keep(alive: &mut [Trial], given: &toml::Table) -> usize {
    let best = alive.len().div_ceil(ETA);
    match alive.iter().position(|trial| trial.settings == *given) {
        Some(at) if at >= best => {
            alive[best..=at].rotate_right(1);
            best + 1
        }
        _ => best,
    }
}

/// Best first; failures last.
fn sort(trials: &mut [Trial]) {
    let value = |trial: &Trial| trial.value.unwrap_or(f64::NEG_INFINITY);
    trials.sort_by(|a, b| value(b).total_cmp(&value(a)));
}

fn try_out(
    trial: &mut Trial,
    base: &ModelConfig,
    (budget, stage, watch, seed): (f64, &Stage, &Watch, Seed),
    host: Host<'_>,
) {
    let mut settings = trial.settings.clone();
    if let Some(key) = base.resource().filter(|_| budget < 1.0)
        && let Some(full) = get_integer(&settings, key)
    {
        #[expect(clippy::cast_possible_truncation, reason = "a part of an integer")]
        let part = ((full as f64 * budget).round() as i64).max(1);
        let _was_a_table = set_path(&mut settings, key, toml::Value::Integer(part));
    }
    let outcome = ModelConfig::from_table(base.name(), settings)
        .map_err(|error| error.to_string())
        .and_then(|config| fit(&config, &stage.train, seed, None, host).map_err(|e| e.to_string()));
    trial.budget = budget;
    match outcome {
        Ok(fitted) if !fitted.stopped => {
            trial.value = Some(watch.score(&*fitted.model)).filter(|value| value.is_finite());
        }
        Ok(_) => {}
        Err(failure) => (trial.value, trial.failure) = (None, Some(failure)),
    }
}

fn get_integer(table: &toml::Table, key: &str) -> Option<i64> {
    match key.split_once('.') {
        None => table.get(key)?.as_integer(),
        Some((head, rest)) => get_integer(table.get(head)?.as_table()?, rest),
    }
}

/// The given settings, then draws from the space.
fn settings(base: &ModelConfig, options: &TuneOptions) -> Vec<toml::Table> {
    let space = base.space();
    let trials = if space.is_empty() {
        1
    } else {
        options.trials.max(1)
    };
    let mut stream = options.seed.stream("tune");
    let mut all = vec![base.to_table()];
    all.extend((1..trials).map(|_| {
        let mut settings = base.to_table();
        for dimension in &space {
            let value = draw(dimension, &mut stream);
            let _inside_a_table = set_path(&mut settings, dimension.key, value);
        }
        settings
    }));
    all
}

fn draw(dimension: &Dimension, stream: &mut Stream) -> toml::Value {
    match dimension.values {
        Values::LogUniform(low, high) => {
            toml::Value::Float(rounded(stream.random_range(low.ln()..=high.ln()).exp()))
        }
        Values::Uniform(low, high) => toml::Value::Float(rounded(stream.random_range(low..=high))),
        Values::LogInteger(low, high) => {
            let draw = stream
                .random_range((low as f64).ln()..=(high as f64).ln())
                .exp()
                .round();
            #[expect(clippy::cast_possible_truncation, reason = "between two integers")]
            let integer = (draw as i64).clamp(low, high);
            toml::Value::Integer(integer)
        }
        Values::Names(names) => {
            toml::Value::String(names[stream.random_range(0..names.len())].to_owned())
        }
        Values::Integers(all) => toml::Value::Integer(all[stream.random_range(0..all.len())]),
        Values::Switch => toml::Value::Boolean(stream.random_range(0..2) == 1),
    }
}

/// Three significant digits: what a person would write, and near enough.
fn rounded(x: f64) -> f64 {
    format!("{x:.2e}").parse().expect("a number just written")
}
