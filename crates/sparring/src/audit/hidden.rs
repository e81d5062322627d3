//! Attribute inference: one item of a user is hidden and inferred from the synthetic users who are
//! like the rest.
//!
//! ```text
//! votes(i) = sum_s w(s) [s has i],   w(s) = exp(k (cos(x less h, s) - 1))
//! ```
//!
//! The hidden item `h`, drawn by lot, is inferred if it is among the ten with the most votes that the
//! rest of the profile does not have. Any useful synthetic users allow inferences about anybody: what
//! members lose beyond users who were not seen is the risk (Giomi, Boenisch, Wehmeyer and Tasnadi, "A
//! unified framework for quantifying privacy risk in synthetic data", PoPETs 2023, section 5.3).
//! As a membership attack the score is the logarithm of the hidden item's share of all votes.

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::attack::Scores;
use super::binomial::clopper_pearson;
use super::guesses::CONFIDENCE;
use super::kernel::Kernel;
use super::targets::Targets;
use crate::eval::Interval;
use crate::fidelity::Crowd;

/// Length of the list that should hold the hidden item.
const LIST: usize = 10;

/// How often hidden items are inferred.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Hidden {
    /// Length of the list of guesses.
    pub guesses: usize,
    /// Share of the members whose hidden item is among them, with its exact interval.
    pub members: Interval,
    /// Of users who were not seen: the floor.
    pub outsiders: Interval,
}

/// The attack on all targets with two items or more, and its scores as a membership attack.
///
/// None if there are no such members or no such others.
pub fn hidden_item(targets: &Targets, seed: Seed) -> Option<(Hidden, Scores)> {
    let kernel = Kernel::of(&targets.synthetic.profiles);
    let members = inferred(&kernel, &targets.members, seed.derive("members"));
    let outsiders = inferred(&kernel, &targets.holdout, seed.derive("outsiders"));
    if members.is_empty() || outsiders.is_empty() {
        return None;
    }
    let share = |found: &[(bool, f64)]| {
        let hits = found.iter().filter(|(hit, _)| *hit).count();
        clopper_pearson(hits, found.len(), CONFIDENCE)
    };
    let hidden = Hidden {
        guesses: LIST,
        members: share(&members),
        outsiders: share(&outsiders),
    };
    let scores = |found: Vec<(bool, f64)>| found.into_iter().map(|(_, score)| score).collect();
    let scores = Scores {
        members: scores(members),
        outsiders: scores(outsiders),
    };
    Some((hidden, scores))
}

/// For each user with two items or more, whether the hidden one is inferred, and its score.
fn inferred(kernel: &Kernel<'_>, crowd: &Crowd, seed: Seed) -> Vec<(bool, f64)> {
    let n_items = crowd.n_items();
    (0..crowd.n_users())
        .into_par_iter()
        .map_init(
            || (kernel.counts(), vec![0.0; n_items]),
            |(counts, votes), user| {
                let mut rest = crowd.profiles.row(user).to_vec();
                if rest.len() < 2 {
                    return None;
                }
                let mut stream = seed.stream_at("hidden", user as u64);
                let hidden = rest.remove(stream.random_range(0..rest.len())) as usize;
                votes.fill(0.0);
                kernel.weights(&rest, counts, |user, weight| {
                    for &item in kernel.among().row(user) {
                        votes[item as usize] += weight;
                    }
                });
                for &item in &rest {
                    votes[item as usize] = 0.0;
                }
                let (own, all) = (votes[hidden], votes.iter().sum::<f64>());
                let ahead = votes.iter().filter(|&&other| other > own).count();
                let share = if all > 0.0 { own / all } else { 0.0 };
                Some((own > 0.0 && ahead < LIST, (share + 1e-12).ln()))
            },
        )
        .collect::<Vec<_>>()
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::attack::Attack;
    use crate::audit::targets::tests::planted;

    #[test]
    fn copies_give_hidden_items_away() {
        let (hidden, scores) = hidden_item(&planted(|real, _| real.clone()), Seed(1)).unwrap();
        assert!(hidden.members.low > 0.9, "{hidden:?}");
        assert!(hidden.outsiders.high < 0.8, "{hidden:?}");
        let auc = Attack::of("hidden", &scores, 1e-5, Seed(1)).roc.auc;
        assert!(auc.low > 0.85, "{auc:?}");
    }

    #[test]
    fn fresh_users_allow_no_more_than_of_anybody() {
        let (hidden, _) = hidden_item(&planted(|_, fresh| fresh.clone()), Seed(1)).unwrap();
        let Hidden {
            members, outsiders, ..
        } = hidden;
        assert!(members.low < outsiders.high && outsiders.low < members.high);
        // Better than ten of the 130 items that a user does not have.
        assert!(members.mean > 0.1, "{hidden:?}");
    }
}
