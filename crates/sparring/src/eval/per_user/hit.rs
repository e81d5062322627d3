//! Hit rate: the share of users with at least one relevant item in the list.

use crate::eval::metric::{Judged, Metric};

/// Hit at `k`; its mean over users is the hit rate.
///
/// ```text
/// hit@k = 1 if hits > 0, else 0
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Length of the list.
    pub k: usize,
}

impl Metric for Hit {
    fn label(&self) -> String {
        format!("hit@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        Some(f64::from(u8::from(list.first(self.k).contains(&true))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    metric_contract!(crate::eval::per_user::Hit { k: 4 });

    #[test]
    fn worked_by_hand() {
        let hits = [false, false, true];
        assert_close(score(&Hit { k: 2 }, &hits, 3), 0.0);
        assert_close(score(&Hit { k: 3 }, &hits, 3), 1.0);
    }
}
