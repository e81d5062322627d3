//! Penalties on the slope of a critic.
//!
//! A penalty is a function of the slopes `grad_x D` alone; it gives its value and its derivatives
//! `v_b` at them, and the critic then has to learn from `sum_b v_b . grad_x D(x_b)`, `v` held fixed.
//! A network of piecewise linear units does so exactly by one pass forward along `v`. For any other
//! [`Critic`] central differences of two ordinary passes stand in for second derivatives:
//!
//! ```text
//! |v| (D(x + h u) - D(x - h u)) / 2h,        u = v / |v|
//! ```

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

/// R1 at real samples, R2 at generated ones (Mescheder et al., 2018, eq. 9 and 10): the value and
/// its derivatives at the slopes.
///
/// ```text
/// gamma / 2 mean_b |grad_x D(x_b)|^2
/// ```
/// # Shapes
/// `slopes [B, width]`, and so are the derivatives.
pub fn zero_centred(slopes: &[f32], width: usize, gamma: f32) -> (f32, Vec<f32>) {
    by_norm(slopes, width, |s| (gamma / 2.0 * s * s, gamma * s))
}

/// The gradient penalty of WGAN-GP (Gulrajani et al., 2017, eq. 3) at slopes between real and
/// generated samples: the value and its derivatives.
///
/// ```text
/// lambda mean_b (|grad_x D(x_b)| - 1)^2
/// ```
/// # Shapes
/// `slopes [B, width]`, and so are the derivatives.
pub fn one_centred(slopes: &[f32], width: usize, lambda: f32) -> (f32, Vec<f32>) {
    by_norm(slopes, width, |s| {
        (lambda * (s - 1.0).powi(2), 2.0 * lambda * (s - 1.0))
    })
}

/// [`zero_centred`] of any critic, by central differences.
///
/// Returns the penalty and adds its gradient to that of the critic.
pub fn zero_centred_penalty(critic: &mut dyn Critic, samples: &[f32], gamma: f32) -> f32 {
    let (value, along) = zero_centred(&critic.slope(samples), critic.width(), gamma);
    learn_along(critic, samples, along);
    value
}

/// [`one_centred`] of any critic, by central differences, at points between real and generated
/// samples.
///
/// Returns the penalty and adds its gradient to that of the critic.
pub fn gradient_penalty(critic: &mut dyn Critic, between: &[f32], lambda: f32) -> f32 {
    let (value, along) = one_centred(&critic.slope(between), critic.width(), lambda);
    learn_along(critic, between, along);
    value
}

/// The mean of `p(|slope|)` and its derivatives at the slopes; `p` gives value and derivative.
fn by_norm(slopes: &[f32], width: usize, p: impl Fn(f32) -> (f32, f32)) -> (f32, Vec<f32>) {
    let scale = width as f32 / slopes.len().max(1) as f32;
    let mut along = slopes.to_vec();
    let mut sum = 0.0;
    for row in along.chunks_mut(width) {
        let norm = length(row);
        let (value, slope) = p(norm);
        sum += value;
        let factor = slope * scale / norm.max(f32::MIN_POSITIVE);
        for entry in row {
            *entry *= factor;
        }
    }
    (sum * scale, along)
}

fn length(row: &[f32]) -> f32 {
    row.iter().map(|x| x * x).sum::<f32>().sqrt()
}

/// Adds the gradient of `sum_b along_b . grad D(x_b)`: both ends of every difference in one batch,
/// first all ahead, then all behind.
fn learn_along(critic: &mut dyn Critic, samples: &[f32], mut along: Vec<f32>) {
    let width = critic.width();
    let mut weights = Vec::with_capacity(2 * along.len() / width);
    for row in along.chunks_mut(width) {
        let norm = length(row);
        weights.push(norm / (2.0 * STEP));
        let factor = norm.max(f32::MIN_POSITIVE).recip();
        for entry in row {
            *entry *= factor;
        }
    }
    let ends: Vec<f32> = [STEP, -STEP]
        .iter()
        .flat_map(|by| samples.iter().zip(&along).map(move |(x, u)| x + by * u))
        .collect();
    critic.scores(&ends);
    let n = weights.len();
    weights.extend_from_within(..);
    weights[n..]
        .iter_mut()
        .for_each(|weight| *weight = -*weight);
    critic.accumulate(&weights);
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
