//! How like real pictures generated ones are, with real ones in their place as the floor.

use std::path::Path;

use rand::seq::SliceRandom;
use serde::Serialize;
use sparring::recommend::Cancel;
use sparring_wide::{Matrix, Seed};

use crate::canvas::{Canvas, grid};
use crate::error::PictureError;
use crate::features::{DESCRIBE, Features, WIDTH};
use crate::frechet::{frechet, kernel_distance};
use crate::manifold::{Manifold, nearest};
use crate::set::Pictures;

/// Pictures of a kernel distance at most: it takes all pairs.
const PAIRS: usize = 2_000;
/// Share of real pictures that are as near to another one as what counts as a copy.
const COPY: f64 = 0.01;
/// Fewest pictures on each side.
const FEWEST: usize = 10;

/// One figure of generated pictures, and of as many real ones in their place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// Of generated pictures.
    pub generated: f64,
    /// Of real ones: the floor, or the ceiling.
    pub real: f64,
}

/// All figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Pictures on each side.
    pub n: usize,
    /// Numbers that describe a picture.
    pub features: usize,
    /// Share of held-out pictures that the network of features gets right.
    pub accuracy: f64,
    /// What the network of features tells.
    pub task: &'static str,
    /// The figures.
    pub figures: Vec<Figure>,
}

/// Real pictures in two halves and the network that describes them.
#[derive(Debug)]
pub struct Scoring<'a> {
    real: &'a Pictures,
    features: Features,
    reference: Matrix,
    floor: Matrix,
    /// All real pictures, the floor's first.
    all: Matrix,
    order: Vec<u32>,
}

impl<'a> Scoring<'a> {
    /// Trains the network of features, or takes it from `cache`, and describes the real pictures; `n` on
    /// each side.
    ///
    /// # Errors
    /// [`PictureError::Empty`] if there are too few pictures, and if the cache cannot be written.
    pub fn new(
        real: &'a Pictures,
        n: usize,
        cache: &Path,
        cancel: &Cancel,
    ) -> Result<Self, PictureError> {
        let n = n.min(real.len() / 2);
        if n < FEWEST {
            return Err(PictureError::Empty {
                path: "the real pictures".into(),
                finding: format!("{} are too few to compare with", real.len()),
            });
        }
        let features = Features::of(real, DESCRIBE, (cache, cancel))?;
        let mut order: Vec<u32> =
            (0..u32::try_from(real.len()).expect("pictures fit u32")).collect();
        order.shuffle(&mut Seed(1).stream("halves"));
        let all = features.describe(real, &order);
        let half = |from: usize| {
            Matrix::from_vec(n, WIDTH, all.data[from * WIDTH..][..n * WIDTH].to_vec())
        };
        Ok(Self {
            real,
            floor: half(0),
            reference: half(n),
            features,
            all,
            order,
        })
    }

    fn described(&self, generated: &Pictures) -> Matrix {
        let n = generated.len().min(self.reference.rows);
        let which: Vec<u32> = (0..u32::try_from(n).expect("pictures fit u32")).collect();
        self.features.describe(generated, &which)
    }

    /// The figures of generated pictures, the first ones of as many as there are real ones on a side.
    pub fn score(&self, generated: &Pictures) -> Score {
        let made = self.described(generated);
        let first = |x: &Matrix| {
            let n = x.rows.min(PAIRS);
            Matrix::from_vec(n, WIDTH, x.data[..n * WIDTH].to_vec())
        };
        let reference = &self.reference;
        let few = first(reference);
        let both = |f: &dyn Fn(&Matrix) -> f64| [f(&made), f(&self.floor)];
        let manifolds = [&made, &self.floor].map(|x| Manifold::of(reference, x));
        let of = |f: fn(&Manifold) -> f64| manifolds.each_ref().map(f);
        let figure = |name, [generated, real]: [f64; 2]| Figure {
            name,
            generated,
            real,
        };
        let figures = vec![
            figure("Frechet distance", both(&|x| frechet(reference, x))),
            figure(
                "kernel distance, thousandths",
                both(&|x| kernel_distance(&few, &first(x))),
            ),
            figure("precision", of(|m| m.precision)),
            figure("recall", of(|m| m.recall)),
            figure("density", of(|m| m.density)),
            figure("coverage", of(|m| m.coverage)),
            figure("near copies", self.copies(&made)),
        ];
        Score {
            n: made.rows,
            features: WIDTH,
            accuracy: self.features.accuracy,
            task: self.features.task,
            figures,
        }
    }

    /// Shares that lie as near to a real picture as the nearest hundredth of real ones to another.
    fn copies(&self, made: &Matrix) -> [f64; 2] {
        let far =
            |found: Vec<(usize, f32)>| found.into_iter().map(|(_, d)| d).collect::<Vec<f32>>();
        // The floor's rows are the first of all.
        let others = far(nearest(&self.floor, &self.all, Some));
        let mut sorted = others.clone();
        sorted.sort_by(f32::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place in a list"
        )]
        let limit = sorted[(COPY * sorted.len() as f64) as usize];
        let made = far(nearest(made, &self.all, |_| None));
        let share = |nearest: &[f32]| {
            nearest.iter().filter(|d| **d <= limit).count() as f64 / nearest.len().max(1) as f64
        };
        [share(&made), share(&others)]
    }

    /// A sheet of generated pictures over the nearest real ones, those nearest to one first.
    pub fn nearest(&self, generated: &Pictures, n: usize) -> Canvas {
        let made = self.described(generated);
        let mut found: Vec<(f32, usize, usize)> = nearest(&made, &self.all, |_| None)
            .into_iter()
            .enumerate()
            .map(|(row, (at, d))| (d, row, at))
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.truncate(n);
        let above = found.iter().flat_map(|(_, row, _)| generated.picture(*row));
        let below = found
            .iter()
            .flat_map(|(_, _, at)| self.real.picture(self.order[*at] as usize));
        let bytes: Vec<u8> = above.chain(below).copied().collect();
        grid(&bytes, self.real.shape, found.len(), 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_deep::PictureShape;

    /// Bars, lying or standing by their class, at places drawn by lot.
    fn bars(n: usize, seed: u64) -> Pictures {
        use rand::RngExt;
        let mut stream = Seed(seed).stream("bars");
        let mut bytes = vec![0; n * 784];
        for (at, picture) in bytes.chunks_mut(784).enumerate() {
            let (place, wide) = (
                stream.random_range(2..22_usize),
                stream.random_range(2..5_usize),
            );
            let shade = stream.random_range(120..=255_u8);
            for long in 4..24 {
                for across in place..place + wide {
                    let (y, x) = if at % 2 == 0 {
                        (across, long)
                    } else {
                        (long, across)
                    };
                    picture[y * 28 + x] = shade;
                }
            }
        }
        Pictures {
            shape: PictureShape {
                side: 28,
                channels: 1,
            },
            bytes,
            labels: Some((0..n).map(|at| u32::from(at % 2 == 1)).collect()),
        }
    }

    #[test]
    fn real_pictures_are_the_floor_and_others_are_worse() {
        let (real, place) = (bars(600, 1), tempfile::tempdir().unwrap());
        let cancel = Cancel::new();
        let scoring = Scoring::new(&real, 300, place.path(), &cancel).unwrap();
        let value = |score: &Score, name: &str| {
            let figure = score.figures.iter().find(|figure| figure.name == name);
            figure
                .map(|figure| (figure.generated, figure.real))
                .unwrap()
        };
        let fresh = scoring.score(&bars(300, 2));
        assert!(fresh.accuracy > 0.9, "{fresh:?}");
        let (found, floor) = value(&fresh, "Frechet distance");
        assert!(found < 4.0 * floor, "{fresh:?}");
        assert!(value(&fresh, "recall").0 > 0.5, "{fresh:?}");
        // One half of the classes: precise, and without the other half.
        let lying: Vec<u32> = (0..600).filter(|at| at % 2 == 0).collect();
        let half = scoring.score(&bars(600, 2).some(&lying));
        assert!(value(&half, "Frechet distance").0 > 5.0 * found, "{half:?}");
        assert!(
            value(&half, "coverage").0 < 0.6 * value(&fresh, "coverage").0,
            "{half:?}"
        );
        // Training pictures are copies of themselves.
        let copies = scoring.score(&real);
        assert!(value(&copies, "near copies").0 > 0.99, "{copies:?}");
        assert!(value(&fresh, "near copies").0 < 0.2, "{fresh:?}");
        // The cache gives the same network.
        let again = Scoring::new(&real, 300, place.path(), &cancel).unwrap();
        assert_eq!(again.score(&bars(300, 2)).figures, fresh.figures);
        let real = bars(12, 1);
        let few = Scoring::new(&real, 300, place.path(), &cancel);
        assert!(few.unwrap_err().to_string().contains("12 are too few"));
    }
}
