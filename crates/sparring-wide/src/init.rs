//! Initial weights.

use rand::RngExt;
use rand_distr::{Distribution, Normal};

use crate::{Matrix, Seed};

/// Glorot's uniform initialisation, `U(-b, b)` with `b = sqrt(6 / (rows + cols))` (Glorot and
/// Bengio, 2010, eq. 16), of a matrix `[rows, cols]`.
pub fn xavier_uniform(rows: usize, cols: usize, seed: Seed) -> Matrix {
    let bound = (6.0 / (rows + cols).max(1) as f32).sqrt();
    let mut stream = seed.stream("xavier");
    let draw = (0..rows * cols).map(|_| stream.random_range(-bound..bound));
    Matrix::from_vec(rows, cols, draw.collect())
}

/// Normal weights with mean 0 and standard deviation `std`, of a matrix `[rows, cols]`.
///
/// # Panics
/// If `std` is negative or not finite.
pub fn normal(rows: usize, cols: usize, std: f32, seed: Seed) -> Matrix {
    assert!(std >= 0.0, "standard deviation {std}");
    let normal = Normal::new(0.0, std).expect("the standard deviation is finite");
    let mut stream = seed.stream("normal");
    let draw = (0..rows * cols).map(|_| normal.sample(&mut stream));
    Matrix::from_vec(rows, cols, draw.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_stated_spread() {
        // b = sqrt(6 / 150) = 0.2; U(-b, b) has standard deviation b / sqrt(3) = 0.11547.
        let xavier = xavier_uniform(100, 50, Seed(1));
        assert!(xavier.data.iter().all(|x| x.abs() <= 0.2));
        assert!((spread(&xavier) - 0.115_47).abs() < 0.005);
        assert!((spread(&normal(100, 50, 0.5, Seed(1))) - 0.5).abs() < 0.02);
    }

    fn spread(matrix: &Matrix) -> f32 {
        let sum: f32 = matrix.data.iter().map(|x| x * x).sum();
        (sum / matrix.data.len() as f32).sqrt()
    }
}
