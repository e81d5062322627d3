//! What an audit found, as JSON.

use serde::{Deserialize, Serialize};

use super::audit_verdict::verdict;
use super::fidelity::Source;
use crate::audit::{
    Attack, AuditError, Claim, ClosestRecord, Hidden, Inferred, OneRun, SinglingOut,
};

/// Attacks on synthetic users or on a release, beside the claimed guarantee.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// Version of Sparring that made it.
    pub sparring: String,
    /// Seed of everything drawn by lot, the noise of a release excepted.
    pub seed: u64,
    /// What the figures come to, in words: a headline, then a sentence for each question.
    pub verdict: Vec<String>,
    /// What was claimed, if anything was.
    pub claim: Option<Claim>,
    /// The real users.
    pub real: Source,
    /// The synthetic users, if finished ones were attacked.
    pub synthetic: Option<Source>,
    /// Real users whom the synthesizer has not seen.
    pub holdout: Option<Source>,
    /// Membership attacks on finished users.
    pub attacks: Vec<Attack>,
    /// Distance to the closest record: a diagnostic, no measure of privacy.
    pub closest: Option<ClosestRecord>,
    /// Inference of a hidden item.
    pub hidden: Option<Hidden>,
    /// Inference of what users are, a column each.
    #[serde(default)]
    pub attributes: Vec<Inferred>,
    /// Singling out.
    pub singling_out: Option<SinglingOut>,
    /// The audit of one release with canaries.
    pub one_run: Option<OneRun>,
    /// What a reader should know: what was left out, what could not be told.
    pub notes: Vec<String>,
}

/// A lower bound of epsilon beside the claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// What it comes from.
    pub what: String,
    /// What changes: a user added or removed, or replaced.
    pub neighbours: &'static str,
    /// Guesses, and right ones.
    pub guesses: (usize, usize),
    /// The bound at 95 %.
    pub found: f64,
    /// The claim, if there is one.
    pub claimed: Option<f64>,
    /// The delta of both.
    pub delta: f64,
}

impl Bound {
    /// Whether the claim is refuted.
    pub fn refutes(&self) -> bool {
        self.claimed.is_some_and(|claimed| self.found > claimed)
    }
}

impl Audit {
    /// Judges the figures.
    pub fn judge(&mut self) {
        self.verdict = verdict(self);
    }

    /// All lower bounds of epsilon.
    pub fn bounds(&self) -> Vec<Bound> {
        let claimed = self.claim.as_ref().map(|claim| claim.epsilon);
        let boxes = self.one_run.iter().flat_map(|run| {
            let white = Some(("white box", &run.white_box));
            white
                .into_iter()
                .chain(run.black_box.as_ref().map(|seen| ("black box", seen)))
        });
        let of_run = boxes.flat_map(|(name, seen)| {
            let lower = &seen.lower;
            let bound = |what: String, found| Bound {
                what,
                neighbours: "add or remove",
                guesses: (lower.guesses.guessed, lower.guesses.right),
                found,
                claimed,
                delta: lower.delta,
            };
            [
                bound(format!("canaries, {name}"), lower.epsilon),
                bound(format!("canaries, {name}, as a Gaussian"), lower.gaussian),
            ]
        });
        let of_attacks = self.attacks.iter().map(|attack| Bound {
            what: attack.name.clone(),
            neighbours: "replace",
            guesses: (attack.lower.guesses.guessed, attack.lower.guesses.right),
            found: attack.lower.epsilon,
            claimed: self.claim.as_ref().map(|claim| claim.replace_one),
            delta: attack.lower.delta,
        });
        of_run.chain(of_attacks).collect()
    }

    /// The worst bound that refutes the claim, as an error.
    ///
    /// # Errors
    /// If there is one.
    pub fn holds(&self) -> Result<(), AuditError> {
        let excess = |bound: &Bound| bound.found / bound.claimed.unwrap_or(f64::INFINITY);
        let worst = self.bounds().into_iter().filter(Bound::refutes);
        let worst = worst.max_by(|a, b| excess(a).total_cmp(&excess(b)));
        worst.map_or(Ok(()), |bound| {
            Err(AuditError::Refuted {
                what: bound.what,
                found: bound.found,
                claimed: bound.claimed.unwrap_or(f64::INFINITY),
                delta: bound.delta,
            })
        })
    }
}

#[cfg(test)]
pub(super) fn example() -> Audit {
    use crate::audit::{Guesses, Scores, Seen};
    use crate::eval::Interval;
    use sparring_wide::Seed;

    let source = |data: &str| Source {
        data: data.to_owned(),
        users: 300,
        items: 30,
        interactions: 900,
        sha256: "0".repeat(64),
    };
    let rising = |from: u32| -> Vec<f64> { (from..from + 200).map(f64::from).collect() };
    let attack = |name: &str, lead: u32| {
        let scores = Scores {
            members: rising(lead),
            outsiders: rising(0),
        };
        Attack::of(name, &scores, 1e-5, Seed(1))
    };
    let share = |mean| Interval {
        mean,
        low: mean - 0.02,
        high: mean + 0.02,
    };
    let guesses = Guesses {
        coins: 1000,
        guessed: 100,
        right: 80,
    };
    let mut found = Audit {
        sparring: "0.0.0".to_owned(),
        seed: 1,
        verdict: Vec::new(),
        claim: Some(Claim::named(4.0, 1e-5).unwrap()),
        real: source("real.csv"),
        synthetic: Some(source("a & b")),
        holdout: Some(source("holdout.csv")),
        attacks: vec![
            attack("nearest-neighbour ratio", 0),
            attack("density ratio", 1),
        ],
        closest: Some(ClosestRecord {
            members: 0.41,
            outsiders: 0.42,
        }),
        hidden: Some(Hidden {
            guesses: 10,
            members: share(0.31),
            outsiders: share(0.3),
        }),
        attributes: vec![Inferred {
            column: "job".to_owned(),
            values: 12,
            members: share(0.4),
            outsiders: share(0.39),
            most_common: 0.3,
            risk: share(0.016),
        }],
        singling_out: Some(SinglingOut {
            predicates: 900,
            users: 300,
            attack: share(0.2),
            control: share(0.2),
            risk: share(0.0),
        }),
        one_run: Some(OneRun {
            canaries: 1000,
            items: 64,
            there: 503,
            white_box: Seen {
                lower: guesses.lower(1e-5),
                roc: attack("white", 60).roc,
            },
            black_box: Some(Seen {
                lower: Guesses {
                    right: 52,
                    ..guesses
                }
                .lower(1e-5),
                roc: attack("black", 0).roc,
            }),
        }),
        notes: vec!["one note".to_owned()],
    };
    found.judge();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_stand_beside_their_claims() {
        let found = example();
        let bounds = found.bounds();
        assert_eq!(bounds.len(), 6);
        assert_eq!(bounds[0].what, "canaries, white box");
        assert_eq!(
            (bounds[0].claimed, bounds[0].guesses),
            (Some(4.0), (100, 80))
        );
        // A user replaced: twice the claim.
        assert_eq!(
            (bounds[4].claimed, bounds[4].neighbours),
            (Some(8.0), "replace")
        );
        assert!(found.holds().is_ok());
        let alone = Audit {
            claim: None,
            ..found
        };
        assert!(alone.holds().is_ok() && alone.bounds().iter().all(|b| b.claimed.is_none()));
    }

    #[test]
    fn a_bound_above_the_claim_is_an_error() {
        let mut found = example();
        found.claim = Some(Claim::named(0.3, 1e-5).unwrap());
        let error = found.holds().unwrap_err().to_string();
        assert!(
            error.starts_with("canaries, white box, as a Gaussian: epsilon is"),
            "{error}"
        );
        assert!(error.ends_with("0.300 is claimed"), "{error}");
        found.judge();
        assert!(
            found.verdict[0].contains("does not hold"),
            "{:?}",
            found.verdict
        );
    }

    #[test]
    fn it_survives_json() {
        let found = example();
        let text = serde_json::to_string(&found).unwrap();
        let read: Audit = serde_json::from_str(&text).unwrap();
        assert_eq!((&read.verdict, &read.real), (&found.verdict, &found.real));
        assert_eq!(read.bounds().len(), found.bounds().len());
    }
}
