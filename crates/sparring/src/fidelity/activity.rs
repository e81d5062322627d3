//! How many items users have.

use serde::{Deserialize, Serialize};

use super::divergence::kolmogorov_smirnov;
use super::logs::Crowd;
use crate::data::Spread;

/// The lengths of the profiles of real users and of others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Kolmogorov-Smirnov statistic of the lengths.
    pub ks: f64,
    /// Lengths of the real profiles.
    pub real: Spread,
    /// Lengths of the others.
    pub other: Spread,
}

impl Activity {
    /// Of real users and others.
    pub fn of(real: &Crowd, other: &Crowd) -> Self {
        let (real, other) = (real.lengths(), other.lengths());
        let numbers = |lengths: &[u32]| lengths.iter().copied().map(f64::from).collect();
        Self {
            ks: kolmogorov_smirnov(numbers(&real), numbers(&other)).expect("both have users"),
            real: Spread::of(real),
            other: Spread::of(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;
    use crate::fidelity::logs::tests::crowd;

    #[test]
    fn worked_by_hand() {
        // Lengths 1, 2 against 2, 2: half of the real ones are shorter.
        let found = Activity::of(
            &crowd(&[&[0], &[0, 1, 1]], 3),
            &crowd(&[&[1, 2], &[0, 2]], 3),
        );
        close(Some(found.ks), 0.5);
        assert_eq!((found.real.max, found.other.min), (2, 2));
    }
}
