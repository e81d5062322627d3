//! How strong an attack is.

use super::error::AttackError;

/// A share above 0 and at most 1: of fake users for each real one, or of the events.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// A rate.
    ///
    /// # Errors
    /// [`AttackError::Rate`] if it is no such share.
    pub fn new(share: f64) -> Result<Self, AttackError> {
        if share > 0.0 && share <= 1.0 {
            return Ok(Self(share));
        }
        Err(AttackError::Rate { found: share })
    }

    /// The share.
    pub fn get(self) -> f64 {
        self.0
    }

    /// This share of `n`, rounded up.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and n"
    )]
    pub fn of(self, n: usize) -> usize {
        // 0.07 of 100 is 7.000000000000001 in floating point, and should be 7.
        ((self.0 * n as f64 - 1e-9).ceil().max(0.0) as usize).min(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_up() {
        let of = |share, n| Rate::new(share).unwrap().of(n);
        assert_eq!((of(0.07, 100), of(0.07, 101), of(0.01, 3)), (7, 8, 1));
        assert_eq!((of(1.0, 9), of(0.5, 0)), (9, 0));
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for found in [0.0, -0.1, 1.01, f64::NAN, f64::INFINITY] {
            let error = Rate::new(found).unwrap_err();
            assert!(
                error.to_string().ends_with(&format!("got {found}")),
                "{error}"
            );
            assert!(error.is_wrong_use() && !error.hint().is_empty());
        }
    }
}
