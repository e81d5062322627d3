//! A lower bound of epsilon from any membership attack on a finished output.
//!
//! Real and held-out users were parted by lot, so that of a pair of one each, taken by lot, either
//! could have been the real one by a fair coin. Which one was is guessed by the larger score. Exchanging
//! the two replaces one user by another, so that the theorem of `guesses.rs` bounds the epsilon of
//! replacing one, with one coin a pair.

use rand::RngExt;
use sparring_wide::Seed;

use super::attack::Scores;
use super::guesses::{Guesses, Lower};
use crate::fidelity::drawn;

/// The bound from pairs drawn by lot, as many as there are of the rarer kind.
pub(super) fn lower(scores: &Scores, delta: f64, seed: Seed) -> Lower {
    let n = scores.members.len().min(scores.outsiders.len());
    let some = |of: &[f64], label| -> Vec<f64> {
        let chosen = drawn(of.len(), n, seed.derive(label));
        chosen.into_iter().map(|at| of[at]).collect()
    };
    let members = some(&scores.members, "members");
    let outsiders = some(&scores.outsiders, "outsiders");
    let mut stream = seed.stream("coins");
    let first: Vec<bool> = (0..n).map(|_| stream.random()).collect();
    let lead = |at: usize| {
        let lead = members[at] - outsiders[at];
        if first[at] { lead } else { -lead }
    };
    let leads: Vec<f64> = (0..n).map(lead).collect();
    Guesses::of(&leads, &first).lower(delta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certainty_and_chance() {
        let rising = |from: u32| (from..from + 300).map(f64::from).collect();
        let certain = Scores {
            members: rising(300),
            outsiders: rising(0),
        };
        let found = lower(&certain, 1e-5, Seed(1));
        assert_eq!((found.guesses.coins, found.guesses.right), (300, 100));
        assert!(found.epsilon > 3.0, "{found:?}");
        let chance = Scores {
            members: rising(0),
            outsiders: rising(0),
        };
        let found = lower(&chance, 1e-5, Seed(1));
        assert!(found.epsilon < 0.5, "{found:?}");
        // An attack that is always wrong refutes nothing.
        let wrong = Scores {
            members: rising(0),
            outsiders: rising(300),
        };
        assert_eq!(lower(&wrong, 1e-5, Seed(1)).guesses.right, 0);
        assert!(lower(&wrong, 1e-5, Seed(1)).epsilon.abs() < 1e-12);
    }
}
