//! The regression of places on facts, by kernels.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;
use sparring_wide::Matrix;

use super::content::Content;
use super::space::Space;
use crate::models::symmetric::inverse;
use crate::models::tall::single;
use crate::recommend::FitError;

/// What two items have in common of which nothing is known.
const CONSTANT: f32 = 0.5;

/// ```text
/// k(i, j) = (<i, j> + 1/2)^degree
/// place(i) = m + k(i, A) (K_AA + l2)^-1 (E_A - m)      m the mean place of the anchors A
/// ```
///
/// The place of an anchor as if it had not been among them, in closed form:
/// `E_i - [(K + l2)^-1 (E - m)]_i / [(K + l2)^-1]_ii`.
#[derive(Debug, Clone)]
pub(in crate::models) struct Kernel {
    pub(in crate::models) degree: u32,
    pub(in crate::models) l2: f64,
}

/// What the regression tells.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::models) struct Told {
    /// The items that were learnt from, rising.
    pub(in crate::models) anchors: Vec<usize>,
    /// Their places as if each had not been among them, `[A, K]`.
    pub(in crate::models) without: Matrix,
    /// The items that nobody has, rising.
    pub(in crate::models) cold: Vec<usize>,
    /// Their places, `[C, K]`.
    pub(in crate::models) places: Matrix,
}

impl Kernel {
    /// Learns from the items with a count above 0 of which something is known, and places the others.
    ///
    /// # Errors
    /// If the matrix of the anchors cannot be inverted.
    pub(in crate::models) fn tell(
        &self,
        model: &'static str,
        (content, counts): (&Content, &[u32]),
        space: &Space,
    ) -> Result<Told, FitError> {
        let (anchors, cold) = content.parted(counts);
        let (n, k) = (anchors.len(), space.places.cols);
        let mean = mean(&space.places, &anchors);
        let apart = Mat::from_fn(n, k, |row, at| {
            f64::from(space.places.row(anchors[row])[at]) - mean[at]
        });
        let mut matrix = vec![0.0; n * n];
        matrix
            .par_chunks_mut(n.max(1))
            .enumerate()
            .for_each(|(column, out)| {
                for (row, out) in out.iter_mut().enumerate().skip(column) {
                    *out = self.of(content, anchors[row], anchors[column]);
                }
                out[column] += self.l2;
            });
        let mut inverse = inverse(matrix, n).ok_or(FitError::NotPositiveDefinite {
            model,
            matrix: "matrix of what items have in common",
        })?;
        for column in 0..n {
            for row in 0..column {
                inverse[column * n + row] = inverse[row * n + column];
            }
        }
        let inverse = MatRef::from_column_major_slice(&inverse, n, n);
        let mut weights = Mat::<f64>::zeros(n, k);
        let par = Par::rayon(2);
        matmul(
            weights.as_mut(),
            Accum::Replace,
            inverse,
            apart.as_ref(),
            1.0,
            par,
        );
        let mut without = Matrix::zeros(n, k);
        for (row, &anchor) in anchors.iter().enumerate() {
            let own = space.places.row(anchor);
            for (at, out) in without.row_mut(row).iter_mut().enumerate() {
                *out = single(f64::from(own[at]) - weights[(row, at)] / inverse[(row, row)]);
            }
        }
        let mut places = Matrix::zeros(cold.len(), k);
        places
            .data
            .par_chunks_mut(k.max(1))
            .zip(&cold)
            .for_each(|(out, &item)| {
                let mut sums = mean.clone();
                for (row, &anchor) in anchors.iter().enumerate() {
                    let alike = self.of(content, item, anchor);
                    for (at, sum) in sums.iter_mut().enumerate() {
                        *sum += alike * weights[(row, at)];
                    }
                }
                out.iter_mut()
                    .zip(sums)
                    .for_each(|(out, sum)| *out = single(sum));
            });
        Ok(Told {
            anchors,
            without,
            cold,
            places,
        })
    }

    fn of(&self, content: &Content, i: usize, j: usize) -> f64 {
        let exponent = i32::try_from(self.degree).expect("a small degree");
        f64::from(content.product(i, j) + CONSTANT).powi(exponent)
    }
}

fn mean(places: &Matrix, rows: &[usize]) -> Vec<f64> {
    let mut mean = vec![0.0; places.cols];
    for &row in rows {
        for (mean, place) in mean.iter_mut().zip(places.row(row)) {
            *mean += f64::from(*place) / rows.len() as f64;
        }
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemFeatures;
    use crate::models::cold::ContentConfig;

    fn content(rows: &[Vec<u32>]) -> Content {
        let config = ContentConfig {
            kinds: 1.0,
            ..ContentConfig::default()
        };
        Content::of(&ItemFeatures::new(rows), &config)
    }

    fn space(places: &[f32]) -> Space {
        Space {
            codes: Matrix::zeros(places.len(), 1),
            places: Matrix::from_vec(places.len(), 1, places.to_vec()),
        }
    }

    #[test]
    fn two_anchors_by_hand() {
        // k = 1.5 with itself, .5 with the other; K + l2 = (2 .5; .5 2), inverse (2 -.5; -.5 2) / 3.75.
        let content = content(&[vec![0], vec![1], vec![0], vec![]]);
        let kernel = Kernel { degree: 1, l2: 0.5 };
        let told = kernel
            .tell(
                "test",
                (&content, &[3, 1, 0, 0]),
                &space(&[3.0, 1.0, 0.0, 0.0]),
            )
            .unwrap();
        assert_eq!(
            (&told.anchors[..], &told.cold[..]),
            (&[0, 1][..], &[2, 3][..])
        );
        // E - m = (1, -1), weights (2/3, -2/3): like item 0, m + 1.5 (2/3) - .5 (2/3); unknown, m.
        let close = |found: f32, wanted: f32| assert!((found - wanted).abs() < 1e-5, "{found}");
        close(told.places.data[0], 2.0 + 2.0 / 3.0);
        close(told.places.data[1], 2.0);
        // Without item 0, from item 1's distance to the mean alone: m + .5 / 2 (-1).
        close(told.without.data[0], 2.0 - 0.25);
    }

    #[test]
    fn left_out_is_as_if_it_had_never_been_there() {
        let rows: Vec<Vec<u32>> = vec![vec![0, 1], vec![1], vec![2], vec![0, 2], vec![1, 2]];
        let content = content(&rows);
        // The mean is 0 with and without item 3.
        let places = [1.0, -2.0, 0.5, 0.0, 0.5];
        let kernel = Kernel { degree: 2, l2: 0.3 };
        let tell = |counts: [u32; 5]| {
            let told = kernel.tell("test", (&content, &counts), &space(&places));
            told.unwrap()
        };
        let (all, four) = (tell([1; 5]), tell([1, 1, 1, 0, 1]));
        assert_eq!(four.cold, [3]);
        let (closed, direct) = (all.without.data[3], four.places.data[0]);
        assert!((closed - direct).abs() < 1e-5, "{closed} {direct}");
        assert!(direct.abs() > 0.01);
    }
}
