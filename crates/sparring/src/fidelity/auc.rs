//! The area under the curve of true against false positives.

use serde::{Deserialize, Serialize};

use super::correlation::ranks;

/// How often a number of the one kind is larger than one of the other, ties counted half.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Auc {
    /// The share: 1/2 if the kinds cannot be told apart.
    pub value: f64,
    /// Its standard error (Hanley and `McNeil`, 1982, eq. 1).
    pub error: f64,
}

impl Auc {
    /// From the numbers of both kinds; none if there are none of one kind.
    ///
    /// ```text
    /// auc = (sum of the ranks of positive - n (n + 1) / 2) / (n m)
    /// ```
    pub fn of(positive: &[f64], negative: &[f64]) -> Option<Self> {
        let (n, m) = (positive.len() as f64, negative.len() as f64);
        if positive.is_empty() || negative.is_empty() {
            return None;
        }
        let ranks = ranks(&[positive, negative].concat());
        let sum: f64 = ranks[..positive.len()].iter().sum();
        let value = (sum - n * (n + 1.0) / 2.0) / (n * m);
        let (q1, q2) = (value / (2.0 - value), 2.0 * value * value / (1.0 + value));
        let square = value * value;
        let variance =
            value * (1.0 - value) + (n - 1.0) * (q1 - square) + (m - 1.0) * (q2 - square);
        let error = (variance.max(0.0) / (n * m)).sqrt();
        Some(Self { value, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        // 3 > 2, 3 > 1, 2 = 2, 2 > 1: 3.5 of 4. Q1 = .875 / 1.125, Q2 = 1.53125 / 1.875,
        // (.109375 + .012153 + .051042) / 4 under the root.
        let auc = Auc::of(&[3.0, 2.0], &[2.0, 1.0]).unwrap();
        assert!((auc.value - 0.875).abs() < 1e-12);
        assert!((auc.error - (0.172_569_444_f64 / 4.0).sqrt()).abs() < 1e-6);
        let same = Auc::of(&[1.0, 2.0], &[1.0, 2.0]).unwrap();
        assert!((same.value - 0.5).abs() < 1e-12);
        assert_eq!(Auc::of(&[], &[1.0]), None);
    }
}
