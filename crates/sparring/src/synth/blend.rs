//! A blend of normal laws: what latent users are drawn from.
//!
//! ```text
//! y = mean_c + A_c n,  A_c A_c' = covariance_c,  n standard normal,  c drawn by weight
//! ```

use sparring_wide::Matrix;

use super::decoder::finite;
use super::normal::cdf;
use crate::models::eigen;
use crate::recommend::{NamedTensors, WeightsError};

/// Eigenvalues below this share of the largest count as this share.
const NEGLIGIBLE: f64 = 1e-7;

/// One normal law and its weight.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) weight: f64,
    /// `[D]`.
    pub(super) mean: Vec<f64>,
    pub(super) spread: Spread,
}

/// A covariance by its eigenvectors.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    /// Eigenvalues, `[D]`, above 0 unless all are 0.
    values: Vec<f64>,
    /// Eigenvector `k` is column `k`, row-major `[D, D]`.
    vectors: Vec<f64>,
}

impl Spread {
    /// Of a covariance whose lower triangle is given column-major; `None` if its eigenvalues cannot
    /// be found.
    pub(super) fn of(covariance: &[f64], n: usize) -> Option<Self> {
        let (mut values, columns) = eigen(covariance, n)?;
        let least = values.last()? * NEGLIGIBLE;
        for value in &mut values {
            *value = value.max(least).max(0.0);
        }
        let vectors = (0..n * n).map(|at| columns[(at / n, at % n)]).collect();
        Some(Self { values, vectors })
    }

    /// `A = Q sqrt(L)`, row-major.
    fn factor(&self) -> Vec<f32> {
        let n = self.values.len();
        let entry = |at: usize| single(self.vectors[at] * self.values[at % n].sqrt());
        (0..n * n).map(entry).collect()
    }

    /// `L^-1/2 Q'`, row-major: makes what has this covariance standard.
    pub(super) fn whitening(&self) -> Matrix {
        let n = self.values.len();
        let entry = |at: usize| {
            let (row, column) = (at / n, at % n);
            single(self.vectors[column * n + row] / self.values[row].sqrt())
        };
        Matrix::from_vec(n, n, (0..n * n).map(entry).collect())
    }

    /// Logarithm of the determinant.
    pub(super) fn log_determinant(&self) -> f64 {
        self.values.iter().map(|value| value.ln()).sum()
    }
}

/// The blend, ready to draw from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blend {
    /// Sum to 1, `[C]`.
    weights: Vec<f32>,
    /// `[C, D]`.
    means: Matrix,
    /// `A_c`, each a row: `[C, D * D]`.
    factors: Matrix,
}

impl Blend {
    pub(super) fn new(components: Vec<Component>) -> Self {
        let (count, width) = (components.len(), components[0].mean.len());
        let mut blend = Self {
            weights: Vec::with_capacity(count),
            means: Matrix::zeros(0, width),
            factors: Matrix::zeros(0, width * width),
        };
        for Component {
            weight,
            mean,
            spread,
        } in components
        {
            blend.weights.push(single(weight));
            blend.means.data.extend(mean.into_iter().map(single));
            blend.factors.data.extend(spread.factor());
        }
        (blend.means.rows, blend.factors.rows) = (count, count);
        blend
    }

    /// Width `D`.
    pub(super) fn width(&self) -> usize {
        self.means.cols
    }

    /// Multiplies the variance of the first coordinates around the mean of all.
    pub(super) fn inflate(&mut self, factor: f32, coordinates: usize) {
        let (root, width) = (factor.sqrt(), self.width());
        for at in 0..coordinates {
            let weighed = self.weights.iter().zip(self.means.rows_iter());
            let middle: f32 = weighed.map(|(weight, mean)| weight * mean[at]).sum();
            for component in 0..self.weights.len() {
                let mean = &mut self.means.row_mut(component)[at];
                *mean = middle + root * (*mean - middle);
                for entry in &mut self.factors.row_mut(component)[at * width..][..width] {
                    *entry *= root;
                }
            }
        }
    }

    /// Distribution function of the last coordinate.
    pub(super) fn cdf_of_last(&self, x: f64) -> f64 {
        let (width, mut sum) = (self.width(), 0.0);
        for (component, weight) in self.weights.iter().enumerate() {
            let factor = &self.factors.row(component)[(width - 1) * width..];
            let variance: f64 = factor.iter().map(|&a| f64::from(a) * f64::from(a)).sum();
            let mean = f64::from(self.means.row(component)[width - 1]);
            sum += f64::from(*weight) * cdf((x - mean) / variance.sqrt().max(1e-9));
        }
        sum
    }

    /// The place of a user: the component at `which` of all weight, moved by standard `noise`.
    pub(super) fn place(&self, which: f32, noise: &[f32], place: &mut [f32]) {
        let mut below = 0.0;
        let found = self.weights.iter().position(|weight| {
            below += weight;
            which < below
        });
        let component = found.unwrap_or(self.weights.len() - 1);
        let factor = self.factors.row(component).chunks(self.width());
        let mean = self.means.row(component);
        for ((place, mean), factor) in place.iter_mut().zip(mean).zip(factor) {
            let moved: f32 = factor.iter().zip(noise).map(|(a, n)| a * n).sum();
            *place = mean + moved;
        }
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let (count, width) = self.means.shape();
        NamedTensors::new()
            .with("weights", &[count], self.weights.clone())
            .with("means", &[count, width], self.means.data.clone())
            .with(
                "factors",
                &[count, width * width],
                self.factors.data.clone(),
            )
    }

    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (count, width, means) = weights.matrix("means")?;
        if count == 0 || width == 0 {
            return Err(WeightsError::Shape {
                name: "means".to_owned(),
                expected: "[components, width]".to_owned(),
                found: vec![count, width],
            });
        }
        let factors = weights.matrix_of("factors", count, width * width)?;
        let shares = weights.vector_of("weights", count)?;
        for (name, numbers) in [("means", means), ("factors", factors), ("weights", shares)] {
            finite(name, numbers)?;
        }
        Ok(Self {
            weights: shares.to_vec(),
            means: Matrix::from_vec(count, width, means.to_vec()),
            factors: Matrix::from_vec(count, width * width, factors.to_vec()),
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
pub(super) fn single(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Variances 4 and 9 with a covariance of 3 around (1, 2).
    fn component(weight: f64, mean: [f64; 2]) -> Component {
        Component {
            weight,
            mean: mean.to_vec(),
            spread: Spread::of(&[4.0, 3.0, f64::NAN, 9.0], 2).unwrap(),
        }
    }

    fn product(factor: &[f32]) -> [f32; 3] {
        let [a, b, c, d] = factor else { panic!() };
        [a * a + b * b, a * c + b * d, c * c + d * d]
    }

    #[test]
    fn factors_and_determinant_by_hand() {
        let Component { spread, .. } = component(1.0, [1.0, 2.0]);
        // 4 * 9 - 3 * 3 = 27.
        assert!((spread.log_determinant() - 27.0_f64.ln()).abs() < 1e-9);
        for (found, expected) in product(&spread.factor()).iter().zip([4.0, 3.0, 9.0]) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        // W C W' is the identity: W times the factor is a rotation.
        let whitening = spread.whitening();
        let [a, b, c, d] = whitening.data[..] else {
            panic!()
        };
        for (row, (x, y)) in [(a, b), (c, d)].into_iter().enumerate() {
            let length = 4.0 * x * x + 6.0 * x * y + 9.0 * y * y;
            assert!((length - 1.0).abs() < 1e-5, "row {row}: {length}");
        }
    }

    #[test]
    fn a_blend_places_users_by_weight_and_inflates_the_first_coordinates() {
        let mut blend = Blend::new(vec![
            component(0.25, [1.0, 2.0]),
            component(0.75, [5.0, 2.0]),
        ]);
        let mut place = [0.0; 2];
        for (which, expected) in [(0.2, [1.0_f32, 2.0]), (0.3, [5.0, 2.0]), (1.0, [5.0, 2.0])] {
            blend.place(which, &[0.0; 2], &mut place);
            assert_eq!(place.map(f32::to_bits), expected.map(f32::to_bits));
        }
        // The second coordinate is normal around 2 with a deviation of 3.
        assert!((blend.cdf_of_last(5.0) - cdf(1.0)).abs() < 1e-6);
        // The mean of all is 4: the first means move from 1 to -2 and from 5 to 6, variance 4 and
        // covariance 3 become 16 and 6, the second coordinate stays.
        blend.inflate(4.0, 1);
        blend.place(0.2, &[0.0; 2], &mut place);
        assert_eq!(place.map(f32::to_bits), [-2.0_f32, 2.0].map(f32::to_bits));
        for (found, expected) in product(blend.factors.row(1)).iter().zip([16.0, 6.0, 9.0]) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }
}
