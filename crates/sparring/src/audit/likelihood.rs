//! Likelihood ratio with shadow models, LiRA: is a user's density among the synthetic users larger than
//! it is where the user was not seen?
//!
//! ```text
//! score(x) = (d(x) - mean d_s(x)) / deviation d_s(x)   over shadows s that did not see x
//! d(x) = ln p(x) among the synthetic users
//! ```
//!
//! Carlini, Chien, Nasr, Song, Terzis and Tramer, "Membership inference attacks from first principles"
//! (S&P 2022), the offline attack of section V-C: a normal law for each user. A shadow is a fit of a
//! synthesizer to a random half of all targets, which draws as many users as are attacked.
//!
//! Departures: the statistic is the density among synthetic users, since there is no loss to ask for;
//! variances are shrunk by half towards the mean one, since 32 shadows tell each one's poorly.

use super::attack::Scores;
use super::crowd::crowd_of;
use super::error::AuditError;
use super::kernel::log_densities;
use super::targets::Targets;
use crate::fidelity::{Crowd, drawn};
use crate::recommend::{Progress, Run};
use crate::synth::SynthConfig;

/// The shadow models.
#[derive(Debug, Clone, Copy)]
pub struct Shadows<'a> {
    /// What is fitted.
    pub synthesizer: &'a SynthConfig,
    /// How many, two at least.
    pub count: usize,
}

/// The scores of all targets.
///
/// # Errors
/// If a shadow cannot be fitted, or a stop is requested.
pub fn likelihood_ratio(
    targets: &Targets,
    shadows: Shadows<'_>,
    run: &Run<'_>,
) -> Result<Scores, AuditError> {
    let n_members = targets.members.n_users();
    let rows = [&targets.members, &targets.holdout].map(|crowd| crowd.profiles.rows());
    let rows = rows.into_iter().flatten().map(|row| row.iter().copied());
    let all = crowd_of(rows, targets.members.data.items());
    let n = all.n_users();
    let mut unseen = vec![Moments::default(); n];
    for shadow in 0..shadows.count.max(2) {
        if run.cancel.is_requested() {
            return Err(AuditError::Cancelled);
        }
        run.observer.progress(Progress {
            unit: "shadow",
            done: shadow as u64,
            total: shadows.count as u64,
        });
        let own = run.with_seed(run.seed.derive("shadows").at(shadow as u64));
        let mut order = drawn(n, n, own.seed.derive("half"));
        let rest = order.split_off(n / 2);
        let users = targets.synthetic.n_users();
        let found = self::shadow(&all, &order, users, shadows.synthesizer, &own)?;
        for user in rest {
            unseen[user].add(found[user]);
        }
    }
    let found = log_densities(&all, &targets.synthetic);
    let variances = unseen.iter().map(|moments| moments.variance());
    let pooled = variances.sum::<f64>() / n as f64;
    let score = |(moments, value): (&Moments, f64)| {
        let variance = f64::midpoint(moments.variance(), pooled).max(f64::MIN_POSITIVE);
        (value - moments.mean) / variance.sqrt()
    };
    let mut scores: Vec<f64> = unseen.iter().zip(found).map(score).collect();
    let outsiders = scores.split_off(n_members);
    Ok(Scores {
        members: scores,
        outsiders,
    })
}

/// `ln p` of all targets among the users of a synthesizer that saw some of them.
fn shadow(
    all: &Crowd,
    seen: &[usize],
    users: usize,
    synthesizer: &SynthConfig,
    run: &Run<'_>,
) -> Result<Vec<f64>, AuditError> {
    let fitted = synthesizer.fit(&all.only(seen).data, run)?;
    let made = fitted.generate(0..users as u64, run.seed.derive("users"));
    let rows = made.iter().map(|profile| profile.iter().map(|item| item.0));
    let made = crowd_of(rows, all.data.items());
    Ok(log_densities(all, &made))
}

/// Mean and variance of values that come one by one (Welford, 1962).
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    /// Sum of the squares about the mean.
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let away = value - self.mean;
        self.mean += away / self.count;
        self.squares += away * (value - self.mean);
    }

    /// 0 of a single value.
    fn variance(self) -> f64 {
        self.squares / (self.count - 1.0).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::attack::Attack;
    use crate::audit::targets::tests::planted;
    use crate::recommend::Cancel;
    use sparring_wide::Seed;

    fn judged(targets: &Targets) -> Attack {
        let (cancel, synthesizer) = (Cancel::new(), SynthConfig::named("independent").unwrap());
        let shadows = Shadows {
            synthesizer: &synthesizer,
            count: 8,
        };
        let scores = likelihood_ratio(targets, shadows, &Run::quiet(Seed(1), &cancel)).unwrap();
        Attack::of("shadows", &scores, 1e-5, Seed(1))
    }

    #[test]
    fn copies_are_known_and_fresh_users_are_not() {
        let copies = judged(&planted(|real, _| real.clone())).roc.auc;
        assert!(copies.low > 0.95, "{copies:?}");
        let fresh = judged(&planted(|_, fresh| fresh.clone())).roc.auc;
        assert!((fresh.mean - 0.5).abs() < 0.1, "{fresh:?}");
    }

    #[test]
    fn a_stop_ends_it() {
        let (cancel, synthesizer) = (Cancel::new(), SynthConfig::named("independent").unwrap());
        cancel.request();
        let shadows = Shadows {
            synthesizer: &synthesizer,
            count: 8,
        };
        let targets = planted(|_, fresh| fresh.clone());
        let found = likelihood_ratio(&targets, shadows, &Run::quiet(Seed(1), &cancel));
        assert!(matches!(found, Err(AuditError::Cancelled)), "{found:?}");
    }

    #[test]
    fn moments_by_hand() {
        // 1, 2, 6: mean 3, squares 4 + 1 + 9 over 2.
        let mut moments = Moments::default();
        for value in [1.0, 2.0, 6.0] {
            moments.add(value);
        }
        assert!((moments.mean - 3.0).abs() < 1e-12);
        assert!((moments.variance() - 7.0).abs() < 1e-12);
    }
}
