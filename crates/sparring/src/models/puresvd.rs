//! PureSVD: the leading right singular vectors of the interactions (Cremonesi, Koren and Turrin,
//! "Performance of recommender algorithms on top-N recommendation tasks", RecSys 2010).
//!
//! ```text
//! X ~ U S V',  score(u, i) = x_u V V_i'                                        (eq. 9)
//! ```
//!
//! A user is projected by the history alone, seen in training or not. Departure: the vectors come
//! from randomised subspace iteration (Halko, Martinsson and Tropp, 2011, algorithm 4.4) in double
//! precision, with ten more columns than wanted.

use std::num::NonZeroUsize;

use faer::Mat;
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::check;
use super::item_item::{ItemItem, LowRank};
use super::profiles::Profiles;
use super::symmetric::eigen;
use crate::data::Dataset;
use crate::recommend::{Dimension, Fit, FitError, Progress, Run, Tune, Values};

/// Columns beyond those wanted.
const OVERSAMPLING: usize = 10;
/// Rows of a block in sums over rows, whatever the number of threads.
const BLOCK: usize = 512;
/// Eigenvalues below this share of the largest are rounding errors of zero.
const NEGLIGIBLE: f64 = 1e-12;

/// Settings of PureSVD.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PureSvdConfig {
    /// Number `K` of singular vectors; fewer where the log has a lower rank.
    pub embedding_dim: NonZeroUsize,
    /// Rounds of subspace iteration.
    pub iterations: NonZeroUsize,
}

impl Default for PureSvdConfig {
    fn default() -> Self {
        Self {
            embedding_dim: NonZeroUsize::new(50).expect("not zero"),
            iterations: NonZeroUsize::new(6).expect("not zero"),
        }
    }
}

/// The singular vectors of the items.
#[derive(Debug, Clone, PartialEq)]
pub struct PureSvd(ItemItem);

impl Fit for PureSvdConfig {
    type Model = PureSvd;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<PureSvd, FitError> {
        let users = Profiles::of(train).without_empty_rows();
        check::some_interaction("puresvd", users.len())?;
        let items = users.transpose();
        let n = train.n_items();
        let width = (self.embedding_dim.get() + OVERSAMPLING).min(n);
        let mut stream = run.seed.derive("puresvd").stream("subspace");
        let mut vectors = Tall {
            width,
            values: (0..n * width)
                .map(|_| stream.sample(StandardNormal))
                .collect(),
        };
        let total = self.iterations.get() as u64;
        for done in 1..=total {
            // Orthogonal after every product, or the small singular values drown.
            let projected = times(&users, &vectors).rotated(usize::MAX);
            vectors = projected
                .and_then(|projected| {
                    let wanted = if done == total {
                        self.embedding_dim.get()
                    } else {
                        usize::MAX
                    };
                    times(&items, &projected).rotated(wanted)
                })
                .ok_or_else(|| FitError::Diverged {
                    model: "puresvd",
                    step: done,
                    evidence: "the eigenvalue iteration did not end".to_owned(),
                })?;
            run.observer.progress(Progress {
                unit: "iteration",
                done,
                total,
            });
        }
        #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
        let factors = vectors.values.iter().map(|&value| value as f32).collect();
        let low = LowRank::new(vectors.width, factors, vec![1.0; n], vec![0.0; n]);
        Ok(PureSvd(ItemItem::LowRank(low)))
    }
}

/// A matrix of few columns, row-major.
struct Tall {
    width: usize,
    values: Vec<f64>,
}

/// Sparse rows times a matrix.
fn times(rows: &Profiles, matrix: &Tall) -> Tall {
    let width = matrix.width;
    let mut values = vec![0.0; rows.n_rows() * width];
    values
        .par_chunks_mut(width)
        .enumerate()
        .for_each(|(row, sums)| {
            for &column in rows.row(row) {
                let entries = &matrix.values[column as usize * width..][..width];
                sums.iter_mut()
                    .zip(entries)
                    .for_each(|(sum, entry)| *sum += entry);
            }
        });
    Tall { width, values }
}

impl Tall {
    /// `T' T`, its lower triangle, column-major.
    fn gram(&self) -> Vec<f64> {
        let k = self.width;
        let blocks: Vec<Vec<f64>> = self
            .values
            .par_chunks(BLOCK * k)
            .map(|block| {
                let mut gram = vec![0.0; k * k];
                for row in block.chunks(k) {
                    for (at, value) in row.iter().enumerate() {
                        let sums = &mut gram[at * k + at..(at + 1) * k];
                        sums.iter_mut()
                            .zip(&row[at..])
                            .for_each(|(s, v)| *s += value * v);
                    }
                }
                gram
            })
            .collect();
        let mut gram = vec![0.0; k * k];
        for block in blocks {
            gram.iter_mut()
                .zip(block)
                .for_each(|(sum, part)| *sum += part);
        }
        gram
    }

    /// The leading left singular vectors, at most `wanted`, largest singular value first.
    fn rotated(self, wanted: usize) -> Option<Self> {
        let k = self.width;
        let (values, vectors) = eigen(&self.gram(), k)?;
        let least = values.last()? * NEGLIGIBLE;
        let kept: Vec<usize> = (0..k)
            .rev()
            .filter(|&at| values[at] > least)
            .take(wanted)
            .collect();
        let width = kept.len();
        let rotation = Mat::from_fn(k, width, |row, column| {
            vectors[(row, kept[column])] / values[kept[column]].sqrt()
        });
        let mut rotated = vec![0.0; self.values.len() / k * width];
        rotated
            .par_chunks_mut(width.max(1))
            .zip(self.values.par_chunks(k))
            .for_each(|(out, row)| {
                for (column, out) in out.iter_mut().enumerate() {
                    let direction = rotation.col_as_slice(column);
                    *out = row.iter().zip(direction).map(|(a, b)| a * b).sum();
                }
            });
        Some(Self {
            width,
            values: rotated,
        })
    }
}

impl Tune for PureSvdConfig {
    fn space() -> Vec<Dimension> {
        vec![Dimension {
            key: "embedding_dim",
            values: Values::LogInteger(5, 300),
        }]
    }
}

delegate!(PureSvd(ItemItem));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::models::profiles::tests::log;
    use crate::recommend::{Query, Recommender};
    use sparring_wide::Seed;

    fn tiny(embedding_dim: usize) -> PureSvdConfig {
        PureSvdConfig {
            embedding_dim: NonZeroUsize::new(embedding_dim).unwrap(),
            ..PureSvdConfig::default()
        }
    }

    recommender_contract!(super::tiny(6));

    fn fit(config: &PureSvdConfig, data: &Dataset) -> PureSvd {
        let cancel = crate::recommend::Cancel::new();
        config.fit(data, &Run::quiet(Seed(1), &cancel)).unwrap()
    }

    #[test]
    fn by_hand() {
        // Two users have {0, 1} and one has {2}: the leading right vector is (1 1 0) / sqrt 2, so
        // that a history {0} scores (.5, .5, 0).
        let data = log(3, 3, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]);
        let model = fit(&tiny(1), &data);
        let mut scores = [f32::NAN; 3];
        model
            .score_into(&[Query::new_user(&[ItemIx(0)])], &mut scores)
            .unwrap();
        for (found, expected) in scores.into_iter().zip([0.5, 0.5, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        // All vectors there are: the projection returns a row of the log as it is.
        let model = fit(&tiny(9), &data);
        model
            .score_into(&[Query::new_user(&[ItemIx(1), ItemIx(0)])], &mut scores)
            .unwrap();
        for (found, expected) in scores.into_iter().zip([1.0, 1.0, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&tiny(6));
        assert!(uplift > 1.5, "{uplift}");
    }
}
