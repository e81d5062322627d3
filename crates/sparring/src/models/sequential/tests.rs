//! Learning, and going on after an interruption.

use std::sync::atomic::{AtomicU64, Ordering};

use sparring_wide::Seed;

use crate::data::{Dataset, InteractionsBuilder, ItemIx, UserIx};
use crate::eval::{EvalConfig, evaluate};
use crate::models::eventgan::tests::with_adversary;
use crate::models::gru4rec::Gru4recConfig;
use crate::models::pop::PopConfig;
use crate::models::sasrec::SasrecConfig;
use crate::models::sasrec::tests::tiny;
use crate::recommend::{
    Cancel, Diagnosis, Fit, FitError, Observer, Progress, Recommender, Run, Weights,
};
use crate::split::{LeaveOneOut, Splitter};

/// Users who walk around a ring of items, one or two steps at a time, so that what comes next is
/// nearly known and popularity tells nothing.
fn ring() -> Dataset {
    let (users, items) = (150_u32, 40_u32);
    let mut builder = InteractionsBuilder::new();
    for user in 0..users {
        let mut at = user * 7 % items;
        for event in 0..9 {
            builder.push(UserIx(user), ItemIx(at), None, None);
            at = (at + 1 + (user + event) % 2) % items;
        }
    }
    let ids = |n: u32| std::sync::Arc::new((0..n).map(|id| id.to_string()).collect());
    Dataset::new(ids(users), ids(items), builder.build(users as usize))
}

fn ndcg<C: Fit>(config: &C) -> f64 {
    let split = LeaveOneOut::default().split(&ring(), Seed(1)).unwrap();
    let cancel = Cancel::new();
    let run = Run::quiet(Seed(2), &cancel);
    let model = config.fit(split.test.train(), &run).unwrap();
    let found = evaluate(&model, &split.test, &EvalConfig::at(&[5])).unwrap();
    found.mean("ndcg@5").unwrap()
}

#[test]
fn order_is_learned() {
    let sasrec = SasrecConfig {
        epochs: super::count(12),
        learning_rate: 1e-2,
        dropout: 0.0,
        ..tiny()
    };
    let gru4rec = Gru4recConfig {
        embedding_dim: super::count(16),
        epochs: super::count(12),
        learning_rate: 1e-2,
        batch_events: super::count(256),
        dropout: 0.0,
        ..Gru4recConfig::default()
    };
    let (pop, sasrec, gru4rec) = (ndcg(&PopConfig::default()), ndcg(&sasrec), ndcg(&gru4rec));
    assert!(pop < 0.2, "popularity {pop}");
    assert!(sasrec > 0.6, "sasrec {sasrec}");
    assert!(gru4rec > 0.6, "gru4rec {gru4rec}");
}

/// Requests a stop after some steps.
struct Interrupt<'a> {
    cancel: &'a Cancel,
    after: AtomicU64,
}

impl Observer for Interrupt<'_> {
    fn progress(&self, _: Progress<'_>) {
        if self.after.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.cancel.request();
        }
    }
    fn point(&self, _: &str, _: u64, _: f64) {}
    fn diagnosis(&self, _: Diagnosis) {}
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_bits() {
    resumes(&tiny());
    // The second stage begins again from the end of the first.
    resumes(&with_adversary());
}

fn resumes<C: Fit>(config: &C)
where
    C::Model: Weights,
{
    let data = ring();
    let cancel = Cancel::new();
    let whole = config.fit(&data, &Run::quiet(Seed(4), &cancel)).unwrap();
    let place = tempfile::tempdir().unwrap();
    for after in [2, 3, 1] {
        let cancel = Cancel::new();
        let interrupt = Interrupt {
            cancel: &cancel,
            after: AtomicU64::new(after),
        };
        let run = Run {
            observer: &interrupt,
            checkpoint: Some(place.path()),
            ..Run::quiet(Seed(4), &cancel)
        };
        let part = config.fit(&data, &run).unwrap();
        assert!(cancel.is_requested());
        assert_ne!(part.weights(), whole.weights());
    }
    let run = Run {
        checkpoint: Some(place.path()),
        ..Run::quiet(Seed(4), &cancel)
    };
    let rest = config.fit(&data, &run).unwrap();
    assert_eq!(rest.weights(), whole.weights());
    // Once more from the end: nothing is left to do.
    assert_eq!(config.fit(&data, &run).unwrap().weights(), whole.weights());
}

#[test]
fn a_checkpoint_of_something_else_is_refused() {
    let (config, data) = (tiny(), ring());
    let place = tempfile::tempdir().unwrap();
    let cancel = Cancel::new();
    let run = Run {
        checkpoint: Some(place.path()),
        ..Run::quiet(Seed(4), &cancel)
    };
    let model = config.fit(&data, &run).unwrap();
    let refused = |config: &SasrecConfig, data: &Dataset, run: &Run<'_>| {
        let error = config.fit(data, run).unwrap_err();
        assert!(matches!(error, FitError::Checkpoint { .. }), "{error}");
        assert!(!error.hint().is_empty());
        error.to_string()
    };
    let others: crate::data::Vocabulary = (1..=40).map(|id| id.to_string()).collect();
    let other = Dataset::new(
        std::sync::Arc::clone(data.users()),
        std::sync::Arc::new(others),
        data.interactions().clone(),
    );
    assert!(refused(&config, &other, &run).contains("another catalogue"));
    let less = data.filter(|_, position| position < 8);
    assert!(refused(&config, &less, &run).contains("another training log"));
    assert!(refused(&config, &data, &run.with_seed(Seed(5))).contains("another seed"));
    let wider = SasrecConfig {
        embedding_dim: super::count(32),
        ..config.clone()
    };
    assert!(refused(&wider, &data, &run).contains("other settings"));
    let file = place.path().join("checkpoint.safetensors");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&file, bytes).unwrap();
    assert!(refused(&config, &data, &run).contains("damaged"));
    assert_eq!(model.n_items(), 40);
}

#[test]
fn a_log_without_sequences_is_refused() {
    let data = ring().filter(|_, position| position == 0);
    let cancel = Cancel::new();
    let error = tiny()
        .fit(&data, &Run::quiet(Seed(1), &cancel))
        .unwrap_err();
    assert!(
        error.to_string().contains("a user with two events"),
        "{error}"
    );
}
