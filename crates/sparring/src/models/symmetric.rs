//! Inverse and eigenvectors of symmetric matrices, the same bits at any number of threads.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::{Mat, MatMut, MatRef, Par, Spec};

/// Threads that faer splits its work for; a constant, since the split decides the order of sums.
const SPLIT: usize = 2;

/// The lower triangle of the inverse of a positive definite matrix, column-major `[N, N]`, whose
/// lower triangle is given; `None` if it is not positive definite.
pub(super) fn inverse(mut matrix: Vec<f64>, n: usize) -> Option<Vec<f64>> {
    let par = Par::rayon(SPLIT);
    let mut memory = MemBuffer::new(llt::factor::cholesky_in_place_scratch::<f64>(
        n,
        par,
        Spec::default(),
    ));
    llt::factor::cholesky_in_place(
        MatMut::from_column_major_slice_mut(&mut matrix, n, n),
        llt::factor::LltRegularization::default(),
        par,
        MemStack::new(&mut memory),
        Spec::default(),
    )
    .ok()?;
    let mut inverse = vec![0.0; n * n];
    let mut memory = MemBuffer::new(llt::inverse::inverse_scratch::<f64>(n, par));
    llt::inverse::inverse(
        MatMut::from_column_major_slice_mut(&mut inverse, n, n),
        MatRef::from_column_major_slice(&matrix, n, n),
        par,
        MemStack::new(&mut memory),
    );
    Some(inverse)
}

/// The eigenvalues, rising, and eigenvectors of a matrix whose lower triangle is given
/// column-major; `None` if the iteration does not end.
pub(crate) fn eigen(matrix: &[f64], n: usize) -> Option<(Vec<f64>, Mat<f64>)> {
    let par = Par::rayon(SPLIT);
    let mut values = Diag::<f64>::zeros(n);
    let mut vectors = Mat::<f64>::zeros(n, n);
    let scratch =
        self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, par, Spec::default());
    self_adjoint_evd(
        MatRef::from_column_major_slice(matrix, n, n),
        values.as_mut(),
        Some(vectors.as_mut()),
        par,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Spec::default(),
    )
    .ok()?;
    let values = values.column_vector();
    Some(((0..n).map(|at| values[at]).collect(), vectors))
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    /// A positive definite matrix large enough for faer to split its work.
    fn matrix(n: usize) -> Vec<f64> {
        let mut stream = sparring_wide::Seed(4).stream("matrix");
        let mut matrix: Vec<f64> = (0..n * n).map(|_| stream.random_range(-1.0..1.0)).collect();
        for at in 0..n {
            matrix[at * n + at] += n as f64;
        }
        matrix
    }

    fn at_threads<R: Send>(threads: usize, work: impl Fn() -> R + Send + Sync) -> R {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(work)
    }

    #[test]
    fn by_hand() {
        // [2 1; 1 3]: determinant 5, inverse [.6 -.2; . .4].
        let inverse = inverse(vec![2.0, 1.0, f64::NAN, 3.0], 2).unwrap();
        for (found, expected) in [(inverse[0], 0.6), (inverse[1], -0.2), (inverse[3], 0.4)] {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        // [2 1; 1 2]: eigenvalues 1 and 3.
        let (values, _) = eigen(&[2.0, 1.0, 1.0, 2.0], 2).unwrap();
        assert!((values[0] - 1.0).abs() < 1e-12 && (values[1] - 3.0).abs() < 1e-12);
        assert!(super::inverse(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
    }

    #[test]
    fn same_bits_at_any_thread_count_where_faer_splits_its_work() {
        let n = 700;
        let one = at_threads(1, || inverse(matrix(n), n).unwrap());
        for threads in 2..=3 {
            let other = at_threads(threads, || inverse(matrix(n), n).unwrap());
            assert!(one == other, "inverse at {threads} threads");
        }
        let one = at_threads(1, || eigen(&matrix(n), n).unwrap());
        for threads in 2..=3 {
            let other = at_threads(threads, || eigen(&matrix(n), n).unwrap());
            assert!(one == other, "eigenvectors at {threads} threads");
        }
    }
}
