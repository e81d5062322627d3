//! A warp of the latent space: what training adds to a normal law.
//!
//! ```text
//! s = (z - center) / spread,  z' = s + f(s, g)
//! ```
//!
//! with a leaky network `f` of dense layers, which sees the score `g` of the length and leaves it
//! alone. A network of zeros only standardises.

use sparring_wide::{Dense, Matrix};

use super::decoder::finite;
use super::layers::Layers;
use crate::recommend::{NamedTensors, WeightsError};

/// The center, the spread and the layers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Warp {
    scale: Scale,
    layers: Layers,
}

/// Where latent vectors lie, by coordinate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    /// `[K]`.
    pub(super) center: Vec<f32>,
    /// `[K]`, above 0.
    pub(super) spread: Vec<f32>,
}

impl Scale {
    /// Mean and standard deviation of the first `K` entries of rows `[N, K + 1]`.
    pub(super) fn of(rows: &Matrix) -> Self {
        let (n, width) = (rows.rows as f64, rows.cols - 1);
        let (mut sums, mut squares) = (vec![0.0; width], vec![0.0; width]);
        for row in rows.rows_iter() {
            for (at, &x) in row[..width].iter().enumerate() {
                sums[at] += f64::from(x);
                squares[at] += f64::from(x) * f64::from(x);
            }
        }
        let means: Vec<f64> = sums.iter().map(|sum| sum / n).collect();
        let spread = squares.iter().zip(&means).map(|(square, mean)| {
            let variance = (square / n - mean * mean).max(0.0);
            single(variance.sqrt().max(1e-9))
        });
        Self {
            spread: spread.collect(),
            center: means.into_iter().map(single).collect(),
        }
    }

    /// Standardises the first `K` entries of rows `[N, K + 1]`: what `f` sees.
    pub(super) fn standardise(&self, rows: &mut Matrix) {
        for row in rows.data.chunks_mut(self.center.len() + 1) {
            let scales = self.center.iter().zip(&self.spread);
            for (x, (center, spread)) in row.iter_mut().zip(scales) {
                *x = (*x - center) / spread;
            }
        }
    }
}

/// `s + f`, `[N, K]`, from `(s, g)` `[N, K + 1]` and `f` `[N, K]`.
pub(super) fn shifted(seen: &Matrix, shift: &[f32]) -> Matrix {
    let width = seen.cols - 1;
    let mut latents = Vec::with_capacity(shift.len());
    for (row, shift) in seen.rows_iter().zip(shift.chunks(width)) {
        latents.extend(row.iter().zip(shift).map(|(s, f)| s + f));
    }
    Matrix::from_vec(seen.rows, width, latents)
}

impl Warp {
    pub(super) fn new(scale: Scale, layers: Vec<Dense>) -> Self {
        let layers = Layers(layers);
        Self { scale, layers }
    }

    /// What latent vectors are standardised by.
    pub(super) fn scale(&self) -> &Scale {
        &self.scale
    }

    /// Number `K` of latent coordinates.
    pub(super) fn width(&self) -> usize {
        self.scale.center.len()
    }

    /// The latent vectors `z'` `[N, K]` of rows `(z, g)` `[N, K + 1]`.
    pub(super) fn apply(&self, mut rows: Matrix) -> Matrix {
        self.scale.standardise(&mut rows);
        let shift = self.layers.outputs(&rows);
        shifted(&rows, &shift.data)
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let width = self.width();
        NamedTensors::new()
            .with("center", &[width], self.scale.center.clone())
            .with("spread", &[width], self.scale.spread.clone())
            .with_part("layers", self.layers.weights())
    }

    /// # Errors
    /// If a tensor is missing, does not fit the others or is not finite.
    pub(super) fn from_weights(weights: &NamedTensors, width: usize) -> Result<Self, WeightsError> {
        let center = weights.vector_of("center", width)?.to_vec();
        let spread = weights.vector_of("spread", width)?.to_vec();
        finite("center", &center)?;
        finite("spread", &spread)?;
        if let Some(found) = spread.iter().find(|spread| **spread <= 0.0) {
            return Err(WeightsError::Value {
                name: "spread".to_owned(),
                expected: "numbers above 0",
                found: found.to_string(),
            });
        }
        let layers = Layers::from_weights(&super::part(weights, "layers")?, [width + 1, width])?;
        Ok(Self {
            scale: Scale { center, spread },
            layers,
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(inputs: usize, outputs: usize, weights: &[f32], bias: &[f32]) -> Dense {
        Dense {
            weight: Matrix::from_vec(inputs, outputs, weights.to_vec()),
            bias: bias.to_vec(),
        }
    }

    /// `K = 1`, `f(s, g) = leaky(leaky(s + 2 g)) + 0.5`.
    fn warp() -> Warp {
        let scale = Scale {
            center: vec![1.0],
            spread: vec![2.0],
        };
        let layers = vec![
            layer(2, 1, &[1.0, 2.0], &[0.0]),
            layer(1, 1, &[1.0], &[0.0]),
            layer(1, 1, &[1.0], &[0.5]),
        ];
        Warp::new(scale, layers)
    }

    #[test]
    fn places_by_hand() {
        // z = 5: s = 2. g = 1: f = 4 + .5; g = -2: f = .2 * .2 * -2 + .5.
        let rows = Matrix::from_vec(2, 2, vec![5.0, 1.0, 5.0, -2.0]);
        let found = warp().apply(rows);
        for (found, expected) in found.data.iter().zip([6.5, 2.42]) {
            assert!((found - expected).abs() < 1e-6, "{found}");
        }
    }

    #[test]
    fn the_scale_is_mean_and_deviation_without_the_score() {
        let rows = Matrix::from_vec(2, 3, vec![1.0, 5.0, 70.0, 3.0, 5.0, 80.0]);
        let scale = Scale::of(&rows);
        assert_eq!(scale.center, [2.0, 5.0]);
        assert_eq!(scale.spread, [1.0, 1e-9]);
    }

    #[test]
    fn damaged_weights_are_refused() {
        let weights = warp().weights();
        assert_eq!(Warp::from_weights(&weights, 1).unwrap(), warp());
        for (name, shape, damage) in [
            ("spread", vec![1], 0.0),
            ("layers.weight1", vec![1, 1], f32::NAN),
            ("layers.weight2", vec![1, 2], 1.0),
        ] {
            let data = vec![damage; shape.iter().product()];
            let damaged = weights.clone().with(name, &shape, data);
            let error = Warp::from_weights(&damaged, 1).unwrap_err().to_string();
            let name = name.trim_start_matches("layers.");
            assert!(error.contains(name), "{error}");
        }
    }
}
