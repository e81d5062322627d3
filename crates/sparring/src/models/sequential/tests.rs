//! Learning, and going on after an interruption.

use std::sync::atomic::{AtomicU64, Ordering};

use sparring_wide::Seed;

use crate::data::{Dataset, InteractionsBuilder, ItemFeatures, ItemIx, UserIx};
use crate::eval::{EvalConfig, evaluate};
use crate::models::eventgan::tests::with_adversary;
use crate::models::gru4rec::Gru4recConfig;
use crate::models::pop::PopConfig;
use crate::models::sasrec::SasrecConfig;
use crate::models::sasrec::tests::tiny;
use crate::recommend::{
    Cancel, Diagnosis, Fit, FitError, Observer, Progress, Query, Recommender, Run, Weights,
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

/// The ring with features of its items: whether each is even.
fn described() -> Dataset {
    let rows: Vec<Vec<u32>> = (0..40).map(|item| vec![item % 2]).collect();
    ring().with_features(std::sync::Arc::new(ItemFeatures::new(&rows)))
}

#[test]
fn an_item_that_nobody_had_is_placed_by_its_features() {
    // Users stay with one of two kinds; the last items of both are in no history.
    let (users, kind) = (80_u32, 10_u32);
    let mut builder = InteractionsBuilder::new();
    for user in 0..users {
        for event in 0..6 {
            let item = 2 * ((user * 7 + event * (1 + user % 3)) % kind) + user % 2;
            builder.push(UserIx(user), ItemIx(item), None, None);
        }
    }
    let ids = |n: u32| std::sync::Arc::new((0..n).map(|id| id.to_string()).collect());
    let n_items = 2 * kind + 2;
    let data = Dataset::new(ids(users), ids(n_items), builder.build(users as usize));
    let rows: Vec<Vec<u32>> = (0..n_items).map(|item| vec![item % 2]).collect();
    let data = data.with_features(std::sync::Arc::new(ItemFeatures::new(&rows)));
    let config = SasrecConfig {
        epochs: super::count(12),
        learning_rate: 1e-2,
        dropout: 0.0,
        ..tiny()
    };
    let cancel = Cancel::new();
    let model = config.fit(&data, &Run::quiet(Seed(2), &cancel)).unwrap();
    let mut right = 0;
    for user in data.user_indices() {
        let query = Query::new_user(data.history(user));
        let mut scores = vec![0.0; n_items as usize];
        model.score_into(&[query], &mut scores).unwrap();
        let unseen = |odd: u32| scores[(2 * kind + odd) as usize];
        right += u32::from(unseen(user.0 % 2) > unseen(1 - user.0 % 2));
    }
    assert!(right >= 76, "{right} of {users}");
}

#[test]
fn features_are_part_of_what_a_checkpoint_is_of() {
    resumes_on(&tiny(), &described());
    let place = tempfile::tempdir().unwrap();
    let cancel = Cancel::new();
    let run = Run {
        checkpoint: Some(place.path()),
        ..Run::quiet(Seed(4), &cancel)
    };
    tiny().fit(&described(), &run).unwrap();
    let error = tiny().fit(&ring(), &run).unwrap_err().to_string();
    assert!(error.contains("another catalogue"), "{error}");
}

fn resumes<C: Fit>(config: &C)
where
    C::Model: Weights,
{
    resumes_on(config, &ring());
}

fn resumes_on<C: Fit>(config: &C, data: &Dataset)
where
    C::Model: Weights,
{
    let cancel = Cancel::new();
    let whole = config.fit(data, &Run::quiet(Seed(4), &cancel)).unwrap();
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
        let part = config.fit(data, &run).unwrap();
        assert!(cancel.is_requested());
        assert_ne!(part.weights(), whole.weights());
    }
    let run = Run {
        checkpoint: Some(place.path()),
        ..Run::quiet(Seed(4), &cancel)
    };
    let rest = config.fit(data, &run).unwrap();
    assert_eq!(rest.weights(), whole.weights());
    // Once more from the end: nothing is left to do.
    assert_eq!(config.fit(data, &run).unwrap().weights(), whole.weights());
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
