//! Whether users act one thing after the other as real ones do.

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::auc::Auc;
use super::divergence::{jensen_shannon, kolmogorov_smirnov};
use super::times::rows;
use crate::data::{Dataset, ItemFacts};
use crate::models::judge;
use crate::recommend::Cancel;

/// Behaviour of real users and of others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sequences {
    /// Kolmogorov-Smirnov statistic of the numbers of events of users.
    pub length_ks: Option<f64>,
    /// Of the numbers of events in a session, which a gap of an hour ends; none without dates.
    pub session_ks: Option<f64>,
    /// Of the gaps between a user's consecutive events; none without dates.
    pub gap_ks: Option<f64>,
    /// Jensen-Shannon divergence, in bits, of the pairs of kinds that consecutive items of a user are of;
    /// none where nobody says what kinds there are.
    pub transition_js: Option<f64>,
    /// Share of held-out users that a transformer tells rightly, both kinds being as many (see
    /// `models/eventgan/judge.rs`); chance is one half.
    pub told_apart: Option<f64>,
    /// The area under the curve of the same scores.
    pub told_apart_auc: Option<Auc>,
}

impl Sequences {
    /// Of two logs over the same items.
    pub fn of(
        (real, other): (&Dataset, &Dataset),
        facts: Option<&ItemFacts>,
        (seed, cancel): (Seed, &Cancel),
    ) -> Self {
        let logs = [real, other];
        let [real_length, other_length] = logs.map(lengths);
        let both = |found: [Option<Vec<f64>>; 2]| {
            let [real, other] = found;
            kolmogorov_smirnov(real?, other?)
        };
        let pairs = facts.map(|facts| logs.map(|log| transitions(log, facts)));
        let judged = judge(real, other, seed, cancel);
        let right = judged.as_ref().map(|judged| {
            let right = judged.real.iter().filter(|score| **score > 0.0).count()
                + judged.other.iter().filter(|score| **score <= 0.0).count();
            right as f64 / (judged.real.len() + judged.other.len()) as f64
        });
        Self {
            length_ks: kolmogorov_smirnov(real_length, other_length),
            session_ks: both(logs.map(|log| Some(sessions(&gaps(log)?)))),
            gap_ks: both(logs.map(|log| {
                Some(
                    gaps(log)?
                        .into_iter()
                        .flatten()
                        .map(|(gap, _)| gap)
                        .collect(),
                )
            })),
            transition_js: pairs.and_then(|[real, other]| jensen_shannon(&real, &other)),
            told_apart: right,
            told_apart_auc: judged.and_then(|judged| Auc::of(&judged.real, &judged.other)),
        }
    }
}

/// Numbers of events of users who have some.
fn lengths(log: &Dataset) -> Vec<f64> {
    let lengths = log.user_indices().map(|user| log.history(user).len());
    lengths.filter(|n| *n > 0).map(|n| n as f64).collect()
}

/// The gaps of each user and whether they end a session; none without dates.
fn gaps(log: &Dataset) -> Option<Vec<Vec<(f64, bool)>>> {
    let hour = log.interactions().clock()?.hour()? as f64;
    let rows = rows(log)?.filter(|row| !row.is_empty());
    let of = |row: Vec<i64>| {
        let pairs = row.windows(2);
        pairs
            .map(|pair| {
                let gap = pair[1].abs_diff(pair[0]) as f64;
                (gap, gap >= hour)
            })
            .collect()
    };
    Some(rows.map(of).collect())
}

/// Numbers of events of sessions.
fn sessions(users: &[Vec<(f64, bool)>]) -> Vec<f64> {
    let mut sessions = Vec::new();
    for gaps in users {
        let mut n = 1.0;
        for (_, ends) in gaps {
            if *ends {
                sessions.push(n);
                n = 0.0;
            }
            n += 1.0;
        }
        sessions.push(n);
    }
    sessions
}

/// Pairs of kinds of consecutive items, those of an item sharing its weight; `[kinds, kinds]`.
fn transitions(log: &Dataset, facts: &ItemFacts) -> Vec<f64> {
    let kinds = facts
        .kinds
        .iter()
        .flatten()
        .max()
        .map_or(0, |most| *most as usize + 1);
    let mut pairs = vec![0.0; kinds * kinds];
    for user in log.user_indices() {
        for pair in log.history(user).windows(2) {
            let [before, after] = [pair[0], pair[1]].map(|item| &facts.kinds[item.at()]);
            let share = 1.0 / (before.len() * after.len()).max(1) as f64;
            for b in before {
                for a in after {
                    pairs[*b as usize * kinds + *a as usize] += share;
                }
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::contract::log;

    #[test]
    fn sessions_by_hand() {
        let users = [vec![(1.0, false), (4_000.0, true), (2.0, false)], vec![]];
        assert_eq!(sessions(&users), [2.0, 2.0, 1.0]);
    }

    #[test]
    fn transitions_by_hand() {
        let facts = ItemFacts {
            kinds: vec![vec![0], vec![0, 1], vec![]],
            years: vec![None; 3],
            known: 2,
            ..ItemFacts::default()
        };
        // 0 -> 1 is a half to each kind; what leads to an item without kinds counts nothing.
        let found = transitions(&log(&[&[0, 1, 2]]), &facts);
        assert_eq!(found, [0.5, 0.5, 0.0, 0.0]);
    }

    #[test]
    fn a_log_is_like_itself() {
        let real = log(&[&[0, 1], &[1, 2, 0], &[2], &[0, 2], &[1, 0], &[2, 1]]);
        let found = Sequences::of((&real, &real), None, (Seed(1), &Cancel::new()));
        assert_eq!(found.length_ks, Some(0.0));
        assert_eq!(
            (found.session_ks, found.gap_ks, found.transition_js),
            (None, None, None)
        );
        assert!(found.told_apart.is_some());
    }
}
