//! Bootstrap over users (Efron and Tibshirani, 1993): how far a mean, or a difference of means,
//! may be chance.

use rand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::error::EvalError;
use super::evaluation::Evaluation;

/// How users are drawn: with replacement, again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapConfig {
    /// Number of resamples, at least 1; 1,000 or more for two stable digits.
    pub resamples: u32,
    /// Share of the resamples inside the interval, between 0 and 1.
    pub confidence: f64,
    /// The source of the draws; the same seed draws the same users for every metric.
    pub seed: Seed,
}

/// A mean over users and its percentile interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How far two models differ on the same users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Mean of the first less mean of the second.
    pub mean: f64,
    /// Lower end of its percentile interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p value: `2 (1 + min(#{d* <= 0}, #{d* >= 0})) / (1 + resamples)`, at most 1, where
    /// `d*` is the mean difference of one resample.
    pub p: f64,
}

impl Default for BootstrapConfig {
    fn default() -> Self {
        Self {
            resamples: 2_000,
            confidence: 0.95,
            seed: Seed(1),
        }
    }
}

/// The mean of `values`, one a user, and its interval.
///
/// Every user counts the same, also in metrics whose mean is weighted; `NaN` marks a user who does
/// not count. All is `NaN` if nobody counts.
pub fn mean_interval(values: &[f64], config: &BootstrapConfig) -> Interval {
    let values = defined(values.iter().copied());
    config.interval(&values, &config.resample(&values))
}

/// The difference of the means of two models on the same users, paired user by user.
///
/// A user counts if both values are defined. All is `NaN` if nobody counts.
///
/// # Panics
/// If the two have not one value for each user.
pub fn paired_difference(first: &[f64], second: &[f64], config: &BootstrapConfig) -> Difference {
    assert_eq!(first.len(), second.len(), "one value a user in both");
    let differences = defined(first.iter().zip(second).map(|(a, b)| a - b));
    let means = config.resample(&differences);
    let Interval { mean, low, high } = config.interval(&differences, &means);
    let count = |beyond: fn(&f64) -> bool| means.iter().filter(|&mean| beyond(mean)).count();
    let (at_most, at_least) = (count(|&mean| mean <= 0.0), count(|&mean| mean >= 0.0));
    let tail = (1 + at_most.min(at_least)) as f64 / (1 + means.len()) as f64;
    let p = if mean.is_nan() {
        f64::NAN
    } else {
        (2.0 * tail).min(1.0)
    };
    Difference { mean, low, high, p }
}

impl BootstrapConfig {
    /// The positions of the users in one resample of `n`.
    pub(super) fn users(&self, resample: u32, n: u32) -> impl Iterator<Item = usize> {
        let mut stream = self.seed.stream_at("bootstrap", u64::from(resample));
        (0..n).map(move |_| below(n, stream.next_u32()))
    }

    /// The means of all resamples, sorted; none if there are no values.
    fn resample(&self, values: &[f64]) -> Vec<f64> {
        let n = u32::try_from(values.len()).expect("fewer than 2^32 users");
        if n == 0 {
            return Vec::new();
        }
        let mut means: Vec<f64> = (0..self.resamples.max(1))
            .into_par_iter()
            .map(|at| {
                let drawn = self.users(at, n).map(|user| values[user]);
                drawn.sum::<f64>() / f64::from(n)
            })
            .collect();
        means.sort_unstable_by(f64::total_cmp);
        means
    }

    fn interval(&self, values: &[f64], means: &[f64]) -> Interval {
        let outside = (1.0 - self.confidence) / 2.0;
        Interval {
            mean: values.iter().sum::<f64>() / values.len() as f64,
            low: quantile(means, outside),
            high: quantile(means, 1.0 - outside),
        }
    }
}

/// Compares two models by the metric with this label, each averaged over its runs user by user.
///
/// # Errors
/// [`EvalError`] if the runs have not evaluated the same users, or the metric is not among theirs.
pub fn compare_runs(
    first: &[Evaluation],
    second: &[Evaluation],
    label: &str,
    config: &BootstrapConfig,
) -> Result<Difference, EvalError> {
    let (a, b) = (user_means(first, label)?, user_means(second, label)?);
    if first[0].users != second[0].users {
        return Err(EvalError::OtherUsers);
    }
    Ok(paired_difference(&a, &b, config))
}

/// The value of each user, averaged over the runs of one model; `NaN` if undefined in one of them.
///
/// # Errors
/// As [`compare_runs`].
pub fn user_means(runs: &[Evaluation], label: &str) -> Result<Vec<f64>, EvalError> {
    let missing = || EvalError::NotMeasured {
        label: label.to_owned(),
    };
    let first = runs.first().ok_or_else(missing)?;
    let mut means = vec![0.0; first.users.len()];
    for run in runs {
        if run.users != first.users {
            return Err(EvalError::OtherUsers);
        }
        let values = run.values(label).ok_or_else(missing)?;
        for (mean, value) in means.iter_mut().zip(values) {
            *mean += value / runs.len() as f64;
        }
    }
    Ok(means)
}

fn defined(values: impl Iterator<Item = f64>) -> Vec<f64> {
    values.filter(|value| !value.is_nan()).collect()
}

/// A number below `n` from 32 random bits, uniform to `n / 2^32`.
fn below(n: u32, bits: u32) -> usize {
    usize::try_from((u64::from(n) * u64::from(bits)) >> 32).expect("below n, a u32")
}

/// The quantile of sorted values, linear between two of them; `NaN` of none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and the length"
)]
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let place = share.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - place.floor()) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand_distr::StandardNormal;

    use super::*;
    use crate::data::UserIx;
    use crate::eval::per_user::checks::assert_close;
    use crate::eval::{Direction, Measured};

    fn normals(n: usize, seed: u64) -> Vec<f64> {
        let mut stream = Seed(seed).stream("normals");
        (0..n).map(|_| stream.sample(StandardNormal)).collect()
    }

    fn run(users: u32, values: Vec<f64>) -> Evaluation {
        Evaluation {
            users: (0..users).map(UserIx).collect(),
            lists: Vec::new(),
            overall: Vec::new(),
            left_out: 0,
            measured: vec![Measured {
                label: "ndcg@5".to_owned(),
                direction: Direction::Maximize,
                mean: 0.0,
                values,
            }],
        }
    }

    fn seeded(seed: u64) -> BootstrapConfig {
        BootstrapConfig {
            seed: Seed(seed),
            ..Default::default()
        }
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let values = normals(200, 1);
        let found = paired_difference(&values, &values, &seeded(1));
        assert_close(found.mean.abs() + found.low.abs() + found.high.abs(), 0.0);
        assert_close(found.p, 1.0);
    }

    #[test]
    fn a_constant_shift_is_certain() {
        let values = normals(200, 1);
        let shifted: Vec<f64> = values.iter().map(|value| value + 0.25).collect();
        let found = paired_difference(&shifted, &values, &seeded(1));
        assert_close(found.low, 0.25);
        assert_close(found.high, 0.25);
        // No resample is at or below 0: 2 * 1 / 2001.
        assert_close(found.p, 2.0 / 2001.0);
    }

    #[test]
    fn the_interval_is_that_of_the_normal_law() {
        // 4,000 standard normals: standard error 1 / sqrt(4000) = .01581, half width 1.96 times.
        let values = normals(4_000, 2);
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        let half = 1.959_964 * (variance / n).sqrt();
        let found = mean_interval(&values, &seeded(3));
        assert_close(found.mean, mean);
        assert!((found.low - (mean - half)).abs() < 0.08 * half, "{found:?}");
        assert!(
            (found.high - (mean + half)).abs() < 0.08 * half,
            "{found:?}"
        );
    }

    #[test]
    fn the_p_value_is_that_of_the_normal_law() {
        // A shift of 2 standard errors has the two-sided p value .0455.
        let mut values = normals(4_000, 4);
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        for value in &mut values {
            *value += -mean + 2.0 * deviation / n.sqrt();
        }
        let zeros = vec![0.0; values.len()];
        let config = BootstrapConfig {
            resamples: 8_000,
            ..seeded(5)
        };
        let found = paired_difference(&values, &zeros, &config);
        assert!((found.p - 0.0455).abs() < 0.01, "{found:?}");
        let other = paired_difference(&zeros, &values, &config);
        assert_close(other.p, found.p);
        assert_close(other.low, -found.high);
    }

    #[test]
    fn the_seed_alone_decides() {
        let values = normals(300, 1);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let run = || mean_interval(&values, &seeded(9));
            pool.build().unwrap().install(run)
        };
        assert_eq!(with(1), with(3));
        assert_ne!(with(1), mean_interval(&values, &seeded(8)));
    }

    #[test]
    fn undefined_values_do_not_count() {
        let found = mean_interval(&[1.0, f64::NAN, 1.0], &seeded(1));
        assert_close(found.low, 1.0);
        assert!(mean_interval(&[f64::NAN], &seeded(1)).low.is_nan());
        let none = paired_difference(&[], &[], &seeded(1));
        assert!(none.mean.is_nan() && none.high.is_nan() && none.p.is_nan());
    }

    #[test]
    fn runs_are_averaged_user_by_user() {
        let first = [run(2, vec![0.0, 1.0]), run(2, vec![1.0, 1.0])];
        assert_eq!(user_means(&first, "ndcg@5").unwrap(), [0.5, 1.0]);
        let second = [run(2, vec![0.0, 0.5])];
        let compare = |second: &[Evaluation], label| {
            compare_runs(&first, second, label, &BootstrapConfig::default())
        };
        assert_close(compare(&second, "ndcg@5").unwrap().mean, 0.5);
        let error = compare(&second, "map@5").unwrap_err();
        assert!(matches!(error, EvalError::NotMeasured { .. }), "{error}");
        let error = compare(&[run(1, vec![0.0])], "ndcg@5").unwrap_err();
        assert!(matches!(error, EvalError::OtherUsers), "{error}");
        assert!(compare(&[], "ndcg@5").is_err());
    }
}
