//! What the tests of all metrics share, and what every metric of one list must keep.

use proptest::prelude::*;

use crate::eval::metric::{Direction, Judged, Metric};

/// A list without ratings, from a catalogue of 100 items that all could be listed.
pub(crate) fn of_hits(hits: &[bool], n_relevant: usize) -> Judged {
    Judged {
        hits: hits.to_vec(),
        gains: hits.iter().map(|&hit| f32::from(u8::from(hit))).collect(),
        ideal: vec![1.0; n_relevant],
        n_candidates: 100,
        n_items: 100,
        ranking: None,
    }
}

/// The value of such a list.
pub(crate) fn score(metric: &dyn Metric, hits: &[bool], n_relevant: usize) -> f64 {
    metric.score(&of_hits(hits, n_relevant)).unwrap()
}

pub(crate) fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
}

/// Values stay in [0, 1], rise when a relevant item moves up, and ignore what is behind `k`.
pub(crate) fn keeps_its_promises(metric: &dyn Metric, k: usize) {
    assert_eq!(metric.direction(), Direction::Maximize);
    assert!(metric.label().ends_with(&format!("@{k}")));
    let lists = (
        proptest::collection::vec(any::<bool>(), 1..12),
        0_usize..9,
        any::<prop::sample::Index>(),
    );
    proptest!(|((hits, beyond, at) in lists)| {
        let n_relevant = (hits.iter().filter(|&&hit| hit).count() + beyond).max(1);
        let value = score(metric, &hits, n_relevant);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&value), "{value}");
        let (at, mut better) = (at.index(hits.len()), hits.clone());
        if at > 0 && better[at] {
            better.swap(at, at - 1);
            prop_assert!(score(metric, &better, n_relevant) >= value - 1e-12);
        }
        let mut longer = hits.clone();
        longer.resize(k.max(hits.len()), false);
        assert_close(score(metric, &longer, n_relevant), value);
        let mut other_tail = longer[..k].to_vec();
        other_tail.extend(longer[k..].iter().map(|hit| !hit));
        assert_close(score(metric, &other_tail, n_relevant), value);
    });
}

/// The tests of a metric with a cut-off, which is its field `k`.
macro_rules! metric_contract {
    ($metric:expr) => {
        #[test]
        fn metric_contract() {
            let metric = $metric;
            crate::eval::per_user::checks::keeps_its_promises(&metric, metric.k);
        }
    };
}
