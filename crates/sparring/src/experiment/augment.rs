//! Generated rows in a training log: whether and how much to add, chosen on a validation part.
//!
//! Every generator is tried with several amounts, each with several strengths of the recommender's
//! regularisation, and measured against as many strengths without any addition. The first generator
//! decides: its rows are added only if its best beats the best without them beyond chance.

mod contest;
mod extended;
mod generator;
mod ladder;
mod settings;
mod verdict;

use sparring_wide::Seed;

use self::contest::{Best, Field, Trials, Values, outcome};
use self::extended::Extended;
use self::generator::Maker;
use self::ladder::Ladder;
use self::verdict::{notes, words};
use super::Host;
use super::error::ExperimentError;
use crate::artifact::fingerprint;
use crate::data::{Columns, Dataset};
use crate::eval::{BootstrapConfig, Direction, EvalConfig, paired_difference, parse_metric};
use crate::models::ModelConfig;
use crate::report::{Augmentation, Branch, Chosen};
use crate::split::Stage;

pub use generator::Generator;
pub use settings::AugmentConfig;

/// Fewer users than these cannot tell a gain from chance.
const FEWEST: usize = 20;

/// What a recommender is given.
#[derive(Debug)]
pub struct Ground<'a> {
    /// Name of the training log.
    pub data: String,
    /// What the amount and the strength are chosen on.
    pub tuning: &'a Stage,
    /// What is reported on; none for the validation part alone.
    pub report: Option<&'a Stage>,
    /// What is measured.
    pub eval: EvalConfig,
    /// Label of the metric.
    pub watched: String,
    /// Seed of everything drawn by lot.
    pub seed: u64,
}

/// The report, and the log with additions if they help.
#[derive(Debug)]
pub struct Augmented {
    /// The report.
    pub report: Augmentation,
    /// The recommender with the strength that was chosen.
    pub model: ModelConfig,
    log: Option<Extended>,
}

impl Augmented {
    /// The log with additions as CSV: the names of the source, without ratings and times, which added
    /// rows have not. None if adding does not help.
    pub fn to_csv(&self, columns: &Columns) -> Option<String> {
        self.log.as_ref().map(|log| log.to_csv(columns))
    }
}

/// Everything that all branches have in common.
struct Scene<'a> {
    ground: &'a Ground<'a>,
    config: &'a AugmentConfig,
    ladder: Ladder,
    seed: Seed,
    bootstrap: BootstrapConfig,
    host: Host<'a>,
}

/// A branch after its trials.
struct Played<'a> {
    generator: Option<&'a Generator>,
    trials: Trials,
    maker: Option<Maker>,
    failure: Option<String>,
    /// On the test part, if there is one.
    test: Option<Values>,
    added: Option<Extended>,
}

/// Tries all generators and decides by the first.
///
/// # Errors
/// If a setting or a metric does not exist, a part has too few users, no trial without additions
/// succeeded, or a stop was requested.
pub fn augment(
    ground: &Ground<'_>,
    base: &ModelConfig,
    (generators, config): (&[Generator], &AugmentConfig),
    host: Host<'_>,
) -> Result<Augmented, ExperimentError> {
    config.check()?;
    if generators.is_empty() {
        return Err(ExperimentError::NoGenerator);
    }
    let metric = parse_metric(&ground.watched)?;
    if metric.direction() == Direction::Minimize {
        return Err(ExperimentError::Config {
            place: "--metric".to_owned(),
            message: format!("of `{}` less is better, which is no gain", ground.watched),
            nearest: None,
        });
    }
    let seed = Seed(ground.seed);
    let scene = Scene {
        ground,
        config,
        ladder: Ladder::of(base, &config.vary)?,
        seed,
        bootstrap: BootstrapConfig {
            seed: seed.derive("bootstrap"),
            ..BootstrapConfig::default()
        },
        host,
    };
    enough("training", active(&ground.tuning.train))?;
    enough("validation", active(&ground.tuning.holdout.relevant))?;
    if let Some(report) = ground.report {
        enough("test", active(&report.holdout.relevant))?;
    }
    scene.play(base, generators)
}

fn active(log: &Dataset) -> usize {
    let users = log.user_indices();
    users.filter(|&user| !log.history(user).is_empty()).count()
}

fn enough(part: &'static str, found: usize) -> Result<(), ExperimentError> {
    if found >= FEWEST {
        return Ok(());
    }
    let needed = FEWEST;
    Err(ExperimentError::TooFewUsers {
        part,
        needed,
        found,
    })
}

impl<'a> Scene<'a> {
    fn play(
        &self,
        base: &ModelConfig,
        generators: &'a [Generator],
    ) -> Result<Augmented, ExperimentError> {
        let amounts = generators.iter().map(|g| g.amounts(self.config).len());
        let each = self.ladder.strengths(self.config.strengths);
        let trials = amounts.max().unwrap_or(1) * each.len();
        let mut plain = self.plain(trials)?;
        let strength = plain.trials.best.as_ref().and_then(|best| best.strength);
        let own = self.ladder.at(strength)?;
        let mut played = Vec::new();
        for generator in generators {
            played.push(self.branch(generator, &own, &each)?);
        }
        let adopted = self.decides(&plain, &played[0]);
        self.test(&mut plain, &own)?;
        for branch in &mut played {
            self.test(branch, &own)?;
        }
        let strength = match &played[0].trials.best {
            Some(best) if adopted => best.strength,
            _ => strength,
        };
        let log = if adopted {
            self.added(&mut played[0], &own)?
        } else {
            None
        };
        let report = self.report(base, trials, (&plain, &played), adopted);
        Ok(Augmented {
            report,
            model: self.ladder.at(strength)?,
            log,
        })
    }

    fn field(&self, stage: &'a Stage) -> Field<'a> {
        Field {
            stage,
            eval: &self.ground.eval,
            watched: &self.ground.watched,
            seed: self.seed,
            host: self.host,
        }
    }

    /// As many strengths as a generator has trials, without additions.
    fn plain(&self, trials: usize) -> Result<Played<'a>, ExperimentError> {
        let log = Extended::of(&self.ground.tuning.train, &[]);
        let strengths = self.ladder.strengths(trials);
        let mut found = Trials::default();
        let field = self.field(self.ground.tuning);
        field.climb(("none", 0.0), &log, (&self.ladder, &strengths), &mut found)?;
        if found.best.is_none() {
            let last = found.tried.iter().rev().find_map(|t| t.failure.clone());
            return Err(ExperimentError::NoTrial {
                model: self.ladder.name(),
                trials,
                last: last.unwrap_or_else(|| "no user could be evaluated".to_owned()),
            });
        }
        Ok(Played::new(None, found))
    }

    /// All amounts and strengths of one generator; a generator that fails keeps the reason.
    fn branch(
        &self,
        generator: &'a Generator,
        own: &ModelConfig,
        strengths: &[Option<f64>],
    ) -> Result<Played<'a>, ExperimentError> {
        let train = &self.ground.tuning.train;
        let maker = match generator.fit(train, own, (self.seed, self.host)) {
            Ok(maker) => maker,
            Err(_) if self.host.cancel.is_requested() => return Err(ExperimentError::Cancelled),
            Err(error) if error.is_wrong_use() => return Err(error),
            Err(error) => {
                let mut played = Played::new(Some(generator), Trials::default());
                played.failure = Some(error.to_string());
                return Ok(played);
            }
        };
        let mut trials = Trials::default();
        for &amount in generator.amounts(self.config) {
            let rows = maker.rows(train, (amount, self.config.longest), self.seed)?;
            let log = Extended::of(train, &rows);
            let climb = (generator.name(), amount);
            let field = self.field(self.ground.tuning);
            field.climb(climb, &log, (&self.ladder, strengths), &mut trials)?;
        }
        let mut played = Played::new(Some(generator), trials);
        played.maker = Some(maker);
        Ok(played)
    }

    /// Whether the best with additions beats the best without on the validation part beyond chance.
    fn decides(&self, plain: &Played<'_>, first: &Played<'_>) -> bool {
        let (Some(plain), Some(first)) = (&plain.trials.best, &first.trials.best) else {
            return false;
        };
        let (with, without) = (&first.values.of, &plain.values.of);
        paired_difference(with, without, &self.bootstrap).low > 0.0
    }

    /// The log with the chosen additions to what the report fits on, or else to the training part.
    fn added(
        &self,
        played: &mut Played<'a>,
        own: &ModelConfig,
    ) -> Result<Option<Extended>, ExperimentError> {
        if let Some(added) = played.added.take() {
            return Ok(Some(added));
        }
        let Some(best) = &played.trials.best else {
            return Ok(None);
        };
        let tuned = &self.ground.tuning.train;
        let train = self.ground.report.map_or(tuned, |stage| &stage.train);
        let Some(generator) = played.generator else {
            return Ok(Some(Extended::of(train, &[])));
        };
        // What was fitted on the same log is not fitted again.
        let maker = match played.maker.take().filter(|_| train == tuned) {
            Some(maker) => maker,
            None => generator.fit(train, own, (self.seed, self.host))?,
        };
        let rows = maker.rows(train, (best.amount, self.config.longest), self.seed)?;
        Ok(Some(Extended::of(train, &rows)))
    }

    /// Measures the chosen trial of a branch on the test part.
    fn test(&self, played: &mut Played<'a>, own: &ModelConfig) -> Result<(), ExperimentError> {
        let Some(stage) = self.ground.report else {
            return Ok(());
        };
        let name = played.generator.map_or("none", Generator::name);
        self.host.audience.stage(&format!("test {name}"));
        let Some(log) = self.added(played, own)? else {
            return Ok(());
        };
        if let Some(best) = &mut played.trials.best {
            let model = self.ladder.at(best.strength)?;
            played.test = Some(self.field(stage).measure(&model, &log.log)?);
            best.added = (log.users, log.interactions);
        }
        played.added = Some(log);
        Ok(())
    }

    fn report(
        &self,
        base: &ModelConfig,
        trials: usize,
        (plain, played): (&Played<'_>, &[Played<'_>]),
        adopted: bool,
    ) -> Augmentation {
        let Ground { tuning, report, .. } = *self.ground;
        let train = report.map_or(&tuning.train, |stage| &stage.train);
        let described = |branch, first| self.described(branch, plain, first);
        let rest = played.iter().enumerate();
        let mut found = Augmentation {
            verdict: Vec::new(),
            adopted,
            sparring: env!("CARGO_PKG_VERSION").to_owned(),
            data: self.ground.data.clone(),
            users: active(train),
            items: train.n_items(),
            interactions: train.n_interactions(),
            sha256: fingerprint(train),
            seed: self.ground.seed,
            watched: self.ground.watched.clone(),
            model: base.name().to_owned(),
            settings: base.to_table(),
            varied: self.ladder.key().map(str::to_owned),
            trials,
            plain: described(plain, None),
            generated: rest
                .map(|(at, branch)| described(branch, played.first().filter(|_| at > 0)))
                .collect(),
            notes: Vec::new(),
        };
        found.verdict = words(&found);
        found.notes = notes(&found, train);
        found
    }

    fn described(
        &self,
        branch: &Played<'_>,
        plain: &Played<'_>,
        first: Option<&Played<'_>>,
    ) -> Branch {
        let config = &self.bootstrap;
        let base = branch.generator.is_some().then_some(plain);
        let validated =
            |played: &&Played<'_>| played.trials.best.as_ref().map(|b| b.values.clone());
        let tested = |played: &&Played<'_>| played.test.clone();
        let choose = |best: &Best| {
            let longest = self.config.longest;
            let on = (&self.ground.tuning.holdout, config, longest);
            let (from, lead) = (
                base.as_ref().and_then(validated),
                first.as_ref().and_then(validated),
            );
            let validation = outcome(&best.values, from.as_ref(), lead.as_ref(), on);
            let (from, lead) = (
                base.as_ref().and_then(tested),
                first.as_ref().and_then(tested),
            );
            let test = branch.test.as_ref().zip(self.ground.report);
            Chosen {
                amount: best.amount,
                strength: best.strength,
                added_users: best.added.0,
                added_interactions: best.added.1,
                validation,
                test: test.map(|(values, stage)| {
                    let on = (&stage.holdout, config, longest);
                    outcome(values, from.as_ref(), lead.as_ref(), on)
                }),
            }
        };
        Branch {
            name: branch.generator.map_or("none", Generator::name).to_owned(),
            about: branch
                .generator
                .map_or("the training log as it is", Generator::about)
                .to_owned(),
            trials: branch.trials.tried.clone(),
            chosen: branch.trials.best.as_ref().map(choose),
            failure: branch.failure.clone(),
        }
    }
}

impl<'a> Played<'a> {
    fn new(generator: Option<&'a Generator>, trials: Trials) -> Self {
        Self {
            generator,
            trials,
            maker: None,
            failure: None,
            test: None,
            added: None,
        }
    }
}

#[cfg(test)]
mod tests;
