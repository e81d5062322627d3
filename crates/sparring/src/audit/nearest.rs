//! Nearest-neighbour ratio: members are nearer to the synthetic users than others are, beside how near
//! they are to people like them.
//!
//! ```text
//! score(x) = ln d(x, nearest reference user) - ln d(x, nearest synthetic user),   d = 1 - cosine
//! ```
//!
//! The distance to the closest record alone is told as a diagnostic. It is no measure of privacy: a
//! small one may be a typical user's, and a large one does not bound what else is told (Ganev and De
//! Cristofaro, "The inadequacy of similarity-based privacy metrics", 2024).

use serde::{Deserialize, Serialize};

use super::attack::Scores;
use super::targets::Targets;
use crate::fidelity::{Crowd, nearest};

/// A distance below which two users are the same.
const SAME: f64 = 1e-6;

/// Medians of the distance to the nearest synthetic user: a diagnostic, no measure of privacy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClosestRecord {
    /// Of members.
    pub members: f64,
    /// Of users who were not seen.
    pub outsiders: f64,
}

/// The scores of all targets, and the diagnostic.
pub fn nearest_ratio(targets: &Targets) -> (Scores, ClosestRecord) {
    let away = |of: &Crowd, among: &Crowd| -> Vec<f64> {
        let nearest = nearest(of, among).into_iter();
        nearest.map(|nearest| 1.0 - nearest.cosine).collect()
    };
    let score = |of: &Crowd| -> (Vec<f64>, Vec<f64>) {
        let (made, known) = (away(of, &targets.synthetic), away(of, &targets.reference));
        let ratio = |(made, known): (&f64, &f64)| known.max(SAME).ln() - made.max(SAME).ln();
        (made.iter().zip(&known).map(ratio).collect(), made)
    };
    let (members, of_members) = score(&targets.members);
    let (outsiders, of_outsiders) = score(&targets.outsiders);
    let closest = ClosestRecord {
        members: median(of_members),
        outsiders: median(of_outsiders),
    };
    (Scores { members, outsiders }, closest)
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_unstable_by(f64::total_cmp);
    let middle = list.len() / 2;
    if list.len().is_multiple_of(2) {
        f64::midpoint(list[middle - 1], list[middle])
    } else {
        list[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::attack::Attack;
    use crate::audit::targets::tests::planted;
    use sparring_wide::Seed;

    #[test]
    fn copies_are_known_and_fresh_users_are_not() {
        let judged = |targets: &Targets| {
            let (scores, closest) = nearest_ratio(targets);
            (Attack::of("nearest", &scores, 1e-5, Seed(1)), closest)
        };
        let (attack, closest) = judged(&planted(|real, _| real.clone()));
        assert!(attack.roc.auc.low > 0.99, "{:?}", attack.roc.auc);
        assert!(attack.lower.epsilon > 2.5, "{:?}", attack.lower);
        assert!(
            closest.members < 1e-9 && closest.outsiders > 0.2,
            "{closest:?}"
        );
        let (attack, closest) = judged(&planted(|_, fresh| fresh.clone()));
        let auc = attack.roc.auc;
        assert!((auc.mean - 0.5).abs() < 0.1, "{auc:?}");
        assert!(
            (closest.members - closest.outsiders).abs() < 0.05,
            "{closest:?}"
        );
    }

    #[test]
    fn medians() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(vec![4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < 1e-12);
    }
}
