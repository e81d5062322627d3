//! Attribute inference: what a user is, told from what the synthetic users who have the like are.
//!
//! ```text
//! votes(c) = sum_s w(s) [s is c],   w(s) = exp(k (cos(x, s) - 1))
//! ```
//!
//! The attacker knows all items `x` of a user and guesses the value with the most votes; where nobody
//! has anything in common, the most common value. Beside the members are users who were not seen, about
//! whom the same is concluded, and the share that the most common value alone gets right: what members
//! lose beyond users who were not seen is the risk (Giomi, Boenisch, Wehmeyer and Tasnadi, "A unified
//! framework for quantifying privacy risk in synthetic data", PoPETs 2023, section 5.3). Departures: the
//! nearest synthetic users vote with weights, not the very nearest alone; numbers are right only if
//! they are equal; intervals of the shares are exact.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::binomial::clopper_pearson;
use super::guesses::CONFIDENCE;
use super::kernel::Kernel;
use super::singling_out::beyond;
use super::targets::Targets;
use crate::data::{UserColumn, UserTable, Vocabulary};
use crate::eval::Interval;
use crate::fidelity::Crowd;

/// How often an attribute is inferred.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inferred {
    /// Name of the column.
    pub column: String,
    /// Different values that synthetic users have.
    pub values: usize,
    /// Share of the members whose value is guessed, with its exact interval.
    pub members: Interval,
    /// Of users who were not seen: the floor.
    pub outsiders: Interval,
    /// Share of the members who have the synthetic users' most common value.
    pub most_common: f64,
    /// What members risk beyond others, from the shares and from the ends of their intervals.
    pub risk: Interval,
}

/// What users are, by their ids: one value of each column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes {
    columns: BTreeMap<String, HashMap<String, String>>,
    /// The columns in the order of their table.
    names: Vec<String>,
}

impl Attributes {
    /// Those of a table that was read for the users of a log.
    pub fn of(table: &UserTable, users: &Vocabulary) -> Self {
        let values = |column: &UserColumn| {
            let known = users.iter().zip(&column.of).filter_map(|(id, value)| {
                let value = &column.values[value.as_ref().copied()? as usize];
                Some((id.to_owned(), value.clone()))
            });
            (column.name.clone(), known.collect())
        };
        Self {
            columns: table.columns.iter().map(values).collect(),
            names: table.columns.iter().map(|c| c.name.clone()).collect(),
        }
    }

    /// The value of each user of a crowd, if it is known.
    fn values(&self, column: &str, crowd: &Crowd) -> Vec<Option<&str>> {
        let known = self.columns.get(column);
        let value = |id| known.and_then(|known| known.get(id)).map(String::as_str);
        crowd.data.users().iter().map(value).collect()
    }
}

/// The attack on every column that both tables have; without a member or another of known value there
/// is none.
pub fn attributes(targets: &Targets, real: &Attributes, synthetic: &Attributes) -> Vec<Inferred> {
    let kernel = Kernel::of(&targets.synthetic.profiles);
    let names = synthetic.names.iter();
    let shared = names.filter(|name| real.columns.contains_key(*name));
    let attack = |name: &String| {
        let votes = Votes::of(&synthetic.values(name, &targets.synthetic));
        let guessed = |crowd| votes.guessed(&kernel, crowd, &real.values(name, crowd));
        let (members, outsiders) = (guessed(&targets.members), guessed(&targets.holdout));
        if members.known == 0 || outsiders.known == 0 {
            return None;
        }
        let [of_members, of_outsiders] =
            [members, outsiders].map(|found| clopper_pearson(found.right, found.known, CONFIDENCE));
        Some(Inferred {
            column: name.clone(),
            values: votes.values.len(),
            most_common: members.common as f64 / members.known as f64,
            risk: beyond(of_members, of_outsiders),
            members: of_members,
            outsiders: of_outsiders,
        })
    };
    shared.filter_map(attack).collect()
}

/// The values of one column that synthetic users have.
struct Votes<'a> {
    /// The values, the most common first.
    values: Vec<&'a str>,
    /// Which value each synthetic user has.
    of: Vec<Option<usize>>,
}

/// Users of known value, whose value was guessed, and who have the most common one.
#[derive(Debug, Clone, Copy, Default)]
struct Guessed {
    known: usize,
    right: usize,
    common: usize,
}

impl<'a> Votes<'a> {
    fn of(users: &[Option<&'a str>]) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for value in users.iter().flatten() {
            *counts.entry(value).or_default() += 1;
        }
        let mut values: Vec<&str> = counts.keys().copied().collect();
        values.sort_unstable_by_key(|value| (std::cmp::Reverse(counts[value]), *value));
        let places = values.iter().enumerate();
        let places: HashMap<&str, usize> = places.map(|(place, &value)| (value, place)).collect();
        let place = |value: Option<&str>| value.map(|value| places[value]);
        let of = users.iter().copied().map(place).collect();
        Self { values, of }
    }

    fn guessed(&self, kernel: &Kernel<'_>, crowd: &Crowd, truth: &[Option<&str>]) -> Guessed {
        let guess = |(counts, votes): &mut (_, Vec<f64>), user: usize| {
            let truth = truth[user]?;
            votes.fill(0.0);
            kernel.weights(crowd.profiles.row(user), counts, |other, weight| {
                if let Some(value) = self.of[other] {
                    votes[value] += weight;
                }
            });
            let mut best = 0;
            for (value, &found) in votes.iter().enumerate() {
                if found > votes[best] {
                    best = value;
                }
            }
            let is = |value: usize| self.values.get(value) == Some(&truth);
            Some((is(best), is(0)))
        };
        let found: Vec<Option<(bool, bool)>> = (0..crowd.n_users())
            .into_par_iter()
            .map_init(
                || (kernel.counts(), vec![0.0; self.values.len().max(1)]),
                guess,
            )
            .collect();
        found.into_iter().flatten().fold(
            Guessed::default(),
            |Guessed {
                 known,
                 right,
                 common,
             },
             (hit, first)| Guessed {
                known: known + 1,
                right: right + usize::from(hit),
                common: common + usize::from(first),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::targets::tests::planted;

    /// One column, whose value is a function of the profile.
    fn known(crowds: &[&Crowd], value: impl Fn(&Crowd, usize) -> String) -> Attributes {
        let mut found = HashMap::new();
        for crowd in crowds {
            for (user, id) in crowd.data.users().iter().enumerate() {
                found.insert(id.to_owned(), value(crowd, user));
            }
        }
        Attributes {
            columns: BTreeMap::from([("town".to_owned(), found)]),
            names: vec!["town".to_owned()],
        }
    }

    /// A value of ten that only who knows the whole profile can tell.
    fn digest(crowd: &Crowd, user: usize) -> String {
        let row = crowd.profiles.row(user).iter();
        let mixed = row.fold(17_u32, |sum, item| sum.wrapping_mul(31).wrapping_add(*item));
        (mixed.wrapping_mul(2_654_435_761) >> 16)
            .rem_euclid(10)
            .to_string()
    }

    #[test]
    fn copies_give_away_what_users_are() {
        let targets = planted(|real, _| real.clone());
        let real = known(&[&targets.members, &targets.holdout], digest);
        let synthetic = known(&[&targets.synthetic], digest);
        let found = &attributes(&targets, &real, &synthetic)[0];
        assert_eq!((found.column.as_str(), found.values), ("town", 10));
        assert!(found.members.low > 0.9, "{found:?}");
        assert!(found.outsiders.high < 0.3, "{found:?}");
        assert!(found.risk.low > 0.8, "{found:?}");
    }

    #[test]
    fn fresh_users_tell_no_more_of_members_than_of_others() {
        let targets = planted(|_, fresh| fresh.clone());
        let real = known(&[&targets.members, &targets.holdout], digest);
        let synthetic = known(&[&targets.synthetic], digest);
        let found = &attributes(&targets, &real, &synthetic)[0];
        assert!(found.risk.low < 0.0 && found.risk.high > 0.0, "{found:?}");
    }

    #[test]
    fn what_goes_with_taste_is_told_of_anybody() {
        let targets = planted(|_, fresh| fresh.clone());
        let share = |crowd: &Crowd, user: usize| {
            let row = crowd.profiles.row(user);
            row.iter().filter(|&&item| item < 75).count() as f64 / row.len() as f64
        };
        let members = &targets.members;
        let mut shares: Vec<f64> = (0..300).map(|user| share(members, user)).collect();
        shares.sort_by(f64::total_cmp);
        let likes = |crowd: &Crowd, user| (share(crowd, user) > shares[150]).to_string();
        let real = known(&[&targets.members, &targets.holdout], likes);
        let found = &attributes(&targets, &real, &known(&[&targets.synthetic], likes))[0];
        assert!(found.outsiders.low > found.most_common, "{found:?}");
        assert!(found.risk.low < 0.0, "{found:?}");
    }

    #[test]
    fn columns_that_one_side_lacks_are_left_out() {
        let targets = planted(|_, fresh| fresh.clone());
        let real = known(&[&targets.members, &targets.holdout], digest);
        assert!(attributes(&targets, &real, &Attributes::default()).is_empty());
        assert!(attributes(&targets, &Attributes::default(), &real).is_empty());
        // Nobody of the holdout is in the table.
        let some = known(&[&targets.members], digest);
        let synthetic = known(&[&targets.synthetic], digest);
        assert!(attributes(&targets, &some, &synthetic).is_empty());
    }
}
