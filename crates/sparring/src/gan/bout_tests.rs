//! The loop on scripted networks.

use sparring_wide::Seed;

use super::bout::{AdversarialStep, Bout, BoutConfig, End, Standing, Stopped};
use super::health::{Probe, Remedy};
use crate::recommend::{Cancel, FitError, Monitor, Recommender, Recorder, Run, Silent};

/// Counts its steps; its losses and probes follow a script.
#[derive(Default)]
struct Script {
    turns: (usize, usize),
    nan_at: Option<usize>,
    kept: usize,
    restored: usize,
    healthy: bool,
    treated: Vec<Remedy>,
    rows: Vec<u32>,
    standings: Vec<Standing>,
}

impl AdversarialStep for Script {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.turns.0 += 1;
        self.rows.extend(rows);
        Ok(1.0)
    }

    fn generator_step(&mut self, _: &[u32]) -> Result<f64, FitError> {
        self.turns.1 += 1;
        Ok(if self.nan_at == Some(self.turns.1) {
            f64::NAN
        } else {
            1.0
        })
    }

    fn probe(&mut self) -> Option<Probe> {
        let real: Vec<f32> = (0..60).map(|at| (at * 17 % 60) as f32).collect();
        let fake = if self.healthy {
            real.clone()
        } else {
            vec![1.0; 60]
        };
        let logits = vec![1.0; 60];
        Some(Probe {
            real_logits: logits.clone(),
            fake_logits: logits,
            real,
            fake,
            width: 1,
        })
    }

    fn rate(&mut self, _: &dyn Monitor) -> Option<f64> {
        Some(-(self.turns.1 as f64))
    }

    fn epoch_done(&mut self, standing: &Standing) -> Result<(), FitError> {
        self.standings.push(standing.clone());
        Ok(())
    }

    fn snapshot(&mut self) {
        self.kept = self.turns.1;
    }

    fn restore(&mut self) {
        self.restored += 1;
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        self.treated.push(remedy);
        remedy != Remedy::BalanceRates
    }
}

struct Any;
impl Monitor for Any {
    fn score(&self, _: &dyn Recommender) -> f64 {
        0.0
    }
}

fn bout(
    config: &BoutConfig,
    script: &mut Script,
    monitor: Option<&dyn Monitor>,
) -> Result<End, FitError> {
    let cancel = Cancel::new();
    let run = Run {
        seed: Seed(1),
        observer: &Silent,
        cancel: &cancel,
        monitor,
        ..Run::quiet(Seed(1), &cancel)
    };
    Bout {
        config,
        model: "script",
        rows: 10,
    }
    .run(script, &run)
}

#[test]
fn turns_are_taken_as_configured() {
    let config = BoutConfig {
        epochs: 3,
        batch_size: 4,
        discriminator_steps: 2,
        ..Default::default()
    };
    let mut script = Script {
        healthy: true,
        ..Default::default()
    };
    let end = bout(&config, &mut script, None).unwrap();
    // 3 epochs of 3 batches.
    assert_eq!(
        (script.turns, end.stopped, end.epochs),
        ((18, 9), Stopped::Budget, 3)
    );
}

#[test]
fn validation_stops_and_the_best_weights_come_back() {
    let config = BoutConfig {
        epochs: 50,
        batch_size: 10,
        look_every: 1,
        patience: 4,
        ..Default::default()
    };
    let mut script = Script {
        healthy: true,
        ..Default::default()
    };
    let end = bout(&config, &mut script, Some(&Any)).unwrap();
    assert_eq!((end.stopped, end.epochs), (Stopped::Validation, 4));
    assert_eq!(
        (script.kept, script.restored),
        (0, 1),
        "what it started from was the best"
    );
}

#[test]
fn indistinguishable_rows_end_the_bout() {
    let config = BoutConfig {
        look_every: 1,
        until_indistinguishable: true,
        ..Default::default()
    };
    let mut script = Script {
        healthy: true,
        ..Default::default()
    };
    let end = bout(&config, &mut script, None).unwrap();
    assert_eq!((end.stopped, end.epochs), (Stopped::Indistinguishable, 3));
}

#[test]
fn a_loss_that_is_not_finite_goes_back_or_ends() {
    let mut script = Script {
        nan_at: Some(2),
        healthy: true,
        ..Default::default()
    };
    let config = BoutConfig {
        epochs: 4,
        batch_size: 10,
        ..Default::default()
    };
    let error = bout(&config, &mut script, None).unwrap_err();
    assert!(matches!(error, FitError::Diverged { .. }) && script.restored == 1);
    let mut script = Script {
        nan_at: Some(2),
        healthy: true,
        ..Default::default()
    };
    let end = bout(
        &BoutConfig {
            auto: true,
            ..config
        },
        &mut script,
        None,
    )
    .unwrap();
    assert_eq!(end.applied, [Remedy::SlowBoth]);
}

#[test]
fn an_illness_seen_twice_is_treated_and_logged() {
    let config = BoutConfig {
        epochs: 2,
        look_every: 1,
        auto: true,
        ..Default::default()
    };
    let mut script = Script::default();
    let (recorder, cancel) = (Recorder::new(), Cancel::new());
    let run = Run {
        seed: Seed(1),
        observer: &recorder,
        cancel: &cancel,
        monitor: None,
        ..Run::quiet(Seed(1), &cancel)
    };
    Bout {
        config: &config,
        model: "script",
        rows: 10,
    }
    .run(&mut script, &run)
    .unwrap();
    // The rows are duplicates, so a richer noise comes first.
    assert_eq!(script.treated, [Remedy::RicherNoise]);
    let (curves, diagnoses) = recorder.into_parts();
    assert_eq!(diagnoses.len(), 2);
    assert!(
        diagnoses
            .iter()
            .all(|diagnosis| diagnosis.verdict == "mode collapse")
    );
    assert_eq!(
        (diagnoses[0].applied.len(), diagnoses[1].applied.len()),
        (0, 1)
    );
    assert_eq!(curves["coverage"].len(), 2);
}

#[test]
fn a_request_stops_at_the_next_step() {
    let cancel = Cancel::new();
    cancel.request();
    let run = Run {
        seed: Seed(1),
        observer: &Silent,
        cancel: &cancel,
        monitor: None,
        ..Run::quiet(Seed(1), &cancel)
    };
    let mut script = Script {
        healthy: true,
        ..Default::default()
    };
    let config = BoutConfig::default();
    let end = Bout {
        config: &config,
        model: "script",
        rows: 10,
    }
    .run(&mut script, &run)
    .unwrap();
    assert_eq!((end.stopped, script.turns), (Stopped::Request, (0, 0)));
}

#[test]
fn a_bout_goes_on_from_where_it_stood() {
    let config = BoutConfig {
        epochs: 4,
        batch_size: 4,
        look_every: 1,
        auto: true,
        ..Default::default()
    };
    let mut whole = Script::default();
    let end = bout(&config, &mut whole, None).unwrap();
    let mut rest = Script::default();
    let cancel = Cancel::new();
    let from = whole.standings[1].clone();
    assert_eq!(from.epochs(), 2);
    let bout = Bout {
        config: &config,
        model: "script",
        rows: 10,
    };
    let same = bout
        .resume(&mut rest, &Run::quiet(Seed(1), &cancel), from)
        .unwrap();
    assert_eq!(same, end);
    // Half of the rows were seen before, and the other half comes in the same order.
    assert_eq!(rest.rows, whole.rows[20..]);
    assert_eq!([whole.standings.len(), rest.standings.len()], [4, 2]);
}
