//! What a generator is fed.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};
use sparring_wide::Stream;

/// A distribution of independent entries, each of mean 0 and, but for the truncated normal,
/// variance 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Noise {
    /// Standard normal.
    #[default]
    Normal,
    /// Uniform between `-sqrt(3)` and `sqrt(3)`.
    Uniform,
    /// Standard normal without what lies beyond 2; variance .774.
    TruncatedNormal,
    /// -1 or 1, each with probability 1/2.
    Bernoulli,
    /// An even mixture of normals at -.9 and .9 with standard deviation `sqrt(.19)`.
    Mixture,
}

impl Noise {
    /// Draws every entry of `out`.
    pub fn fill(self, out: &mut [f32], stream: &mut Stream) {
        for value in out {
            *value = self.draw(stream);
        }
    }

    fn draw(self, stream: &mut Stream) -> f32 {
        let sign = |stream: &mut Stream| if stream.random::<bool>() { 1.0 } else { -1.0 };
        match self {
            Self::Normal => StandardNormal.sample(stream),
            Self::Uniform => stream.random_range(-1.0..1.0_f32) * 3.0_f32.sqrt(),
            Self::TruncatedNormal => loop {
                let value: f32 = StandardNormal.sample(stream);
                if value.abs() <= 2.0 {
                    return value;
                }
            },
            Self::Bernoulli => sign(stream),
            Self::Mixture => {
                let spread: f32 = StandardNormal.sample(stream);
                0.9 * sign(stream) + 0.19_f32.sqrt() * spread
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Seed;

    #[test]
    fn moments_are_as_stated() {
        let cases = [
            (Noise::Normal, 1.0, 3.0),
            // Fourth moments: 9/5; 1; 3 * .7737 - 16 phi(2) / .9545 = 1.416.
            (Noise::Uniform, 1.0, 1.8),
            (Noise::Bernoulli, 1.0, 1.0),
            (Noise::TruncatedNormal, 0.774, 1.416),
            // .9^4 + 6 * .81 * .19 + 3 * .19^2 = 1.6878.
            (Noise::Mixture, 1.0, 1.6878),
        ];
        for (noise, variance, fourth) in cases {
            let mut draws = vec![0.0; 200_000];
            noise.fill(&mut draws, &mut Seed(1).stream("noise"));
            let moment = |p: i32| draws.iter().map(|&x| f64::from(x).powi(p)).sum::<f64>() / 2e5;
            assert!(moment(1).abs() < 0.01, "{noise:?} mean {}", moment(1));
            assert!(
                (moment(2) - variance).abs() < 0.01,
                "{noise:?} variance {}",
                moment(2)
            );
            assert!(
                (moment(4) - fourth).abs() < 0.06,
                "{noise:?} fourth moment {}",
                moment(4)
            );
        }
    }
}
