//! How far generated features lie among real ones, and real among generated.

use rayon::prelude::*;
use sparring_wide::{Beta, Matrix, gemm_nt};

/// Neighbours whose distance is the radius of precision and recall (Kynkaanniemi et al., 2019).
const RADIUS: usize = 3;
/// The same of density and coverage (Naeem et al., 2020).
const NEIGHBOURS: usize = 5;
/// Share of squared lengths that a distance by products may be wrong by.
const ROUNDING: f32 = 1e-5;
/// Rows at once.
const BLOCK: usize = 512;

/// Precision, recall, density and coverage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Manifold {
    /// Share of generated rows within the ball of a real one.
    pub(crate) precision: f64,
    /// Share of real rows within the ball of a generated one.
    pub(crate) recall: f64,
    /// Balls of real rows that a generated one lies in, over the neighbours: near 1 where both are alike.
    pub(crate) density: f64,
    /// Share of real rows whose ball holds a generated one.
    pub(crate) coverage: f64,
}

/// All inner products `[n, m]`.
pub(crate) fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let mut out = Matrix::default();
    gemm_nt(a, b, Beta::Replace, &mut out);
    out
}

fn squares(x: &Matrix) -> Vec<f32> {
    x.rows_iter()
        .map(|row| row.iter().map(|v| v * v).sum())
        .collect()
}

/// Calls `f` with each row of `a` and its squared distances to all rows of `b`; the results in order.
pub(crate) fn by_row<T: Send>(
    a: &Matrix,
    b: &Matrix,
    f: impl Fn(usize, &[f32]) -> T + Sync,
) -> Vec<T> {
    let (of_a, of_b) = (squares(a), squares(b));
    let mut found = Vec::with_capacity(a.rows);
    for start in (0..a.rows).step_by(BLOCK) {
        let rows = BLOCK.min(a.rows - start);
        let data = a.data[start * a.cols..][..rows * a.cols].to_vec();
        let mut distances = product(&Matrix::from_vec(rows, a.cols, data), b);
        let each = distances.data.par_chunks_mut(b.rows).enumerate();
        let block: Vec<T> = each
            .map(|(row, distances)| {
                for (d, square) in distances.iter_mut().zip(&of_b) {
                    *d = (of_a[start + row] + square - 2.0 * *d).max(0.0);
                }
                f(start + row, distances)
            })
            .collect();
        found.extend(block);
    }
    found
}

/// The row of `b` that is nearest to each row of `a`, other than `skip` says, and its squared distance.
///
/// Distances by products are rounded in proportion to the rows themselves: all that may be nearest are
/// measured again, so that a row lies at 0 from itself.
pub(crate) fn nearest(
    a: &Matrix,
    b: &Matrix,
    skip: impl Fn(usize) -> Option<usize> + Sync,
) -> Vec<(usize, f32)> {
    let longest = squares(b).into_iter().fold(0.0, f32::max);
    by_row(a, b, |row, distances| {
        let own = a.row(row);
        let length: f32 = own.iter().map(|v| v * v).sum();
        let slack = ROUNDING * (length + longest);
        let skip = skip(row);
        let others = || {
            let each = distances.iter().copied().enumerate();
            each.filter(|(at, _)| Some(*at) != skip)
        };
        let least = others().fold(f32::INFINITY, |least, (_, d)| least.min(d));
        let near = others().filter(|(_, d)| *d <= least + slack);
        let exact = near.map(|(at, _)| {
            let pairs = own.iter().zip(b.row(at));
            (at, pairs.map(|(x, y)| (x - y) * (x - y)).sum::<f32>())
        });
        let found = exact.min_by(|x, y| x.1.total_cmp(&y.1));
        found.unwrap_or((0, f32::INFINITY))
    })
}

/// The squared distance of each row to its `k`-th nearest other row.
fn radii(x: &Matrix, k: usize) -> Vec<f32> {
    by_row(x, x, |row, distances| {
        let mut others = distances.to_vec();
        others.swap_remove(row);
        let at = k.min(others.len()).saturating_sub(1);
        let (_, kth, _) = others.select_nth_unstable_by(at, f32::total_cmp);
        *kth
    })
}

impl Manifold {
    /// Of real and generated features, two rows or more each.
    pub(crate) fn of(real: &Matrix, generated: &Matrix) -> Self {
        let share = |hits: Vec<bool>| {
            hits.iter().filter(|hit| **hit).count() as f64 / hits.len().max(1) as f64
        };
        let within = |rows: &Matrix, balls: &Matrix, radii: &[f32]| {
            share(by_row(rows, balls, |_, distances| {
                distances.iter().zip(radii).any(|(d, r)| d <= r)
            }))
        };
        let wide = radii(real, NEIGHBOURS);
        let counts = by_row(generated, real, |_, distances| {
            distances.iter().zip(&wide).filter(|(d, r)| d <= r).count()
        });
        let density = counts.iter().sum::<usize>() as f64 / (NEIGHBOURS * counts.len()) as f64;
        Self {
            precision: within(generated, real, &radii(real, RADIUS)),
            recall: within(real, generated, &radii(generated, RADIUS)),
            density,
            coverage: share(by_row(real, generated, |row, distances| {
                distances.iter().any(|d| *d <= wide[row])
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::{Seed, normal};

    #[test]
    fn one_law_covers_itself_and_a_point_covers_little() {
        let (a, b) = (normal(600, 3, 1.0, Seed(1)), normal(600, 3, 1.0, Seed(2)));
        let alike = Manifold::of(&a, &b);
        assert!(alike.precision > 0.9 && alike.recall > 0.9, "{alike:?}");
        assert!(
            (alike.density - 1.0).abs() < 0.1 && alike.coverage > 0.9,
            "{alike:?}"
        );
        let point = normal(600, 3, 0.01, Seed(3));
        let collapsed = Manifold::of(&a, &point);
        assert!(collapsed.precision > 0.9, "{collapsed:?}");
        assert!(
            collapsed.recall < 0.05 && collapsed.coverage < 0.1,
            "{collapsed:?}"
        );
        let mut far = b;
        far.data.iter_mut().for_each(|v| *v += 50.0);
        let apart = Manifold::of(&a, &far);
        assert!(apart.precision + apart.recall + apart.density + apart.coverage == 0.0);
    }

    #[test]
    fn a_row_lies_at_nothing_from_itself_however_long_it_is() {
        let mut x = normal(200, 8, 1e-3, Seed(1));
        x.data.iter_mut().for_each(|v| *v += 30.0);
        for (row, (at, distance)) in nearest(&x, &x, |_| None).into_iter().enumerate() {
            assert_eq!((row, distance), (at, 0.0));
        }
        let (at, distance) = nearest(&x, &x, Some)[0];
        let expected = (1..200).map(|other| {
            let pairs = x.row(0).iter().zip(x.row(other));
            pairs.map(|(x, y)| (x - y).powi(2)).sum::<f32>()
        });
        assert!(at != 0 && distance > 0.0);
        let expected = expected.fold(f32::INFINITY, f32::min);
        assert!(
            (distance - expected).abs() <= 1e-4 * expected,
            "{distance} {expected}"
        );
    }

    #[test]
    fn radii_by_hand() {
        // 0, 1, 3, 7: nearest others at 1, 1, 2, 4.
        let x = Matrix::from_vec(4, 1, vec![0.0, 1.0, 3.0, 7.0]);
        assert_eq!(radii(&x, 1), [1.0, 1.0, 4.0, 16.0]);
        assert_eq!(radii(&x, 2), [9.0, 4.0, 9.0, 36.0]);
    }
}
