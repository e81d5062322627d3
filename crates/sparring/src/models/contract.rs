//! What every model must keep, as tests.

use crate::data::{Dataset, PlantedConfig};
use crate::eval::{EvalConfig, evaluate};
use crate::models::pop::PopConfig;
use crate::recommend::{Cancel, Fit, Query, Recommender, Run, Weights};
use crate::split::{RandomRatio, Splitter};
use sparring_wide::Seed;

/// A small planted log that every model can learn from in a second.
pub(crate) fn planted() -> Dataset {
    let config = PlantedConfig {
        n_users: 120,
        n_items: 60,
        mean_events: 12.0,
        ..Default::default()
    };
    config.generate(Seed(3)).data
}

pub(crate) fn fit_on<C: Fit + Sync>(config: &C, threads: usize) -> C::Model {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let cancel = Cancel::new();
    pool.install(|| {
        config
            .fit(&planted(), &Run::quiet(Seed(5), &cancel))
            .unwrap_or_else(|e| panic!("{e}"))
    })
}

pub(crate) fn scores<M: Recommender>(model: &M, queries: &[Query<'_>]) -> Vec<f32> {
    let mut scores = vec![f32::NAN; queries.len() * model.n_items()];
    model.score_into(queries, &mut scores).unwrap();
    scores
}

pub(crate) fn batch_equals_single<C: Fit + Sync>(config: &C) {
    let (data, model) = (planted(), fit_on(config, 2));
    assert_eq!(model.n_items(), data.n_items());
    let queries: Vec<_> = data
        .user_indices()
        .take(9)
        .map(|u| Query::known(&data, u))
        .collect();
    let batch = scores(&model, &queries);
    for (query, row) in queries.iter().zip(batch.chunks(model.n_items())) {
        let single = scores(&model, std::slice::from_ref(query));
        for (a, b) in single.iter().zip(row) {
            assert!(
                a.is_finite() && (a - b).abs() <= 1e-5 * a.abs().max(1.0),
                "{a} {b}"
            );
        }
    }
}

pub(crate) fn weights_round_trip<C: Fit + Sync>(config: &C)
where
    C::Model: Weights,
{
    let (data, model) = (planted(), fit_on(config, 2));
    let loaded = C::Model::from_weights(&model.weights()).unwrap();
    let queries: Vec<_> = data
        .user_indices()
        .take(5)
        .map(|u| Query::known(&data, u))
        .collect();
    assert_eq!(scores(&model, &queries), scores(&loaded, &queries));
    let mut broken = model.weights();
    broken.0.pop_first();
    assert!(
        C::Model::from_weights(&broken).is_err(),
        "a missing tensor is noticed"
    );
}

pub(crate) fn same_bits_at_any_thread_count<C: Fit + Sync>(config: &C)
where
    C::Model: Weights,
{
    let one = fit_on(config, 1).weights();
    assert_eq!(one, fit_on(config, 2).weights());
    assert_eq!(one, fit_on(config, 3).weights());
}

/// nDCG@10 on held-out interactions of planted data, as a multiple of popularity's.
pub(crate) fn uplift<C: Fit>(config: &C) -> f64 {
    let data = PlantedConfig::default().generate(Seed(7)).data;
    let split = RandomRatio::default().split(&data, Seed(8)).unwrap();
    let cancel = Cancel::new();
    let run = Run::quiet(Seed(9), &cancel);
    let train = split.test.train();
    let ndcg = |model: &dyn Recommender| {
        let evaluation = evaluate(model, &split.test, &EvalConfig::at(&[10])).unwrap();
        evaluation.mean("ndcg@10").unwrap()
    };
    let model = config.fit(train, &run).unwrap_or_else(|e| panic!("{e}"));
    ndcg(&model) / ndcg(&PopConfig::default().fit(train, &run).unwrap())
}

/// The tests of a model, given settings small enough for a test.
macro_rules! recommender_contract {
    ($config:expr) => {
        mod recommender_contract {
            use crate::models::contract;

            #[test]
            fn batch_equals_single() {
                contract::batch_equals_single(&$config);
            }

            #[test]
            fn weights_round_trip() {
                contract::weights_round_trip(&$config);
            }

            #[test]
            fn same_bits_at_any_thread_count() {
                contract::same_bits_at_any_thread_count(&$config);
            }
        }
    };
}
