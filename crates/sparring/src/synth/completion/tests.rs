//! Completions of planted users.

use std::num::NonZeroUsize;

use super::*;
use crate::models::log;
use crate::recommend::{Cancel, Recorder, Run};

/// Users of two camps with 4 of the 20 items of their own.
fn camps() -> Dataset {
    let pairs = (0..200_u32).flat_map(|user| {
        (0..4).map(move |at| (user, (user % 2) * 20 + (user / 2 * 7 + at * 3) % 20))
    });
    log(201, 40, pairs)
}

fn config(adversary: f32) -> CompletionConfig {
    let count = |n| NonZeroUsize::new(n).unwrap();
    CompletionConfig {
        hidden: count(16),
        learning_rate: 1e-2,
        epochs: count(30),
        batch_size: count(50),
        discriminator_hidden: count(8),
        temperature: 1.0,
        adversary,
        ..CompletionConfig::default()
    }
}

fn trained(config: &CompletionConfig, threads: usize) -> Autoencoder {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    let cancel = Cancel::new();
    let fit = || Autoencoder::fit(config, &camps(), &Run::quiet(Seed(1), &cancel)).unwrap();
    pool.build().unwrap().install(fit)
}

/// Thinks nothing of a catalogue of five.
#[derive(Debug)]
struct Even;

impl Completer for Even {
    fn logits(&self, given: &[&[u32]], logits: &mut Matrix) -> Result<(), ScoreError> {
        *logits = Matrix::zeros(given.len(), 5);
        Ok(())
    }
}

const DOUBLE: Extent = Extent {
    times: 2.0,
    longest: usize::MAX,
};

#[test]
fn drawn_items_are_of_the_users_own_camp() {
    for adversary in [0.0, 1.0] {
        let model = trained(&config(adversary), 2);
        let completions = complete(&model, &camps(), DOUBLE, Seed(3)).unwrap();
        assert_eq!(completions.len(), 200, "the user without items is left out");
        let (mut own, mut drawn) = (0, 0);
        for Completion { user, items } in &completions {
            assert_eq!(items.len(), 8);
            assert!(items.windows(2).all(|pair| pair[0] < pair[1]));
            let data = camps();
            let given = data.history(*user);
            assert!(given.iter().all(|item| items.contains(item)));
            let new = items.iter().filter(|item| !given.contains(item));
            own += new.clone().filter(|item| item.0 / 20 == user.0 % 2).count();
            drawn += new.count();
        }
        // By lot 16 of the 36 items that a user lacks are of the own camp: .44.
        let share =
            f64::from(u32::try_from(own).unwrap()) / f64::from(u32::try_from(drawn).unwrap());
        assert!(share > 0.9, "{share} with the adversary at {adversary}");
    }
}

#[test]
fn the_same_bits_at_any_number_of_threads_and_others_for_another_seed() {
    let config = config(0.5);
    let (one, two) = (trained(&config, 1), trained(&config, 2));
    assert_eq!(one, two);
    assert_ne!(one, trained(&config.without_adversary(), 1));
    let draw = |seed| complete(&one, &camps(), DOUBLE, Seed(seed)).unwrap();
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn a_users_draw_does_not_depend_on_the_others() {
    let model = trained(&config(0.0), 1);
    let all = complete(&model, &camps(), DOUBLE, Seed(1)).unwrap();
    let one = camps().filter(|user, _| user == UserIx(7));
    let alone = complete(&model, &one, DOUBLE, Seed(1)).unwrap();
    assert_eq!(alone, [all[7].clone()]);
}

#[test]
fn users_with_many_items_are_left_alone_and_a_catalogue_ends() {
    let data = log(2, 5, [(0, 0), (0, 1), (0, 2), (1, 4)]);
    let extent = |times, longest| Extent { times, longest };
    let few = complete(&Even, &data, extent(3.0, 2), Seed(1)).unwrap();
    assert_eq!(few.len(), 1);
    assert_eq!((few[0].user, few[0].items.len()), (UserIx(1), 3));
    let all = complete(&Even, &data, extent(9.0, 9), Seed(1)).unwrap();
    assert!(all.iter().all(|c| c.items.len() == 5));
    let none = complete(&Even, &data, extent(0.0, 9), Seed(1)).unwrap();
    assert_eq!(none[1].items, [ItemIx(4)]);
}

#[test]
fn draws_follow_the_softmax() {
    // Logits ln 3 and 0 for the two items that are not given: the first is drawn 3 times in 4.
    let (given, logits) = ([2], [3.0_f32.ln(), 0.0, 9.0]);
    let first = (0..4000).filter(|&at| {
        let drawn = draw(&given, &logits, 2, &mut Seed(1).stream_at("draw", at));
        drawn == [ItemIx(0), ItemIx(2)]
    });
    let share = first.count();
    assert!((2900..3100).contains(&share), "{share}");
}

#[test]
fn health_is_looked_at_where_there_is_an_adversary() {
    for (adversary, looked) in [(0.0, false), (1.0, true)] {
        let (cancel, recorder) = (Cancel::new(), Recorder::new());
        let run = Run {
            observer: &recorder,
            ..Run::quiet(Seed(1), &cancel)
        };
        Autoencoder::fit(&config(adversary), &camps(), &run).unwrap();
        let (_, diagnoses) = recorder.into_parts();
        assert_eq!(!diagnoses.is_empty(), looked, "{diagnoses:?}");
    }
}

#[test]
fn settings_and_logs_that_do_not_do_are_refused() {
    let cancel = Cancel::new();
    let fit = |config: &CompletionConfig, data: &Dataset| {
        let fitted = Autoencoder::fit(config, data, &Run::quiet(Seed(1), &cancel));
        fitted.unwrap_err().to_string()
    };
    for (key, wrong) in [
        (
            "mask",
            CompletionConfig {
                mask: 1.0,
                ..config(0.0)
            },
        ),
        (
            "temperature",
            CompletionConfig {
                temperature: 0.0,
                ..config(0.0)
            },
        ),
        ("adversary", config(-1.0)),
        (
            "negatives",
            CompletionConfig {
                negatives: f32::NAN,
                ..config(0.0)
            },
        ),
    ] {
        let error = fit(&wrong, &camps());
        assert!(error.contains(key), "{error}");
    }
    let ones = log(30, 5, (0..30).map(|user| (user, user % 5)));
    assert!(fit(&config(0.0), &ones).contains("at least two items"));
    let few = log(19, 5, (0..19).flat_map(|user| [(user, 0), (user, 1)]));
    assert!(fit(&config(0.0), &few).contains("20 users"));
}
