//! The two numbers of a guarantee, checked.

use serde::{Deserialize, Serialize};

use super::error::PrivacyError;

/// Above this, an epsilon says little about anybody.
pub const EPSILON_WARNING: f64 = 20.0;

/// The chance with which a guarantee may fail; public, and at most [`Delta::LIMIT`] unless insisted.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Delta(f64);

impl Delta {
    /// The largest value that needs no insisting.
    pub const LIMIT: f64 = 1e-5;

    /// A delta of at most [`Delta::LIMIT`].
    ///
    /// # Errors
    /// Outside (0, 1), or above the limit.
    pub fn new(found: f64) -> Result<Self, PrivacyError> {
        let delta = Self::insisted(found)?;
        if found > Self::LIMIT {
            let limit = Self::LIMIT;
            return Err(PrivacyError::LargeDelta { found, limit });
        }
        Ok(delta)
    }

    /// Any delta: for someone who was told what a large one means.
    ///
    /// # Errors
    /// Outside (0, 1), or below `1e-200`.
    pub fn insisted(found: f64) -> Result<Self, PrivacyError> {
        if (1e-200..1.0).contains(&found) {
            Ok(Self(found))
        } else {
            Err(PrivacyError::Delta { found })
        }
    }

    /// The chance.
    pub fn get(self) -> f64 {
        self.0
    }

    /// Refuses a delta that lets one of the users be published.
    ///
    /// # Errors
    /// Above one over the number of users.
    pub fn for_users(self, users: u64) -> Result<Self, PrivacyError> {
        if self.0 * users as f64 > 1.0 {
            return Err(PrivacyError::DeltaOfUsers {
                found: self.0,
                users,
            });
        }
        Ok(self)
    }
}

impl TryFrom<f64> for Delta {
    type Error = PrivacyError;

    fn try_from(found: f64) -> Result<Self, PrivacyError> {
        Self::insisted(found)
    }
}

impl From<Delta> for f64 {
    fn from(delta: Delta) -> Self {
        delta.0
    }
}

/// A target or budget: a number above 0.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Epsilon(f64);

impl Epsilon {
    /// A finite number above 0.
    ///
    /// # Errors
    /// Anything else.
    pub fn new(found: f64) -> Result<Self, PrivacyError> {
        if found.is_finite() && found > 0.0 {
            Ok(Self(found))
        } else {
            Err(PrivacyError::Epsilon { found })
        }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }

    /// What to say about a value that promises almost nothing.
    pub fn warning(self) -> Option<String> {
        (self.0 > EPSILON_WARNING).then(|| {
            let Self(epsilon) = self;
            format!(
                "epsilon {epsilon} is above {EPSILON_WARNING}: it says little about any one user"
            )
        })
    }
}

impl TryFrom<f64> for Epsilon {
    type Error = PrivacyError;

    fn try_from(found: f64) -> Result<Self, PrivacyError> {
        Self::new(found)
    }
}

impl From<Epsilon> for f64 {
    fn from(epsilon: Epsilon) -> Self {
        epsilon.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_delta() {
        for wrong in [0.0, -1e-6, 1.0, 2.0, f64::NAN, f64::INFINITY, 1e-250] {
            assert!(
                matches!(Delta::insisted(wrong), Err(PrivacyError::Delta { .. })),
                "{wrong}"
            );
            assert!(Delta::new(wrong).is_err());
        }
        assert_eq!(Delta::new(1e-5), Delta::insisted(1e-5));
        let large = PrivacyError::LargeDelta {
            found: 1e-4,
            limit: 1e-5,
        };
        assert_eq!(Delta::new(1e-4), Err(large));
        assert_eq!(Delta::insisted(1e-4).map(Delta::get), Ok(1e-4));
    }

    #[test]
    fn a_delta_above_one_over_the_users() {
        let delta = Delta::new(1e-5).unwrap();
        assert!(delta.for_users(100_000).is_ok());
        assert!(matches!(
            delta.for_users(100_001),
            Err(PrivacyError::DeltaOfUsers { .. })
        ));
    }

    #[test]
    fn what_is_no_epsilon() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(
                matches!(Epsilon::new(wrong), Err(PrivacyError::Epsilon { .. })),
                "{wrong}"
            );
        }
        assert_eq!(Epsilon::new(20.0).unwrap().warning(), None);
        assert!(
            Epsilon::new(20.5)
                .unwrap()
                .warning()
                .unwrap()
                .contains("20.5")
        );
    }
}
