//! Users under differential privacy: one noisy release, and all else from it alone.
//!
//! ```text
//! S = sum_u (a u_i, b [u has n items of class l], c sqrt(2) u_i u_j for i < j) + noise,
//! u = x / sqrt(n)
//! ```
//!
//! What a user adds has norm 1 at most, since `|u| = 1` and `|u u'| = 1`, each pair being released
//! once (`sketch.rs`). The noise is drawn from exact discrete Gaussians over integers. From `S` come
//! the popularity by empirical Bayes (`popularity.rs`) and what is left of the covariance above the
//! edge of the noise (`denoise.rs`), then latent users of a normal law, decoded as everywhere. None
//! of that reads the log again, so that it costs nothing however often it is done.
//!
//! The catalogue is public or released before, ratings and times are released beside (`extras.rs`).

mod denoise;
mod evidence;
#[cfg(test)]
mod flaws;
mod popularity;
pub(super) mod sketch;

pub(super) use self::sketch::{noisy, secret, units};

use serde::{Deserialize, Serialize};

use self::denoise::Covariance;
use self::sketch::{Sketch, Weights};
use super::blend::{Component, Spread};
use super::error::SynthError;
use super::extras::{Extras, Plan};
use super::latent::LatentUsers;
use super::traits::Synthesize;
use crate::data::Dataset;
use crate::models::{Profiles as Rows, Room, check};
use crate::privacy::{Delta, DpEvent, Epsilon, Ledger, Neighbouring, PrivacyError, calibrate};
use crate::recommend::{FitError, Run};

#[cfg(test)]
pub(crate) use self::flaws::Flaw;
pub(crate) use self::sketch::Released;

const NAME: &str = "private";
/// Fewer users than these are too few to hide among.
const FEWEST: usize = 100;
/// Matrices of pairs of items, in double precision, that a fit holds at most.
const MATRICES: u64 = 5;
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
            rank: 200,
            inflation: one.inflation,
            temperature: one.temperature,
            turns: one.turns,
            extras: Extras::default(),
        }
    }
}

/// What is made of a release.
pub(super) struct Outcome {
    pub(super) users: LatentUsers,
    /// Share of the users that have each item, `[I]`.
    pub(super) popularity: Vec<f64>,
    /// As many users as there seem to be.
    pub(super) count: usize,
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

    /// The sums over the users of a log, with noise: all that is ever seen of them.
    ///
    /// # Errors
    /// If the settings or the log do not allow it.
    pub(crate) fn release(&self, log: &Dataset, run: &Run<'_>) -> Result<Released, SynthError> {
        let shares = self.items.powi(2) + self.lengths.powi(2);
        let weights = self.items > 0.0 && self.lengths > 0.0 && shares < 1.0;
        let range = "above 0, with `lengths` too and squares that sum to less than 1";
        check::setting(weights, NAME, "items", range, self.items)?;
        check::positive(NAME, "inflation", f64::from(self.inflation))?;
        check::positive(NAME, "temperature", f64::from(self.temperature))?;
        check::not_negative(NAME, "exponent", self.exponent)?;
        let noise = self.noise()?;
        let items = log.n_items() as u64;
        Room::of(run).enough(NAME, MATRICES * 8 * items * items)?;
        let rows = Rows::of(log).without_empty_rows();
        let users = rows.n_rows();
        enough(users)?;
        self.target()?.1.for_users(users as u64)?;
        Ok(Sketch::of(&rows, self.weights(), noise * MARGIN).release())
    }

    /// The same sums without noise, which an auditor knows and which must not leave.
    pub(crate) fn unreleased(&self, log: &Dataset) -> Released {
        let rows = Rows::of(log).without_empty_rows();
        Sketch::of(&rows, self.weights(), 1.0).unreleased()
    }

    fn weights(&self) -> Weights {
        Weights::of(self.items, self.lengths)
    }

    /// Whatever follows a release: latent users, from it alone.
    pub(crate) fn after_release(
        &self,
        released: &Released,
        run: &Run<'_>,
    ) -> Result<Outcome, SynthError> {
        let run = run.with_seed(run.seed.derive(NAME));
        let sizes = released.sizes();
        let means = popularity::posterior(&released.items, released.noise_of_items);
        let users = sizes.len() as f64;
        let events: f64 = sizes.iter().map(|&n| n as f64).sum();
        // Shares in proportion to the sums of 1 / sqrt(n); as many events as the lengths say.
        let sum: f64 = means.iter().sum();
        let shares: Vec<f64> = means
            .iter()
            .map(|m| (m / sum * events / users).min(0.99))
            .collect();
        let covariance =
            Covariance::of(released, &means, &sizes, (self.exponent, self.rank), &run)?;
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
        let count = sizes.len();
        let parts = (covariance.into_directions(), shares.clone(), sizes);
        let settings = (self.inflation, self.temperature, self.turns);
        Ok(Outcome {
            users: LatentUsers::of_law(NAME, law, parts, settings, &run)?,
            popularity: shares,
            count,
        })
    }

    /// Releases, and makes users of that.
    pub(super) fn make(&self, log: &Dataset, run: &Run<'_>) -> Result<Outcome, SynthError> {
        let released = self.release(log, run)?;
        self.after_release(&released, run)
    }
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

impl Synthesize for PrivateConfig {
    type Model = LatentUsers;
    /// Folding would read the log.
    const ANY_WIDTH: bool = true;

    fn fit(&self, log: &Dataset, run: &Run<'_>) -> Result<LatentUsers, SynthError> {
        Ok(self.make(log, run)?.users)
    }
}

#[cfg(test)]
mod tests;
