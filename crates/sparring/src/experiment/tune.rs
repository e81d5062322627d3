//! Finding settings on a validation part by successive halving.

mod draws;

use serde::Serialize;
use sparring_wide::Seed;

use self::draws::{get, near, settings};

use super::Host;
use super::config::set_path;
use super::error::ExperimentError;
use super::fit::fit;
use crate::eval::Watch;
use crate::models::ModelConfig;
use crate::recommend::{Kept, Monitor, Part};
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
    /// The part of tuning that it belongs to; empty if there is one alone.
    pub part: &'static str,
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
/// One of this many trials is spent near the best of the others.
const REFINED: usize = 3;
/// The most rungs below the full budget.
const RUNGS: u32 = 2;

/// Tries settings drawn from the model's space on `stage` and returns the best.
///
/// A model in several [parts](ModelConfig::parts) is tuned part by part, each from the best of those
/// before, with the same number of trials. Parts with a resource are tuned by successive halving
/// (Jamieson and Talwalkar, 2016): all settings get a ninth of their epochs, the best third of them
/// a third, the best third of those all. A third of the trials follows near the best so far, with all
/// epochs. The settings that a part begins with and, in the last part, `base` are never dropped.
/// Nothing but `stage` is looked at. A stop keeps what was found before it.
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
    let kept = Kept::new();
    let host = Host {
        kept: Some(&kept),
        ..host
    };
    let given = base.to_table();
    let mut parts = base.parts();
    let is_off = |key| get(&given, key).and_then(toml::Value::as_float) == Some(0.0);
    parts.retain(|part| !part.needs.is_some_and(is_off));
    let last = parts.len().saturating_sub(1);
    let mut tuning = Tuning {
        best: base.clone(),
        value: f64::NEG_INFINITY,
        trials: Vec::new(),
    };
    for (at, part) in parts.iter().enumerate() {
        if at > 0 && host.cancel.is_requested() {
            break;
        }
        let mut begin = vec![tuning.best.to_table()];
        if at == last && at > 0 && begin[0] != given {
            begin.push(given.clone());
        }
        let search = Search {
            model: base.name(),
            part,
            stage,
            watch: &watch,
            seed: options.seed,
        };
        let found = match search.run(&begin, options.trials.max(1), host) {
            // What the parts before found stays.
            Err(ExperimentError::Cancelled) if at > 0 => break,
            found => found?,
        };
        tuning.best = found.best;
        tuning.value = found.value;
        tuning.trials.splice(0..0, found.trials);
    }
    Ok(tuning)
}

/// The search for the settings of one part.
struct Search<'a> {
    model: &'static str,
    part: &'a Part,
    stage: &'a Stage,
    watch: &'a Watch,
    seed: Seed,
}

impl Search<'_> {
    fn run(
        &self,
        begin: &[toml::Table],
        trials: usize,
        host: Host<'_>,
    ) -> Result<Tuning, ExperimentError> {
        let part = self.part;
        let seed = if part.name.is_empty() {
            self.seed
        } else {
            self.seed.derive(part.name)
        };
        let refined = if part.space.is_empty() {
            0
        } else {
            trials / REFINED
        };
        let mut field: Vec<Trial> = settings(begin.to_vec(), &part.space, trials - refined, seed)
            .into_iter()
            .map(|settings| self.trial(settings))
            .collect();
        let halved = part.resource.is_some() && field.len() >= ETA;
        let rungs = if halved { RUNGS } else { 0 };
        let mut alive = field.len();
        for rung in (0..=rungs).rev() {
            let budget = (ETA as f64).powi(-rung.cast_signed());
            for (at, trial) in field[..alive].iter_mut().enumerate() {
                if host.cancel.is_requested() {
                    break;
                }
                host.audience
                    .stage(&self.stage_name((at + 1, alive), budget));
                self.try_out(trial, budget, host);
            }
            sort(&mut field[..alive]);
            if rung > 0 {
                alive = keep(&mut field[..alive], begin);
            }
        }
        self.refine(&mut field, (refined, seed), host);
        conclude(self.model, field)
    }

    /// Tries settings near the best, one after the other, with all epochs.
    fn refine(&self, field: &mut Vec<Trial>, (count, seed): (usize, Seed), host: Host<'_>) {
        let mut stream = seed.stream("refine");
        for at in 1..=count {
            if host.cancel.is_requested() || field[0].value.is_none() {
                break;
            }
            host.audience.stage(&format!(
                "{} near the best",
                self.stage_name((at, count), 1.0)
            ));
            let mut trial = self.trial(near(&field[0].settings, &self.part.space, &mut stream));
            self.try_out(&mut trial, 1.0, host);
            let place = usize::from(trial.value <= field[0].value);
            field.insert(place, trial);
        }
    }

    fn trial(&self, settings: toml::Table) -> Trial {
        Trial {
            part: self.part.name,
            settings,
            budget: 0.0,
            value: None,
            failure: None,
        }
    }

    fn stage_name(&self, (at, of): (usize, usize), budget: f64) -> String {
        let (model, name) = (self.model, self.part.name);
        let space = if name.is_empty() { "" } else { " " };
        let share = if budget < 1.0 {
            format!(", {budget:.2} of the epochs")
        } else {
            String::new()
        };
        format!("tune {model}{space}{name} {at}/{of}{share}")
    }

    /// Fits with a share of the epochs, and with what the part holds as it holds it.
    fn try_out(&self, trial: &mut Trial, budget: f64, host: Host<'_>) {
        let mut settings = trial.settings.clone();
        for (key, value) in self.part.held {
            let _inside_a_table = set_path(&mut settings, key, toml::Value::Float(*value));
        }
        if let Some(key) = self.part.resource.filter(|_| budget < 1.0)
            && let Some(full) = get(&settings, key).and_then(toml::Value::as_integer)
        {
            #[expect(clippy::cast_possible_truncation, reason = "a part of an integer")]
            let part = ((full as f64 * budget).round() as i64).max(1);
            let _was_a_table = set_path(&mut settings, key, toml::Value::Integer(part));
        }
        let outcome = ModelConfig::from_table(self.model, settings)
            .map_err(|error| error.to_string())
            .and_then(|config| {
                fit(&config, &self.stage.train, self.seed, None, host).map_err(|e| e.to_string())
            });
        trial.budget = budget;
        match outcome {
            Ok(fitted) if !fitted.stopped => {
                let value = self.watch.score(&*fitted.model);
                trial.value = Some(value).filter(|value| value.is_finite());
            }
            Ok(_) => {}
            Err(failure) => (trial.value, trial.failure) = (None, Some(failure)),
        }
    }
}

fn conclude(model: &'static str, field: Vec<Trial>) -> Result<Tuning, ExperimentError> {
    let best = field.first().filter(|trial| trial.value.is_some());
    let Some((best, value)) = best.and_then(|trial| Some((trial, trial.value?))) else {
        let last = field.iter().rev().find_map(|trial| trial.failure.clone());
        let Some(last) = last else {
            return Err(ExperimentError::Cancelled);
        };
        return Err(ExperimentError::NoTrial {
            model,
            trials: field.len(),
            last,
        });
    };
    let best = ModelConfig::from_table(model, best.settings.clone())?;
    Ok(Tuning {
        best,
        value,
        trials: field,
    })
}

/// The best third, and the settings that the search began with, which always get their full budget:
/// no search ends with settings that are worse on validation than those.
fn keep(alive: &mut [Trial], begin: &[toml::Table]) -> usize {
    let best = alive.len().div_ceil(ETA);
    let begun = |trial: &Trial| begin.contains(&trial.settings);
    // Stable, so that the others keep their order.
    alive[best..].sort_by_key(|trial| !begun(trial));
    best + alive[best..].iter().filter(|trial| begun(trial)).count()
}

/// Best first; failures last.
fn sort(trials: &mut [Trial]) {
    let value = |trial: &Trial| trial.value.unwrap_or(f64::NEG_INFINITY);
    trials.sort_by(|a, b| value(b).total_cmp(&value(a)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::PlantedConfig;
    use crate::experiment::Audience;
    use crate::recommend::{Cancel, Diagnosis, Observer, Progress};
    use crate::split::{RandomRatio, Splitter};

    /// Asks for a stop when a stage begins whose name holds the text.
    struct StopAt<'a>(&'a str, &'a Cancel);

    impl Observer for StopAt<'_> {
        fn progress(&self, _: Progress<'_>) {}
        fn point(&self, _: &str, _: u64, _: f64) {}
        fn diagnosis(&self, _: Diagnosis) {}
    }

    impl Audience for StopAt<'_> {
        fn stage(&self, text: &str) {
            if text.contains(self.0) {
                self.1.request();
            }
        }
    }

    fn tuned(settings: &str, trials: usize) -> Tuning {
        tuned_until(settings, trials, "no such stage")
    }

    fn tuned_until(settings: &str, trials: usize, stop: &str) -> Tuning {
        let table: toml::Table = settings.parse().unwrap();
        let base = ModelConfig::from_table("sparring", table).unwrap();
        let planted = PlantedConfig {
            n_users: 120,
            n_items: 60,
            mean_events: 12.0,
            ..Default::default()
        };
        let data = planted.generate(Seed(3)).data;
        let split = RandomRatio::default().split(&data, Seed(2)).unwrap();
        let options = TuneOptions {
            trials,
            metric: "ndcg@10".to_owned(),
            seed: Seed(1),
        };
        let cancel = Cancel::new();
        let audience = StopAt(stop, &cancel);
        let host = Host::new(&audience, &cancel);
        tune(&base, &split.report(), &options, host).unwrap()
    }

    const SMALL: &str = "[factors]\nembedding_dim = 8\n[neural]\nhidden = 16\nsteps = 30";

    #[test]
    fn a_model_in_parts_is_tuned_part_by_part() {
        let found = tuned(SMALL, 2);
        let names: Vec<&str> = found.trials.iter().map(|trial| trial.part).collect();
        let expected = ["neural", "factors", "linear"].map(|name| [name; 2]);
        assert_eq!(names, expected.concat());
        let whole = &found.trials[..2];
        assert!(whole.iter().all(|trial| trial.budget >= 1.0));
        assert!(
            whole.iter().any(|trial| trial.settings == from(SMALL)),
            "the given settings"
        );
        assert_eq!(whole[0].value, Some(found.value));
        assert_eq!(whole[0].settings, found.best.to_table());
    }

    fn from(settings: &str) -> toml::Table {
        let table = settings.parse().unwrap();
        ModelConfig::from_table("sparring", table)
            .unwrap()
            .to_table()
    }

    #[test]
    fn a_part_that_is_off_is_left_alone() {
        let off = format!("neural_weight = 0.0\n{SMALL}");
        let found = tuned(&off, 5);
        assert!(found.trials.iter().all(|trial| trial.part != "neural"));
        assert_eq!(found.best.to_table()["neural_weight"].as_float(), Some(0.0));
        assert!(
            found
                .trials
                .iter()
                .any(|t| t.settings["factor_weight"].as_float() != Some(1.0))
        );
    }

    #[test]
    fn a_stop_keeps_the_parts_that_were_finished() {
        let found = tuned_until(SMALL, 4, "tune sparring factors");
        assert!(found.trials.iter().all(|trial| trial.part == "linear"));
        assert_eq!(found.best.to_table(), found.trials[0].settings);
        assert_eq!(Some(found.value), found.trials[0].value);
    }
}
