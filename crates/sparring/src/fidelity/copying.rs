//! Whether synthetic users are real ones again.

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::auc::Auc;
use super::logs::{Crowd, Logs};
use super::neighbours::nearest;
use super::sample::at_most;

/// Jaccard similarity from which on a profile is nearly the same.
const NEARLY: f64 = 0.9;
/// The most users of a crowd that are looked up; more are drawn by lot.
pub const MOST_COMPARED: usize = 20_000;

/// How much of the real users the synthetic ones give away.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Copying {
    /// Share of the synthetic users whose profile is that of a real user.
    pub exact: f64,
    /// Share whose profile has at least .9 of its items in common with a real one (Jaccard), the
    /// exact copies included.
    pub near: f64,
    /// The same shares of the held-out users, who are no copies.
    pub of_holdout: Option<Shares>,
    /// Whether real users are nearer to synthetic ones than held-out users are.
    pub membership: Option<Membership>,
}

/// How many profiles are those of real users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// The same.
    pub exact: f64,
    /// Nearly or wholly the same.
    pub near: f64,
}

/// An attack that tells who was in the training data by the distance to the nearest synthetic user,
/// `1 - cosine` of the profiles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    /// How often a real user is nearer than a held-out one: 1/2 if nothing is given away.
    pub auc: Auc,
    /// Mean distance of the real users.
    pub real: f64,
    /// Mean distance of the held-out users.
    pub holdout: f64,
}

impl Copying {
    /// Of these logs; the membership attack needs a holdout.
    pub fn of(logs: &Logs, seed: Seed) -> Self {
        let drawn = |crowd: &Crowd, label| at_most(crowd, MOST_COMPARED, seed.derive(label));
        let real = &logs.real;
        let Shares { exact, near } = Shares::of(&drawn(&logs.synthetic, "synthetic"), real);
        let holdout = logs.holdout.as_ref().map(|crowd| drawn(crowd, "holdout"));
        let of_holdout = holdout.as_ref().map(|crowd| Shares::of(crowd, real));
        let membership = holdout.and_then(|holdout| {
            let distance = |crowd: &Crowd| -> Vec<f64> {
                let nearest = nearest(crowd, &logs.synthetic);
                nearest.iter().map(|nearest| 1.0 - nearest.cosine).collect()
            };
            Membership::of(&distance(&drawn(real, "real")), &distance(&holdout))
        });
        Self {
            exact,
            near,
            of_holdout,
            membership,
        }
    }
}

impl Shares {
    fn of(crowd: &Crowd, real: &Crowd) -> Self {
        let nearest = nearest(crowd, real);
        let share = |least: f64| {
            let found = nearest.iter().filter(|n| n.jaccard >= least);
            found.count() as f64 / nearest.len() as f64
        };
        Self {
            exact: share(1.0),
            near: share(NEARLY),
        }
    }
}

impl Membership {
    fn of(real: &[f64], holdout: &[f64]) -> Option<Self> {
        let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len() as f64;
        // A held-out user who is farther counts for the attack.
        let auc = Auc::of(holdout, real)?;
        Some(Self {
            auc,
            real: mean(real),
            holdout: mean(holdout),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::logs::tests::crowd;

    #[test]
    fn worked_by_hand() {
        let ten: Vec<u32> = (0..10).collect();
        let logs = Logs {
            real: crowd(&[&ten, &[10, 11]], 14),
            // The first is a real one less an item (9 / 10), the second a real one.
            synthetic: crowd(&[&ten[1..], &[11, 10], &[0, 12], &[13]], 14),
            holdout: Some(crowd(&[&[0, 13], &[10, 11]], 14)),
        };
        let found = Copying::of(&logs, Seed(1));
        assert_eq!((found.exact, found.near), (0.25, 0.5));
        let of_holdout = found.of_holdout.unwrap();
        assert_eq!((of_holdout.exact, of_holdout.near), (0.5, 0.5));
        // Distances of real users 1 - 9 / sqrt(90) = .0513 and 0; of held-out users
        // 1 - 1 / sqrt 2 (to user 3) and 0: real is nearer in .29 > .05, .29 > 0, and half of
        // 0 = 0; it is not in 0 < .05. 2.5 of 4.
        let membership = found.membership.unwrap();
        assert!((membership.auc.value - 0.625).abs() < 1e-12);
        assert!((membership.real - (1.0 - 0.9_f64.sqrt()) / 2.0).abs() < 1e-12);
        assert!((membership.holdout - (1.0 - 0.5_f64.sqrt()) / 2.0).abs() < 1e-12);
        let alone = Logs {
            holdout: None,
            ..logs
        };
        assert_eq!(Copying::of(&alone, Seed(1)).membership, None);
    }
}
