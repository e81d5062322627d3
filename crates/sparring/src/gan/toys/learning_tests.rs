//! What the toys learn, and what is seen of planted illnesses.

use sparring_wide::Seed;

use super::{Covered, Mixture, ToyConfig, ToyGan};
use crate::gan::{Bout, BoutConfig, HealthConfig, Remedy};
use crate::recommend::{Cancel, Recorder, Run};

struct Outcome {
    covered: Covered,
    verdicts: Vec<String>,
    applied: Vec<Remedy>,
}

fn train(mixture: &Mixture, config: ToyConfig, bout: &BoutConfig, seed: Seed) -> Outcome {
    let mut gan = ToyGan::new(config, mixture, 12_800, seed);
    let (recorder, cancel) = (Recorder::new(), Cancel::new());
    let run = Run {
        observer: &recorder,
        ..Run::quiet(seed, &cancel)
    };
    let rows = gan.rows();
    let end = Bout {
        config: bout,
        model: "toy",
        rows,
    }
    .run(&mut gan, &run)
    .unwrap();
    let (_, diagnoses) = recorder.into_parts();
    Outcome {
        covered: mixture.covered(&gan.sample(2_500, Seed(9))),
        verdicts: diagnoses.into_iter().map(|look| look.verdict).collect(),
        applied: end.applied,
    }
}

fn turns(epochs: usize, discriminator_steps: usize, auto: bool) -> BoutConfig {
    BoutConfig {
        epochs,
        batch_size: 256,
        look_every: 2,
        discriminator_steps,
        auto,
        health: HealthConfig {
            coverage: 0.8,
            ..HealthConfig::default()
        },
        ..BoutConfig::default()
    }
}

fn share(outcome: &Outcome, verdict: &str) -> f64 {
    let n = outcome.verdicts.iter().filter(|it| *it == verdict).count();
    n as f64 / outcome.verdicts.len() as f64
}

#[test]
fn the_ring_is_learnt() {
    let config = ToyConfig {
        ema: 0.99,
        ..ToyConfig::default()
    };
    let outcome = train(&Mixture::ring(), config, &turns(30, 1, false), Seed(1));
    let Covered { modes, good } = outcome.covered;
    assert!(modes == 8 && good > 0.6, "{modes} modes, {good} good");
}

#[test]
fn a_planted_collapse_is_caught() {
    let config = ToyConfig::planted_collapse();
    let outcome = train(&Mixture::ring(), config, &turns(16, 1, false), Seed(1));
    assert!(outcome.covered.modes <= 4, "noise of four values");
    let seen = share(&outcome, "mode collapse");
    assert!(seen > 0.7, "{:?}", outcome.verdicts);
}

#[test]
fn a_planted_strong_discriminator_is_caught() {
    let config = ToyConfig::planted_strong();
    let outcome = train(&Mixture::ring(), config, &turns(10, 4, false), Seed(1));
    let seen = share(&outcome, "discriminator too strong");
    assert!(seen > 0.7, "{:?}", outcome.verdicts);
}

#[test]
#[ignore = "slow: three trainings of 15,000 turns"]
fn the_grid_is_learnt() {
    for seed in 1..=3 {
        let config = ToyConfig::default();
        let outcome = train(&Mixture::grid(), config, &turns(300, 1, false), Seed(seed));
        let Covered { modes, good } = outcome.covered;
        assert!(modes == 25 && good > 0.75, "{modes} modes, {good} good");
    }
}

#[test]
#[ignore = "slow: six trainings of 15,000 turns"]
fn treatment_brings_the_modes_back() {
    for seed in 1..=3 {
        let planted = [
            (ToyConfig::planted_collapse(), 1),
            (ToyConfig::planted_strong(), 4),
        ];
        for (config, steps) in planted {
            let outcome = train(
                &Mixture::grid(),
                config,
                &turns(300, steps, true),
                Seed(seed),
            );
            let modes = outcome.covered.modes;
            assert!(modes >= 23, "{modes} of 25 after {:?}", outcome.applied);
        }
    }
}
