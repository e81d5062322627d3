//! A mixture of normal laws of latent users, fitted by expectation maximisation (Dempster, Laird
//! and Rubin, "Maximum likelihood from incomplete data via the EM algorithm", JRSS B 1977).
//!
//! ```text
//! r_uc ~ w_c N(y_u; mean_c, S_c),  n_c = sum_u r_uc
//! w_c = n_c / U,  mean_c = sum_u r_uc y_u / n_c
//! S_c = (n_c C_c + prior P) / (n_c + prior),  P = sum_c n_c C_c / U
//! ```
//!
//! with the weighted covariance `C_c`. It starts from k-means among the directions. The shrinkage
//! towards the pooled `P` keeps a component of few users from being those users.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::blend::Component;
use super::error::SynthError;
use super::expectation::responsibilities;
use super::gaussian::{covariance, spread};
use super::latent::{LatentUsers, Seen, Settings};
use super::real::Real;
use super::traits::Synthesize;
use crate::data::Dataset;
use crate::models::Clusters;
use crate::recommend::{FitError, Progress, Run};

/// A gain of the mean log likelihood that is not worth another round.
const SMALL: f64 = 1e-3;

/// Settings of the mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MixtureConfig {
    /// Number of normal laws.
    pub components: NonZeroUsize,
    /// Users that the pooled covariance counts for in each law, `>= 0`.
    pub prior: f64,
    /// Most rounds of expectation maximisation.
    pub iterations: usize,
    /// As of the gaussian: number of leading directions.
    pub rank: NonZeroUsize,
    /// As of the gaussian: factor of the latent variance.
    pub inflation: f32,
    /// As of the gaussian: temperature of the link.
    pub temperature: f32,
    /// As of the gaussian: most turns of raking.
    pub turns: usize,
}

impl Default for MixtureConfig {
    fn default() -> Self {
        let one = super::gaussian::GaussianConfig::default();
        Self {
            components: NonZeroUsize::new(8).expect("not zero"),
            prior: 200.0,
            iterations: 30,
            rank: one.rank,
            inflation: one.inflation,
            temperature: one.temperature,
            turns: one.turns,
        }
    }
}

impl Synthesize for MixtureConfig {
    type Model = LatentUsers;

    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<LatentUsers, SynthError> {
        crate::models::check::not_negative("mixture", "prior", self.prior)?;
        let settings = Settings {
            synthesizer: "mixture",
            rank: self.rank,
            inflation: self.inflation,
            temperature: self.temperature,
            turns: self.turns,
        };
        let real = Real::of(settings.synthesizer, real, run)?;
        let law = |seen: &Seen, run: &Run<'_>| self.law(seen, run);
        Ok(LatentUsers::fit(settings, &real, run, law)?)
    }
}

/// The cluster of each user, where EM starts; the score of the length, the last column, does not
/// count.
fn clusters(seen: &Seen, count: usize, seed: Seed) -> Vec<usize> {
    let place = |row: &[f32]| row[..row.len() - 1].iter().map(|&x| f64::from(x)).collect();
    let places: Vec<Vec<f64>> = seen.rows.rows_iter().map(place).collect();
    let points: Vec<&[f64]> = places.iter().map(Vec::as_slice).collect();
    Clusters::of(&points, count, seed).nearest
}

impl MixtureConfig {
    fn law(&self, seen: &Seen, run: &Run<'_>) -> Result<Vec<Component>, FitError> {
        let count = self.components.get();
        let nearest = clusters(seen, count, run.seed);
        let mut shares: Vec<Vec<f64>> = (0..count)
            .map(|c| {
                nearest
                    .iter()
                    .map(|&n| f64::from(u8::from(n == c)))
                    .collect()
            })
            .collect();
        let mut likelihood = f64::NEG_INFINITY;
        for round in 1..=self.iterations {
            if run.cancel.is_requested() {
                return Err(FitError::Cancelled { model: "mixture" });
            }
            let components = self.components(seen, &shares)?;
            let (next, found) = responsibilities(seen, &components);
            run.observer.point("log likelihood", round as u64, found);
            run.observer.progress(Progress {
                unit: "round",
                done: round as u64,
                total: self.iterations as u64,
            });
            shares = next;
            if found - likelihood < SMALL {
                break;
            }
            likelihood = found;
        }
        self.components(seen, &shares)
    }

    /// The laws for given shares `r_c`, each `[U]`; a law without users goes.
    fn components(&self, seen: &Seen, shares: &[Vec<f64>]) -> Result<Vec<Component>, FitError> {
        let (users, width) = seen.rows.shape();
        let mut pooled = vec![0.0; width * width];
        let mut found = Vec::new();
        for share in shares {
            let n: f64 = share.iter().sum();
            if n < 1.0 {
                continue;
            }
            let mut mean = vec![0.0; width];
            for (row, share) in seen.rows.rows_iter().zip(share) {
                for (sum, &x) in mean.iter_mut().zip(row) {
                    *sum += share * f64::from(x) / n;
                }
            }
            let own = covariance(seen, &mean, |user| share[user]);
            for (sum, own) in pooled.iter_mut().zip(&own) {
                *sum += n / users as f64 * own;
            }
            found.push((n, mean, own));
        }
        let all: f64 = found.iter().map(|(n, ..)| n).sum();
        let shrunk = |(n, mean, own): (f64, Vec<f64>, Vec<f64>)| {
            let pairs = own.iter().zip(&pooled);
            let mixed: Vec<f64> = pairs
                .map(|(own, pooled)| (n * own + self.prior * pooled) / (n + self.prior))
                .collect();
            Ok(Component {
                weight: n / all,
                mean,
                spread: spread("mixture", &mixed, width)?,
            })
        };
        found.into_iter().map(shrunk).collect()
    }
}

#[cfg(test)]
mod tests {
    use sparring_wide::Matrix;

    use super::*;
    use crate::synth::contract;

    #[test]
    fn the_length_does_not_part_the_clusters() {
        // Heaps at 0 and 10; the last column would say otherwise.
        let values = (0..40).flat_map(|at| [(at % 2 * 10) as f32, (at / 20 * 1000) as f32]);
        let seen = Seen {
            rows: Matrix::from_vec(40, 2, values.collect()),
        };
        let found = clusters(&seen, 2, Seed(2));
        assert!((2..40).all(|at| found[at] == found[at % 2]) && found[0] != found[1]);
    }

    fn tiny() -> MixtureConfig {
        MixtureConfig {
            components: NonZeroUsize::new(3).unwrap(),
            prior: 50.0,
            rank: NonZeroUsize::new(8).unwrap(),
            ..MixtureConfig::default()
        }
    }

    synthesizer_contract!(tiny());

    #[test]
    fn shrunk_covariances_by_hand() {
        // -1 and 1 in the first law, 9 and 15 in the second: means 0 and 12, variances 1 and 9,
        // pooled 5. With a prior of 2 users each: (2 + 10) / 4 = 3 and (18 + 10) / 4 = 7.
        let seen = Seen {
            rows: Matrix::from_vec(4, 1, vec![-1.0, 1.0, 9.0, 15.0]),
        };
        let shares = [
            vec![1.0, 1.0, 0.0, 0.0],
            vec![0.0, 0.0, 1.0, 1.0],
            vec![0.0; 4],
        ];
        let config = MixtureConfig {
            prior: 2.0,
            ..tiny()
        };
        let laws = config.components(&seen, &shares).unwrap();
        let found: Vec<(f64, f64, f64)> = laws
            .iter()
            .map(|law| (law.weight, law.mean[0], law.spread.log_determinant().exp()))
            .collect();
        for (found, expected) in found.iter().zip([(0.5, 0.0, 3.0), (0.5, 12.0, 7.0)]) {
            let apart = [
                found.0 - expected.0,
                found.1 - expected.1,
                found.2 - expected.2,
            ];
            assert!(apart.iter().all(|apart| apart.abs() < 1e-9), "{found:?}");
        }
        assert_eq!(found.len(), 2, "a law without users goes");
    }

    #[test]
    fn two_tastes_are_kept_better_than_by_one_law() {
        let one = crate::synth::gaussian::GaussianConfig {
            rank: tiny().rank,
            ..Default::default()
        };
        let (one, found) = (contract::one_sided(&one), contract::one_sided(&tiny()));
        assert!(found > one + 0.05, "{found} against {one}");
    }

    #[test]
    fn two_clusters_are_found() {
        // 60 users around -4 and 30 around 4, spread by one sixth.
        let values = (0..90).map(|at| {
            let middle = if at % 3 == 0 { 4.0 } else { -4.0 };
            middle + (at % 7) as f32 / 12.0 - 0.25
        });
        let zeros = values.flat_map(|x| [x, 0.0]);
        let seen = Seen {
            rows: Matrix::from_vec(90, 2, zeros.collect()),
        };
        let config = MixtureConfig {
            components: NonZeroUsize::new(2).unwrap(),
            prior: 1.0,
            ..tiny()
        };
        let cancel = crate::recommend::Cancel::new();
        let run = Run::quiet(sparring_wide::Seed(1), &cancel);
        let mut laws = config.law(&seen, &run).unwrap();
        laws.sort_by(|a, b| a.mean[0].total_cmp(&b.mean[0]));
        for (law, (weight, mean)) in laws.iter().zip([(2.0 / 3.0, -4.0), (1.0 / 3.0, 4.0)]) {
            assert!((law.weight - weight).abs() < 1e-6, "{}", law.weight);
            assert!((law.mean[0] - mean).abs() < 0.1, "{:?}", law.mean);
        }
    }
}
