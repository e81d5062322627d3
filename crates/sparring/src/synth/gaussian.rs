//! One normal law of latent users, decoded through the calibrated link (`latent.rs`).
//!
//! ```text
//! (z, g) ~ N(mean, covariance) of the real users
//! ```

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::blend::{Component, Spread, single};
use super::error::SynthError;
use super::latent::{LatentUsers, Seen, Settings};
use super::real::Real;
use super::traits::Synthesize;
use crate::data::Dataset;
use crate::models::Tall;
use crate::recommend::{FitError, Run};

/// Settings of the normal law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianConfig {
    /// Number `K` of leading directions; fewer where the log has a lower rank.
    pub rank: NonZeroUsize,
    /// Factor of the variance of the latent users, above 0: what decoding loses.
    pub inflation: f32,
    /// Temperature of the link, above 0, in units of a user's mean entry in the normalised log.
    pub temperature: f32,
    /// Most turns of raking the items' offsets to their popularity.
    pub turns: usize,
}

impl Default for GaussianConfig {
    fn default() -> Self {
        Self {
            rank: NonZeroUsize::new(64).expect("not zero"),
            inflation: 10.0,
            temperature: 0.08,
            turns: 30,
        }
    }
}

impl Synthesize for GaussianConfig {
    type Model = LatentUsers;

    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<LatentUsers, SynthError> {
        let settings = Settings {
            synthesizer: "gaussian",
            rank: self.rank,
            inflation: self.inflation,
            temperature: self.temperature,
            turns: self.turns,
        };
        let real = Real::of(settings.synthesizer, real, run)?;
        Ok(LatentUsers::fit(settings, &real, run, |seen, _| {
            normal("gaussian", seen).map(|component| vec![component])
        })?)
    }
}

/// The normal law with the mean and the covariance of all users.
pub(super) fn normal(synthesizer: &'static str, seen: &Seen) -> Result<Component, FitError> {
    let (users, width) = seen.rows.shape();
    let mut mean = vec![0.0; width];
    for row in seen.rows.rows_iter() {
        for (sum, &x) in mean.iter_mut().zip(row) {
            *sum += f64::from(x) / users as f64;
        }
    }
    let covariance = covariance(seen, &mean, |_| 1.0);
    Ok(Component {
        weight: 1.0,
        mean,
        spread: spread(synthesizer, &covariance, width)?,
    })
}

/// The lower triangle of the weighted covariance around `mean`, column-major.
pub(super) fn covariance(seen: &Seen, mean: &[f64], weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let (width, mut total) = (mean.len(), 0.0);
    let mut values = Vec::with_capacity(seen.rows.data.len());
    for (user, row) in seen.rows.rows_iter().enumerate() {
        let weight = weight(user);
        total += weight;
        let root = weight.sqrt();
        let scaled = row
            .iter()
            .zip(mean)
            .map(|(&x, mean)| single(root * (f64::from(x) - mean)));
        values.extend(scaled);
    }
    let mut gram = Tall { width, values }.gram();
    for sum in &mut gram {
        *sum /= total;
    }
    gram
}

/// The spread of a covariance.
pub(super) fn spread(
    model: &'static str,
    covariance: &[f64],
    width: usize,
) -> Result<Spread, FitError> {
    Spread::of(covariance, width).ok_or_else(|| FitError::Diverged {
        model,
        step: 1,
        evidence: "the eigenvalues of the users' covariance were not found".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use sparring_wide::{Matrix, Seed};

    use super::*;
    use crate::recommend::Cancel;
    use crate::synth::contract;

    fn tiny() -> GaussianConfig {
        GaussianConfig {
            rank: NonZeroUsize::new(8).unwrap(),
            ..GaussianConfig::default()
        }
    }

    synthesizer_contract!(tiny());

    #[test]
    fn mean_and_covariance_by_hand() {
        // (0, 0), (2, 4): mean (1, 2), variances 1 and 4, covariance 2.
        let seen = Seen {
            rows: Matrix::from_vec(2, 2, vec![0.0, 0.0, 2.0, 4.0]),
        };
        let law = normal("test", &seen).unwrap();
        assert_eq!(law.mean, [1.0, 2.0]);
        assert_eq!(covariance(&seen, &law.mean, |_| 1.0), [1.0, 2.0, 0.0, 4.0]);
        // The second user alone, seen from (1, 2).
        let second = covariance(&seen, &law.mean, |user| user as f64);
        assert_eq!(second, [1.0, 2.0, 0.0, 4.0]);
    }

    #[test]
    fn taste_is_kept() {
        let floor = contract::one_sided(&crate::synth::independent::IndependentConfig::default());
        let found = contract::one_sided(&tiny());
        assert!(
            floor < 0.7 && found > floor + 0.1,
            "{found} against {floor}"
        );
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let cancel = Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        for (key, config) in [
            (
                "inflation",
                GaussianConfig {
                    inflation: 0.0,
                    ..tiny()
                },
            ),
            (
                "temperature",
                GaussianConfig {
                    temperature: f32::NAN,
                    ..tiny()
                },
            ),
        ] {
            let error = config.fit(&contract::planted(), &run).unwrap_err();
            assert!(error.to_string().contains(key), "{error}");
        }
    }
}
