use std::sync::Mutex;

use super::*;
use crate::data::{PlantedConfig, UserIx};
use crate::experiment::Audience;
use crate::recommend::{Cancel, Diagnosis, Observer, Progress, Silent};
use crate::split::{RandomRatio, Splitter, Stage};

fn stage() -> Stage {
    let config = PlantedConfig {
        n_users: 80,
        n_items: 60,
        mean_events: 15.0,
        ..Default::default()
    };
    let data = config.generate(Seed(5)).data;
    RandomRatio::default()
        .split(&data, Seed(5))
        .unwrap()
        .report()
}

fn arena(report: &Stage) -> Arena<'_> {
    Arena {
        data: "planted".to_owned(),
        protocol: String::new(),
        tuning: None,
        report,
        eval: EvalConfig::at(&[5]),
        watched: "ndcg@5".to_owned(),
        seeds: vec![1, 2],
    }
}

fn threats(attacks: &[Attack], rates: &[f64]) -> Threats {
    Threats {
        attacks: attacks.to_vec(),
        rates: rates.iter().map(|&rate| Rate::new(rate).unwrap()).collect(),
        targets: 3,
    }
}

fn models(names: &[&str]) -> Vec<ModelConfig> {
    let named = |name: &&str| ModelConfig::named(name).unwrap();
    names.iter().map(named).collect()
}

/// Asks for a stop when the stage with this number begins.
struct StopAt<'a>(Mutex<usize>, &'a Cancel);

impl Observer for StopAt<'_> {
    fn progress(&self, _: Progress<'_>) {}
    fn point(&self, _: &str, _: u64, _: f64) {}
    fn diagnosis(&self, _: Diagnosis) {}
}

impl Audience for StopAt<'_> {
    fn stage(&self, _: &str) {
        let mut left = self.0.lock().unwrap();
        *left -= 1;
        if *left == 0 {
            self.1.request();
        }
    }
}

#[test]
fn every_model_is_measured_under_every_threat() {
    let stage = stage();
    let cancel = Cancel::new();
    let threats = threats(&Attack::ALL, &[0.05, 0.5]);
    let run = |models: &[ModelConfig]| {
        robustness(
            &arena(&stage),
            models,
            &threats,
            Host::new(&Silent, &cancel),
        )
        .unwrap()
    };
    let found = run(&models(&["pop", "itemknn"]));
    let users = stage.holdout.relevant.user_indices();
    let with_test = users.filter(|&user| !stage.holdout.relevant.history(user).is_empty());
    assert_eq!(found.facts.evaluated, with_test.count());
    assert_eq!(found.facts.users, 80, "fake users are no users");
    assert_eq!((found.targets.len(), found.targets[0].len()), (2, 3));
    assert_ne!(found.targets[0], found.targets[1]);
    for row in &found.rows {
        assert_eq!(row.attacks.len(), 8);
        let clean = row.clean.unwrap();
        for a in &row.attacks {
            let value = a.value.unwrap();
            assert!((a.loss.unwrap().mean - (1.0 - value.mean / clean.mean)).abs() < 1e-9);
            assert_eq!(a.targets.is_some(), a.attack != "noise");
        }
        let amount = |attack, rate| row.under(attack, rate).unwrap().amount;
        assert!((amount("random", 0.05) - 4.0).abs() < 1e-9, "5 % of 80");
        let events = Rate::new(0.05).unwrap().of(stage.train.n_interactions());
        assert!((amount("noise", 0.05) - events as f64).abs() < 1e-9);
    }
    // The same seeds give the same figures, also one model alone.
    let alone = run(&models(&["itemknn"]));
    assert!(found.rows.contains(&alone.rows[0]));
}

#[test]
fn a_strong_attack_pushes_its_targets() {
    // 80 fake users beside 80 real ones: popularity now lists every target to everybody who can be
    // shown one, that is, who has not all of them.
    let stage = stage();
    let (cancel, threats) = (Cancel::new(), threats(&[Attack::Random], &[1.0]));
    let found = robustness(
        &arena(&stage),
        &models(&["pop"]),
        &threats,
        Host::new(&Silent, &cancel),
    );
    let found = found.unwrap();
    let attacked = &found.rows[0].attacks[0];
    let exposure = attacked.targets.unwrap();
    assert!(exposure.before < 0.5, "{exposure:?}");
    let relevant = &stage.holdout.relevant;
    let tested: Vec<UserIx> = relevant
        .user_indices()
        .filter(|&user| !relevant.history(user).is_empty())
        .collect();
    let shares = found.targets.iter().map(|targets| {
        let can = |&&user: &&UserIx| {
            let history = stage.train.history(user).iter();
            let ids: Vec<&str> = history.map(|item| stage.train.items().id(item.0)).collect();
            !targets.iter().all(|target| ids.contains(&target.as_str()))
        };
        tested.iter().filter(can).count() as f64 / tested.len() as f64
    });
    let expected = shares.sum::<f64>() / 2.0;
    assert!(
        expected > 0.9 && (exposure.after - expected).abs() < 1e-9,
        "{exposure:?}"
    );
    assert!(attacked.loss.unwrap().low > 0.0, "{attacked:?}");
}

#[test]
fn noise_is_seen_by_the_model_and_never_listed() {
    /// Puts what is in the history first.
    #[derive(Debug)]
    struct Echo;
    impl crate::recommend::Recommender for Echo {
        fn n_items(&self) -> usize {
            60
        }
        fn score_into(
            &self,
            queries: &[crate::recommend::Query<'_>],
            scores: &mut [f32],
        ) -> Result<(), crate::recommend::ScoreError> {
            for (query, row) in queries.iter().zip(scores.chunks_mut(60)) {
                row.fill(0.0);
                // The item after each of the history, so that the lists tell it.
                for item in query.history {
                    row[(item.at() + 1) % 60] = 1.0;
                }
            }
            Ok(())
        }
    }
    let stage = stage();
    let ground = Ground {
        train: &stage.train,
        held_out: &stage.holdout.relevant,
        targets: &[],
    };
    let noisy = Attack::Noise.inject(ground, Rate::new(0.5).unwrap(), Seed(1));
    let model = AsFitted {
        model: &Echo,
        log: &noisy.log,
    };
    let found = evaluate(&model, &stage.holdout, &EvalConfig::at(&[60])).unwrap();
    let clean = evaluate(&Echo, &stage.holdout, &EvalConfig::at(&[60])).unwrap();
    assert_eq!(found.users, clean.users);
    for (user, list) in found.users.iter().zip(&found.lists) {
        let (real, noisy) = (stage.train.history(*user), noisy.log.history(*user));
        let known = |item: &ItemIx| real.contains(item) || noisy.contains(item);
        assert!(!list.iter().any(known));
        // All that is known to neither log can be listed, what the test asks for too.
        let free = (0..60).map(ItemIx).filter(|item| !known(item)).count();
        assert_eq!(list.len(), free);
        let follows = |item: &ItemIx| noisy.contains(&ItemIx((item.0 + 59) % 60));
        assert!(list.is_sorted_by_key(|item| !follows(item)));
    }
}

#[test]
fn a_stop_between_fits_keeps_what_is_finished() {
    let stage = stage();
    let threats = threats(&[Attack::Random, Attack::Noise], &[0.1]);
    let stopped_at = |number| {
        let cancel = Cancel::new();
        let audience = StopAt(Mutex::new(number), &cancel);
        let models = models(&["pop", "itemknn"]);
        robustness(
            &arena(&stage),
            &models,
            &threats,
            Host::new(&audience, &cancel),
        )
    };
    // Two fits clean and two for each threat: the fifth stage is the second threat of `pop`.
    let found = stopped_at(5).unwrap();
    assert_eq!((found.rows.len(), found.rows[0].attacks.len()), (1, 1));
    assert_eq!(
        found.notes,
        ["Stopped on request; these models did not finish: pop (some attacks), itemknn."]
    );
    // The seventh begins `itemknn`: `pop` is whole.
    let found = stopped_at(7).unwrap();
    assert_eq!((found.rows.len(), found.rows[0].attacks.len()), (1, 2));
    assert!(found.notes[0].ends_with(": itemknn."), "{:?}", found.notes);
    let error = stopped_at(1).unwrap_err();
    assert!(matches!(error, ExperimentError::Cancelled), "{error}");
}

#[test]
fn what_cannot_be_done_is_refused() {
    let stage = stage();
    let cancel = Cancel::new();
    let run = |models: &[ModelConfig], threats: &Threats| {
        robustness(&arena(&stage), models, threats, Host::new(&Silent, &cancel)).unwrap_err()
    };
    let some = threats(&[Attack::Random], &[0.1]);
    let error = run(&[], &some);
    assert!(matches!(error, ExperimentError::NoModel) && error.is_wrong_use());
    let greedy = Threats {
        targets: 31,
        ..some
    };
    let error = run(&models(&["pop"]), &greedy);
    assert!(matches!(error, ExperimentError::Attack(_)), "{error}");
    assert!(!error.is_wrong_use() && error.hint().contains("--targets"));
}

#[test]
fn a_failure_keeps_its_row() {
    let stage = stage();
    let table = [("l2".to_owned(), toml::Value::Float(-1.0))];
    let broken = ModelConfig::from_table("ease", table.into_iter().collect()).unwrap();
    let mut models = models(&["pop"]);
    models.insert(0, broken);
    let threats = threats(&[Attack::Noise], &[0.1]);
    let cancel = Cancel::new();
    let found = robustness(
        &arena(&stage),
        &models,
        &threats,
        Host::new(&Silent, &cancel),
    )
    .unwrap();
    assert_eq!(found.rows[0].model, "pop");
    assert!(found.rows[1].failure.as_ref().unwrap().contains("l2"));
    assert_eq!(
        found.targets,
        [Vec::<String>::new(), Vec::new()],
        "nothing is pushed"
    );
    assert!(found.notes.is_empty());
}
