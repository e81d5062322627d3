//! The one-run audit: canaries among the real users of one private release.
//!
//! White box, the attacker sees the noisy sums, knows all users but the canaries, and takes a half of
//! each canary away, the mean of its coin:
//!
//! ```text
//! score(c) = (y - sum over users - 1/2 sum over canaries) . v_c
//! ```
//!
//! with `v_c` what the canary adds (`synth/private/evidence.rs`). Black box, it sees as many synthetic
//! users as there are real ones and scores the density at the canary. From the scores come guesses and
//! the bound of `guesses.rs`.

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::attack::Scores;
use super::canaries::Canaries;
use super::crowd::crowd_of;
use super::error::AuditError;
use super::guesses::{Guesses, Lower};
use super::kernel::log_densities;
use super::roc::Roc;
use super::targets::LEAST_USERS;
use crate::data::Dataset;
use crate::recommend::Run;
use crate::synth::{PrivateConfig, Released, SynthConfig, SynthError, Synthesizer};

/// What an audit of one release found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OneRun {
    /// Canaries.
    pub canaries: usize,
    /// Items of each.
    pub items: usize,
    /// How many of them were there.
    pub there: usize,
    /// From the noisy sums.
    pub white_box: Seen,
    /// From the synthetic users, if they were drawn.
    pub black_box: Option<Seen>,
}

/// What one attacker found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The guesses and the bounds of epsilon, a user added or removed.
    pub lower: Lower,
    /// How well the scores tell who was there.
    pub roc: Roc,
}

/// Audits one release of a private synthesizer over the users of a log; black box too if wanted.
///
/// # Errors
/// If the synthesizer has no release to audit, the log is too small, or a stop is requested.
pub fn one_run(
    config: &SynthConfig,
    log: &Dataset,
    canaries: &Canaries,
    black_box: bool,
    run: &Run<'_>,
) -> Result<OneRun, AuditError> {
    let SynthConfig::Private(config) = config else {
        return Err(AuditError::NoRelease {
            synthesizer: config.name(),
        });
    };
    enough(log)?;
    let with = canaries.among(log);
    let released = config.release(&with, run)?;
    let audited = Audited {
        config,
        log,
        canaries,
    };
    let white_box = audited.seen(&audited.white_box(&released), run.seed.derive("white"));
    let black_box = black_box.then(|| {
        let scores = audited.black_box(&released, run)?;
        Ok::<_, AuditError>(audited.seen(&scores, run.seed.derive("black")))
    });
    Ok(OneRun {
        canaries: canaries.len(),
        items: canaries.n_items(),
        there: canaries.there.iter().filter(|there| **there).count(),
        white_box,
        black_box: black_box.transpose()?,
    })
}

fn enough(log: &Dataset) -> Result<(), AuditError> {
    let users = log.user_indices();
    let found = users.filter(|&user| !log.history(user).is_empty()).count();
    if found < LEAST_USERS {
        return Err(AuditError::TooFewUsers {
            log: "real",
            found,
            needed: LEAST_USERS,
        });
    }
    Ok(())
}

/// A release and what an auditor knows beside it.
pub(super) struct Audited<'a> {
    pub(super) config: &'a PrivateConfig,
    pub(super) log: &'a Dataset,
    pub(super) canaries: &'a Canaries,
}

impl Audited<'_> {
    /// The scores of all canaries from the noisy sums.
    pub(super) fn white_box(&self, released: &Released) -> Vec<f64> {
        let evidence = |of: &Released| -> Vec<f64> {
            let rows = self.canaries.crowd.profiles.rows();
            rows.map(|row| self.config.evidence(of, row)).collect()
        };
        // Half of both is what is known: all users, and a half of each canary.
        let without = evidence(&self.config.unreleased(self.log, released));
        let all = self.canaries.all_among(self.log);
        let all = evidence(&self.config.unreleased(&all, released));
        let known = without.iter().zip(&all).map(|(a, b)| f64::midpoint(*a, *b));
        let found = evidence(released);
        found
            .iter()
            .zip(known)
            .map(|(y, known)| y - known)
            .collect()
    }

    /// The scores of all canaries from the synthetic users of a release.
    fn black_box(&self, released: &Released, run: &Run<'_>) -> Result<Vec<f64>, SynthError> {
        let facts = self.config.facts(self.log)?;
        let made = self.config.after_release(released, facts.as_ref(), run)?;
        let model = made.users;
        let made = model.generate(0..self.log.n_users() as u64, run.seed.derive("users"));
        let rows = made.iter().map(|profile| profile.iter().map(|item| item.0));
        let made = crowd_of(rows, self.log.items());
        Ok(log_densities(&self.canaries.crowd, &made))
    }

    /// What scores come to.
    pub(super) fn seen(&self, scores: &[f64], seed: Seed) -> Seen {
        let there = &self.canaries.there;
        let of = |wanted: bool| -> Vec<f64> {
            let both = scores.iter().zip(there);
            both.filter(|(_, there)| **there == wanted)
                .map(|(score, _)| *score)
                .collect()
        };
        let scores_of = Scores {
            members: of(true),
            outsiders: of(false),
        };
        Seen {
            lower: Guesses::of(scores, there).lower(self.config.delta),
            roc: Roc::of(&scores_of.members, &scores_of.outsiders, seed),
        }
    }
}
