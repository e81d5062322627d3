//! What the tests of all metrics share.

use crate::eval::metric::{Judged, Metric};

/// The value of a list among 100 candidates.
pub(crate) fn score(metric: &dyn Metric, hits: &[bool], n_relevant: usize) -> f64 {
    let list = Judged {
        hits,
        n_relevant,
        n_candidates: 100,
        ranking: None,
    };
    metric.score(&list).unwrap()
}

pub(crate) fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-7, "{found} is not {expected}");
}
