//! What the critic sees when pictures are few (Zhao et al., 2020, "Differentiable augmentation for
//! data-efficient GAN training").
//!
//! Each picture, real or generated, is moved by up to an eighth of its side, what leaves it is lost
//! and what enters is empty, and a square of half its side is made empty. All of it is linear, so that
//! the generator learns through it by the transpose.

use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sparring_deep::PictureShape;
use sparring_wide::{Matrix, Seed};

/// Whether the critic sees changed pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Augmentation {
    /// If there are fewer than 5,000 pictures.
    #[default]
    Auto,
    /// Yes.
    On,
    /// No.
    Off,
}

/// Pictures below which augmentation is worth its blur.
const FEW: usize = 5_000;
/// What an empty place holds: the darkest value.
const EMPTY: f32 = -1.0;

impl Augmentation {
    /// Whether so many pictures are changed.
    pub fn applies(self, pictures: usize) -> bool {
        match self {
            Self::Auto => pictures < FEW,
            Self::On => true,
            Self::Off => false,
        }
    }
}

/// The change of one picture.
#[derive(Debug, Clone, Copy)]
struct Change {
    /// Rows and columns that the picture moves.
    by: [i32; 2],
    /// First row and column of the empty square.
    cut: [i32; 2],
    /// Its side.
    hole: i32,
}

/// The changes of a batch.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    shape: PictureShape,
    each: Vec<Change>,
}

impl Changes {
    /// Draws the changes of `n` pictures.
    pub(crate) fn draw(shape: PictureShape, n: usize, seed: Seed, step: u64) -> Self {
        let mut stream = seed.stream_at("augmentation", step);
        let side = i32::try_from(shape.side).expect("pictures are small");
        let (reach, hole) = (side / 8, side / 2);
        let mut draw = || Change {
            by: [0, 1].map(|_| stream.random_range(-reach..=reach)),
            cut: [0, 1].map(|_| stream.random_range(0..=side) - hole / 2),
            hole,
        };
        Self {
            shape,
            each: (0..n).map(|_| draw()).collect(),
        }
    }

    /// Moves of `n` pictures by up to `reach` places, without holes.
    pub(crate) fn moves(
        shape: PictureShape,
        (n, reach): (usize, i32),
        (seed, step): (Seed, u64),
    ) -> Self {
        let mut stream = seed.stream_at("moves", step);
        let mut draw = || Change {
            by: [0, 1].map(|_| stream.random_range(-reach..=reach)),
            cut: [0; 2],
            hole: 0,
        };
        Self {
            shape,
            each: (0..n).map(|_| draw()).collect(),
        }
    }

    /// The changed pictures.
    pub(crate) fn apply(&self, pictures: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(pictures.rows, pictures.cols);
        out.fill(EMPTY);
        let rows = out.data.par_chunks_mut(pictures.cols.max(1));
        rows.zip(pictures.data.par_chunks(pictures.cols.max(1)))
            .zip(&self.each)
            .for_each(|((out, from), change)| {
                self.pairs(*change, |to, at| out[to] = from[at]);
            });
        out
    }

    /// The derivatives by the pictures, given those by the changed ones.
    pub(crate) fn transpose(&self, by: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(by.rows, by.cols);
        let rows = out.data.par_chunks_mut(by.cols.max(1));
        rows.zip(by.data.par_chunks(by.cols.max(1)))
            .zip(&self.each)
            .for_each(|((out, by), change)| {
                self.pairs(*change, |to, at| out[at] = by[to]);
            });
        out
    }

    /// Calls `pair(place of the changed picture, place of the picture)` where the latter is seen.
    fn pairs(&self, change: Change, mut pair: impl FnMut(usize, usize)) {
        let side = i32::try_from(self.shape.side).expect("pictures are small");
        let channels = self.shape.channels;
        for y in 0..side {
            for x in 0..side {
                let (from_y, from_x) = (y - change.by[0], x - change.by[1]);
                let inside = (0..side).contains(&from_y) && (0..side).contains(&from_x);
                let hidden = (0..change.hole).contains(&(y - change.cut[0]))
                    && (0..change.hole).contains(&(x - change.cut[1]));
                if inside && !hidden {
                    let place = |y: i32, x: i32| (y * side + x).cast_unsigned() as usize * channels;
                    let (to, at) = (place(y, x), place(from_y, from_x));
                    (0..channels).for_each(|c| pair(to + c, at + c));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::normal;

    #[test]
    fn the_transpose_is_one() {
        let shape = PictureShape {
            side: 8,
            channels: 3,
        };
        let (n, size) = (20, shape.size());
        let changes = Changes::draw(shape, n, Seed(1), 4);
        let (a, b) = (normal(n, size, 1.0, Seed(2)), normal(n, size, 1.0, Seed(3)));
        let empty = changes.apply(&Matrix::zeros(n, size));
        let dot = |x: &Matrix, y: &Matrix| -> f32 {
            x.data.iter().zip(&y.data).map(|(x, y)| x * y).sum()
        };
        // <A a, b> = <a, A' b>, where A is without the constant part.
        let mut moved = changes.apply(&a);
        moved
            .data
            .iter_mut()
            .zip(&empty.data)
            .for_each(|(m, e)| *m -= e.min(0.0));
        let there = dot(&moved, &b);
        let back = dot(&a, &changes.transpose(&b));
        assert!(
            (there - back).abs() < 1e-3 * (1.0 + there.abs()),
            "{there} {back}"
        );
        assert_ne!(moved, a);
        let again = Changes::draw(shape, n, Seed(1), 4).apply(&a);
        assert_eq!(again, changes.apply(&a));
    }

    #[test]
    fn few_pictures_are_changed() {
        assert!(Augmentation::Auto.applies(100) && !Augmentation::Auto.applies(60_000));
        assert!(Augmentation::On.applies(60_000) && !Augmentation::Off.applies(100));
    }
}
