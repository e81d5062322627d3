//! Distances between two sets of features by their moments.

use faer::{Mat, MatRef, Side};
use sparring_wide::Matrix;

/// The Frechet distance of two normal laws (Dowson and Landau, 1982; Heusel et al., 2017, eq. 6).
///
/// ```text
/// |m - m'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2)
/// ```
/// # Shapes
/// `[n, F]` each.
pub(crate) fn frechet(a: &Matrix, b: &Matrix) -> f64 {
    let ((mean_a, s_a), (mean_b, s_b)) = (moments(a), moments(b));
    let shift: f64 = mean_a
        .iter()
        .zip(&mean_b)
        .map(|(x, y)| (x - y).powi(2))
        .sum();
    let root = root(&s_a);
    let product = &root * &s_b * &root;
    let crossed: f64 = eigenvalues(product.as_ref())
        .iter()
        .map(|v| v.max(0.0).sqrt())
        .sum();
    let trace = |s: &Mat<f64>| (0..s.nrows()).map(|at| s[(at, at)]).sum::<f64>();
    (shift + trace(&s_a) + trace(&s_b) - 2.0 * crossed).max(0.0)
}

fn moments(x: &Matrix) -> (Vec<f64>, Mat<f64>) {
    let n = x.rows as f64;
    let mut mean = vec![0.0; x.cols];
    for row in x.rows_iter() {
        mean.iter_mut()
            .zip(row)
            .for_each(|(m, v)| *m += f64::from(*v) / n);
    }
    let centred = Mat::from_fn(x.rows, x.cols, |r, c| f64::from(x.row(r)[c]) - mean[c]);
    let covariance = centred.transpose() * &centred;
    let scale = (n - 1.0).max(1.0).recip();
    let covariance = Mat::from_fn(x.cols, x.cols, |r, c| covariance[(r, c)] * scale);
    (mean, covariance)
}

fn eigenvalues(matrix: MatRef<'_, f64>) -> Vec<f64> {
    let symmetric = Mat::from_fn(matrix.nrows(), matrix.ncols(), |r, c| {
        f64::midpoint(matrix[(r, c)], matrix[(c, r)])
    });
    let found = symmetric.self_adjoint_eigenvalues(Side::Lower);
    found.expect("features are finite")
}

/// The square root of a covariance.
fn root(matrix: &Mat<f64>) -> Mat<f64> {
    let found = matrix
        .self_adjoint_eigen(Side::Lower)
        .expect("features are finite");
    let (u, s) = (found.U(), found.S().column_vector());
    let scaled = Mat::from_fn(u.nrows(), u.ncols(), |r, c| {
        u[(r, c)] * s[c].max(0.0).sqrt()
    });
    &scaled * u.transpose()
}

/// The squared maximum mean discrepancy under a cubic kernel, without bias (Binkowski et al., 2018,
/// eq. 4), times 1,000.
///
/// ```text
/// k(x, y) = (x . y / F + 1)^3
/// ```
pub(crate) fn kernel_distance(a: &Matrix, b: &Matrix) -> f64 {
    let width = a.cols as f64;
    let mean = |x: &Matrix, y: &Matrix, same: bool| {
        let product = crate::manifold::product(x, y);
        let mut sum = 0.0_f64;
        for (r, row) in product.rows_iter().enumerate() {
            for (c, dot) in row.iter().enumerate() {
                if !(same && r == c) {
                    sum += (f64::from(*dot) / width + 1.0).powi(3);
                }
            }
        }
        let pairs = if same {
            x.rows * (x.rows - 1)
        } else {
            x.rows * y.rows
        };
        sum / pairs.max(1) as f64
    };
    1e3 * (mean(a, a, true) + mean(b, b, true) - 2.0 * mean(a, b, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::{Seed, normal};

    #[test]
    fn frechet_by_hand() {
        // Means 0 and 3, variances 2 and 8 of one feature: 9 + 2 + 8 - 2 sqrt(16) = 11.
        let a = Matrix::from_vec(2, 1, vec![-1.0, 1.0]);
        let b = Matrix::from_vec(2, 1, vec![1.0, 5.0]);
        assert!((frechet(&a, &b) - 11.0).abs() < 1e-9);
        // Turned against each other: S = diag(4, 1), S' = diag(1, 4): 10 - 2 (2 + 2) = 2, as n grows.
        let draw = |seed, scale: [f32; 2]| {
            let mut x = normal(40_000, 2, 1.0, Seed(seed));
            x.data.chunks_mut(2).for_each(|row| {
                row[0] *= scale[0];
                row[1] *= scale[1];
            });
            x
        };
        let found = frechet(&draw(1, [2.0, 1.0]), &draw(2, [1.0, 2.0]));
        assert!((found - 2.0).abs() < 0.1, "{found}");
    }

    #[test]
    fn the_kernel_distance_by_hand_and_of_one_law() {
        // k(0, 0) = 1, k(1, 1) = 8, k(0, 1) = 1: 1 + 8 - 2 = 7.
        let (a, b) = (Matrix::zeros(2, 1), Matrix::from_vec(2, 1, vec![1.0; 2]));
        assert!((kernel_distance(&a, &b) - 7e3).abs() < 1e-6);
        let (a, b) = (normal(500, 4, 1.0, Seed(1)), normal(500, 4, 1.0, Seed(2)));
        let far = normal(500, 4, 2.0, Seed(3));
        assert!(kernel_distance(&a, &b).abs() < 0.1 * kernel_distance(&a, &far));
    }
}
