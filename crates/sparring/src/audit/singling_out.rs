//! Singling out: combinations of items that one synthetic profile alone has, and that fit exactly one
//! real user. Synthetic users with the same profile count as one, or copies would hide each other.
//!
//! ```text
//! risk = (attack - control) / (1 - control)
//! ```
//!
//! `attack` is the share of such predicates that fit exactly one of the members, `control` the share
//! that fit exactly one of as many users who were not seen (Giomi, Boenisch, Wehmeyer and Tasnadi, "A
//! unified framework for quantifying privacy risk in synthetic data", PoPETs 2023, section 5.1, the
//! multivariate attack; eq. 3). Rare tastes are singled out in any crowd: only what goes beyond is due
//! to the synthetic users. Departure: intervals of the shares are exact, not Wilson's.

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::binomial::clopper_pearson;
use super::crowd::crowd_of;
use super::guesses::CONFIDENCE;
use super::targets::Targets;
use crate::eval::Interval;
use crate::fidelity::{Crowd, at_most};
use crate::models::Profiles;

/// Predicates that are looked for.
const PREDICATES: usize = 2000;
/// Tries for each of them.
const TRIES: u64 = 20;
/// Items of a predicate, at least and at most.
const ITEMS: (usize, usize) = (2, 4);

/// How often predicates fit exactly one user.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SinglingOut {
    /// Predicates that one synthetic profile alone fits.
    pub predicates: usize,
    /// Users of each kind among whom they are looked for.
    pub users: usize,
    /// Share of the predicates that fit exactly one member.
    pub attack: Interval,
    /// That fit exactly one user who was not seen.
    pub control: Interval,
    /// What members risk beyond others, from the shares and from the ends of their intervals.
    pub risk: Interval,
}

/// The attack; none if no predicate is found.
pub fn singling_out(targets: &Targets, seed: Seed) -> Option<SinglingOut> {
    let predicates = predicates(&distinct(&targets.synthetic), seed);
    if predicates.is_empty() {
        return None;
    }
    let n = targets.members.n_users().min(targets.holdout.n_users());
    let share = |crowd: &Crowd, label| {
        let index = at_most(crowd, n, seed.derive(label)).profiles.transpose();
        let fits = predicates
            .iter()
            .filter(|items| fitting(&index, items) == 1);
        clopper_pearson(fits.count(), predicates.len(), CONFIDENCE)
    };
    let attack = share(&targets.members, "members");
    let control = share(&targets.holdout, "outsiders");
    Some(SinglingOut {
        predicates: predicates.len(),
        users: n,
        attack,
        control,
        risk: beyond(attack, control),
    })
}

/// What members risk beyond others: `(attack - control) / (1 - control)`, at the ends of the intervals
/// too.
pub(super) fn beyond(attack: Interval, control: Interval) -> Interval {
    let risk = |attack: f64, control: f64| (attack - control) / (1.0 - control).max(1e-9);
    Interval {
        mean: risk(attack.mean, control.mean),
        low: risk(attack.low, control.high),
        high: risk(attack.high, control.low),
    }
}

/// The profiles of a crowd, each once.
fn distinct(crowd: &Crowd) -> Profiles {
    let mut rows: Vec<&[u32]> = crowd.profiles.rows().collect();
    rows.sort_unstable();
    rows.dedup();
    let rows = rows.into_iter().map(|row| row.iter().copied());
    crowd_of(rows, crowd.data.items()).profiles
}

/// Sets of items that exactly one user has, each once.
fn predicates(rows: &Profiles, seed: Seed) -> Vec<Vec<u32>> {
    let index = rows.transpose();
    let mut found: Vec<Vec<u32>> = (0..PREDICATES as u64)
        .into_par_iter()
        .filter_map(|at| {
            let mut stream = seed.stream_at("predicates", at);
            (0..TRIES).find_map(|_| {
                let row = rows.row(stream.random_range(0..rows.n_rows()));
                let wanted = stream.random_range(ITEMS.0..=ITEMS.1);
                if row.len() < wanted {
                    return None;
                }
                let mut items = row.to_vec();
                for place in 0..wanted {
                    items.swap(place, stream.random_range(place..row.len()));
                }
                items.truncate(wanted);
                items.sort_unstable();
                (fitting(&index, &items) == 1).then_some(items)
            })
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// How many users have all of these items.
fn fitting(index: &Profiles, items: &[u32]) -> usize {
    let columns = items.iter().map(|&item| index.row(item as usize));
    let rarest = columns.clone().min_by_key(|column| column.len());
    let rarest = rarest.unwrap_or_default();
    let has_all = |user: &&u32| {
        columns
            .clone()
            .all(|column| column.binary_search(user).is_ok())
    };
    rarest.iter().filter(has_all).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::targets::tests::planted;
    use crate::models::log;

    #[test]
    fn users_who_have_all_items() {
        // {0, 1, 2}, {0, 1}, {1, 2}.
        let pairs = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 1), (2, 2)];
        let rows = Profiles::of(&log(3, 4, pairs));
        let index = rows.transpose();
        assert_eq!(
            [&[0, 1][..], &[0, 2], &[1], &[3]].map(|s| fitting(&index, s)),
            [2, 1, 3, 0]
        );
        // {0, 2} and {0, 1, 2}: no other set of two or three has one user alone.
        assert_eq!(predicates(&rows, Seed(1)), [vec![0, 1, 2], vec![0, 2]]);
    }

    #[test]
    fn copies_single_members_out_and_fresh_users_nobody_in_particular() {
        let risk = |targets: &Targets| singling_out(targets, Seed(1)).unwrap();
        let copies = risk(&planted(|real, _| real.clone()));
        assert!(copies.predicates > 500 && copies.users == 300, "{copies:?}");
        assert!(copies.risk.low > 0.3, "{copies:?}");
        // Copies that stand twice are found all the same.
        let twice: Vec<usize> = (0..300).chain(0..300).collect();
        let doubled = planted(|real, _| {
            let rows = twice
                .iter()
                .map(|&user| real.profiles.row(user).iter().copied());
            crowd_of(rows, real.data.items())
        });
        assert_eq!(risk(&doubled).predicates, copies.predicates);
        assert!(risk(&doubled).risk.low > 0.3);
        let fresh = risk(&planted(|_, fresh| fresh.clone())).risk;
        assert!(fresh.low < 0.0 && fresh.high > 0.0, "{fresh:?}");
    }
}
