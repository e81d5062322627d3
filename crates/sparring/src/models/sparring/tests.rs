use std::num::NonZeroUsize;

use sparring_wide::Seed;

use super::opponent::Opponent;
use super::*;
use crate::models::contract::{planted, scores, uplift};
use crate::models::profiles::tests::log;
use crate::recommend::{Cancel, Kept};

pub(super) fn tiny() -> SparringConfig {
    let count = |n| NonZeroUsize::new(n).unwrap();
    SparringConfig {
        linear: EdlaeConfig {
            l2: 30.0,
            ..EdlaeConfig::default()
        },
        factors: IalsConfig {
            embedding_dim: count(8),
            ..IalsConfig::default()
        },
        neural: NeuralConfig {
            hidden: count(24),
            learning_rate: 1e-2,
            batch_size: count(40),
            steps: count(60),
            ..NeuralConfig::default()
        },
        ..SparringConfig::default()
    }
}

pub(super) fn only_neural(opponent: Opponent) -> SparringConfig {
    let config = tiny();
    let neural = NeuralConfig {
        opponent,
        ..config.neural
    };
    SparringConfig {
        linear_weight: 0.0,
        factor_weight: 0.0,
        neural,
        ..config
    }
}

pub(super) fn fit(config: &SparringConfig, data: &Dataset) -> Result<Sparring, FitError> {
    config.fit(data, &Run::quiet(Seed(1), &Cancel::new()))
}

recommender_contract!(super::tiny());

#[test]
fn the_team_learns_a_planted_taste() {
    let found = uplift(&tiny());
    assert!(found > 1.5, "{found}");
}

#[test]
fn the_network_alone_learns_a_planted_taste_against_every_opponent() {
    for opponent in [Opponent::Own, Opponent::Uniform, Opponent::None] {
        let mut config = only_neural(opponent);
        config.neural.steps = NonZeroUsize::new(250).unwrap();
        let found = uplift(&config);
        assert!(found > 1.3, "{opponent:?}: {found}");
    }
}

#[test]
fn a_branch_that_is_off_is_not_fitted() {
    let model = fit(
        &SparringConfig {
            neural_weight: 0.0,
            ..tiny()
        },
        &planted(),
    )
    .unwrap();
    assert!(model.neural.is_none() && model.linear.is_some());
    assert!(
        !model
            .weights()
            .0
            .keys()
            .any(|name| name.starts_with("neural"))
    );
    assert_eq!(Sparring::from_weights(&model.weights()).unwrap(), model);
}

#[test]
fn the_score_is_the_weighted_sum_of_standardised_branches() {
    let data = planted();
    let alone = |linear, factor| {
        let config = SparringConfig {
            linear_weight: linear,
            factor_weight: factor,
            neural_weight: 0.0,
            ..tiny()
        };
        scores(
            &fit(&config, &data).unwrap(),
            &[Query::new_user(&[ItemIx(4), ItemIx(9)])],
        )
    };
    let (linear, factors, both) = (alone(1.0, 0.0), alone(0.0, 1.0), alone(1.0, 2.0));
    for ((a, b), sum) in linear.iter().zip(&factors).zip(&both) {
        assert!((a + 2.0 * b - sum).abs() < 1e-4, "{a} {b} {sum}");
    }
}

#[test]
fn a_team_of_nobody_and_settings_out_of_range_are_errors() {
    let nobody = SparringConfig {
        linear_weight: 0.0,
        factor_weight: 0.0,
        neural_weight: 0.0,
        ..tiny()
    };
    let negative = SparringConfig {
        factor_weight: -1.0,
        ..tiny()
    };
    let mut all = tiny();
    all.neural.mask = 1.0;
    for config in [nobody, negative, all] {
        let error = fit(&config, &planted()).unwrap_err();
        assert!(
            matches!(
                error,
                FitError::Setting {
                    model: "sparring",
                    ..
                }
            ),
            "{error}"
        );
    }
}

#[test]
fn users_with_one_event_and_items_with_none_are_no_obstacle() {
    // Users 0 to 9 have one item each, two have three; items 12 to 14 nobody has.
    let pairs = (0..10)
        .map(|user| (user, user))
        .chain((0..3).flat_map(|i| [(10, i), (11, i + 1)]));
    let model = fit(&tiny(), &log(12, 15, pairs)).unwrap();
    for history in [&[][..], &[ItemIx(14)], &[ItemIx(0), ItemIx(1)]] {
        let scores = scores(&model, &[Query::new_user(history)]);
        assert!(scores.iter().all(|score| score.is_finite()));
    }
}

#[test]
fn a_log_without_a_user_to_mask_is_refused_with_the_reason() {
    let single = log(5, 5, (0..5).map(|user| (user, user)));
    let error = fit(&tiny(), &single).unwrap_err().to_string();
    assert!(error.contains("a user with at least two items"), "{error}");
    assert!(
        fit(
            &SparringConfig {
                neural_weight: 0.0,
                ..tiny()
            },
            &single
        )
        .is_ok()
    );
}

#[test]
fn users_who_are_all_alike_do_not_stop_training() {
    let pairs = (0..8).flat_map(|user| (0..4).map(move |item| (user, item)));
    let model = fit(&tiny(), &log(8, 6, pairs)).unwrap();
    let scores = scores(&model, &[Query::new_user(&[ItemIx(0)])]);
    assert!(scores.iter().all(|score| score.is_finite()), "{scores:?}");
    assert!(scores[1] > scores[5], "{scores:?}");
}

#[test]
fn branches_of_different_catalogues_are_refused() {
    let model = fit(&tiny(), &planted()).unwrap();
    let other = fit(&tiny(), &log(12, 15, (0..24).map(|at| (at % 12, at % 11)))).unwrap();
    let mixed = NamedTensors::new()
        .with("mix", &[3], vec![1.0, 1.0, 0.0])
        .with_part("linear", model.weights().part("linear").unwrap())
        .with_part("factors", other.weights().part("factors").unwrap());
    assert!(Sparring::from_weights(&mixed).is_err());
}

#[test]
fn kept_branches_give_the_same_bits() {
    let (kept, data, cancel) = (Kept::new(), planted(), Cancel::new());
    let run = Run {
        kept: Some(&kept),
        ..Run::quiet(Seed(1), &cancel)
    };
    let fit = |config: &SparringConfig, run: &Run<'_>| config.fit(&data, run).unwrap();
    let alone = fit(&tiny(), &Run::quiet(Seed(1), &cancel));
    for _ in 0..2 {
        assert_eq!(fit(&tiny(), &run), alone);
    }
    let mut other = tiny();
    other.linear.l2 = 300.0;
    assert_ne!(fit(&other, &run).linear, alone.linear);
}
