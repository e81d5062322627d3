//! What every synthesizer must keep, as tests.

use super::profiles::{Block, Profiles};
use super::traits::{Synthesize, Synthesizer};
use crate::data::{Dataset, PlantedConfig};
use crate::recommend::{Cancel, Run, Weights};
use sparring_wide::Seed;

/// A small planted log.
pub(crate) fn planted() -> Dataset {
    let config = PlantedConfig {
        n_users: 300,
        n_items: 80,
        mean_events: 12.0,
        ..Default::default()
    };
    config.generate(Seed(3)).data
}

fn at_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(work)
}

pub(crate) fn fit_on<C: Synthesize + Sync>(config: &C, threads: usize) -> C::Model {
    let cancel = Cancel::new();
    let fit = || config.fit(&planted(), &Run::quiet(Seed(5), &cancel));
    at_threads(threads, || fit().unwrap_or_else(|e| panic!("{e}")))
}

pub(crate) fn same_bits_at_any_thread_count<C: Synthesize + Sync>(config: &C)
where
    C::Model: Weights,
{
    let one = fit_on(config, 1);
    for threads in [2, 3] {
        let other = fit_on(config, threads);
        assert_eq!(one.weights(), other.weights());
        let users = at_threads(1, || one.generate(0..200, Seed(1)));
        assert_eq!(
            users,
            at_threads(threads, || other.generate(0..200, Seed(1)))
        );
    }
}

pub(crate) fn same_users_for_any_chunking<C: Synthesize + Sync>(config: &C) {
    let model = fit_on(config, 2);
    let all = model.generate(0..150, Seed(1));
    let mut chunks = Profiles::new();
    for cut in [0..1, 1..1, 1..31, 31..33, 33..96, 96..150] {
        let (wanted, part) = (cut.end - cut.start, model.generate(cut, Seed(1)));
        assert_eq!(part.len() as u64, wanted);
        chunks.extend(&part, 0..part.len());
    }
    assert_eq!(all, chunks);
    assert_eq!(
        model.draw(Block(1), Seed(1)),
        model.generate(32..64, Seed(1))
    );
    assert_ne!(all, model.generate(0..150, Seed(2)), "the seed counts");
    assert_ne!(
        model.generate(0..32, Seed(1)),
        model.generate(32..64, Seed(1)),
        "the number counts"
    );
}

pub(crate) fn profiles_are_sets<C: Synthesize + Sync>(config: &C) {
    let model = fit_on(config, 2);
    assert_eq!(model.n_items(), planted().n_items());
    let users = model.generate(0..1000, Seed(2));
    assert_eq!(users.len(), 1000);
    for profile in users.iter() {
        assert!(!profile.is_empty() && profile.last().unwrap().at() < model.n_items());
        assert!(
            profile.windows(2).all(|pair| pair[0] < pair[1]),
            "{profile:?}"
        );
    }
}

pub(crate) fn weights_round_trip<C: Synthesize + Sync>(config: &C)
where
    C::Model: Weights,
{
    let model = fit_on(config, 2);
    let weights = model.weights();
    let loaded = C::Model::from_weights(&weights).unwrap();
    assert_eq!(
        model.generate(0..90, Seed(3)),
        loaded.generate(0..90, Seed(3))
    );
    for name in weights.0.keys() {
        let mut broken = weights.clone();
        broken.0.remove(name);
        assert!(
            C::Model::from_weights(&broken).is_err(),
            "`{name}` is needed"
        );
    }
}

/// Popularity within a Jensen-Shannon divergence of .004 bits, and lengths within a Kolmogorov-
/// Smirnov distance of .04, over 4,000 users; chance alone is worth .0003 bits and .02.
pub(crate) fn popularity_and_lengths_are_real<C: Synthesize + Sync>(config: &C) {
    let (data, model) = (planted(), fit_on(config, 2));
    let users = model.generate(0..4000, Seed(4));
    let mut counts = vec![0.0; data.n_items()];
    for item in users.iter().flatten() {
        counts[item.at()] += 1.0;
    }
    let real: Vec<f64> = data.item_counts().iter().map(|&n| f64::from(n)).collect();
    let divergence = jensen_shannon(&real, &counts);
    assert!(divergence < 0.004, "popularity: {divergence} bits");
    let lengths = |profiles: &mut dyn Iterator<Item = usize>| {
        let mut lengths: Vec<usize> = profiles.collect();
        lengths.sort_unstable();
        lengths
    };
    let real = lengths(&mut data.user_indices().map(|user| data.history(user).len()));
    let drawn = lengths(&mut users.iter().map(<[_]>::len));
    let distance = kolmogorov_smirnov(&real, &drawn);
    assert!(distance < 0.04, "lengths: {distance}");
}

/// Mean share of a profile that lies in its larger half of the catalogue, for a synthesizer of a
/// log in two camps: of 40 items users have 6 of the first 20 or 6 of the last 20.
///
/// Real users have 1; six fair coins would have .66.
pub(crate) fn one_sided<C: Synthesize>(config: &C) -> f64 {
    let pairs = (0..200_u32).flat_map(|user| {
        (0..6).map(move |at| (user, (user % 2) * 20 + (user / 2 * 7 + at * 3) % 20))
    });
    let (data, cancel) = (crate::models::log(200, 40, pairs), Cancel::new());
    let run = Run::quiet(Seed(1), &cancel);
    let model = config.fit(&data, &run).unwrap_or_else(|e| panic!("{e}"));
    let users = model.generate(0..400, Seed(8));
    let share = |profile: &[crate::data::ItemIx]| {
        let left = profile.iter().filter(|item| item.0 < 20).count() as f64;
        let left = left / profile.len() as f64;
        left.max(1.0 - left)
    };
    users.iter().map(share).sum::<f64>() / users.len() as f64
}

/// A law of eight directions that is trained further keeps taste better than the gaussian that it
/// starts from, by `margin` of [`one_sided`].
pub(crate) fn beats_the_gaussian<C: Synthesize>(config: &C, margin: f64) {
    let start = super::gaussian::GaussianConfig {
        rank: std::num::NonZeroUsize::new(8).unwrap(),
        ..Default::default()
    };
    let (start, found) = (one_sided(&start), one_sided(config));
    assert!(found > start + margin, "{found} against {start}");
}

/// A fit reports its health, and ends where a stop is requested.
pub(crate) fn health_is_looked_at_and_a_stop_is_heard<C: Synthesize>(config: &C) {
    let (cancel, recorder) = (Cancel::new(), crate::recommend::Recorder::new());
    let run = Run {
        observer: &recorder,
        ..Run::quiet(Seed(1), &cancel)
    };
    config.fit(&planted(), &run).unwrap();
    cancel.request();
    assert!(config.fit(&planted(), &run).is_err());
    let (_, diagnoses) = recorder.into_parts();
    assert!(!diagnoses.is_empty());
}

/// Between two distributions given by counts, in bits.
pub(crate) fn jensen_shannon(a: &[f64], b: &[f64]) -> f64 {
    let (all_a, all_b) = (a.iter().sum::<f64>(), b.iter().sum::<f64>());
    let part = |p: f64, m: f64| if p > 0.0 { p * (p / m).log2() } else { 0.0 };
    let terms = a.iter().zip(b).map(|(a, b)| {
        let (p, q) = (a / all_a, b / all_b);
        let middle = f64::midpoint(p, q);
        f64::midpoint(part(p, middle), part(q, middle))
    });
    terms.sum()
}

/// Between two sorted samples.
fn kolmogorov_smirnov(a: &[usize], b: &[usize]) -> f64 {
    let share = |of: &[usize], x: usize| of.partition_point(|&y| y <= x) as f64 / of.len() as f64;
    let gap = |x: &usize| (share(a, *x) - share(b, *x)).abs();
    a.iter().chain(b).map(gap).fold(0.0, f64::max)
}

/// The tests of a synthesizer, given settings small enough for a test.
macro_rules! synthesizer_contract {
    ($config:expr) => {
        mod synthesizer_contract {
            use super::*;
            use crate::synth::contract;

            #[test]
            fn same_bits_at_any_thread_count() {
                contract::same_bits_at_any_thread_count(&$config);
            }

            #[test]
            fn same_users_for_any_chunking() {
                contract::same_users_for_any_chunking(&$config);
            }

            #[test]
            fn profiles_are_sets() {
                contract::profiles_are_sets(&$config);
            }

            #[test]
            fn weights_round_trip() {
                contract::weights_round_trip(&$config);
            }

            #[test]
            fn popularity_and_lengths_are_real() {
                contract::popularity_and_lengths_are_real(&$config);
            }
        }
    };
}

#[test]
fn divergence_and_distance_by_hand() {
    // (1, 0) against (0, 1) is one bit; (1, 0) against (1, 1): (1 log2(4/3) + 1/2 log2(2/3) + 1/2
    // log2 2) / 2 = .3113.
    assert!((jensen_shannon(&[3.0, 0.0], &[0.0, 5.0]) - 1.0).abs() < 1e-12);
    assert!((jensen_shannon(&[3.0, 0.0], &[2.0, 2.0]) - 0.311_278).abs() < 1e-6);
    // At 1 the shares are 2/3 and 0.
    assert!((kolmogorov_smirnov(&[1, 1, 2], &[2, 3]) - 2.0 / 3.0).abs() < 1e-12);
}
