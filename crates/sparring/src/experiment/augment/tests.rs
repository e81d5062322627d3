//! Decisions on planted logs.

use super::*;
use crate::data::PlantedConfig;
use crate::recommend::{Cancel, Silent};
use crate::split::{Splitter, Thinning, UserHoldout};
use crate::synth::CompletionConfig;

/// Planted users, two fifths of whom are new in validation and test; the others keep a share.
fn stages(keep: f64) -> (Stage, Stage) {
    let planted = PlantedConfig {
        n_users: 600,
        n_items: 80,
        mean_events: 20.0,
        ..Default::default()
    };
    let data = planted.generate(Seed(3)).data;
    let holdout = UserHoldout {
        validation: 0.2,
        test: 0.2,
        ..UserHoldout::default()
    };
    let split = holdout.split(&data, Seed(2)).unwrap();
    let thinning = Thinning {
        keep,
        ..Thinning::default()
    };
    let train = thinning.apply(&split.train, Seed(1)).unwrap();
    let stage = |part: &crate::split::Holdout| {
        Stage::of_new_users(&train, &part.known, &part.relevant).unwrap()
    };
    (
        stage(split.validation.as_ref().unwrap()),
        stage(&split.test),
    )
}

fn ground((tuning, report): &(Stage, Stage)) -> Ground<'_> {
    Ground {
        data: "planted".to_owned(),
        tuning,
        report: Some(report),
        eval: EvalConfig {
            corpus: false,
            ..EvalConfig::at(&[10])
        },
        watched: "ndcg@10".to_owned(),
        seed: 1,
    }
}

fn settings() -> AugmentConfig {
    AugmentConfig {
        times: vec![2.0, 4.0],
        users: vec![0.5, 1.0],
        strengths: 3,
        ..AugmentConfig::default()
    }
}

fn small() -> CompletionConfig {
    let count = |n| std::num::NonZeroUsize::new(n).unwrap();
    CompletionConfig {
        hidden: count(24),
        learning_rate: 1e-2,
        epochs: count(30),
        batch_size: count(60),
        ..CompletionConfig::default()
    }
}

fn run(
    ground: &Ground<'_>,
    model: &str,
    generators: &[Generator],
) -> Result<Augmented, ExperimentError> {
    let cancel = Cancel::new();
    let model = ModelConfig::named(model).unwrap();
    augment(
        ground,
        &model,
        (generators, &settings()),
        Host::new(&Silent, &cancel),
    )
}

/// Writes random users: nothing can be learnt from them.
fn noise() -> Generator {
    Generator::users("independent", &crate::experiment::Config::default()).unwrap()
}

/// Three camps of 12 items; users have two neighbours on their camp's ring, and new ones want all
/// others of it. From two items a user a regression learns neighbours alone.
fn rings() -> (Stage, Stage) {
    let item = |user: u32, at: u32| (user % 3) * 12 + (user / 3 + at) % 12;
    let some = move |users: std::ops::Range<u32>, from: u32, to: u32| {
        users.flat_map(move |user| (from..to).map(move |at| (user, item(user, at))))
    };
    let log = |pairs| crate::models::log(480, 36, pairs);
    let train = log(some(0..240, 0, 2).collect::<Vec<_>>());
    let part = |pairs: Vec<(u32, u32)>| train.with_interactions(log(pairs).interactions().clone());
    let stage = |users: std::ops::Range<u32>| {
        let known = part(some(users.clone(), 0, 2).collect());
        let relevant = part(some(users, 2, 12).collect());
        Stage::of_new_users(&train, &known, &relevant).unwrap()
    };
    (stage(240..360), stage(360..480))
}

#[test]
fn completions_of_thin_histories_help_and_are_added() {
    let stages = rings();
    let ground = ground(&stages);
    let generators = [
        Generator::Completion(small().without_adversary()),
        Generator::Own(small()),
    ];
    let found = run(&ground, "ease", &generators).unwrap();
    let report = &found.report;
    assert!(report.adopted, "{:?}", report.verdict);
    assert!(
        report.verdict[0].starts_with("Adding helps"),
        "{:?}",
        report.verdict
    );
    assert_eq!((report.trials, report.plain.trials.len()), (6, 6));
    assert!(
        report
            .generated
            .iter()
            .all(|branch| branch.trials.len() == 6)
    );
    let chosen = report.generated[0].chosen.as_ref().unwrap();
    assert_eq!(chosen.added_users, active(&stages.0.train));
    let test = chosen.test.as_ref().unwrap();
    assert!(test.uplift.unwrap().low > 0.0, "{test:?}");
    assert_eq!(test.groups.len(), 4);
    assert!(
        report.generated[1]
            .chosen
            .as_ref()
            .unwrap()
            .test
            .as_ref()
            .unwrap()
            .decider_over_this
            .is_some()
    );
    let csv = found.to_csv(&Columns::default()).unwrap();
    assert_eq!(
        csv.lines().count(),
        1 + report.interactions + chosen.added_interactions
    );
    assert!(csv.contains("\na000001,"));
    assert_eq!(found.model.to_table()["l2"].as_float(), chosen.strength);
}

#[test]
fn users_without_taste_are_refused() {
    let stages = stages(1.0);
    let found = run(&ground(&stages), "ease", &[noise()]).unwrap();
    assert!(!found.report.adopted, "{:?}", found.report.verdict);
    assert!(found.report.verdict[0].starts_with("Adding does not help here"));
    assert!(found.to_csv(&Columns::default()).is_none());
    let plain = found.report.plain.chosen.as_ref().unwrap();
    assert_eq!(found.model.to_table()["l2"].as_float(), plain.strength);
}

#[test]
fn a_recommender_without_regularisation_tries_amounts_alone() {
    let stages = stages(0.5);
    let found = run(&ground(&stages), "pop", &[noise()]).unwrap().report;
    assert_eq!((found.trials, found.varied.as_ref()), (2, None));
    assert_eq!(found.plain.trials.len(), 1);
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.contains("no setting that regularises"))
    );
}

#[test]
fn parts_that_are_too_small_are_named() {
    let (tuning, report) = stages(1.0);
    let few = |log: &Dataset, n: usize| {
        let mut left: Vec<_> = log.user_indices().collect();
        left.retain(|&user| !log.history(user).is_empty());
        left.truncate(n);
        log.filter(|user, _| left.contains(&user))
    };
    let mut small = (tuning.clone(), report.clone());
    small.0.holdout.relevant = few(&tuning.holdout.relevant, 19);
    let error = run(&ground(&small), "ease", &[noise()]).unwrap_err();
    let text = "the validation part has 19 users with events, at least 20 are needed";
    assert_eq!(error.to_string(), text);
    small = (tuning.clone(), report);
    small.0.train = few(&tuning.train, 5);
    let error = run(&ground(&small), "ease", &[noise()]).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the training part has 5 users"),
        "{error}"
    );
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let stages = stages(1.0);
    let cancel = Cancel::new();
    let model = ModelConfig::named("ease").unwrap();
    let host = Host::new(&Silent, &cancel);
    for (wrong, words) in [
        (
            AugmentConfig {
                times: vec![1.0],
                ..settings()
            },
            "`times` must hold amounts above 1, got 1",
        ),
        (
            AugmentConfig {
                users: vec![],
                ..settings()
            },
            "`users` needs an amount",
        ),
        (
            AugmentConfig {
                strengths: 0,
                ..settings()
            },
            "`strengths` must be 1 or more",
        ),
        (
            AugmentConfig {
                vary: "l3".to_owned(),
                ..settings()
            },
            "did you mean `l2`?",
        ),
    ] {
        let error = augment(&ground(&stages), &model, (&[noise()], &wrong), host).unwrap_err();
        assert!(
            error.is_wrong_use() && error.to_string().contains(words),
            "{error}"
        );
    }
    assert!(matches!(
        run(&ground(&stages), "ease", &[]),
        Err(ExperimentError::NoGenerator)
    ));
    cancel.request();
    let stopped = augment(&ground(&stages), &model, (&[noise()], &settings()), host);
    assert!(matches!(stopped, Err(ExperimentError::Cancelled)));
}
