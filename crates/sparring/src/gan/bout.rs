//! The loop: discriminator and generator in turns, with an eye on their health.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::course::Course;
use super::health::{Health, HealthConfig, Probe, Remedy, Verdict, examine};
use crate::recommend::{FitError, Monitor, Progress, Run};

/// What the loop drives: any two networks that are trained in turns.
///
/// Only the two steps are required. What a model can offer beyond them the loop uses: a probe for
/// the health, a snapshot for the best weights, remedies for treatment.
pub trait AdversarialStep {
    /// One step of the discriminator on some training rows; its loss.
    ///
    /// # Errors
    /// [`FitError`] if the step cannot be done.
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError>;

    /// One step of the generator; its loss.
    ///
    /// # Errors
    /// [`FitError`] if the step cannot be done.
    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError>;

    /// A look at both networks, if the model has rows to look at.
    fn probe(&mut self) -> Option<Probe> {
        None
    }

    /// Norms of the running means of the gradients (Adam's first moments) of the generator and of
    /// the discriminator, if the model keeps them.
    fn gradient_norms(&self) -> Option<[f64; 2]> {
        None
    }

    /// The value of the watched metric, if the model can be rated as it is.
    fn rate(&mut self, _monitor: &dyn Monitor) -> Option<f64> {
        None
    }

    /// Is told how much of training is done, between 0 and 1, before each epoch.
    fn anneal(&mut self, _share: f32) {}

    /// Is told after each whole epoch how the bout stands, so that it can be gone on with later.
    ///
    /// # Errors
    /// [`FitError`] if that cannot be kept.
    fn epoch_done(&mut self, _standing: &Standing) -> Result<(), FitError> {
        Ok(())
    }

    /// Keeps the weights as they are now.
    fn snapshot(&mut self) {}

    /// Goes back to the weights kept last.
    fn restore(&mut self) {}

    /// Takes back the remedy that was applied last; `false` if it cannot.
    fn undo(&mut self, _remedy: Remedy) -> bool {
        false
    }

    /// Applies a remedy; `false` if it has none such or no more of it.
    fn apply(&mut self, _remedy: Remedy) -> bool {
        false
    }
}

/// How long and in which turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoutConfig {
    /// Passes over the training rows, 1 or more.
    pub epochs: usize,
    /// Rows of a step, 1 or more.
    pub batch_size: usize,
    /// Steps of the discriminator in each turn.
    pub discriminator_steps: usize,
    /// Steps of the generator in each turn.
    pub generator_steps: usize,
    /// Epochs between two looks at health and validation.
    pub look_every: usize,
    /// Looks without a better validation value after which training stops.
    pub patience: usize,
    /// Whether to stop when the discriminator no longer tells held-out real rows from generated.
    pub until_indistinguishable: bool,
    /// Whether training treats itself.
    pub auto: bool,
    /// The limits of the verdicts.
    pub health: HealthConfig,
}

impl Default for BoutConfig {
    fn default() -> Self {
        Self {
            epochs: 100,
            batch_size: 64,
            discriminator_steps: 1,
            generator_steps: 1,
            look_every: 5,
            patience: 10,
            until_indistinguishable: false,
            auto: false,
            health: HealthConfig::default(),
        }
    }
}

/// Why training stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// All epochs are done.
    Budget,
    /// Validation got no better.
    Validation,
    /// Real and generated rows cannot be told apart any more.
    Indistinguishable,
    /// On request.
    Request,
}

/// How a bout ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Why.
    pub stopped: Stopped,
    /// Epochs that were done.
    pub epochs: usize,
    /// The last look at health, if there was one.
    pub health: Option<Health>,
    /// Remedies that were applied, in order.
    pub applied: Vec<Remedy>,
}

/// One bout of training.
pub struct Bout<'a> {
    /// Its settings.
    pub config: &'a BoutConfig,
    /// Name of the model, for errors.
    pub model: &'static str,
    /// Number of training rows.
    pub rows: usize,
}

/// How a bout stands between two epochs: all that the loop remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    epochs: usize,
    discriminator_steps: usize,
    step: u64,
    best: Option<f64>,
    worse: usize,
    even: usize,
    rescues: usize,
    health: Option<Health>,
    course: Course,
}

impl Standing {
    /// Epochs that are done.
    pub fn epochs(&self) -> usize {
        self.epochs
    }
}

/// Looks in a row at chance level after which real and generated count as indistinguishable.
const EVEN_LOOKS: usize = 3;
/// Times that training goes back to its last good weights before it gives up.
const RESCUES: usize = 3;

impl Bout<'_> {
    /// Trains until a rule says stop; the best weights are in place at the end.
    ///
    /// # Errors
    /// [`FitError::Diverged`] if a loss is not finite and treatment is off or did not help.
    pub fn run(&self, step: &mut dyn AdversarialStep, run: &Run<'_>) -> Result<End, FitError> {
        let mut state = Standing {
            epochs: 0,
            discriminator_steps: self.config.discriminator_steps.max(1),
            step: 0,
            best: None,
            worse: 0,
            even: 0,
            rescues: 0,
            health: None,
            course: Course::default(),
        };
        step.snapshot();
        // What training starts from may be the best there is, after a pre-training for example.
        state.best = run.monitor.and_then(|monitor| step.rate(monitor));
        if let Some(value) = state.best {
            run.observer.point("validation", 0, value);
        }
        self.resume(step, run, state)
    }

    /// Goes on from where a bout of the same settings, rows and seed stood, to the same bits; the
    /// networks are as they were then, and so are the weights kept last.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn resume(
        &self,
        step: &mut dyn AdversarialStep,
        run: &Run<'_>,
        mut state: Standing,
    ) -> Result<End, FitError> {
        let total = self.config.epochs as u64;
        let mut order: Vec<u32> = (0..u32::try_from(self.rows).expect("rows fit u32")).collect();
        // Every epoch shuffles the order of the one before.
        for epoch in 0..state.epochs as u64 {
            order.shuffle(&mut run.seed.stream_at("order", epoch));
        }
        let stopped = loop {
            let epoch = state.epochs;
            if epoch >= self.config.epochs {
                break Stopped::Budget;
            }
            step.anneal(state.course.age(self.share(epoch)));
            order.shuffle(&mut run.seed.stream_at("order", epoch as u64));
            let finite = self.epoch(step, run, &order, &mut state)?;
            let epoch = epoch + 1;
            state.epochs = epoch;
            run.observer.progress(Progress {
                unit: "epoch",
                done: epoch as u64,
                total,
            });
            if let Some(evidence) = finite {
                self.rescue(step, run, &mut state, evidence)?;
            } else if self.is_look(epoch)
                && let Some(stopped) = self.look(step, run, epoch, &mut state)
            {
                break stopped;
            }
            if run.cancel.is_requested() {
                break Stopped::Request;
            }
            step.epoch_done(&state)?;
        };
        if state.best.is_some() || self.config.auto && state.course.was_better() {
            step.restore();
        }
        Ok(End {
            stopped,
            epochs: state.epochs,
            health: state.health,
            applied: state.course.applied,
        })
    }

    fn share(&self, epoch: usize) -> f32 {
        epoch as f32 / self.config.epochs as f32
    }

    fn is_look(&self, epoch: usize) -> bool {
        epoch.is_multiple_of(self.config.look_every.max(1)) || epoch == self.config.epochs
    }

    /// One pass over the rows; evidence if a loss is not finite.
    fn epoch(
        &self,
        step: &mut dyn AdversarialStep,
        run: &Run<'_>,
        order: &[u32],
        state: &mut Standing,
    ) -> Result<Option<String>, FitError> {
        let (mut sums, mut turns) = ((0.0_f64, 0.0_f64), 0.0);
        for (turn, batch) in order.chunks(self.config.batch_size.max(1)).enumerate() {
            if run.cancel.is_requested() {
                break;
            }
            let mut losses = (0.0, 0.0);
            // With several discriminator steps in a turn each sees rows of its own.
            for at in 0..state.discriminator_steps {
                let other = (turn * state.discriminator_steps + at) * batch.len() % order.len();
                let rows = if at == 0 {
                    batch
                } else {
                    window(order, other, batch.len())
                };
                losses.0 = step.discriminator_step(rows)?;
            }
            for _ in 0..self.config.generator_steps.max(1) {
                losses.1 = step.generator_step(batch)?;
            }
            state.step += 1;
            if !(losses.0.is_finite() && losses.1.is_finite()) {
                let evidence = format!("losses {} and {}", losses.0, losses.1);
                return Ok(Some(evidence));
            }
            sums = (sums.0 + losses.0, sums.1 + losses.1);
            turns += 1.0;
        }
        if turns > 0.0 {
            run.observer
                .point("loss of the discriminator", state.step, sums.0 / turns);
            run.observer
                .point("loss of the generator", state.step, sums.1 / turns);
        }
        Ok(None)
    }

    /// Back to the last good weights, more slowly.
    fn rescue(
        &self,
        step: &mut dyn AdversarialStep,
        run: &Run<'_>,
        state: &mut Standing,
        evidence: String,
    ) -> Result<(), FitError> {
        step.restore();
        state.rescues += 1;
        let treated = self.config.auto && state.rescues <= RESCUES && step.apply(Remedy::SlowBoth);
        let remedies = Verdict::Diverged.remedies();
        run.observer.diagnosis(crate::recommend::Diagnosis {
            step: state.step,
            verdict: Verdict::Diverged.name().to_owned(),
            evidence: vec![evidence.clone()],
            remedies: remedies
                .iter()
                .map(|remedy| remedy.words().to_owned())
                .collect(),
            applied: treated
                .then(|| Remedy::SlowBoth.words().to_owned())
                .into_iter()
                .collect(),
        });
        if treated {
            state.course.applied.push(Remedy::SlowBoth);
            return Ok(());
        }
        Err(FitError::Diverged {
            model: self.model,
            step: state.step,
            evidence,
        })
    }

    /// A look at health and validation; a reason to stop, if there is one.
    fn look(
        &self,
        step: &mut dyn AdversarialStep,
        run: &Run<'_>,
        epoch: usize,
        state: &mut Standing,
    ) -> Option<Stopped> {
        let mut stop = None;
        if let Some(probe) = step.probe() {
            let health = examine(&probe);
            let at = state.step;
            run.observer
                .point("accuracy on real", at, health.accuracy_real);
            run.observer
                .point("accuracy on generated", at, health.accuracy_fake);
            run.observer.point("coverage", at, health.coverage);
            run.observer.point("spread", at, health.spread);
            run.observer.point("columns in use", at, health.columns);
            if let Some([generator, discriminator]) = step.gradient_norms() {
                let curve = |name, norm| run.observer.point(name, at, norm);
                curve("gradient norm of the generator", generator);
                curve("gradient norm of the discriminator", discriminator);
            }
            let verdict = self.treat(step, run, (&health, self.share(epoch)), state);
            let n = probe.fake_logits.len() + probe.real_logits.len();
            let band = 1.96 * (0.25 / n.max(1) as f64).sqrt();
            let healthy = verdict == Verdict::Healthy;
            let even = healthy && (health.accuracy() - 0.5).abs() <= band;
            state.even = if even { state.even + 1 } else { 0 };
            if self.config.until_indistinguishable && state.even >= EVEN_LOOKS {
                stop = Some(Stopped::Indistinguishable);
            }
            state.health = Some(health);
        }
        let Some(value) = run.monitor.and_then(|monitor| step.rate(monitor)) else {
            if run.monitor.is_none() && (!self.config.auto || state.course.is_best()) {
                step.snapshot();
            }
            return stop;
        };
        run.observer.point("validation", state.step, value);
        if state.best.is_none_or(|best| value > best) {
            (state.best, state.worse) = (Some(value), 0);
            step.snapshot();
        } else {
            state.worse += 1;
        }
        stop.or((state.worse >= self.config.patience).then_some(Stopped::Validation))
    }

    /// Reports the health and treats an illness, if training treats itself.
    fn treat(
        &self,
        step: &mut dyn AdversarialStep,
        run: &Run<'_>,
        (health, share): (&Health, f32),
        state: &mut Standing,
    ) -> Verdict {
        let limits = &self.config.health;
        let (verdict, note) = state.course.judge(*health, share, limits);
        let mut diagnosis = health.diagnosis(state.step, verdict);
        diagnosis.evidence.extend(note);
        if let Some([generator, discriminator]) = step.gradient_norms() {
            diagnosis.evidence.push(format!(
                "the norms of the mean gradients are {generator:.1e} (generator) and \
                 {discriminator:.1e} (discriminator)"
            ));
        }
        if self.config.auto {
            let steps = &mut state.discriminator_steps;
            diagnosis.applied = state.course.treat(verdict, share, steps, step);
        }
        run.observer.diagnosis(diagnosis);
        verdict
    }
}

/// `n` rows from `start` on, or fewer at the end.
fn window(order: &[u32], start: usize, n: usize) -> &[u32] {
    &order[start..(start + n).min(order.len())]
}
