//! Verdicts and treatment over scripted looks.

use super::bout::AdversarialStep;
use super::course::Course;
use super::health::{Health, HealthConfig, Remedy, Verdict};
use crate::recommend::FitError;

fn look(spread: f64, coverage: f64, accuracy: f64) -> Health {
    Health {
        accuracy_real: accuracy,
        accuracy_fake: accuracy,
        duplicates: 0.0,
        real_duplicates: 0.0,
        spread,
        coverage,
        real_coverage: 0.9,
        columns: 1.0,
        finite: true,
    }
}

/// Takes every remedy and every undoing.
#[derive(Default)]
struct Patient {
    applied: Vec<Remedy>,
    undone: Vec<Remedy>,
    restored: usize,
}

impl AdversarialStep for Patient {
    fn discriminator_step(&mut self, _: &[u32]) -> Result<f64, FitError> {
        Ok(0.0)
    }

    fn generator_step(&mut self, _: &[u32]) -> Result<f64, FitError> {
        Ok(0.0)
    }

    fn restore(&mut self) {
        self.restored += 1;
    }

    fn undo(&mut self, remedy: Remedy) -> bool {
        self.undone.push(remedy);
        true
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        self.applied.push(remedy);
        true
    }
}

fn judge(course: &mut Course, health: Health, share: f32) -> Verdict {
    course.judge(health, share, &HealthConfig::default()).0
}

#[test]
fn young_networks_are_not_ill_and_old_ones_are() {
    let mut course = Course::default();
    let alike = look(0.03, 0.1, 1.0);
    assert_eq!(judge(&mut course, alike, 0.05), Verdict::Healthy);
    assert_eq!(judge(&mut course, alike, 0.2), Verdict::ModeCollapse);
    let mut dead = alike;
    dead.finite = false;
    assert_eq!(
        judge(&mut Course::default(), dead, 0.0),
        Verdict::Diverged,
        "at any age"
    );
}

#[test]
fn rows_that_spread_from_look_to_look_are_no_collapse() {
    let mut course = Course::default();
    let mut verdicts = Vec::new();
    // Growing by a fifth a look, then standing still.
    for spread in [0.03, 0.036, 0.043, 0.052, 0.062, 0.062, 0.062, 0.062, 0.062] {
        verdicts.push(judge(&mut course, look(spread, 0.1, 0.8), 0.5));
    }
    // The first three looks have too few before them; means of three: .036, .044, .052, .059, .062.
    let few = Verdict::ModeCollapse;
    let grows = Verdict::Healthy;
    assert_eq!(
        verdicts,
        [few, few, few, grows, grows, grows, few, few, few]
    );
    // At the end there is no time left to spread.
    let last = look(0.08, 0.1, 0.8);
    assert_eq!(judge(&mut course, last, 1.0), few);
    assert_eq!(judge(&mut course, look(0.1, 0.1, 0.8), 0.9), grows);
}

#[test]
fn remedies_come_one_by_one_and_a_restart_is_the_last() {
    let (mut course, mut patient, mut steps) = (Course::default(), Patient::default(), 1);
    let mut log = Vec::new();
    for at in 0..30_u8 {
        let share = 0.2 + f32::from(at) / 50.0;
        let verdict = judge(&mut course, look(1.0, 0.2, 0.7), share);
        log.push(course.treat(verdict, share, &mut steps, &mut patient).len());
    }
    let first: Vec<usize> = log.iter().copied().take(9).collect();
    assert_eq!(first, [0, 1, 0, 0, 1, 0, 0, 1, 0], "each has three looks");
    let expected = Verdict::ModeCollapse.remedies();
    assert_eq!(patient.applied[..expected.len()], *expected);
    let restarts = patient.applied.iter().filter(|it| **it == Remedy::Restart);
    assert_eq!(restarts.count(), 1);
    assert!(patient.undone.is_empty(), "none did harm");
}

#[test]
fn what_does_harm_is_taken_back() {
    let (mut course, mut patient, mut steps) = (Course::default(), Patient::default(), 4);
    let strong = look(1.0, 0.8, 0.99);
    let worse = look(1.0, 0.3, 0.99);
    for (at, health) in [strong, strong, worse, worse, worse]
        .into_iter()
        .enumerate()
    {
        let share = 0.2 + at as f32 / 50.0;
        let verdict = judge(&mut course, health, share);
        course.treat(verdict, share, &mut steps, &mut patient);
    }
    // Fewer discriminator steps, which made it worse; then the steps are 4 again and rates are tried.
    assert_eq!(steps, 4);
    assert_eq!(
        (patient.restored, patient.applied),
        (1, vec![Remedy::BalanceRates])
    );
    assert_eq!(
        course.applied,
        [Remedy::FewerDiscriminatorSteps, Remedy::BalanceRates]
    );
}

#[test]
fn the_soundest_weights_are_kept() {
    let mut course = Course::default();
    judge(&mut course, look(1.0, 0.8, 0.6), 0.3);
    assert!(course.is_best());
    judge(&mut course, look(1.0, 0.5, 0.6), 0.4);
    assert!(!course.is_best() && course.was_better());
    judge(&mut course, look(1.0, 0.8, 0.6), 0.5);
    assert!(course.is_best() && !course.was_better());
}
