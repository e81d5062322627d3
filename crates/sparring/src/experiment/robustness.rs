//! Several models under attack: each fitted on the clean training part and on spoiled ones, always
//! measured on the same test users.

mod as_fitted;

use sparring_wide::Seed;

use super::Host;
use super::compare::{Arena, bootstrap, facts};
use super::error::ExperimentError;
use super::fit::fit;
use crate::data::{Attack, AttackError, Dataset, Ground, ItemIx, Rate, draw_targets};
use crate::eval::{
    BootstrapConfig, EvalConfig, Evaluation, Fairness, evaluate, fairness, mean_interval,
    parse_metric, relative_loss, user_means,
};
use crate::models::ModelConfig;
use crate::report::{Attacked, Endurance, Exposure, Robustness};

use as_fitted::AsFitted;

/// The length of the lists in which target items are looked for.
const LIST: usize = 20;

/// What the models are exposed to.
#[derive(Debug, Clone, PartialEq)]
pub struct Threats {
    /// The attacks.
    pub attacks: Vec<Attack>,
    /// How strong each of them is made.
    pub rates: Vec<Rate>,
    /// Number of items that fake profiles push.
    pub targets: usize,
}

/// One attack at one strength.
type Threat = (Attack, Rate);

/// Everything that all models have in common.
struct Scene<'a> {
    arena: &'a Arena<'a>,
    eval: EvalConfig,
    /// The targets of each seed.
    targets: Vec<Vec<ItemIx>>,
    bootstrap: BootstrapConfig,
    host: Host<'a>,
}

/// The lists of one model, one run a seed, and its values of the watched metric by user.
struct Fought {
    runs: Vec<Evaluation>,
    values: Vec<f64>,
    /// What was injected, mean over seeds.
    amount: f64,
}

/// Fits every model with its settings on the clean training part and under every threat.
///
/// Each seed draws its own targets and its own injections, the same ones for all models, and fits
/// with it. Nothing is tuned: what an arena says about tuning is not looked at. The models are
/// measured on the report stage's test users, of whom none is fake; see [`Attacked`] and
/// [`Fairness`] for what is measured.
///
/// A fit that fails keeps its place with the reason. When a stop is requested, what was finished
/// stays and a note says what was not.
///
/// # Errors
/// If no model is named, a metric does not exist, there are too few items to push, the test part
/// cannot be evaluated, or nothing was finished.
pub fn robustness(
    arena: &Arena<'_>,
    models: &[ModelConfig],
    threats: &Threats,
    host: Host<'_>,
) -> Result<Robustness, ExperimentError> {
    parse_metric(&arena.watched)?;
    if models.is_empty() {
        return Err(ExperimentError::NoModel);
    }
    let scene = Scene::new(arena, threats, host)?;
    let (mut rows, mut missing) = (Vec::new(), Vec::new());
    let mut evaluated = 0;
    for model in models {
        match scene.endure(model, threats)? {
            Some((row, users)) => {
                let unfinished = threats.len() > row.attacks.len() && row.failure.is_none();
                missing.extend(unfinished.then(|| format!("{} (some attacks)", row.model)));
                evaluated = evaluated.max(users);
                rows.push(row);
            }
            None => missing.push(model.name().to_owned()),
        }
    }
    if rows.is_empty() {
        return Err(ExperimentError::Cancelled);
    }
    let mut report = Robustness {
        sparring: env!("CARGO_PKG_VERSION").to_owned(),
        facts: facts(arena, evaluated),
        watched: arena.watched.clone(),
        list: LIST,
        seeds: arena.seeds.clone(),
        targets: scene.target_ids(),
        rows,
        notes: Vec::new(),
    };
    report.rank();
    if !missing.is_empty() {
        report.notes.push(format!(
            "Stopped on request; these models did not finish: {}.",
            missing.join(", ")
        ));
    }
    Ok(report)
}

impl Threats {
    /// Every attack at every rate.
    fn iter(&self) -> impl Iterator<Item = Threat> {
        let rates = |&attack| self.rates.iter().map(move |&rate| (attack, rate));
        self.attacks.iter().flat_map(rates)
    }

    fn len(&self) -> usize {
        self.attacks.len() * self.rates.len()
    }
}

impl<'a> Scene<'a> {
    fn new(arena: &'a Arena<'a>, threats: &Threats, host: Host<'a>) -> Result<Self, AttackError> {
        let pushing = threats.attacks.iter().any(|attack| attack.pushes());
        let draw = |&seed: &u64| {
            if !pushing {
                return Ok(Vec::new());
            }
            draw_targets(&arena.report.train, threats.targets, injections(seed))
        };
        let mut eval = EvalConfig {
            corpus: false,
            ..arena.eval.clone()
        };
        eval.ks.push(LIST);
        eval.ks.sort_unstable();
        eval.ks.dedup();
        Ok(Self {
            arena,
            eval,
            targets: arena.seeds.iter().map(draw).collect::<Result<_, _>>()?,
            bootstrap: bootstrap(arena),
            host,
        })
    }

    /// One model, clean and under every threat, and the number of users it was measured on; none
    /// if a stop was requested before the clean fits were done.
    fn endure(
        &self,
        model: &ModelConfig,
        threats: &Threats,
    ) -> Result<Option<(Endurance, usize)>, ExperimentError> {
        let mut row = Endurance::new(model);
        let clean = match self.fight(model, None) {
            Ok(clean) => clean,
            Err(_) if self.host.cancel.is_requested() => return Ok(None),
            Err(error) => {
                row.failure = Some(told(error)?);
                return Ok(Some((row, 0)));
            }
        };
        row.clean = Some(mean_interval(&clean.values, &self.bootstrap));
        row.fairness = Some(self.fairness(&clean)?);
        for threat in threats.iter() {
            let mut attacked = Attacked::new(threat.0, threat.1);
            match self.fight(model, Some(threat)) {
                Ok(fought) => self.fill(&mut attacked, threat.0, (&clean, &fought)),
                Err(_) if self.host.cancel.is_requested() => break,
                Err(error) => attacked.failure = Some(told(error)?),
            }
            row.attacks.push(attacked);
        }
        Ok(Some((row, clean.values.len())))
    }

    /// Fits and evaluates with every seed.
    fn fight(
        &self,
        model: &ModelConfig,
        threat: Option<Threat>,
    ) -> Result<Fought, ExperimentError> {
        let stage = self.arena.report;
        let (mut runs, mut amount) = (Vec::new(), 0);
        for (at, &seed) in self.arena.seeds.iter().enumerate() {
            if self.host.cancel.is_requested() {
                return Err(ExperimentError::Cancelled);
            }
            let under = threat.map_or_else(
                || "clean".to_owned(),
                |(attack, rate)| format!("{} {}", attack.name(), rate.get()),
            );
            let step = format!("{}/{}", at + 1, self.arena.seeds.len());
            let text = format!("fit {} {under} {step}", model.name());
            self.host.audience.stage(&text);
            let log = match threat {
                None => stage.train.clone(),
                Some((attack, rate)) => {
                    let injected = attack.inject(self.ground(at), rate, injections(seed));
                    amount += injected.amount;
                    injected.log
                }
            };
            runs.push(self.run(model, &log, Seed(seed))?);
        }
        Ok(Fought {
            values: user_means(&runs, &self.arena.watched)?,
            amount: amount as f64 / runs.len() as f64,
            runs,
        })
    }

    /// Fits on `log` and evaluates on the clean test users.
    fn run(
        &self,
        model: &ModelConfig,
        log: &Dataset,
        seed: Seed,
    ) -> Result<Evaluation, ExperimentError> {
        let fitted = fit(model, log, seed, None, self.host)?;
        if fitted.stopped {
            return Err(ExperimentError::Cancelled);
        }
        let model = AsFitted {
            model: &*fitted.model,
            log,
        };
        Ok(evaluate(&model, &self.arena.report.holdout, &self.eval)?)
    }

    fn ground(&self, seed_at: usize) -> Ground<'_> {
        Ground {
            train: &self.arena.report.train,
            held_out: &self.arena.report.holdout.relevant,
            targets: &self.targets[seed_at],
        }
    }

    fn fill(&self, attacked: &mut Attacked, attack: Attack, (clean, fought): (&Fought, &Fought)) {
        attacked.amount = fought.amount;
        attacked.value = Some(mean_interval(&fought.values, &self.bootstrap));
        attacked.loss = relative_loss(&clean.values, &fought.values, &self.bootstrap);
        attacked.targets = attack.pushes().then(|| Exposure {
            before: self.exposed(&clean.runs),
            after: self.exposed(&fought.runs),
        });
    }

    /// The share of the evaluated users with a target of the seed among the first [`LIST`] items.
    fn exposed(&self, runs: &[Evaluation]) -> f64 {
        let shares = runs.iter().zip(&self.targets).map(|(run, targets)| {
            let pushed = |list: &&Vec<ItemIx>| {
                let mut shown = list.iter().take(LIST);
                shown.any(|item| targets.contains(item))
            };
            run.lists.iter().filter(pushed).count() as f64 / run.lists.len() as f64
        });
        shares.sum::<f64>() / runs.len() as f64
    }

    fn fairness(&self, clean: &Fought) -> Result<Fairness, ExperimentError> {
        let measured = (self.arena.watched.as_str(), LIST);
        let holdout = &self.arena.report.holdout;
        Ok(fairness(&clean.runs, measured, holdout, &self.bootstrap)?)
    }

    fn target_ids(&self) -> Vec<Vec<String>> {
        let items = self.arena.report.train.items();
        let ids =
            |targets: &Vec<ItemIx>| targets.iter().map(|t| items.id(t.0).to_owned()).collect();
        self.targets.iter().map(ids).collect()
    }
}

/// What a row says of an error; one that concerns all models ends the work.
fn told(error: ExperimentError) -> Result<String, ExperimentError> {
    match error {
        ExperimentError::Eval(error) => Err(error.into()),
        error => Ok(error.to_string()),
    }
}

/// The source of what one seed injects.
fn injections(seed: u64) -> Seed {
    Seed(seed).derive("attack")
}

#[cfg(test)]
mod tests;
