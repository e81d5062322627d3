//! Users under differential privacy: noisy sums over users, and all else from them alone.
//!
//! ```text
//! S1 = sum_u (a u_i, b [u has n items of class l]) + noise,        u = x / sqrt(n)
//! S2 = sum_u (c sqrt(2) v_i v_j for i < j) + noise,                v = y / sqrt(|y|)
//! ```
//!
//! with `y` the part of `x` among the items that `S1` shows to be popular: those whose sum is twice the
//! deviation of its noise, a few thousand at most. What a user adds to both has a joint norm of 1 at most, since `|u| = 1` and
//! `|v v'| = 1`, each pair being released once (`sketch.rs`): both looks together cost what one Gaussian
//! release with that norm does. The noise is drawn from exact discrete Gaussians over integers. From the
//! sums come the popularity by empirical Bayes (`popularity.rs`) and what is left of the covariance above
//! the edge of the noise (`denoise.rs`), helped by what items publicly are (`prior.rs`); then latent users
//! of a normal law, decoded as everywhere, and items outside the pairs by popularity (`tail.rs`). None of
//! that reads the log again, so that it costs nothing however often it is done.
//!
//! The catalogue is public or released before, ratings and times are released beside (`extras.rs`).

mod denoise;
mod evidence;
#[cfg(test)]
mod flaws;
mod popularity;
mod prior;
pub(super) mod sketch;
mod spectrum;
mod tail;

pub(super) use self::sketch::{among, noisy, secret, units};

use std::num::NonZeroUsize;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use self::denoise::{Covariance, Scaling};
use self::prior::Prior;
use self::sketch::{Sums, Weights as Shares};
use self::tail::Tail;
use super::blend::{Component, Spread};
use super::error::SynthError;
use super::extras::{Extras, Plan};
use super::latent::LatentUsers;
use super::profiles::{Block, Profiles};
use super::traits::{Synthesize, Synthesizer};
use crate::data::{Dataset, ItemFacts};
use crate::models::{Profiles as Rows, Room, check};
use crate::privacy::{Delta, DpEvent, Epsilon, Ledger, Neighbouring, PrivacyError, calibrate};
use crate::recommend::{FitError, NamedTensors, Run, Weights, WeightsError};

#[cfg(test)]
pub(crate) use self::flaws::Flaw;
pub(crate) use self::sketch::Released;

const NAME: &str = "private";
/// Fewer users than these are too few to hide among.
const FEWEST: usize = 100;
/// Matrices of pairs of items, in double precision, that a fit holds at most.
const MATRICES: u64 = 4;
/// Noise beyond what is booked. The noise is discrete: beside a continuous one the privacy loss of a
/// user with `n` items moves by `n / (2^24 sigma^2)` at most, a thousandth of which would be enough.
pub(super) const MARGIN: f64 = 1.001;
/// What is not read from the log.
const PUBLIC: [(&str, &str); 3] = [
    (
        "the names of the columns",
        "they stand in the header of the file",
    ),
    ("the number of synthetic users", "it was named with --users"),
    (
        "the settings",
        "they were not chosen by looking at this log",
    ),
];

/// Settings of users under differential privacy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivateConfig {
    /// Epsilon of the guarantee, above 0; there is no default.
    pub epsilon: f64,
    /// Delta of the guarantee, at most 1e-5 unless insisted.
    pub delta: f64,
    /// Whether a larger delta is meant: with that chance a release may give a user away.
    pub insist: bool,
    /// Weight `a` of the items in the release.
    pub items: f64,
    /// Weight `b` of the lengths; that of the pairs is what is left of 1.
    pub lengths: f64,
    /// Exponent of popularity by which the covariance is scaled before its noise is cut off.
    pub exponent: f64,
    /// Most items whose pairs are released, of those that stand above the noise of their sums.
    pub columns: NonZeroUsize,
    /// A file of what items publicly are (`--public`), empty for none.
    pub public: String,
    /// Factor by which the covariance is stretched along what items publicly are.
    pub stretch: f32,
    /// Most directions.
    pub rank: usize,
    /// Factor of the latent variance.
    pub inflation: f32,
    /// Temperature of the link, in units of the mean entry of `u` where an item is.
    pub temperature: f32,
    /// Most turns of raking.
    pub turns: usize,
    /// What is released besides profiles.
    pub extras: Extras,
}

impl Default for PrivateConfig {
    fn default() -> Self {
        let one = super::gaussian::GaussianConfig::default();
        Self {
            epsilon: 0.0,
            delta: Delta::LIMIT,
            insist: false,
            items: 0.45,
            lengths: 0.1,
            exponent: 0.25,
            columns: NonZeroUsize::new(4096).expect("not zero"),
            public: String::new(),
            stretch: 2.0,
            rank: 128,
            inflation: one.inflation,
            temperature: one.temperature,
            turns: one.turns,
            extras: Extras::default(),
        }
    }
}

impl PrivateConfig {
    /// What a fit costs: the release, and what is declared public.
    ///
    /// # Errors
    /// If there is no such guarantee.
    pub fn ledger(&self) -> Result<Ledger, PrivacyError> {
        let (epsilon, delta) = self.target()?;
        let mut ledger = Ledger::new(delta, Some(epsilon));
        ledger.book("sums over users", DpEvent::gaussian(self.noise()?))?;
        for (name, event) in self.plan()?.events() {
            ledger.book(name, event)?;
        }
        self.extras.declare(&mut ledger)?;
        for (name, why) in PUBLIC {
            ledger.declare(name, why)?;
        }
        if !self.public.is_empty() {
            ledger.declare("what items are", &format!("read from {}", self.public))?;
        }
        Ok(ledger)
    }

    fn target(&self) -> Result<(Epsilon, Delta), PrivacyError> {
        let delta = if self.insist {
            Delta::insisted(self.delta)?
        } else {
            Delta::new(self.delta)?
        };
        Ok((Epsilon::new(self.epsilon)?, delta))
    }

    /// The noise of what is released besides the sums.
    pub(super) fn plan(&self) -> Result<Plan, PrivacyError> {
        let (epsilon, delta) = self.target()?;
        self.extras.plan(epsilon, delta)
    }

    /// The noise that is booked, in units of what a user can add.
    fn noise(&self) -> Result<f64, PrivacyError> {
        let (epsilon, delta) = self.target()?;
        let beside = self.plan()?.events();
        let all = |noise| {
            let events = beside.iter().map(|(_, event)| event.clone());
            DpEvent::Composed(
                [DpEvent::gaussian(noise)]
                    .into_iter()
                    .chain(events)
                    .collect(),
            )
        };
        Ok(calibrate(all, epsilon, delta, Neighbouring::AddRemove)?.noise)
    }

    /// What is refused before the log is looked at.
    fn check(&self) -> Result<(), FitError> {
        let shares = self.items.powi(2) + self.lengths.powi(2);
        let weights = self.items > 0.0 && self.lengths > 0.0 && shares < 1.0;
        let range = "above 0, with `lengths` too and squares that sum to less than 1";
        check::setting(weights, NAME, "items", range, self.items)?;
        check::positive(NAME, "inflation", f64::from(self.inflation))?;
        check::positive(NAME, "temperature", f64::from(self.temperature))?;
        check::positive(NAME, "stretch", f64::from(self.stretch))?;
        check::not_negative(NAME, "exponent", self.exponent)
    }

    /// What items publicly are, if a file of it is named.
    ///
    /// # Errors
    /// If it cannot be read, or says nothing of these items.
    pub(crate) fn facts(&self, log: &Dataset) -> Result<Option<ItemFacts>, SynthError> {
        match self.public.as_str() {
            "" => Ok(None),
            file => Ok(Some(ItemFacts::load(Path::new(file), log.items())?)),
        }
    }

    /// The sums over the users of a log, with noise: all that is ever seen of them.
    ///
    /// # Errors
    /// If the settings or the log do not allow it.
    pub(crate) fn release(&self, log: &Dataset, run: &Run<'_>) -> Result<Released, SynthError> {
        self.check()?;
        let noise = self.noise()?;
        let (all, most) = (log.n_items(), self.columns.get().min(log.n_items()));
        let needed = MATRICES * 8 * (most * most) as u64 + 1200 * all as u64;
        Room::of(run).enough(NAME, needed)?;
        let rows = Rows::of(log).without_empty_rows();
        let users = rows.n_rows();
        enough(users)?;
        self.target()?.1.for_users(users as u64)?;
        let released = Sums::of(&rows, self.shares(), noise * MARGIN).release(most);
        run.observer.note(&format!(
            "pairs are released of {} of {all} items, which stand above the noise of their sums; others \
             are drawn by popularity",
            released.head.len()
        ));
        Ok(released)
    }

    /// The same sums without noise, of the pairs of the same items, which an auditor knows and which
    /// must not leave.
    pub(crate) fn unreleased(&self, log: &Dataset, released: &Released) -> Released {
        let rows = Rows::of(log).without_empty_rows();
        Sums::of(&rows, self.shares(), 1.0).unreleased(&released.head)
    }

    fn shares(&self) -> Shares {
        Shares::of(self.items, self.lengths)
    }

    /// Whatever follows a release: latent users, from it alone.
    pub(crate) fn after_release(
        &self,
        released: &Released,
        facts: Option<&ItemFacts>,
        run: &Run<'_>,
    ) -> Result<Outcome, SynthError> {
        let run = run.with_seed(run.seed.derive(NAME));
        let means = popularity::posterior(&released.items, released.noise_of_items);
        let seen = Seen::of(released, &means);
        let prior = match facts {
            Some(facts) => Some(Prior::of(facts, &released.head, self.stretch, &run)?),
            None => None,
        };
        let scaling = Scaling {
            exponent: self.exponent,
            prior: prior.as_ref(),
            rank: self.rank,
        };
        let covariance = Covariance::of(released, &seen.means, &seen.sizes, &scaling, &run)?;
        let k = covariance.width();
        let mut identity = vec![0.0; (k + 1) * (k + 1)];
        (0..=k).for_each(|at| identity[at * (k + 2)] = 1.0);
        let spread = Spread::of(&identity, k + 1).ok_or_else(|| FitError::Diverged {
            model: NAME,
            step: 1,
            evidence: "the identity has no eigenvalues".to_owned(),
        })?;
        let law = Component {
            weight: 1.0,
            mean: vec![0.0; k + 1],
            spread,
        };
        let count = seen.sizes.len();
        let parts = (
            covariance.into_directions(),
            seen.shares.clone(),
            seen.sizes,
        );
        let settings = (self.inflation, self.temperature, self.turns);
        let law = LatentUsers::of_law(NAME, law, parts, settings, &run)?;
        let tail = Tail::of(&released.head, &means);
        Ok(Outcome {
            users: PrivateUsers { law, tail },
            popularity: seen.shares,
            head: released.head.clone(),
            count,
        })
    }

    /// Releases, and makes users of that.
    pub(super) fn make(&self, log: &Dataset, run: &Run<'_>) -> Result<Outcome, SynthError> {
        let facts = self.facts(log)?;
        let released = self.release(log, run)?;
        self.after_release(&released, facts.as_ref(), run)
    }
}

/// What is made of a release.
pub(crate) struct Outcome {
    pub(crate) users: PrivateUsers,
    /// Share of the users that have each item of the head, `[H]`.
    pub(super) popularity: Vec<f64>,
    /// The items of the law, rising.
    pub(super) head: Vec<u32>,
    /// As many users as there seem to be.
    pub(super) count: usize,
}

/// An error if so many users are too few to hide among.
pub(super) fn enough(users: usize) -> Result<(), FitError> {
    if users >= FEWEST {
        return Ok(());
    }
    Err(FitError::TooSmall {
        model: NAME,
        needed: "100 users with items to hide among",
        found: users,
    })
}

/// What the release shows of the items whose pairs it has.
struct Seen {
    /// `sum_u v_i`.
    means: Vec<f64>,
    /// Shares of users that have each.
    shares: Vec<f64>,
    /// As many lengths as there seem to be users.
    sizes: Vec<usize>,
}

impl Seen {
    /// Shares in proportion to the sums of `1 / sqrt(n)`, as many events as the lengths say; where
    /// some items are left out, all users have the same part of the others.
    fn of(released: &Released, means: &[f64]) -> Self {
        let sizes = released.sizes();
        let (users, events) = (sizes.len() as f64, sizes.iter().sum::<usize>() as f64);
        let sum: f64 = means.iter().sum();
        let head: Vec<f64> = released.head.iter().map(|&i| means[i as usize]).collect();
        let part = head.iter().sum::<f64>() / sum;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most the length"
        )]
        let shorter = |n: usize| ((n as f64 * part).round() as usize).max(1);
        Self {
            shares: head
                .iter()
                .map(|m| (m / sum * events / users).min(0.99))
                .collect(),
            means: head.into_iter().map(|m| m / part.sqrt()).collect(),
            sizes: sizes.into_iter().map(shorter).collect(),
        }
    }
}

/// Latent users over the items whose pairs were released; the other items by popularity.
#[derive(Debug, Clone, PartialEq)]
pub struct PrivateUsers {
    pub(super) law: LatentUsers,
    tail: Option<Tail>,
}

impl Synthesize for PrivateConfig {
    type Model = PrivateUsers;
    /// Folding would read the log.
    const ANY_WIDTH: bool = true;

    fn fit(&self, log: &Dataset, run: &Run<'_>) -> Result<PrivateUsers, SynthError> {
        Ok(self.make(log, run)?.users)
    }
}

impl Synthesizer for PrivateUsers {
    fn n_items(&self) -> usize {
        let law = self.law.n_items();
        self.tail.as_ref().map_or(law, Tail::n_items)
    }

    fn draw(&self, block: Block, seed: Seed) -> Profiles {
        let drawn = self.law.draw(block, seed);
        let Some(tail) = &self.tail else {
            return drawn;
        };
        let mut profiles = Profiles::new();
        for (user, items) in block.users().zip(drawn.iter()) {
            let mut stream = seed.stream_at("others", user);
            profiles.push(tail.complete(items, &mut stream));
        }
        profiles
    }
}

impl Weights for PrivateUsers {
    fn weights(&self) -> NamedTensors {
        let law = NamedTensors::new().with_part("law", self.law.weights());
        match &self.tail {
            Some(tail) => law.with_part("tail", tail.weights()),
            None => law,
        }
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let law = LatentUsers::from_weights(&super::part(weights, "law")?)?;
        let tail = match weights.part("tail") {
            Some(tail) => Some(Tail::from_weights(&tail)?),
            None => None,
        };
        match &tail {
            Some(tail) if tail.n_head() != law.n_items() => Err(WeightsError::Shape {
                name: "tail.head".to_owned(),
                expected: format!("[{}]", law.n_items()),
                found: vec![tail.n_head()],
            }),
            _ => Ok(Self { law, tail }),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
