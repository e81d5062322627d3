//! Integers with `P(y)` in proportion to `exp(-y^2 / (2 s^2))`, drawn exactly.
//!
//! Canonne, Kamath and Steinke, "The discrete Gaussian for differential privacy" (NeurIPS 2020),
//! algorithms 1 to 3: only integers are drawn and compared, so that no rounding of floating-point
//! numbers gives a user away (Mironov, "On significance of the least significant bits for
//! differential privacy", CCS 2012). The scale `s` is an integer: what is released is in units so
//! small that this is fine enough.

use rand::Rng;

/// Largest scale: with it, all products fit 128 bits.
pub const LARGEST_SCALE: u64 = 1 << 28;
/// Draws of the Laplace law beyond this are drawn again: a chance of `e^-128` where the scale is the
/// largest, less elsewhere.
const FARTHEST: u64 = 1 << 35;

/// A discrete Gaussian with an integer scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscreteGaussian {
    scale: u64,
}

impl DiscreteGaussian {
    /// With scale `s`, from 1 to [`LARGEST_SCALE`].
    ///
    /// # Panics
    /// If it is out of range.
    pub fn new(scale: u64) -> Self {
        assert!((1..=LARGEST_SCALE).contains(&scale), "a scale in range");
        Self { scale }
    }

    /// Draws from a source of random bits, which should be cryptographic.
    pub fn sample(self, bits: &mut impl Rng) -> i64 {
        // Any scale of the Laplace law is right; this one is refused least.
        let (square, t) = (u128::from(self.scale).pow(2), self.scale);
        loop {
            let drawn = laplace(t, bits);
            let away = drawn.unsigned_abs();
            let distance = (u128::from(away) * u128::from(t)).abs_diff(square);
            let denominator = 2 * square * u128::from(t).pow(2);
            if exp_minus(distance.pow(2), denominator, bits) {
                return drawn;
            }
        }
    }
}

/// An integer with `P(y)` in proportion to `exp(-|y| / t)` (algorithm 2 with a whole scale).
fn laplace(t: u64, bits: &mut impl Rng) -> i64 {
    loop {
        let rest = below(t.into(), bits);
        if !exp_minus(rest, t.into(), bits) {
            continue;
        }
        let mut turns = 0_u64;
        while exp_minus(1, 1, bits) {
            turns += 1;
        }
        let rest = u64::try_from(rest).expect("below t");
        let Some(away) = turns
            .checked_mul(t)
            .and_then(|whole| whole.checked_add(rest))
        else {
            continue;
        };
        let negative = bits.next_u32() & 1 == 1;
        if (negative && away == 0) || away > FARTHEST {
            continue;
        }
        let away = i64::try_from(away).expect("not beyond the farthest");
        return if negative { -away } else { away };
    }
}

/// True with chance `exp(-n / d)` (algorithm 1).
fn exp_minus(mut n: u128, d: u128, bits: &mut impl Rng) -> bool {
    while n > d {
        if !exp_of_a_part(1, 1, bits) {
            return false;
        }
        n -= d;
    }
    exp_of_a_part(n, d, bits)
}

/// The same for `n <= d`: the first of trials with chances `n / (d k)` to fail is an odd one.
fn exp_of_a_part(n: u128, d: u128, bits: &mut impl Rng) -> bool {
    let mut k = 1;
    while below(d * k, bits) < n {
        k += 1;
    }
    k % 2 == 1
}

/// A number below `n`, each with the same chance: bits are drawn again where they are beyond.
fn below(n: u128, bits: &mut impl Rng) -> u128 {
    let wide = 128 - (n - 1).leading_zeros();
    if wide == 0 {
        return 0;
    }
    loop {
        let drawn = if wide <= 64 {
            u128::from(bits.next_u64() >> (64 - wide))
        } else {
            let both = u128::from(bits.next_u64()) << 64 | u128::from(bits.next_u64());
            both >> (128 - wide)
        };
        if drawn < n {
            return drawn;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn drawn(scale: u64, n: usize) -> Vec<i64> {
        let mut bits = Xoshiro256PlusPlus::seed_from_u64(scale);
        let law = DiscreteGaussian::new(scale);
        (0..n).map(|_| law.sample(&mut bits)).collect()
    }

    #[test]
    fn frequencies_are_those_of_the_formula() {
        // Pearson's statistic over -8..=8 and the rest, for a scale of 2: 17 degrees of freedom,
        // beyond 40.8 with a chance of .001.
        let n = 200_000;
        let sample = drawn(2, n);
        let weight = |y: i64| (-((y * y) as f64) / 8.0).exp();
        let all: f64 = (-60..=60).map(weight).sum();
        let (mut statistic, mut rest) = (0.0, 1.0);
        let mut outside = n as f64;
        for y in -8..=8 {
            let found = sample.iter().filter(|&&x| x == y).count() as f64;
            let expected = n as f64 * weight(y) / all;
            statistic += (found - expected).powi(2) / expected;
            rest -= weight(y) / all;
            outside -= found;
        }
        let expected = n as f64 * rest;
        statistic += (outside - expected).powi(2) / expected;
        assert!(statistic < 40.8, "{statistic}");
    }

    #[test]
    fn moments_of_a_large_scale_are_those_of_the_normal_law() {
        let (scale, n) = (1 << 26, 40_000);
        let sample: Vec<f64> = drawn(scale, n)
            .into_iter()
            .map(|y| y as f64 / scale as f64)
            .collect();
        let moment = |k| sample.iter().map(|x: &f64| x.powi(k)).sum::<f64>() / n as f64;
        // Four standard errors: sqrt(1 / n), sqrt(2 / n), sqrt(96 / n).
        assert!(moment(1).abs() < 0.02, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.03, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.2, "{}", moment(4));
    }

    #[test]
    fn chances_of_exponentials() {
        let mut bits = Xoshiro256PlusPlus::seed_from_u64(1);
        for (n, d) in [
            (0_u128, 5_u128),
            (1, 3),
            (1, 1),
            (5, 2),
            (1 << 100, 1 << 101),
        ] {
            let tries = 40_000;
            let found = (0..tries).filter(|_| exp_minus(n, d, &mut bits)).count() as f64;
            let expected = (-(n as f64) / d as f64).exp();
            let share = found / f64::from(tries);
            assert!((share - expected).abs() < 0.011, "exp(-{n}/{d}): {share}");
        }
    }

    #[test]
    fn numbers_below_are_even() {
        let mut bits = Xoshiro256PlusPlus::seed_from_u64(2);
        let mut counts = [0; 5];
        for _ in 0..50_000 {
            counts[usize::try_from(below(5, &mut bits)).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|n: &i32| (n - 10_000).abs() < 400),
            "{counts:?}"
        );
        assert_eq!(below(1, &mut bits), 0);
        let high = (0..64).any(|_| below(1 << 100, &mut bits) > 1 << 98);
        assert!(high, "all bits are drawn");
    }
}
