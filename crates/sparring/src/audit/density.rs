//! Density ratio, DOMIAS: where synthetic users are denser than people like them are, the synthesizer
//! has learnt a user by heart.
//!
//! ```text
//! score(x) = ln p_synthetic(x) - ln p_reference(x)
//! ```
//!
//! van Breugel, Sun, Qian and van der Schaar, "Membership inference attacks against synthetic data
//! through overfitting detection" (AISTATS 2023), eq. 2. The reference is one half of the holdout.
//! Departure: profiles are sets of items in thousands of dimensions, so that both densities are kernels
//! on the sphere (`kernel.rs`), where the paper fits flows or Gaussian kernels to tables.

use super::attack::Scores;
use super::kernel::log_densities;
use super::targets::Targets;
use crate::fidelity::Crowd;

/// The scores of all targets.
pub fn density_ratio(targets: &Targets) -> Scores {
    let score = |of: &Crowd| -> Vec<f64> {
        let made = log_densities(of, &targets.synthetic);
        let known = log_densities(of, &targets.reference);
        made.iter().zip(&known).map(|(a, b)| a - b).collect()
    };
    Scores {
        members: score(&targets.members),
        outsiders: score(&targets.outsiders),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::attack::Attack;
    use crate::audit::targets::tests::planted;
    use sparring_wide::Seed;

    fn judged(targets: &Targets) -> Attack {
        Attack::of("density", &density_ratio(targets), 1e-5, Seed(1))
    }

    #[test]
    fn copies_are_known_and_fresh_users_are_not() {
        let copies = judged(&planted(|real, _| real.clone())).roc.auc;
        assert!(copies.low > 0.95, "{copies:?}");
        let fresh = judged(&planted(|_, fresh| fresh.clone())).roc.auc;
        assert!((fresh.mean - 0.5).abs() < 0.1, "{fresh:?}");
    }

    #[test]
    fn a_half_of_copies_gives_that_half_away() {
        let half: Vec<usize> = (0..150).collect();
        let auc = judged(&planted(|real, _| real.only(&half))).roc.auc;
        // Half of the members are certain, the others chance: .75.
        assert!((auc.mean - 0.75).abs() < 0.09, "{auc:?}");
    }
}
