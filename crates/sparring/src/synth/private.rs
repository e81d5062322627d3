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
//! The catalogue is taken as public.

mod denoise;
mod popularity;
mod sketch;

use serde::{Deserialize, Serialize};

use self::denoise::Covariance;
use self::sketch::{Sketch, Weights};
use super::blend::{Component, Spread};
use super::error::SynthError;
use super::latent::LatentUsers;
use super::real::Real;
use crate::data::Dataset;
use crate::recommend::{FitError, Run};

const NAME: &str = "private";

/// Settings of users under differential privacy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrivateConfig {
    /// PROTOTYPE
    pub sigma: f64,
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
}

impl Default for PrivateConfig {
    fn default() -> Self {
        let one = super::gaussian::GaussianConfig::default();
        Self {
            sigma: 0.5,
            items: 0.45,
            lengths: 0.1,
            exponent: 0.25,
            rank: 200,
            inflation: one.inflation,
            temperature: one.temperature,
            turns: one.turns,
        }
    }
}

impl PrivateConfig {
    /// Fits with noise of `sigma` times what one user can add.
    pub(crate) fn fit_with(
        &self,
        log: &Dataset,
        sigma: f64,
        run: &Run<'_>,
    ) -> Result<LatentUsers, SynthError> {
        let real = Real::of(NAME, log, run)?;
        let weights = Weights::of(self.items, self.lengths);
        let released = Sketch::of(&real.rows, weights).release(sigma);
        drop(real);
        self.from_release(&released, run)
    }

    fn from_release(
        &self,
        released: &sketch::Released,
        run: &Run<'_>,
    ) -> Result<LatentUsers, SynthError> {
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
        let parts = (covariance.into_directions(), shares, sizes);
        let settings = (self.inflation, self.temperature, self.turns);
        Ok(LatentUsers::of_law(NAME, law, parts, settings, &run)?)
    }
}

impl super::traits::Synthesize for PrivateConfig {
    type Model = LatentUsers;
    const ANY_WIDTH: bool = true;
    fn fit(&self, log: &Dataset, run: &Run<'_>) -> Result<LatentUsers, SynthError> {
        self.fit_with(log, self.sigma, run)
    }
}
#[cfg(test)]
mod tests;
