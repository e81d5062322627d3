//! Correlation of listed with relevant (Matthews, 1975).

use super::confusion::Confusion;
use crate::eval::metric::{Judged, Metric};

/// Matthews correlation coefficient, from -1 to 1; 0 where it is undefined.
///
/// ```text
/// mcc@k = (tp tn - fp fn) / sqrt((tp + fp) (tp + fn) (tn + fp) (tn + fn))
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mcc {
    /// Length of the list.
    pub k: usize,
}

impl Metric for Mcc {
    fn label(&self) -> String {
        format!("mcc@{}", self.k)
    }

    fn score(&self, list: &Judged) -> Option<f64> {
        let Confusion { tp, fp, fn_, tn } = Confusion::new(list, self.k);
        let norm = ((tp + fp) * (tp + fn_) * (tn + fp) * (tn + fn_)).sqrt();
        Some(if norm > 0.0 {
            (tp * tn - fp * fn_) / norm
        } else {
            0.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::{assert_close, score};

    #[test]
    fn worked_by_hand() {
        // 100 items, 4 listed with 2 hits, 6 relevant: tp 2, fp 2, fn 4, tn 92:
        // (184 - 8) / sqrt(4 * 6 * 94 * 96) = 176 / 465.3773 = .3781878
        let hits = [true, false, true, false];
        assert_close(score(&Mcc { k: 4 }, &hits, 6), 176.0 / 216_576.0_f64.sqrt());
        assert_close(score(&Mcc { k: 100 }, &[true; 100], 100), 0.0);
    }
}
