//! The course of training's health over many looks: verdicts in the light of earlier ones, remedies
//! one at a time, each kept or taken back by what it did.

use serde::{Deserialize, Serialize};

use super::bout::AdversarialStep;
use super::health::{Health, HealthConfig, Remedy, Verdict};

/// Looks that a remedy is given before it is judged.
const GRACE: usize = 3;
/// Looks back whose mean growth is compared to.
const BACK: usize = 3;
/// Loss of soundness, at the best look since, for which a remedy is taken back; a remedy shakes the
/// game at first.
const HARM: f64 = 0.25;
/// Loss of soundness for which the weights that are kept come back at the end.
const LOSS: f64 = 0.05;

/// What the loop remembers of its looks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Course {
    /// Looks since the networks were last new.
    looks: Vec<Health>,
    ill: Option<Verdict>,
    grace: usize,
    trial: Option<Trial>,
    /// Soundness of the weights that are kept.
    best: Option<f64>,
    /// Remedies that were applied, in order, those taken back among them.
    pub(super) applied: Vec<Remedy>,
    /// Remedies that are spent; after a restart each but that may be tried once more.
    spent: Vec<Remedy>,
    /// Share of training that was done when the networks were last new.
    born: f32,
}

/// A remedy on trial.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trial {
    remedy: Remedy,
    soundness: f64,
    discriminator_steps: usize,
}

impl Course {
    /// What a look means, and a sentence if it would mean something worse by itself.
    ///
    /// Young networks are not ill: a generator starts with rows that are all alike, and a
    /// discriminator tells them at once. Nor is one whose rows spread from look to look, as long as there
    /// is time for it: what is left at the end is what it is.
    pub(super) fn judge(
        &mut self,
        health: Health,
        share: f32,
        limits: &HealthConfig,
    ) -> (Verdict, Option<String>) {
        let verdict = health.verdict(limits);
        let past = self.looks.len().checked_sub(BACK);
        let growing = past.is_some_and(|at| health.grows_from(&self.looks[at..], limits));
        self.looks.push(health);
        if matches!(verdict, Verdict::Healthy | Verdict::Diverged) {
            return (verdict, None);
        }
        let why = if f64::from(self.age(share)) < limits.warm_up {
            "training is young"
        } else if growing && share < 1.0 {
            "the rows spread from look to look"
        } else {
            return (verdict, None);
        };
        let note = format!("by itself this look says {}, but {why}", verdict.name());
        (Verdict::Healthy, Some(note))
    }

    /// Whether the weights of the last look are the soundest so far, and so to be kept.
    pub(super) fn is_best(&mut self) -> bool {
        let Some(now) = self.looks.last().map(Health::soundness) else {
            return self.best.is_none();
        };
        let better = self.best.is_none_or(|best| now >= best);
        if better {
            self.best = Some(now);
        }
        better
    }

    /// Whether the weights that are kept are clearly sounder than the last.
    pub(super) fn was_better(&self) -> bool {
        let now = self.looks.last().map_or(0.0, Health::soundness);
        self.best.is_some_and(|best| best > now + LOSS)
    }

    /// Treats an illness that was seen twice; what was done, in words.
    pub(super) fn treat(
        &mut self,
        verdict: Verdict,
        share: f32,
        discriminator_steps: &mut usize,
        step: &mut dyn AdversarialStep,
    ) -> Vec<String> {
        let again = self.ill == Some(verdict);
        self.ill = (verdict != Verdict::Healthy).then_some(verdict);
        self.grace = self.grace.saturating_sub(1);
        if self.grace > 0 {
            return Vec::new();
        }
        let mut done = Vec::new();
        let now = self.looks.last().map_or(0.0, Health::soundness);
        let recent = self.looks.iter().rev().take(GRACE);
        let since = recent.map(Health::soundness).fold(0.0, f64::max);
        if let Some(trial) = self.trial.take()
            && since + HARM < trial.soundness
            && take_back(&trial, discriminator_steps, step)
        {
            step.restore();
            done.push(format!(
                "taken back, since it did harm: {}",
                trial.remedy.words()
            ));
        }
        if !again {
            return done;
        }
        let before = *discriminator_steps;
        let remedies = self.looks.last().map(|look| look.remedies(verdict));
        let mut remedies = remedies.unwrap_or_default().into_iter();
        let Some(remedy) = remedies.find(|&remedy| {
            !self.spent.contains(&remedy) && apply(remedy, discriminator_steps, step)
        }) else {
            return done;
        };
        done.push(remedy.words().to_owned());
        self.applied.push(remedy);
        self.spent.push(remedy);
        self.grace = GRACE;
        self.ill = None;
        if remedy == Remedy::Restart {
            self.looks.clear();
            self.spent = vec![Remedy::Restart];
            self.born = share;
        } else {
            self.trial = Some(Trial {
                remedy,
                soundness: now,
                discriminator_steps: before,
            });
        }
        done
    }

    /// Share of training done since the networks were last new.
    pub(super) fn age(&self, share: f32) -> f32 {
        ((share - self.born) / (1.0 - self.born).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0)
    }
}

/// Applies a remedy, in the loop or in the model; `false` if neither can.
fn apply(remedy: Remedy, discriminator_steps: &mut usize, step: &mut dyn AdversarialStep) -> bool {
    match remedy {
        Remedy::FewerDiscriminatorSteps if *discriminator_steps > 1 => {
            *discriminator_steps = 1;
            true
        }
        Remedy::MoreDiscriminatorSteps if *discriminator_steps < 5 => {
            *discriminator_steps += 1;
            true
        }
        Remedy::FewerDiscriminatorSteps | Remedy::MoreDiscriminatorSteps => false,
        other => step.apply(other),
    }
}

fn take_back(
    trial: &Trial,
    discriminator_steps: &mut usize,
    step: &mut dyn AdversarialStep,
) -> bool {
    match trial.remedy {
        Remedy::FewerDiscriminatorSteps | Remedy::MoreDiscriminatorSteps => {
            *discriminator_steps = trial.discriminator_steps;
            true
        }
        remedy => step.undo(remedy),
    }
}
