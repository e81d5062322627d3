//! The critic: one step of DP-SGD, and what it demands of the generator.

use rand::Rng;
use rand::rngs::StdRng;
use rayon::prelude::*;
use sparring_wide::{Adam, Matrix, sigmoid};

use super::gradient::Passes;
use crate::gan::{Mlp, zero_centred};
use crate::models::Profiles as Rows;
use crate::privacy::DiscreteGaussian;
use crate::synth::features::Features;
use crate::synth::private::{MARGIN, noisy, secret, units};

/// Users whose gradients are computed together.
const BLOCK: usize = 64;
/// The least bound: beside it a gradient is none.
const LEAST: f64 = 1e-9;

/// A critic and how it learns.
pub(super) struct PrivateCritic {
    pub(super) net: Mlp,
    pub(super) rate: f32,
    /// Weight of R2.
    pub(super) penalty: f32,
    /// Bound of a gradient, in units of the median norm of generated users.
    pub(super) clip: f64,
    pub(super) noise: Noise,
}

/// What stands between the critic and the users.
pub(super) struct Noise {
    /// Who is in a batch; as secret as the noise, or the batch would hide nobody.
    bits: StdRng,
    sampler: Poisson,
    law: DiscreteGaussian,
    /// The bound of a gradient in integers.
    one: f64,
    /// Users that a batch should have, from public numbers.
    expected: f64,
}

/// A batch that has each user by an independent chance of `below` in `2^64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Poisson {
    below: u64,
}

impl Poisson {
    /// A chance, rounded down.
    pub(super) fn new(rate: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 2^64, which is cut to the largest there is"
        )]
        let below = (rate * 2.0_f64.powi(64)) as u64;
        Self { below }
    }

    /// The users of a batch; there may be none.
    pub(super) fn draw(self, users: usize, bits: &mut impl Rng) -> Vec<usize> {
        let chosen = (0..users).filter(|_| bits.next_u64() < self.below);
        chosen.collect()
    }
}

impl Noise {
    /// Of `multiplier` times the bound, over batches of `expected` users by the chance `rate`.
    pub(super) fn new(multiplier: f64, rate: f64, expected: f64) -> Self {
        let (one, scale) = units(multiplier * MARGIN);
        Self {
            bits: secret(),
            sampler: Poisson::new(rate),
            law: DiscreteGaussian::new(scale),
            one,
            expected,
        }
    }

    /// The gradient of the mean of `sp(-D)` over real users as DP-SGD sees it.
    fn gradient(&mut self, net: &Mlp, real: (&Rows, &Features), bound: f64) -> Vec<f32> {
        let batch = self.sampler.draw(real.0.n_rows(), &mut self.bits);
        let sums = sums(net, real, &batch, (bound, self.one));
        let unit = bound / self.one / self.expected;
        #[expect(clippy::cast_possible_truncation, reason = "a gradient, rounded")]
        let gradient = noisy(&sums, Some(self.law), |sum| (sum * unit) as f32);
        gradient
    }
}

/// The sum of the clipped gradients of `sp(-D)` over a batch of users, in integers.
pub(super) fn sums(
    net: &Mlp,
    (rows, features): (&Rows, &Features),
    batch: &[usize],
    (bound, one): (f64, f64),
) -> Vec<i64> {
    let layers = net.layers();
    let n = layers.iter().map(|l| l.weight.data.len() + l.bias.len());
    let none = vec![0_i64; n.sum()];
    batch
        .par_chunks(BLOCK)
        .map(|users| {
            let profiles: Vec<&[u32]> = users.iter().map(|&user| rows.row(user)).collect();
            let mut passes = Passes::of(&layers, features.see(&profiles).rows);
            let slopes: Vec<f32> = passes.logits.iter().map(|&d| -sigmoid(-d)).collect();
            passes.weigh(&slopes);
            let mut sums = none.clone();
            passes.add_to(&mut sums, bound, one);
            sums
        })
        .reduce(
            || none.clone(),
            |mut sums, more| {
                sums.iter_mut().zip(more).for_each(|(sum, x)| *sum += x);
                sums
            },
        )
}

impl PrivateCritic {
    /// One step on a batch of real users, behind noise, and on generated ones.
    pub(super) fn step(&mut self, real: (&Rows, &Features), fakes: &Matrix) {
        let n = fakes.rows;
        let mut passes = Passes::of(&self.net.layers(), fakes.clone());
        let slopes: Vec<f32> = passes.logits.iter().map(|&d| sigmoid(d)).collect();
        passes.weigh(&slopes);
        let norms = passes.norms();
        let bound = (self.clip * median(norms.norms())).max(LEAST);
        let from_users = self.noise.gradient(&self.net, real, bound);
        let factors = norms.clip_factors(bound);
        let weights = slopes.iter().zip(factors);
        let weights: Vec<f32> = weights.map(|(s, factor)| s * factor / n as f32).collect();
        self.net.forward(&fakes.data);
        let along = self.net.backward(&vec![1.0; n]);
        let (_, along) = zero_centred(along, fakes.cols, self.penalty);
        self.net.learn_along(&weights, &along);
        self.net.add(&from_users);
        self.net.step(&Adam {
            learning_rate: self.rate,
            ..Adam::default()
        });
    }

    /// The derivatives of the generator's loss by generated features.
    pub(super) fn demand(&mut self, fakes: &Matrix) -> Matrix {
        let n = fakes.rows as f32;
        let logits = self.net.forward(&fakes.data);
        let slopes: Vec<f32> = logits.iter().map(|&d| -sigmoid(-d) / n).collect();
        let back = self.net.backward(&slopes).to_vec();
        Matrix::from_vec(fakes.rows, fakes.cols, back)
    }
}

/// The upper median; 0 of nothing.
fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.filter(|x| x.is_finite()).collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Tall, log};
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use sparring_wide::Seed;

    /// 60 users of one or two items of the first five, and what is seen of them.
    fn real() -> (Rows, Features) {
        let pairs = (0..60_u32).flat_map(|user| [(user, user % 5), (user, user * 3 % 5)]);
        let rows = Rows::of(&log(60, 10, pairs));
        let directions = Tall {
            width: 2,
            values: (0..20_u8).map(|at| f32::from(at % 7) - 3.0).collect(),
        };
        let features = Features::with(10, &rows, directions, &[0.1; 10]);
        (rows, features)
    }

    fn critic(features: &Features, noise: Noise) -> PrivateCritic {
        PrivateCritic {
            net: Mlp::new(&[features.width(), 6, 1], Seed(1)),
            rate: 0.02,
            penalty: 0.1,
            clip: 1.0,
            noise,
        }
    }

    #[test]
    fn each_user_is_drawn_by_a_chance_of_its_own() {
        let mut bits = Xoshiro256PlusPlus::seed_from_u64(3);
        let (users, rate, turns) = (50, 0.2, 20_000);
        let (mut counts, mut both, mut sizes) = (vec![0; users], 0, Vec::new());
        for _ in 0..turns {
            let batch = Poisson::new(rate).draw(users, &mut bits);
            assert!(batch.windows(2).all(|pair| pair[0] < pair[1]));
            for &user in &batch {
                counts[user] += 1;
            }
            both += u32::from(batch.starts_with(&[0, 1]));
            sizes.push(batch.len() as f64);
        }
        // Four and a half standard errors of 4,000; that of both is sqrt(800).
        assert!(
            counts.iter().all(|&n: &i32| (n - 4000).abs() < 255),
            "{counts:?}"
        );
        assert!(both.abs_diff(800) < 130, "{both}");
        // The size has the variance of coin flips, 50 * .2 * .8 = 8: a shuffle would have none.
        let n = f64::from(turns);
        let mean = sizes.iter().sum::<f64>() / n;
        let variance = sizes.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        assert!(
            (mean - 10.0).abs() < 0.1 && (variance - 8.0).abs() < 0.4,
            "{mean} {variance}"
        );
    }

    #[test]
    fn chances_at_the_ends() {
        let mut bits = Xoshiro256PlusPlus::seed_from_u64(3);
        assert_eq!(Poisson::new(1.0).draw(9, &mut bits).len(), 9);
        assert!(Poisson::new(1e-300).draw(1000, &mut bits).is_empty());
        assert!(Poisson::new(0.5).draw(0, &mut bits).is_empty());
        assert_eq!(Poisson::new(0.25).below, 1 << 62);
    }

    #[test]
    fn an_empty_batch_is_noise_alone() {
        let (rows, features) = real();
        let mut critic = critic(&features, Noise::new(1.0, 1e-12, 5.0));
        let real = (&rows, &features);
        assert!(
            sums(&critic.net, real, &[], (1.0, 1024.0))
                .iter()
                .all(|&sum| sum == 0)
        );
        let gradient = critic.noise.gradient(&critic.net, real, 2.0);
        let n = gradient.len() as f64;
        assert_eq!(gradient.len(), features.width() * 6 + 6 + 6 + 1);
        // A deviation of 1.001 * 2 / 5.
        let square: f64 = gradient.iter().map(|g| f64::from(*g).powi(2)).sum();
        let deviation = (square / n).sqrt();
        assert!((deviation - 0.4004).abs() < 0.15, "{deviation}");
        let fakes = features.see(&[&[7, 8], &[9]]).rows;
        critic.step(real, &fakes);
        assert!(
            critic
                .net
                .forward(&fakes.data)
                .iter()
                .all(|d| d.is_finite())
        );
    }

    #[test]
    fn the_sum_does_not_depend_on_the_order_of_a_batch() {
        let (rows, features) = real();
        let net = Mlp::new(&[features.width(), 6, 1], Seed(2));
        let batch: Vec<usize> = (0..60).chain(0..60).chain(0..60).collect();
        let back: Vec<usize> = batch.iter().rev().copied().collect();
        let sum = |batch: &[usize]| sums(&net, (&rows, &features), batch, (0.5, 65_536.0));
        assert_eq!(sum(&batch), sum(&back));
        let one: Vec<i64> = sum(&batch[..60]).iter().map(|x| 3 * x).collect();
        assert_eq!(sum(&batch), one);
    }

    #[test]
    fn with_little_noise_real_users_are_told_from_generated_ones() {
        let (rows, features) = real();
        let mut critic = critic(&features, Noise::new(0.01, 0.5, 30.0));
        let fakes = features.see(&[&[7, 8], &[9], &[6, 8], &[5, 9]]).rows;
        for _ in 0..60 {
            critic.step((&rows, &features), &fakes);
        }
        let users = features.see(&[rows.row(0), rows.row(7), rows.row(33)]).rows;
        let least = critic
            .net
            .forward(&users.data)
            .iter()
            .copied()
            .fold(f32::MAX, f32::min);
        let most = critic
            .net
            .forward(&fakes.data)
            .iter()
            .copied()
            .fold(f32::MIN, f32::max);
        assert!(least > most, "{least} {most}");
        // Downhill is towards what the critic takes for real: its slope.
        let demand = critic.demand(&fakes);
        let before: f32 = critic.net.forward(&fakes.data).iter().sum();
        let pairs = fakes.data.iter().zip(&demand.data);
        let moved: Vec<f32> = pairs.map(|(x, g)| x - 0.1 * g).collect();
        let after: f32 = critic.net.forward(&moved).iter().sum();
        assert!(after > before, "{before} {after}");
    }

    #[test]
    fn medians_by_hand() {
        assert_eq!(
            median([3.0, 1.0, f64::NAN, 2.0].into_iter()).to_bits(),
            2.0_f64.to_bits()
        );
        assert_eq!(median([].into_iter()).to_bits(), 0.0_f64.to_bits());
    }
}
