//! Relative loss: what share of a mean over users is gone, with its interval.

use rayon::prelude::*;

use super::bootstrap::{BootstrapConfig, Interval, quantile};

/// The share of the mean of `before` that is lost in `after`, one value a user in both.
///
/// ```text
/// loss = 1 - mean(after) / mean(before)
/// ```
/// The interval is that of the ratio: each resample draws users and takes both of their values, so
/// that the mean before varies with them too. A user counts if both values are defined; a resample
/// in which the mean before is 0 does not count. None if the mean before is 0 or nobody counts.
///
/// # Panics
/// If the two have not one value for each user.
pub fn relative_loss(before: &[f64], after: &[f64], config: &BootstrapConfig) -> Option<Interval> {
    assert_eq!(before.len(), after.len(), "one value a user in both");
    let pairs: Vec<(f64, f64)> = before
        .iter()
        .copied()
        .zip(after.iter().copied())
        .filter(|(before, after)| !before.is_nan() && !after.is_nan())
        .collect();
    let mean = loss(pairs.iter().copied())?;
    let n = u32::try_from(pairs.len()).expect("fewer than 2^32 users");
    let mut losses: Vec<f64> = (0..config.resamples.max(1))
        .into_par_iter()
        .filter_map(|at| loss(config.users(at, n).map(|user| pairs[user])))
        .collect();
    losses.sort_unstable_by(f64::total_cmp);
    if losses.is_empty() {
        return None;
    }
    let outside = (1.0 - config.confidence) / 2.0;
    Some(Interval {
        mean,
        low: quantile(&losses, outside),
        high: quantile(&losses, 1.0 - outside),
    })
}

fn loss(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (before, after) = pairs.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    (before > 0.0).then(|| 1.0 - after / before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::per_user::checks::assert_close;
    use sparring_wide::Seed;

    fn of(before: &[f64], after: &[f64]) -> Option<Interval> {
        let seed = Seed(3);
        relative_loss(
            before,
            after,
            &BootstrapConfig {
                seed,
                ..BootstrapConfig::default()
            },
        )
    }

    #[test]
    fn worked_by_hand() {
        // Means .5 and .4: a fifth is lost. The undefined user does not count.
        let found = of(&[0.2, 0.8, f64::NAN], &[0.2, 0.6, 9.0]).unwrap();
        assert_close(found.mean, 0.2);
        // The resamples are both users once or one of them twice: 0, .2 and .25.
        assert_close(found.low, 0.0);
        assert_close(found.high, 0.25);
    }

    #[test]
    fn the_same_share_lost_by_everybody_is_certain() {
        let before: Vec<f64> = (1..50).map(f64::from).collect();
        let after: Vec<f64> = before.iter().map(|value| value * 0.7).collect();
        let found = of(&before, &after).unwrap();
        assert_close(found.low, 0.3);
        assert_close(found.high, 0.3);
    }

    #[test]
    fn nothing_can_be_lost_of_nothing() {
        assert_eq!(of(&[0.0, 0.0], &[0.0, 0.1]), None);
        assert_eq!(of(&[], &[]), None);
        // A gain is a negative loss.
        assert_close(of(&[0.5], &[0.6]).unwrap().mean, -0.2);
    }
}
