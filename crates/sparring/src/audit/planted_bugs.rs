//! Bugs that releases have been seen to have, planted: the audit or the accountant catches each.

use sparring_wide::Seed;

use super::canaries::Canaries;
use super::guesses::Guesses;
use super::one_run::{Audited, Seen};
use crate::data::{Dataset, InteractionsBuilder, ItemIx, PlantedConfig, UserIx, Vocabulary};
use crate::privacy::{
    Delta, DpEvent, Ledger, Neighbouring, PldAccountant, PrivacyAccountant, PrivacyError, Statement,
};
use crate::synth::{Flaw, PrivateConfig};

const CLAIM: f64 = 4.0;
const CANARIES: usize = 2000;

fn real() -> Dataset {
    let planted = PlantedConfig {
        n_users: 300,
        n_items: 400,
        mean_events: 20.0,
        ..PlantedConfig::default()
    };
    planted.generate(Seed(3)).data
}

/// White box, on a release with a bug.
fn audited(flaw: Flaw) -> Seen {
    let log = real();
    let config = PrivateConfig {
        epsilon: CLAIM,
        ..PrivateConfig::default()
    };
    let canaries = Canaries::of(&log, CANARIES, Seed(1)).unwrap();
    let released = config.flawed(&canaries.among(&log), flaw);
    let audited = Audited {
        config: &config,
        log: &log,
        canaries: &canaries,
    };
    audited.seen(&audited.white_box(&released), Seed(1))
}

#[test]
fn a_sound_release_is_seen_and_not_refuted() {
    let Seen { lower, roc } = audited(Flaw::None);
    assert!(lower.epsilon < CLAIM && lower.gaussian < CLAIM, "{lower:?}");
    // Beyond chance: the attack works as far as noise allows. One Gaussian of noise 1.08 gives an
    // area of Phi(1 / (1.08 sqrt 2)) = .743.
    assert!(lower.epsilon > 0.7, "{lower:?}");
    assert!(roc.auc.low < 0.76 && roc.auc.high > 0.69, "{:?}", roc.auc);
}

#[test]
fn users_who_are_not_clipped_are_caught() {
    let lower = audited(Flaw::NoClipping).lower;
    assert!(lower.epsilon > 4.2 || lower.gaussian > CLAIM, "{lower:?}");
    assert_eq!(lower.guesses.right, lower.guesses.guessed);
}

#[test]
fn noise_that_shrinks_with_the_number_of_users_is_caught() {
    let lower = audited(Flaw::NoiseOverUsers).lower;
    assert!(lower.gaussian > CLAIM, "{lower:?}");
    assert_eq!(lower.guesses.right, lower.guesses.guessed);
}

#[test]
fn shuffled_batches_are_not_accounted_as_poisson_samples() {
    let (delta, rate) = (Delta::new(1e-5).unwrap(), 0.01);
    let shuffled = DpEvent::FixedSize {
        sample_rate: rate,
        event: Box::new(DpEvent::gaussian(1.0)),
    };
    let unbounded = |found: PrivacyError| matches!(found, PrivacyError::Unbounded { .. });
    let steps = shuffled.clone().times(1000);
    let alone = PldAccountant::of(Neighbouring::AddRemove, &steps);
    assert!(unbounded(alone.unwrap_err()));
    let mut ledger = Ledger::new(delta, None);
    assert!(unbounded(ledger.book("critic", steps.clone()).unwrap_err()));
    // Nor beside others, nor in a ledger that was written by hand.
    let mut accountant = PldAccountant::new(Neighbouring::AddRemove);
    accountant
        .compose(&DpEvent::poisson(rate, 1.0), 1000)
        .unwrap();
    let before = accountant.epsilon(delta);
    assert!(unbounded(accountant.compose(&shuffled, 1).unwrap_err()));
    assert!((accountant.epsilon(delta) - before).abs() < 1e-12);
    ledger
        .book("critic", DpEvent::poisson(rate, 1.0).times(1000))
        .unwrap();
    let mut said = ledger.statement();
    said.events[0].event = steps;
    let text = serde_json::to_string(&said).unwrap();
    assert!(unbounded(Statement::read(&text).unwrap_err()));
}

/// 2,000 canaries, each with an item of its own beside a common one; those that are there.
fn marked() -> (Vec<bool>, Dataset) {
    let log = real();
    let there = Canaries::of(&log, CANARIES, Seed(2)).unwrap().there;
    let mut builder = InteractionsBuilder::new();
    let (mut users, mut items) = (Vocabulary::new(), log.items().as_ref().clone());
    for (canary, _) in there.iter().enumerate().filter(|(_, there)| **there) {
        let user = UserIx(users.intern(&format!("canary {canary}")));
        let own = items.intern(&format!("own item of {canary}"));
        builder.push(user, ItemIx(0), None, None);
        builder.push(user, ItemIx(own), None, None);
    }
    let rows = builder.build(users.len());
    (there, Dataset::new(users.into(), items.into(), rows))
}

#[test]
fn a_vocabulary_that_is_read_from_the_data_is_caught() {
    let (there, log) = marked();
    // What an artifact tells of a canary: whether its own item is in the catalogue.
    let audited = |catalogue: &Vocabulary| {
        let told = |canary: usize| catalogue.get(&format!("own item of {canary}")).is_some();
        let scores: Vec<f64> = (0..CANARIES)
            .map(|at| f64::from(u8::from(told(at))))
            .collect();
        Guesses::of(&scores, &there).lower(1e-5)
    };
    let read = audited(log.items());
    assert_eq!(read.guesses.right, read.guesses.guessed);
    assert!(read.gaussian > CLAIM, "{read:?}");
    // A public list, which does not know them: the log is brought to it, whoever is there.
    let public = log.over(real().items().as_ref().clone());
    let named = audited(public.items());
    assert!(named.epsilon < 1.0, "{named:?}");
}
