//! What a critic sees of a profile, and what a profile feels of it.
//!
//! ```text
//! u = x / sqrt(|x|):  P' u,  |u|^2 - |P' u|^2,  x of the most popular items,
//!                     ln |x|,  mean of ln popularity over the profile
//! ```
//!
//! each standardised by its mean and deviation over the real users.

use rayon::prelude::*;
use sparring_wide::{Beta, Matrix, gemm_nt};

use crate::models::{Profiles as Rows, Tall};

/// Most popular items that are seen one by one.
const POPULAR: usize = 200;
/// Entries beside the directions and the popular items: residual, length, mean popularity.
const FURTHER: usize = 3;
/// A feature with a smaller deviation than this is constant.
const CONSTANT: f32 = 1e-6;
/// Real users by which features are standardised.
const STANDARD: usize = 20_000;

/// The directions, the items and the scales.
#[derive(Debug)]
pub(super) struct Features {
    /// `P`, `[I, D]`.
    directions: Matrix,
    /// The most popular items.
    popular: Vec<u32>,
    /// `ln` of the items' popularity, `[I]`.
    log_popularity: Vec<f32>,
    /// Means over real users, `[F]`.
    means: Vec<f32>,
    /// Inverse deviations, 0 where a feature is constant, `[F]`.
    scales: Vec<f32>,
}

/// The features of some profiles, `[B, F]`, and what going back needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) rows: Matrix,
    /// `P' u`, `[B, D]`.
    projections: Matrix,
    lengths: Vec<usize>,
}

impl Features {
    /// Of the real users; `popularity` is the share of users that have each item.
    pub(super) fn of(rows: &Rows, directions: Tall, popularity: &[f64]) -> Self {
        let items = rows.n_columns();
        let mut order: Vec<u32> = (0..u32::try_from(items).expect("items fit u32")).collect();
        let share = |item: &u32| popularity[*item as usize];
        order.sort_by(|a, b| share(b).total_cmp(&share(a)).then(a.cmp(b)));
        order.truncate(POPULAR);
        let width = directions.width;
        let logarithm = |&share: &f64| single(share.max(1e-9).ln());
        let mut features = Self {
            directions: Matrix::from_vec(items, width, directions.values),
            log_popularity: popularity.iter().map(logarithm).collect(),
            means: vec![0.0; width + order.len() + FURTHER],
            scales: vec![1.0; width + order.len() + FURTHER],
            popular: order,
        };
        features.standardise(rows);
        features
    }

    /// Number `F` of features.
    pub(super) fn width(&self) -> usize {
        self.means.len()
    }

    /// The features of real users, of some spread evenly over the log if there are many.
    pub(super) fn of_all(&self, rows: &Rows) -> Matrix {
        let step = rows.n_rows().div_ceil(STANDARD).max(1);
        let users = (0..rows.n_rows()).step_by(step);
        let users: Vec<&[u32]> = users.map(|user| rows.row(user)).collect();
        self.see(&users).rows
    }

    /// Means and deviations over real users.
    fn standardise(&mut self, rows: &Rows) {
        let seen = self.of_all(rows);
        let n = seen.rows as f64;
        let (mut sums, mut squares) = (vec![0.0; seen.cols], vec![0.0; seen.cols]);
        for row in seen.rows_iter() {
            for ((sum, square), &x) in sums.iter_mut().zip(&mut squares).zip(row) {
                *sum += f64::from(x);
                *square += f64::from(x) * f64::from(x);
            }
        }
        for (at, (sum, square)) in sums.iter().zip(squares).enumerate() {
            let mean = sum / n;
            let deviation = single((square / n - mean * mean).max(0.0).sqrt());
            self.means[at] = single(mean);
            self.scales[at] = if deviation > CONSTANT {
                deviation.recip()
            } else {
                0.0
            };
        }
    }

    /// The features of profiles.
    pub(super) fn see(&self, profiles: &[&[u32]]) -> Seen {
        let (width, all) = (self.directions.cols, self.width());
        let mut rows = Matrix::zeros(profiles.len(), all);
        let mut projections = Matrix::zeros(profiles.len(), width);
        let outputs = rows.data.par_chunks_mut(all);
        outputs
            .zip(projections.data.par_chunks_mut(width.max(1)))
            .zip(profiles)
            .for_each(|((out, projection), profile)| self.one(profile, projection, out));
        Seen {
            rows,
            projections,
            lengths: profiles.iter().map(|profile| profile.len()).collect(),
        }
    }

    /// The features of one profile, whose items rise.
    fn one(&self, profile: &[u32], projection: &mut [f32], out: &mut [f32]) {
        let (width, popular) = (self.directions.cols, self.popular.len());
        let n = profile.len() as f32;
        let mut popularity = 0.0;
        for &item in profile {
            let direction = self.directions.row(item as usize);
            for (sum, entry) in projection.iter_mut().zip(direction) {
                *sum += entry;
            }
            popularity += self.log_popularity[item as usize];
        }
        let root = n.sqrt().recip();
        for entry in projection.iter_mut() {
            *entry *= root;
        }
        out[..width].copy_from_slice(projection);
        for (out, item) in out[width..].iter_mut().zip(&self.popular) {
            *out = f32::from(u8::from(profile.binary_search(item).is_ok()));
        }
        let further = &mut out[width + popular..];
        further[0] = 1.0 - projection.iter().map(|x| x * x).sum::<f32>();
        further[1] = n.ln();
        further[2] = popularity / n;
        for ((x, mean), scale) in out.iter_mut().zip(&self.means).zip(&self.scales) {
            *x = (*x - mean) * scale;
        }
    }

    /// Derivatives by the entries of the profiles, `[B, I]`, from those by their features.
    ///
    /// The length counts as given: it is not what the generator makes.
    pub(super) fn back(&self, seen: &Seen, gradient: &Matrix) -> Matrix {
        let (width, popular, all) = (self.directions.cols, self.popular.len(), self.width());
        let mut along = Matrix::zeros(gradient.rows, width);
        for (at, row) in along.data.chunks_mut(width.max(1)).enumerate() {
            let (gradient, projection) = (gradient.row(at), seen.projections.row(at));
            let root = (seen.lengths[at] as f32).sqrt().recip();
            let residual = gradient[width + popular] * self.scales[width + popular];
            for (place, out) in row.iter_mut().enumerate() {
                let direct = gradient[place] * self.scales[place];
                *out = root * (direct - 2.0 * residual * projection[place]);
            }
        }
        let mut back = Matrix::default();
        gemm_nt(&along, &self.directions, Beta::Replace, &mut back);
        let items = self.directions.rows;
        back.data
            .par_chunks_mut(items)
            .enumerate()
            .for_each(|(at, row)| {
                let gradient = gradient.row(at);
                let mean = gradient[all - 1] * self.scales[all - 1] / seen.lengths[at] as f32;
                for (out, popularity) in row.iter_mut().zip(&self.log_popularity) {
                    *out += mean * popularity;
                }
                for (place, &item) in self.popular.iter().enumerate() {
                    let place = width + place;
                    row[item as usize] += gradient[place] * self.scales[place];
                }
            });
        back
    }
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}
