//! The principal directions of a log in which every user counts alike.

use super::profiles::Profiles;
use super::subspace::{Search, leading};
use super::tall::{Scaled, Tall};
use crate::recommend::{FitError, Run};

/// Orthonormal directions `[I, K]`, the strongest first, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Directions {
    width: usize,
    vectors: Vec<f32>,
}

impl Directions {
    /// The `wanted` leading right singular vectors of the rows `x / sqrt(|x|)`, none of which is
    /// empty; fewer where the log has a lower rank.
    ///
    /// # Errors
    /// If the eigenvalues of a small matrix cannot be found, or a stop is requested.
    pub(crate) fn of(rows: &Profiles, wanted: usize, run: &Run<'_>) -> Result<Self, FitError> {
        let scale = |row: &[u32]| (row.len() as f64).sqrt().recip();
        let matrix = Scaled {
            profiles: rows,
            rows: &rows.rows().map(scale).collect::<Vec<_>>(),
            columns: &vec![1.0; rows.n_columns()],
        };
        let search = Search {
            model: "directions",
            wanted,
            iterations: 6,
        };
        let Tall { width, values } = leading(matrix, search, run)?.vectors;
        Ok(Self {
            width,
            vectors: values,
        })
    }

    /// Number `K` of directions.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The directions as a matrix.
    pub(crate) fn into_tall(self) -> Tall {
        Tall {
            width: self.width,
            values: self.vectors,
        }
    }

    /// The projection of `x / sqrt(|x|)`, `[K]`, for a set of items.
    pub(crate) fn project(&self, row: &[u32]) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        for &item in row {
            let vector = &self.vectors[item as usize * self.width..][..self.width];
            for (sum, &entry) in sums.iter_mut().zip(vector) {
                *sum += f64::from(entry);
            }
        }
        let length = (row.len() as f64).sqrt();
        for sum in &mut sums {
            *sum /= length;
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::profiles::tests::log;
    use crate::recommend::Cancel;
    use sparring_wide::Seed;

    #[test]
    fn worked_by_hand() {
        // Rows (1 1 0) / sqrt 2 twice and (0 0 1): singular values sqrt 2 and 1.
        let rows = Profiles::of(&log(3, 3, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]));
        let cancel = Cancel::new();
        let found = Directions::of(&rows, 5, &Run::quiet(Seed(1), &cancel)).unwrap();
        assert_eq!(found.width, 2);
        // {0} has 1 / sqrt 2 on the first; {0, 1, 2} has 2 / sqrt 2 / sqrt 3 and 1 / sqrt 3.
        for (row, expected) in [
            (&[0][..], [0.5_f64.sqrt(), 0.0]),
            (&[0, 1, 2], [(2.0_f64 / 3.0).sqrt(), (1.0_f64 / 3.0).sqrt()]),
        ] {
            for (entry, expected) in found.project(row).into_iter().zip(expected) {
                assert!((entry.abs() - expected).abs() < 1e-6, "{entry} {expected}");
            }
        }
    }
}
