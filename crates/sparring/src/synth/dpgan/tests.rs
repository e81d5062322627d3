use super::*;
use crate::models::log;
use crate::privacy::{PldAccountant, PrivacyAccountant};
use crate::recommend::{Cancel, Diagnosis, Observer, Progress, Recorder, Weights as _};
use crate::synth::private::tests::camps;
use crate::synth::{SynthConfig, contract};
use sparring_wide::Seed;

fn config(epsilon: f64) -> DpGanConfig {
    let width = |n| NonZeroUsize::new(n).unwrap();
    DpGanConfig {
        epsilon,
        steps: width(30),
        critic_steps: width(3),
        head_start: 6,
        batch_size: width(32),
        sample_rate: 0.05,
        seen: width(4),
        hidden: width(8),
        critic_hidden: width(4),
        ..DpGanConfig::default()
    }
}

fn fit(config: &DpGanConfig, log: &Dataset) -> Result<PrivateUsers, String> {
    let cancel = Cancel::new();
    let fitted = config.fit(log, &Run::quiet(Seed(1), &cancel));
    fitted.map_err(|error| error.to_string())
}

#[test]
fn taste_comes_through_and_users_are_from_a_seed() {
    let (one, other) = (
        fit(&config(10.0), &camps()).unwrap(),
        fit(&config(10.0), &camps()).unwrap(),
    );
    assert_ne!(one.weights(), other.weights(), "noise is from no seed");
    let users = one.generate(0..1000, Seed(2));
    assert_eq!(users, one.generate(0..1000, Seed(2)));
    assert_ne!(users, one.generate(0..1000, Seed(3)));
    let loaded = PrivateUsers::from_weights(&one.weights()).unwrap();
    assert_eq!(users, loaded.generate(0..1000, Seed(2)));
    let share = |profile: &[crate::data::ItemIx]| {
        let rising = profile.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(rising && !profile.is_empty() && profile.last().unwrap().0 < 40);
        let left = profile.iter().filter(|item| item.0 < 20).count() as f64;
        let left = left / profile.len() as f64;
        left.max(1.0 - left)
    };
    let all: f64 = users.iter().map(share).sum::<f64>() / 1000.0;
    // Six fair coins would have .66.
    assert!(all > 0.72, "{all}");
}

#[test]
fn training_given_a_release_is_warped_by_a_critic() {
    // Without a step of the generator the users are those of the release.
    let (cancel, all) = (Cancel::new(), camps());
    let run = Run::quiet(Seed(1), &cancel);
    let start = config(10.0).release().unwrap().make(&all, &run).unwrap();
    let trained = |config: DpGanConfig| {
        let rows = Rows::of(&all);
        config.train(&rows, (&start, 1.0), &run).unwrap().weights()
    };
    let still = DpGanConfig {
        head_start: 1000,
        ..config(10.0)
    };
    assert_eq!(trained(still.clone()), trained(still.clone()));
    assert_ne!(trained(config(10.0)), trained(still));
}

#[test]
fn the_ledger_says_what_is_spent() {
    let config = config(2.0);
    let ledger = config.ledger().unwrap();
    let spent = ledger.epsilon();
    assert!(spent <= 2.0 && spent > 1.999, "{spent}");
    let [(_, release), (_, steps)] = ledger.entries() else {
        panic!("{ledger:?}")
    };
    // The release costs what `private` costs at 7 tenths of epsilon.
    let delta = Delta::new(1e-5).unwrap();
    let alone = PldAccountant::of(Neighbouring::AddRemove, release).unwrap();
    let alone = alone.epsilon(delta);
    assert!(alone <= 1.4 && alone > 1.399, "{alone}");
    let DpEvent::Repeated { count: 30, event } = steps else {
        panic!("{steps:?}")
    };
    let DpEvent::PoissonSampled { sample_rate, event } = &**event else {
        panic!("{event:?}")
    };
    assert!((sample_rate - 0.05).abs() < 1e-12);
    let DpEvent::Gaussian { noise_multiplier } = **event else {
        panic!("{event:?}")
    };
    // Both as one, by hand; a thousandth less noise would cost too much.
    let cost = |noise| {
        let steps = DpEvent::poisson(0.05, noise).times(30);
        let all = DpEvent::Composed(vec![release.clone(), steps]);
        let all = PldAccountant::of(Neighbouring::AddRemove, &all).unwrap();
        all.epsilon(delta)
    };
    assert!((cost(noise_multiplier) - spent).abs() < 1e-9);
    assert!(cost(noise_multiplier * 0.999) > 2.0);
    assert_eq!(ledger.public().len(), 4);
    let served = SynthConfig::DpGan(config).ledger().unwrap();
    assert_eq!(served, Some(ledger));
}

#[test]
fn nothing_is_told_of_real_users() {
    let (cancel, recorder) = (Cancel::new(), Recorder::new());
    let run = Run {
        observer: &recorder,
        ..Run::quiet(Seed(1), &cancel)
    };
    // Most batches are empty: one of 2,000 users by a chance of 2e-4.
    let rare = DpGanConfig {
        sample_rate: 2e-4,
        ..config(3.0)
    };
    rare.fit(&camps(), &run).unwrap();
    let notes = recorder.notes();
    let told = notes.iter().any(|note| note.contains("fewer than 50000"));
    assert!(told, "{notes:?}");
    cancel.request();
    assert!(config(3.0).fit(&camps(), &run).is_err());
    let (curves, diagnoses) = recorder.into_parts();
    assert_eq!(curves.keys().collect::<Vec<_>>(), ["raking"]);
    assert!(diagnoses.is_empty());
}

#[test]
fn training_stops_after_as_many_steps_whatever_the_users_are() {
    /// The steps that were told.
    #[derive(Default)]
    struct Steps(std::sync::Mutex<Vec<u64>>);
    impl Observer for Steps {
        fn progress(&self, progress: Progress<'_>) {
            if progress.unit == "step" {
                self.0.lock().unwrap().push(progress.done);
            }
        }
        fn point(&self, _curve: &str, _step: u64, _value: f64) {}
        fn diagnosis(&self, _diagnosis: Diagnosis) {}
    }
    let (cancel, all) = (Cancel::new(), camps());
    let run = Run::quiet(Seed(1), &cancel);
    let start = config(10.0).release().unwrap().make(&all, &run).unwrap();
    // Users as those of the release, users all alike, nobody.
    let alike = log(2000, 40, (0..2000).flat_map(|user| [(user, 0), (user, 39)]));
    for users in [all, alike, log(0, 40, [])] {
        let steps = Steps::default();
        let run = Run {
            observer: &steps,
            ..run
        };
        config(10.0)
            .train(&Rows::of(&users), (&start, 1.0), &run)
            .unwrap();
        assert_eq!(steps.0.into_inner().unwrap(), (1..=30).collect::<Vec<_>>());
    }
}

#[test]
fn what_items_are_is_the_prior_of_the_release() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("items.csv");
    std::fs::write(&file, "item,genres,year\n0,a,1990\n1,b,1991\n").unwrap();
    let known = DpGanConfig {
        public: file.display().to_string(),
        ..config(10.0)
    };
    let declared = |config: &DpGanConfig| config.ledger().unwrap().public().len();
    assert_eq!(declared(&known), declared(&config(10.0)) + 1);
    let release = known.release().unwrap();
    assert!(release.facts(&camps()).unwrap().is_some());
    let missing = DpGanConfig {
        public: "nowhere.csv".to_owned(),
        ..config(10.0)
    };
    assert!(fit(&missing, &camps()).unwrap_err().contains("nowhere.csv"));
}

#[test]
fn what_cannot_be_given_is_refused() {
    let of = |change: fn(&mut DpGanConfig)| {
        let mut config = config(1.0);
        change(&mut config);
        config
    };
    for (words, wrong) in [
        ("epsilon", of(|c| c.epsilon = 0.0)),
        ("epsilon", of(|c| c.epsilon = -1.0)),
        ("epsilon", of(|c| c.epsilon = f64::NAN)),
        ("delta", of(|c| c.delta = 1e-3)),
        ("`release` must be", of(|c| c.release = 0.0)),
        ("`release` must be", of(|c| c.release = 1.0)),
        ("`release` must be", of(|c| c.release = f64::NAN)),
        ("the rate must be", of(|c| c.sample_rate = 0.0)),
        ("the rate must be", of(|c| c.sample_rate = 1.01)),
        ("the rate must be", of(|c| c.sample_rate = f64::NAN)),
        // Too little to be split: a step would need a noise of thousands.
        ("no noise from 0 to 1000", of(|c| c.epsilon = 1e-4)),
    ] {
        let error = fit(&wrong, &camps()).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
        let error = wrong.ledger().unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
    for (words, wrong) in [
        ("clip", of(|c| c.clip = 0.0)),
        ("generator_rate", of(|c| c.generator_rate = f32::NAN)),
        ("discriminator_rate", of(|c| c.discriminator_rate = -1.0)),
        ("decoder_rate", of(|c| c.decoder_rate = -0.1)),
        ("penalty", of(|c| c.penalty = -0.1)),
        ("ema", of(|c| c.ema = 1.0)),
    ] {
        let error = fit(&wrong, &camps()).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    let few = log(99, 40, (0..99).map(|user| (user, user % 40)));
    let error = fit(&config(1.0), &few).unwrap_err();
    assert!(error.contains("100 users"), "{error}");
    let unknown = toml::Table::from_iter([("batch".to_owned(), 3.into())]);
    assert!(SynthConfig::from_table("dpgan", unknown).is_err());
}

#[test]
fn a_catalogue_without_room_is_refused() {
    let cancel = Cancel::new();
    let run = Run {
        memory: Some(10_000),
        ..Run::quiet(Seed(1), &cancel)
    };
    let error = config(1.0).fit(&contract::planted(), &run).unwrap_err();
    assert!(error.to_string().contains("dpgan"), "{error}");
}
