//! Lower bounds of epsilon from guesses who was there.
//!
//! `m` users were each there by a fair coin. `r` of the coins are guessed from what was released, the
//! others not, and `v` guesses are right. If the release has `(epsilon, delta)`,
//!
//! ```text
//! P(V >= v) <= f(v) + 2 m delta max_i (f(v - i) - f(v)) / i,
//! f(v) = P(Binomial(r, e^epsilon / (1 + e^epsilon)) >= v)
//! ```
//!
//! (Steinke, Nasr and Jagielski, "Privacy auditing with one (1) training run", NeurIPS 2023, theorem
//! 5.2): one release audits with many users at once. The largest epsilon under which `v` would be a
//! chance of 1 in 20 is a lower bound at 95 %. It holds for any release, and stays below the truth
//! even for an optimal attack.
//!
//! For a release that adds normal noise the trade-off of both errors is known as a whole. With it the
//! bound of Mahloujifar, Melis and Chaudhuri ("Auditing f-differential privacy in one run", 2024,
//! algorithm 3 with abstention) is closer, and holds for such a release alone.
//!
//! `r` must be known before the guesses are looked at: [`planned`].

use serde::{Deserialize, Serialize};

use super::binomial::{at_least, clopper_pearson, mass};
use crate::eval::Interval;
use crate::privacy::{above, gaussian_delta};

/// The confidence of all bounds.
pub const CONFIDENCE: f64 = 0.95;
/// The largest epsilon that is looked for.
const LARGEST: f64 = 30.0;
/// Noise multipliers between which a Gaussian is looked for.
const NOISE: (f64, f64) = (0.02, 1e3);
const STEPS: usize = 50;

/// How many of `m` coins are guessed: one in 25, half of them heads, at least 100 where there are as
/// many.
///
/// In simulations of a Gaussian at an epsilon of 4 the bound is largest for shares from 2 to 5 %, with
/// 5,000 to 20,000 users, and at 100 guesses with fewer.
pub fn planned(m: usize) -> usize {
    let half = (m / 50).max(50);
    2 * half.min(m / 2)
}

/// What guesses came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guesses {
    /// Coins `m`.
    pub coins: usize,
    /// Guesses `r`.
    pub guessed: usize,
    /// Right ones `v`.
    pub right: usize,
}

/// Guesses and the bounds that follow from them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lower {
    /// The guesses.
    pub guesses: Guesses,
    /// The share of right ones, with its exact interval.
    pub accuracy: Interval,
    /// The delta of the bounds.
    pub delta: f64,
    /// Lower bound of epsilon at 95 %, whatever the release is.
    pub epsilon: f64,
    /// The closer one of a release with normal noise.
    pub gaussian: f64,
}

impl Guesses {
    /// Guesses that the users of the largest scores were there, and those of the least were not, half
    /// of the planned number each. Equal scores go by position.
    ///
    /// # Panics
    /// If there is not one coin for each score.
    pub fn of(scores: &[f64], there: &[bool]) -> Self {
        assert_eq!(scores.len(), there.len(), "one coin for each score");
        let guessed = planned(scores.len());
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let lowest = order.iter().take(guessed / 2);
        let highest = order.iter().rev().take(guessed / 2);
        let right = lowest.filter(|&&user| !there[user]).count()
            + highest.filter(|&&user| there[user]).count();
        Self {
            coins: scores.len(),
            guessed,
            right,
        }
    }

    /// The bounds at a delta.
    pub fn lower(self, delta: f64) -> Lower {
        Lower {
            guesses: self,
            accuracy: clopper_pearson(self.right, self.guessed, CONFIDENCE),
            delta,
            epsilon: self.epsilon(delta),
            gaussian: self.gaussian(delta),
        }
    }

    /// An upper bound of the chance of as many right guesses.
    pub fn p_value(self, epsilon: f64, delta: f64) -> f64 {
        let Self {
            coins,
            guessed,
            right,
        } = self;
        let q = (1.0 + (-epsilon).exp()).recip();
        let (mut below, mut worst) = (0.0, 0.0_f64);
        for i in 1..=right {
            below += mass(right - i, guessed, q);
            worst = worst.max(below / i as f64);
        }
        let slack = 2.0 * coins as f64 * delta * worst;
        (at_least(right, guessed, q) + slack).min(1.0)
    }

    /// The largest epsilon that the guesses refute; 0 if they refute none.
    fn epsilon(self, delta: f64) -> f64 {
        let refuted = |epsilon: f64| self.p_value(epsilon, delta) < 1.0 - CONFIDENCE;
        if !refuted(0.0) {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, LARGEST);
        for _ in 0..STEPS {
            let middle = f64::midpoint(low, high);
            if refuted(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The epsilon of the least noise of a Gaussian that the guesses refute; 0 if they refute none.
    fn gaussian(self, delta: f64) -> f64 {
        let (mut low, mut high) = NOISE;
        if self.agrees_with_gaussian(high) {
            return 0.0;
        }
        if !self.agrees_with_gaussian(low) {
            return LARGEST;
        }
        for _ in 0..STEPS {
            let middle = (low * high).sqrt();
            if self.agrees_with_gaussian(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        epsilon_of_gaussian(high, delta)
    }

    /// Whether as many right guesses are no rare chance under normal noise.
    ///
    /// Backwards from `v`, `h` bounds the weight of wrong and `r` that of right guesses in the worst
    /// case: `h_i >= F(r_(i+1))` with the Gaussian's `F(x) = Phi(Phi^-1(x) - 1 / sigma)`.
    fn agrees_with_gaussian(self, noise: f64) -> bool {
        let (all, guessed) = (self.coins as f64, self.guessed as f64);
        let share = (1.0 - CONFIDENCE) / all;
        let mut r = share * self.right as f64;
        let mut h = share * (self.guessed - self.right) as f64;
        for i in (0..self.right).rev() {
            let least = shifted(r, noise.recip());
            if least > h {
                r += i as f64 / (guessed - i as f64) * (least - h);
                h = least;
            }
        }
        r + h <= guessed / all
    }
}

/// `Phi(Phi^-1(x) - by)`.
fn shifted(x: f64, by: f64) -> f64 {
    if x >= 1.0 {
        return 1.0;
    }
    let (mut low, mut high) = (-38.0, 38.0);
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        // P(Z <= z) = P(Z > -z).
        if above(-middle) < x {
            low = middle;
        } else {
            high = middle;
        }
    }
    above(by - low)
}

/// The epsilon of one Gaussian at a delta.
fn epsilon_of_gaussian(noise: f64, delta: f64) -> f64 {
    let (mut low, mut high) = (0.0, LARGEST);
    if gaussian_delta(noise, 0.0) <= delta {
        return 0.0;
    }
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if gaussian_delta(noise, middle) > delta {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use rand_distr::StandardNormal;
    use sparring_wide::Seed;

    fn guesses(coins: usize, guessed: usize, right: usize) -> Guesses {
        Guesses {
            coins,
            guessed,
            right,
        }
    }

    #[test]
    fn figures_of_the_paper() {
        // Steinke et al. (2023), appendix D: 75 of 100 guesses, 1,000 users, delta 1e-4: .673;
        // section 7: 1,439 of 1,510, 100,000 users, delta 1e-5: 2.675 (cut off).
        let of = |of: Guesses, delta| of.lower(delta).epsilon;
        assert!((of(guesses(1000, 100, 75), 1e-4) - 0.673).abs() < 1e-3);
        assert!((of(guesses(100_000, 1510, 1439), 1e-5) - 2.675).abs() < 1e-3);
        // Without delta and abstention: 75 of 100 at e^epsilon = 3, a chance of .553.
        let p = guesses(100, 100, 75).p_value(3.0_f64.ln(), 0.0);
        assert!((p - 0.553).abs() < 1e-3, "{p}");
    }

    #[test]
    fn half_of_the_guesses_right_say_nothing() {
        let lower = guesses(10_000, 400, 200).lower(1e-5);
        assert!(
            lower.epsilon.abs() < 1e-12 && lower.gaussian.abs() < 1e-12,
            "{lower:?}"
        );
        let all = guesses(10_000, 400, 400).lower(1e-5);
        // All right: q = .05^(1/400) without delta, an epsilon of 4.9.
        assert!(all.epsilon > 4.5 && all.epsilon < 4.9, "{all:?}");
        assert!(all.gaussian > all.epsilon);
    }

    #[test]
    fn the_plan_is_public_and_even() {
        assert_eq!(
            [40, 101, 1000, 5000, 10_000].map(planned),
            [40, 100, 100, 200, 400]
        );
    }

    #[test]
    fn guesses_take_the_ends() {
        // 120 users, scores falling: the first 50 are guessed there, the last 50 not.
        let scores: Vec<f64> = (0..120).map(|user| -f64::from(user)).collect();
        let there: Vec<bool> = (0..120).map(|user| user < 30 || user == 60).collect();
        assert_eq!(Guesses::of(&scores, &there), guesses(120, 100, 80));
    }

    #[test]
    fn bounds_of_simulated_gaussians_rarely_pass_the_truth() {
        // An optimal attack on noise for an epsilon of 4 and 1.
        for (noise, truth, least) in [(1.0812, 4.0, 1.4), (3.7307, 1.0, 0.1)] {
            let mut found = Vec::new();
            for run in 0..20 {
                let mut stream = Seed(run).stream("audit");
                let there: Vec<bool> = (0..5000).map(|_| stream.random()).collect();
                let mut score = |there: &bool| {
                    let drawn: f64 = stream.sample(StandardNormal);
                    f64::from(u8::from(*there)) / noise + drawn
                };
                let scores: Vec<f64> = there.iter().map(&mut score).collect();
                found.push(Guesses::of(&scores, &there).lower(1e-5));
            }
            // A bound at 95 % may pass the truth in one run of twenty.
            let misses = |of: fn(&Lower) -> f64| found.iter().filter(|l| of(l) > truth).count();
            let [general, gaussian] = [misses(|l| l.epsilon), misses(|l| l.gaussian)];
            assert!(general <= 1 && gaussian <= 1, "{general} {gaussian}");
            let mean = |of: fn(&Lower) -> f64| found.iter().map(of).sum::<f64>() / 20.0;
            let (general, gaussian) = (mean(|l| l.epsilon), mean(|l| l.gaussian));
            assert!(
                general > least && gaussian > general,
                "{general} {gaussian}"
            );
        }
    }
}
