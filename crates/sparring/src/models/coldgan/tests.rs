use std::sync::Arc;

use super::*;
use crate::data::{ItemFeatures, ItemIx, UserIx};
use crate::recommend::{Cancel, Query, Recommender, Weights};
use crate::split::contract::log;
use sparring_wide::Seed;

recommender_contract!(crate::models::coldgan::ColdGanConfig {
    gan: crate::gan::BoutConfig {
        epochs: 2,
        batch_size: 16,
        ..Default::default()
    },
    placing: crate::models::cold::PlacingConfig {
        embedding_dim: std::num::NonZeroUsize::new(8).unwrap(),
        ..Default::default()
    },
    ..Default::default()
});

/// Users of two tastes over items of two kinds, five at random each; the last item of each kind is nobody's.
pub(in crate::models) fn planted() -> Dataset {
    let mut rows: Vec<Vec<u32>> = Vec::new();
    let mut state = 7_u32;
    for user in 0..60 {
        let mut row = Vec::new();
        while row.len() < 5 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let item = (state >> 16) % 12 * 2 + user % 2;
            if item < 22 && !row.contains(&item) {
                row.push(item);
            }
        }
        rows.push(row);
    }
    let slices: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
    let mut catalogue = (**log(&slices).items()).clone();
    while catalogue.len() < 24 {
        catalogue.intern(&format!("new{}", catalogue.len()));
    }
    let kinds: Vec<Vec<u32>> = (0..24).map(|item| vec![item % 2]).collect();
    log(&slices)
        .over(catalogue)
        .with_features(Arc::new(ItemFeatures::new(&kinds)))
}

fn config() -> ColdGanConfig {
    ColdGanConfig {
        gan: BoutConfig {
            epochs: 5,
            batch_size: 8,
            ..BoutConfig::default()
        },
        placing: PlacingConfig {
            embedding_dim: NonZeroUsize::new(4).unwrap(),
            ..PlacingConfig::default()
        },
        base: Base {
            settings: toml::Table::from_iter([("l2".to_owned(), toml::Value::Float(5.0))]),
            ..Base::default()
        },
        ..ColdGanConfig::default()
    }
}

fn scores(model: &ColdGan, data: &Dataset) -> Vec<Vec<f32>> {
    let one = |user| {
        let mut scores = vec![0.0; 24];
        model
            .score_into(&[Query::known(data, UserIx(user))], &mut scores)
            .unwrap();
        scores
    };
    (0..60).map(one).collect()
}

#[test]
fn an_item_that_nobody_has_is_for_those_who_like_its_kind() {
    let data = planted();
    assert_eq!(data.item_counts()[22..], [0, 0]);
    let cancel = Cancel::new();
    let run = Run::quiet(Seed(2), &cancel);
    let model = config().fit(&data, &run).unwrap();
    let right = scores(&model, &data)
        .iter()
        .enumerate()
        .filter(|(user, scores)| scores[22 + user % 2] > scores[23 - user % 2])
        .count();
    assert!(right >= 55, "{right} of 60 users");
    // What the history adds to a new item sums to its score, for the base is linear; what is there again adds nothing.
    let mut history = data.history(UserIx(0)).to_vec();
    history.push(history[0]);
    let query = Query::new_user(&history);
    let told = model.explain(&query, ItemIx(22)).unwrap().unwrap();
    let mut all = vec![0.0; 24];
    model.score_into(&[query], &mut all).unwrap();
    assert!(
        (told.iter().sum::<f32>() - all[22]).abs() < 1e-4,
        "{told:?} {}",
        all[22]
    );
    assert!(told[0] > 0.0 && told[5] == 0.0);
}

#[test]
fn what_somebody_has_is_ranked_as_by_the_recommender_alone() {
    let data = planted();
    let cancel = Cancel::new();
    let run = Run::quiet(Seed(2), &cancel);
    let model = config().fit(&data, &run).unwrap();
    let base = crate::models::edlae::EdlaeConfig {
        l2: 5.0,
        ..Default::default()
    };
    let base = base.fit(&data, &run).unwrap();
    let mut alone = vec![0.0; 24];
    base.score_into(&[Query::known(&data, UserIx(3))], &mut alone)
        .unwrap();
    assert_eq!(scores(&model, &data)[3][..22], alone[..22]);
}

#[test]
fn training_moves_places_and_a_silent_one_does_not() {
    let data = planted();
    let cancel = Cancel::new();
    let run = Run::quiet(Seed(2), &cancel);
    let places = |config: ColdGanConfig| {
        let weights = config.fit(&data, &run).unwrap().weights();
        weights.matrix("places").unwrap().2.to_vec()
    };
    let still = places(ColdGanConfig {
        gan: BoutConfig {
            epochs: 0,
            ..BoutConfig::default()
        },
        ..config()
    });
    // A mean of draws is rounded.
    let moved = |config: ColdGanConfig| {
        let apart = places(config)
            .into_iter()
            .zip(&still)
            .map(|(a, b)| (a - b).abs());
        apart.fold(0.0, f32::max) > 1e-6
    };
    let alone = |adversary, likeness, ranking| ColdGanConfig {
        adversary,
        likeness,
        ranking,
        ..config()
    };
    assert!(!moved(alone(0.0, 0.0, 0.0)), "nothing to learn from");
    for (name, config) in [
        ("adversary", alone(1.0, 0.0, 0.0)),
        ("likeness", alone(0.0, 1.0, 0.0)),
        ("ranking", alone(0.0, 0.0, 1.0)),
    ] {
        assert!(moved(config), "{name} alone");
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let cancel = Cancel::new();
    let run = Run::quiet(Seed(2), &cancel);
    let mut wrong = config();
    wrong.adversary = -1.0;
    let error = wrong.fit(&planted(), &run).unwrap_err().to_string();
    assert!(
        error.contains("coldgan: adversary must be 0 or more, got -1"),
        "{error}"
    );
}
