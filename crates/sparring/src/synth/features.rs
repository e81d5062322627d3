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

use super::decoder::finite;
use crate::models::{Profiles as Rows, Tall};
use crate::recommend::{NamedTensors, WeightsError};

/// Most popular items that are seen one by one.
const POPULAR: usize = 200;
/// Entries beside the directions and the popular items: residual, length, mean popularity.
const FURTHER: usize = 3;
/// A feature with a smaller deviation than this is constant.
const CONSTANT: f32 = 1e-6;
/// Real users by which features are standardised.
const STANDARD: usize = 20_000;

/// The directions, the items and the scales.
#[derive(Debug, Clone, PartialEq)]
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
        Self::with(POPULAR, rows, directions, popularity)
    }

    /// With so many popular items, standardised over these users.
    pub(super) fn with(popular: usize, rows: &Rows, directions: Tall, popularity: &[f64]) -> Self {
        let items = rows.n_columns();
        let mut order: Vec<u32> = (0..u32::try_from(items).expect("items fit u32")).collect();
        let share = |item: &u32| popularity[*item as usize];
        order.sort_by(|a, b| share(b).total_cmp(&share(a)).then(a.cmp(b)));
        order.truncate(popular);
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

    /// Number of items.
    pub(super) fn n_items(&self) -> usize {
        self.log_popularity.len()
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

    pub(super) fn weights(&self) -> NamedTensors {
        let (items, width) = self.directions.shape();
        let n = self.popular.len();
        let popular = self.popular.iter().map(|&item| item as f32).collect();
        NamedTensors::new()
            .with("directions", &[items, width], self.directions.data.clone())
            .with("popular", &[n], popular)
            .with("log_popularity", &[items], self.log_popularity.clone())
            .with("means", &[self.width()], self.means.clone())
            .with("scales", &[self.width()], self.scales.clone())
    }

    /// # Errors
    /// If a tensor is missing, does not fit the others or is out of range.
    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (items, width, directions) = weights.matrix("directions")?;
        let n = POPULAR.min(items);
        let popular = weights.vector_of("popular", n)?;
        let whole = |x: &f32| *x >= 0.0 && x.fract() == 0.0 && f64::from(*x) < items as f64;
        if let Some(found) = popular.iter().find(|x| !whole(x)) {
            return Err(WeightsError::Value {
                name: "popular".to_owned(),
                expected: "items of the catalogue",
                found: found.to_string(),
            });
        }
        let all = width + n + FURTHER;
        let log_popularity = weights.vector_of("log_popularity", items)?;
        let means = weights.vector_of("means", all)?;
        let scales = weights.vector_of("scales", all)?;
        for (name, numbers) in [
            ("directions", directions),
            ("log_popularity", log_popularity),
            ("means", means),
            ("scales", scales),
        ] {
            finite(name, numbers)?;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole and in range"
        )]
        let popular = popular.iter().map(|&x| x as u32).collect();
        Ok(Self {
            directions: Matrix::from_vec(items, width, directions.to_vec()),
            popular,
            log_popularity: log_popularity.to_vec(),
            means: means.to_vec(),
            scales: scales.to_vec(),
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;

    fn rows() -> Rows {
        let pairs = [
            (0, 0),
            (0, 1),
            (1, 0),
            (2, 0),
            (2, 1),
            (2, 2),
            (3, 0),
            (3, 3),
        ];
        Rows::of(&log(4, 4, pairs))
    }

    /// Users of items 0 to 3 with one direction; item 0 is the most popular.
    fn features() -> Features {
        let rows = rows();
        let directions = Tall {
            width: 1,
            values: vec![0.5, -1.0, 2.0, 0.25],
        };
        Features::of(&rows, directions, &[1.0, 0.5, 0.25, 0.25])
    }

    #[test]
    fn a_profile_by_hand() {
        let mut features = features();
        assert_eq!(features.popular, [0, 1, 2, 3]);
        features.means.fill(0.0);
        features.scales.fill(1.0);
        // {0, 1}: (.5 - 1) / sqrt 2, ones, 1 - 1/8, ln 2, (0 + ln .5) / 2.
        let ln2 = std::f32::consts::LN_2;
        let expected = [-0.353_553, 1.0, 1.0, 0.0, 0.0, 0.875, ln2, -ln2 / 2.0];
        let found = features.see(&[&[0, 1]]).rows;
        for (found, expected) in found.data.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }

    #[test]
    fn real_users_are_standard_and_what_all_share_does_not_count() {
        let features = features();
        let rows = rows();
        let seen = features.of_all(&rows);
        for at in 0..features.width() {
            let column: Vec<f32> = seen.rows_iter().map(|row| row[at]).collect();
            let square = column.iter().map(|x| x * x).sum::<f32>() / 4.0;
            let expected = if at == 1 { 0.0 } else { 1.0 };
            assert!((square - expected).abs() < 1e-4, "feature {at}: {column:?}");
        }
    }

    #[test]
    fn going_back_is_the_slope_where_the_length_is_given() {
        // An item more, with the length held: entries count for 1 / sqrt(2) and 1 / 2 each.
        let features = features();
        let weights: Vec<f32> = (0..features.width()).map(|at| (at as f32).sin()).collect();
        let seen = features.see(&[&[0, 1]]);
        let gradient = Matrix::from_vec(1, weights.len(), weights.clone());
        let back = features.back(&seen, &gradient);
        let value = |x: [f32; 4]| {
            let root = 2.0_f32.sqrt().recip();
            let directions = &features.directions.data;
            let projection: f32 = x.iter().zip(directions).map(|(x, d)| x * d * root).sum();
            let logs = features.log_popularity.iter();
            let mean = x.iter().zip(logs).map(|(x, l)| x * l).sum::<f32>() / 2.0;
            let mut raw = vec![projection];
            raw.extend(x);
            raw.extend([1.0 - projection * projection, 2.0_f32.ln(), mean]);
            let scaled = raw.iter().zip(&features.scales).zip(&features.means);
            let terms = scaled.zip(&weights).map(|(((x, s), m), w)| (x - m) * s * w);
            terms.sum::<f32>()
        };
        for item in 0..4 {
            let moved = |by: f32| {
                let mut x = [1.0, 1.0, 0.0, 0.0];
                x[item] += by;
                value(x)
            };
            let difference = (moved(0.01) - moved(-0.01)) / 0.02;
            assert!(
                (back.data[item] - difference).abs() < 1e-2,
                "{item}: {difference}"
            );
        }
    }
}
