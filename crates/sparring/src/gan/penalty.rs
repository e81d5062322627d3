//! Penalties on the slope of a critic without second derivatives.
//!
//! With `u = grad_x D / |grad_x D|` held fixed, `d|grad_x D| = d(u . grad_x D)`, and `u . grad_x D` is
//! a central difference of two ordinary forward passes:
//!
//! ```text
//! s(x) = (D(x + h u) - D(x - h u)) / 2h
//! ```
//! so that the derivative of a penalty `p(s)` at the weights is that of `p'(s) / 2h` times the two
//! scores, held fixed.

/// A discriminator as penalties see it.
pub trait Critic {
    /// Number of entries of one sample.
    fn width(&self) -> usize;
    /// The score of each sample, `[B]`.
    fn scores(&mut self, samples: &[f32]) -> Vec<f32>;
    /// The gradient of each sample's score at the sample, row-major `[B, width]`.
    fn slope(&mut self, samples: &[f32]) -> Vec<f32>;
    /// Adds the gradient of `sum_b weights_b score_b`, over the samples that were scored last, to
    /// that of the parameters.
    fn accumulate(&mut self, weights: &[f32]);
}

/// Step of the central difference; inputs are of the order of 1.
const STEP: f32 = 1e-2;

/// R1 at real samples, R2 at generated ones (Mescheder et al., 2018, eq. 9 and 10).
///
/// ```text
/// gamma / 2 mean_b |grad_x D(x_b)|^2
/// ```
/// Returns the penalty and adds its gradient to that of the critic.
pub fn zero_centred_penalty(critic: &mut dyn Critic, samples: &[f32], gamma: f32) -> f32 {
    penalise(critic, samples, |s| (gamma / 2.0 * s * s, gamma * s))
}

/// The gradient penalty of WGAN-GP (Gulrajani et al., 2017, eq. 3), at points between real and
/// generated samples.
///
/// ```text
/// lambda mean_b (|grad_x D(x_b)| - 1)^2
/// ```
/// Returns the penalty and adds its gradient to that of the critic.
pub fn gradient_penalty(critic: &mut dyn Critic, between: &[f32], lambda: f32) -> f32 {
    penalise(critic, between, |s| {
        (lambda * (s - 1.0).powi(2), 2.0 * lambda * (s - 1.0))
    })
}

fn penalise(critic: &mut dyn Critic, samples: &[f32], p: impl Fn(f32) -> (f32, f32)) -> f32 {
    let width = critic.width();
    let mut direction = critic.slope(samples);
    for row in direction.chunks_mut(width) {
        let norm = row
            .iter()
            .map(|x| x * x)
            .sum::<f32>()
            .sqrt()
            .max(f32::MIN_POSITIVE);
        for value in row {
            *value /= norm;
        }
    }
    // Both ends of every difference in one batch: first all ahead, then all behind.
    let ends: Vec<f32> = [STEP, -STEP]
        .iter()
        .flat_map(|by| samples.iter().zip(&direction).map(move |(x, u)| x + by * u))
        .collect();
    let scores = critic.scores(&ends);
    let (up, down) = scores.split_at(scores.len() / 2);
    let scale = 1.0 / up.len() as f32;
    let mut sum = 0.0;
    let mut weights: Vec<f32> = up
        .iter()
        .zip(down)
        .map(|(up, down)| {
            let (value, slope) = p((up - down) / (2.0 * STEP));
            sum += value;
            slope * scale / (2.0 * STEP)
        })
        .collect();
    weights.extend_from_within(..);
    for weight in &mut weights[up.len()..] {
        *weight = -*weight;
    }
    critic.accumulate(&weights);
    sum * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `D(x) = w . x`, whose slope is `w` everywhere.
    struct Linear {
        w: [f32; 2],
        grad: [f32; 2],
        scored: Vec<f32>,
    }

    impl Critic for Linear {
        fn width(&self) -> usize {
            2
        }

        fn scores(&mut self, samples: &[f32]) -> Vec<f32> {
            self.scored = samples.to_vec();
            samples
                .chunks(2)
                .map(|x| self.w[0] * x[0] + self.w[1] * x[1])
                .collect()
        }

        fn slope(&mut self, samples: &[f32]) -> Vec<f32> {
            self.w.repeat(samples.len() / 2)
        }

        fn accumulate(&mut self, weights: &[f32]) {
            for (x, weight) in self.scored.chunks(2).zip(weights) {
                self.grad[0] += weight * x[0];
                self.grad[1] += weight * x[1];
            }
        }
    }

    #[test]
    fn a_known_slope_gives_the_known_penalty_and_gradient() {
        let samples = [0.5, -1.0, 2.0, 0.25];
        let mut critic = Linear {
            w: [3.0, 4.0],
            grad: [0.0; 2],
            scored: Vec::new(),
        };
        // |w| = 5: 0.2 / 2 * 25 = 2.5, gradient 0.2 w.
        let value = zero_centred_penalty(&mut critic, &samples, 0.2);
        assert!((value - 2.5).abs() < 1e-3, "{value}");
        assert!((critic.grad[0] - 0.6).abs() < 1e-3 && (critic.grad[1] - 0.8).abs() < 1e-3);
        critic.grad = [0.0; 2];
        // 10 (5 - 1)^2 = 160, gradient 2 * 10 * 4 * w / |w| = 80 (.6, .8).
        let value = gradient_penalty(&mut critic, &samples, 10.0);
        assert!((value - 160.0).abs() < 0.1, "{value}");
        assert!((critic.grad[0] - 48.0).abs() < 0.1 && (critic.grad[1] - 64.0).abs() < 0.1);
    }
}
