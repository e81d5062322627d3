use std::num::NonZeroUsize;

use super::*;
use crate::data::{Dataset, ItemFeatures};
use crate::models::ModelConfig;
use crate::models::contract::{fit_on, planted, scores};
use crate::models::ease::EaseConfig;
use crate::models::edlae::EdlaeConfig;
use crate::models::ials::IalsConfig;
use crate::models::itemknn::ItemKnnConfig;
use crate::models::puresvd::PureSvdConfig;
use crate::recommend::{Cancel, Fit, Query, Recommender, Run, Trained};
use sparring_wide::Seed;

#[test]
fn an_item_counts_where_it_stands_first() {
    let history = [ItemIx(2), ItemIx(0), ItemIx(2)];
    let told = each_once(&history, 3, |at| 1.0 + at as f32).unwrap();
    assert_eq!(told, [3.0, 1.0, 0.0]);
    assert!(each_once(&[], 3, |_| f32::NAN).unwrap().is_empty());
    let error = each_once(&history, 2, |_| 1.0).unwrap_err();
    assert!(matches!(
        error,
        ScoreError::UnknownItem {
            item: ItemIx(2),
            n_items: 2
        }
    ));
}

/// The contributions to every score of some histories sum to it.
fn assert_exact<C: Fit + Sync>(config: &C) {
    let (data, model) = (planted(), fit_on(config, 2));
    let mut greatest = 0.0_f32;
    for user in data.user_indices().take(12) {
        // The first item again at the end: a history counts it once.
        let mut history = data.history(user).to_vec();
        history.extend(data.history(user).first());
        let query = Query::new_user(&history);
        for (item, score) in (0..).map(ItemIx).zip(scores(&model, &[query])) {
            let told = model.explain(&query, item).unwrap().expect("it can tell");
            assert_eq!(told.len(), history.len());
            let sum: f32 = told.iter().sum();
            assert!((sum - score).abs() < 1e-5, "{sum} {score}");
            greatest = greatest.max(score.abs());
        }
    }
    assert!(greatest > 0.1, "scores as good as zero say nothing");
}

#[test]
fn linear_models_are_explained_exactly() {
    assert_exact(&EaseConfig { l2: 20.0, rank: 0 });
    assert_exact(&EaseConfig { l2: 20.0, rank: 8 });
    assert_exact(&EdlaeConfig {
        l2: 30.0,
        ..EdlaeConfig::default()
    });
    assert_exact(&PureSvdConfig {
        embedding_dim: NonZeroUsize::new(6).unwrap(),
        ..PureSvdConfig::default()
    });
    assert_exact(&ItemKnnConfig {
        neighbours: NonZeroUsize::new(9).unwrap(),
        ..ItemKnnConfig::default()
    });
}

#[test]
fn factors_solved_for_a_history_are_explained_exactly() {
    assert_exact(&IalsConfig {
        embedding_dim: NonZeroUsize::new(8).unwrap(),
        ..IalsConfig::default()
    });
}

/// The planted log with a kind that all items have in common, for models that go by facts.
fn described() -> Dataset {
    let data = planted();
    let kinds = vec![vec![0]; data.n_items()];
    data.with_features(std::sync::Arc::new(ItemFeatures::new(&kinds)))
}

/// The model with this name, with as little training as it takes.
fn fit_briefly(name: &str) -> Box<dyn Trained> {
    let mut table = ModelConfig::named(name).unwrap().to_table();
    let parts = ModelConfig::named(name).unwrap().parts();
    for key in parts.iter().filter_map(|part| part.resource) {
        let (mut inner, mut keys) = (&mut table, key.split('.').peekable());
        while let Some(key) = keys.next() {
            if keys.peek().is_none() {
                inner.insert(key.to_owned(), 1.into());
                break;
            }
            inner = inner[key].as_table_mut().expect("a table of settings");
        }
    }
    let config = ModelConfig::from_table(name, table).unwrap();
    let cancel = Cancel::new();
    config
        .fit(&described(), &Run::quiet(Seed(1), &cancel))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_list_names_the_models_that_explain() {
    let data = described();
    let query = Query::known(&data, crate::data::UserIx(0));
    for name in ModelConfig::NAMES {
        let model = fit_briefly(name);
        let told = model.explain(&query, ItemIx(1)).unwrap();
        assert_eq!(
            told.is_some(),
            ModelConfig::EXPLAINING.contains(name),
            "{name}"
        );
        let Some(told) = told else { continue };
        assert_eq!(told.len(), query.history.len(), "{name}");
        assert!(told.iter().any(|part| *part != 0.0), "{name}: {told:?}");
        for unknown in [ItemIx(60), ItemIx(u32::MAX)] {
            assert!(model.explain(&query, unknown).is_err(), "{name}");
            let stranger = [ItemIx(0), unknown];
            let query = Query::new_user(&stranger);
            assert!(model.explain(&query, ItemIx(1)).is_err(), "{name}");
        }
        let nobody = Query::new_user(&[]);
        let told = model.explain(&nobody, ItemIx(1)).unwrap();
        assert_eq!(told, Some(Vec::new()), "{name}");
    }
}
