//! R-precision: precision at as many places as there are relevant items.

use crate::eval::metric::{Judged, Metric};

/// R-precision of the whole list.
///
/// ```text
/// r_precision = hits among the first |R| places / |R|
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RPrecision;

impl Metric for RPrecision {
    fn label(&self) -> String {
        "r_precision".to_owned()
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let relevant = list.n_relevant();
        Some(list.n_hits(relevant) as f64 / relevant as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    #[test]
    fn worked_by_hand() {
        // 3 relevant items, 2 of them in the first 3 places.
        let hits = [true, false, true, true];
        assert_close(score(&RPrecision, &hits, 3), 2.0 / 3.0);
    }
}
