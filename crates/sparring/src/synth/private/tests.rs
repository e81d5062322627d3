use super::*;
use crate::models::log;
use crate::recommend::Cancel;
use crate::synth::contract;

fn config(epsilon: f64) -> PrivateConfig {
    PrivateConfig {
        epsilon,
        ..PrivateConfig::default()
    }
}

fn fit(config: &PrivateConfig, log: &Dataset) -> Result<PrivateUsers, String> {
    let cancel = Cancel::new();
    let fitted = config.fit(log, &Run::quiet(Seed(1), &cancel));
    fitted.map_err(|error| error.to_string())
}

/// 2,000 users of two camps with 6 of the 20 items of their own.
pub(in crate::synth) fn camps() -> Dataset {
    let pairs = (0..2000_u32).flat_map(|user| {
        (0..6).map(move |at| (user, (user % 2) * 20 + (user / 2 * 7 + at * 3) % 20))
    });
    log(2000, 40, pairs)
}

#[test]
fn taste_and_lengths_come_through_the_noise() {
    let model = fit(&config(10.0), &camps()).unwrap();
    let users = model.generate(0..1000, Seed(2));
    let share = |profile: &[crate::data::ItemIx]| {
        let left = profile.iter().filter(|item| item.0 < 20).count() as f64;
        let left = left / profile.len() as f64;
        left.max(1.0 - left)
    };
    let all: f64 = users.iter().map(share).sum::<f64>() / 1000.0;
    // Six fair coins would have .66.
    assert!(all > 0.74, "{all}");
    let mean = users.n_interactions() as f64 / 1000.0;
    // Their class holds lengths from 6 to 7.
    assert!((5.9..7.1).contains(&mean), "{mean}");
}

#[test]
fn fits_are_not_alike_and_users_of_one_are() {
    let (one, other) = (
        fit(&config(3.0), &camps()).unwrap(),
        fit(&config(3.0), &camps()).unwrap(),
    );
    assert_ne!(one.weights(), other.weights(), "noise is from no seed");
    assert_eq!(
        one.generate(0..70, Seed(1)),
        one.generate(0..70, Seed(1)),
        "the users of a release are from a seed"
    );
    let loaded = PrivateUsers::from_weights(&one.weights()).unwrap();
    assert_eq!(
        one.generate(0..70, Seed(1)),
        loaded.generate(0..70, Seed(1))
    );
    for profile in one.generate(0..500, Seed(4)).iter() {
        let rising = profile.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(rising && !profile.is_empty() && profile.last().unwrap().0 < 40);
    }
}

#[test]
fn little_epsilon_is_much_noise() {
    // At an epsilon of .01 a camp of 1,000 users is lost; a direction or two of noise alone may
    // pass its simulated edge.
    let width = |epsilon| fit(&config(epsilon), &camps()).unwrap().law.width();
    let (much, little) = (width(10.0), width(0.01));
    assert!(little <= 3 && much > 8, "{little} {much}");
}

#[test]
fn what_cannot_be_given_is_refused() {
    for (epsilon, words) in [(0.0, "epsilon"), (-1.0, "epsilon"), (f64::NAN, "epsilon")] {
        let error = fit(&config(epsilon), &camps()).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    let large = PrivateConfig {
        delta: 1e-3,
        ..config(1.0)
    };
    assert!(fit(&large, &camps()).unwrap_err().contains("delta"));
    let heavy = PrivateConfig {
        items: 0.999,
        ..config(1.0)
    };
    assert!(fit(&heavy, &camps()).unwrap_err().contains("items"));
    let few = log(99, 40, (0..99).map(|user| (user, user % 40)));
    let error = fit(&config(1.0), &few).unwrap_err();
    assert!(error.contains("100 users"), "{error}");
    let cancel = Cancel::new();
    let run = Run {
        memory: Some(10_000),
        ..Run::quiet(Seed(1), &cancel)
    };
    let error = config(1.0).fit(&contract::planted(), &run).unwrap_err();
    assert!(error.to_string().contains("private"), "{error}");
}

#[test]
fn the_ledger_says_what_is_spent() {
    let ledger = config(2.0).ledger().unwrap();
    let spent = ledger.epsilon();
    assert!(spent <= 2.0 && spent > 1.999, "{spent}");
    // The noise of the analytic Gaussian mechanism for (2, 1e-5), by bisection of its formula.
    let noise = config(2.0).noise().unwrap();
    let exact = crate::privacy::gaussian_delta(noise, 2.0);
    assert!(exact <= 1e-5 && exact > 0.99e-5, "{exact}");
    assert_eq!(ledger.public().len(), 4);
}

#[test]
fn a_wide_catalogue_has_pairs_of_its_popular_items_alone() {
    let narrow = PrivateConfig {
        columns: NonZeroUsize::new(25).unwrap(),
        ..config(10.0)
    };
    let model = fit(&narrow, &camps()).unwrap();
    assert_eq!((model.n_items(), model.law.n_items()), (40, 25));
    let users = model.generate(0..1000, Seed(2));
    let mut counts = [0_u32; 40];
    for profile in users.iter() {
        assert!(profile.windows(2).all(|pair| pair[0] < pair[1]));
        for item in profile {
            counts[item.at()] += 1;
        }
    }
    // All items are as popular: 6 to 7 of 40 each.
    assert!(counts.iter().all(|n| (90..260).contains(n)), "{counts:?}");
    let loaded = PrivateUsers::from_weights(&model.weights()).unwrap();
    assert_eq!(loaded, model);
    assert_eq!(users, loaded.generate(0..1000, Seed(2)));
}

#[test]
fn what_items_are_brings_out_what_the_noise_hides() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("items.csv");
    let lines = (0..40).map(|item| format!("{item},{}\n", item / 20));
    std::fs::write(&file, "item,kind\n".to_owned() + &lines.collect::<String>()).unwrap();
    let told = PrivateConfig {
        public: file.display().to_string(),
        stretch: 4.0,
        ..config(0.25)
    };
    let ledger = told.ledger().unwrap();
    assert_eq!(ledger.public().last().unwrap().name, "what items are");
    let one_sided = |config: &PrivateConfig| {
        let users = fit(config, &camps()).unwrap().generate(0..1000, Seed(2));
        let share = |profile: &[crate::data::ItemIx]| {
            let left = profile.iter().filter(|item| item.0 < 20).count() as f64;
            let left = left / profile.len() as f64;
            left.max(1.0 - left)
        };
        users.iter().map(share).sum::<f64>() / 1000.0
    };
    let mean = |config: &PrivateConfig| (0..3).map(|_| one_sided(config)).sum::<f64>() / 3.0;
    let (with, without) = (mean(&told), mean(&config(0.25)));
    assert!(with > without, "{with} {without}");
    let missing = PrivateConfig {
        public: "/no/such".to_owned(),
        ..config(1.0)
    };
    assert!(fit(&missing, &camps()).unwrap_err().contains("/no/such"));
}
