//! What both networks are told of a picture: its class, a sentence about it, or whom it would please.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sparring::data::hex;
use sparring_wide::{Matrix, Seed};

use crate::error::PictureError;
use crate::set::Pictures;

/// Where the vectors come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kind {
    /// A one in the place of the class.
    Classes,
    /// Sentences under an encoder of this name.
    Words {
        /// Its name.
        encoder: String,
    },
    /// A one in the place of the group of pictures that look alike.
    Alike,
    /// Items in the space of a recommender.
    Taste {
        /// SHA-256 of the places of its items.
        model: String,
    },
}

/// All that can be told: unit vectors in groups, of which any of a group's may be told.
///
/// A class is a group of one vector, the sentences about a class are a group, and so is one item.
///
/// ```text
/// t(v) = u / |u|,  u = v - c                                    of vectors that are groups of their own
///                  u = max(0, (v - c) R)^2 in each number       of sentences about classes
/// R = (A'A + l I)^-1 A' (Y - 1 / G),  l = tr(A'A) / T           A their vectors without c, Y their classes
/// ```
///
/// Sentences about a class say no more of a picture than the class, in many ways: the regression finds what
/// the ways have in common, so that a sentence in other words is told as nearly the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Where the vectors come from.
    pub kind: Kind,
    /// Unit vectors, `[K, T]`.
    pub(crate) vectors: Matrix,
    /// What is taken from each vector first, `c`.
    pub(crate) centre: Vec<f32>,
    /// `R`, where groups have many vectors; else empty.
    pub(crate) regression: Matrix,
    /// The group of each vector, rising from 0.
    pub(crate) groups: Vec<u32>,
    /// How many pictures of each group there are.
    pub(crate) pictures: Vec<u32>,
}

/// What can be told of the pictures of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The vectors.
    pub table: Table,
    /// The group of each picture.
    of: Vec<u32>,
}

impl Table {
    /// A table of vectors `[K, T]` in groups from 0 on, which must rise; their mean is taken from them,
    /// where there are several, since what all have in common tells nothing.
    ///
    /// # Panics
    /// If a vector has no group, or groups do not rise one by one.
    pub fn new(kind: Kind, vectors: &Matrix, groups: Vec<u32>) -> Self {
        assert_eq!(vectors.rows, groups.len(), "a group for each vector");
        Self::check(&groups);
        let mut table = Self {
            kind,
            vectors: Matrix::zeros(0, vectors.cols),
            centre: mean(vectors),
            regression: Matrix::default(),
            pictures: Vec::new(),
            groups,
        };
        table.vectors = table.told(vectors);
        table
    }

    /// A table of vectors about groups, of which each says the group in other words.
    ///
    /// # Panics
    /// As [`new`](Self::new).
    pub fn about_groups(kind: Kind, vectors: &Matrix, groups: Vec<u32>) -> Self {
        let mut table = Self::new(kind, vectors, groups);
        table.regression = regression(vectors, &table.centre, (&table.groups, table.groups()));
        table.vectors = table.told(vectors);
        table
    }

    fn check(groups: &[u32]) {
        let steps = groups.windows(2).all(|w| w[1] == w[0] || w[1] == w[0] + 1);
        assert!(steps && groups.first() == Some(&0), "groups rise from 0");
    }

    fn told(&self, vectors: &Matrix) -> Matrix {
        let told = vectors.rows_iter().map(|row| self.telling(row));
        let told: Vec<Vec<f32>> = told.collect();
        let width = told.first().map_or(0, Vec::len);
        Matrix::from_vec(told.len(), width, told.concat())
    }

    /// The table of so many groups that have nothing in common.
    pub(crate) fn apart(kind: Kind, n: usize) -> Self {
        let mut vectors = Matrix::zeros(n, n);
        (0..n).for_each(|class| vectors.row_mut(class)[class] = 1.0);
        Self {
            kind,
            centre: vec![0.0; n],
            regression: Matrix::default(),
            groups: (0..u32::try_from(n).expect("few groups")).collect(),
            pictures: Vec::new(),
            vectors,
        }
    }

    /// Width `T` of the vectors.
    pub fn width(&self) -> usize {
        self.vectors.cols
    }

    /// Number of groups.
    pub fn groups(&self) -> usize {
        self.groups.last().map_or(0, |last| *last as usize + 1)
    }

    /// Width of the vectors in whose place something is told.
    pub fn width_before(&self) -> usize {
        self.centre.len()
    }

    /// What is told in place of a vector, of unit length.
    ///
    /// # Panics
    /// If the vector has another width than [`width_before`](Self::width_before).
    pub fn telling(&self, vector: &[f32]) -> Vec<f32> {
        assert_eq!(vector.len(), self.centre.len(), "a vector of this table");
        let moved = vector.iter().zip(&self.centre).map(|(v, c)| v - c);
        let mut told: Vec<f32> = moved.collect();
        if self.regression.rows > 0 {
            told = self.shares(&told);
        }
        let length = told.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
        for v in &mut told {
            *v /= length;
        }
        told
    }

    /// How much a vector says each group: all to the one that it says most where it says none.
    fn shares(&self, moved: &[f32]) -> Vec<f32> {
        let mut scores = vec![0.0_f32; self.regression.cols];
        for (v, row) in moved.iter().zip(self.regression.rows_iter()) {
            scores.iter_mut().zip(row).for_each(|(s, r)| *s += v * r);
        }
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let share = |score: &f32| {
            if most > 0.0 {
                score.max(0.0).powi(2)
            } else {
                f32::from(u8::from(*score >= most))
            }
        };
        scores.iter().map(share).collect()
    }

    /// The vectors of a group.
    fn of_group(&self, group: u32) -> std::ops::Range<usize> {
        let from = self.groups.partition_point(|g| *g < group);
        from..self.groups.partition_point(|g| *g <= group)
    }

    /// A vector for each of some groups; the `i`-th depends on the seed, `start + i` and its group alone.
    pub(crate) fn draw(
        &self,
        groups: impl IntoIterator<Item = u32>,
        (seed, start): (Seed, u64),
    ) -> Matrix {
        let mut data = Vec::new();
        for (at, group) in (start..).zip(groups) {
            let rows = self.of_group(group);
            let row = if rows.len() > 1 {
                seed.stream_at("told", at).random_range(rows)
            } else {
                rows.start
            };
            data.extend_from_slice(self.vectors.row(row));
        }
        Matrix::from_vec(data.len() / self.width(), self.width(), data)
    }

    /// `n` groups spread over all of them, in turn.
    pub(crate) fn spread(&self, n: usize) -> impl Iterator<Item = u32> + use<> {
        let groups = self.groups();
        let stride = (groups / n.max(1)).max(1);
        let group = move |at: usize| u32::try_from(at * stride % groups).expect("groups fit u32");
        (0..n).map(group)
    }

    /// Groups drawn by lot, each as often as it has pictures; the `i`-th depends on the seed and `i` alone.
    pub(crate) fn lot(&self, n: usize, seed: Seed) -> Vec<u32> {
        let upto = self.pictures.iter().scan(0, |sum, own| {
            *sum += own;
            Some(*sum)
        });
        let upto: Vec<u32> = upto.collect();
        let all = *upto.last().expect("there are pictures");
        let group = |at| {
            let lot = seed.stream_at("class", at).random_range(0..all);
            let group = upto.partition_point(|upto| *upto <= lot);
            u32::try_from(group).expect("groups fit u32")
        };
        (0..n as u64).map(group).collect()
    }

    /// SHA-256 of all vectors, groups and numbers of pictures.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let numbers = self.vectors.data.iter().chain(&self.centre);
        for v in numbers.chain(&self.regression.data) {
            hash.update(v.to_le_bytes());
        }
        for number in self.groups.iter().chain(&self.pictures) {
            hash.update(number.to_le_bytes());
        }
        hex(&hash.finalize())
    }
}

fn mean(vectors: &Matrix) -> Vec<f32> {
    let mut mean = vec![0.0_f32; vectors.cols];
    for row in vectors.rows_iter() {
        let share = 1.0 / vectors.rows as f32;
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += share * v);
    }
    mean
}

/// `R` of [`Table`].
fn regression(vectors: &Matrix, centre: &[f32], (of, groups): (&[u32], usize)) -> Matrix {
    let width = vectors.cols;
    let moved = Mat::from_fn(vectors.rows, width, |row, at| {
        f64::from(vectors.row(row)[at]) - f64::from(centre[at])
    });
    let wanted = Mat::from_fn(vectors.rows, groups, |row, group| {
        f64::from(u8::from(of[row] as usize == group)) - 1.0 / groups as f64
    });
    let mut gram = moved.transpose() * &moved;
    let trace: f64 = (0..width).map(|at| gram[(at, at)]).sum();
    for at in 0..width {
        gram[(at, at)] += (trace / width as f64).max(1e-9);
    }
    let right = moved.transpose() * &wanted;
    let solver = gram
        .llt(Side::Lower)
        .expect("positive definite by its diagonal");
    let found = solver.solve(&right);
    let places = (0..width).flat_map(|row| (0..groups).map(move |group| (row, group)));
    #[expect(clippy::cast_possible_truncation, reason = "weights of a regression")]
    let data = places.map(|place| found[place] as f32).collect();
    Matrix::from_vec(width, groups, data)
}

impl Told {
    /// The classes of pictures with labels.
    ///
    /// # Errors
    /// [`PictureError::Classes`] if there are no labels, or one class alone.
    pub fn classes(pictures: &Pictures, name: &str) -> Result<Self, PictureError> {
        let labels = pictures.labels.clone().filter(|_| pictures.classes() >= 2);
        let of = labels.ok_or_else(|| PictureError::Classes {
            finding: format!("{name} has no labels to be told"),
        })?;
        let table = Table::apart(Kind::Classes, pictures.classes());
        Ok(Self::new(table, of))
    }

    /// Vectors of a table, and the group of each picture.
    ///
    /// # Panics
    /// If the table has no such group.
    pub fn new(mut table: Table, of: Vec<u32>) -> Self {
        let groups = table.groups();
        let fits = of.iter().all(|group| (*group as usize) < groups);
        assert!(fits, "groups of this table");
        table.pictures = vec![0; groups];
        for &group in &of {
            table.pictures[group as usize] += 1;
        }
        Self { table, of }
    }

    /// Number of pictures.
    pub fn pictures(&self) -> usize {
        self.of.len()
    }

    /// Whether the same can be told of two pictures.
    pub(crate) fn alike(&self, a: u32, b: u32) -> bool {
        self.of[a as usize] == self.of[b as usize]
    }

    /// What is told of some pictures, `[B, T]`.
    pub(crate) fn of(&self, which: &[u32], (seed, step): (Seed, u64)) -> Matrix {
        let groups = which.iter().map(|&at| self.of[at as usize]);
        self.table.draw(groups, (seed, step << 32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_have_in_common_is_not_told() {
        // The mean is (2, 0), so that the directions are up, down, down.
        let vectors = Matrix::from_vec(3, 2, vec![2.0, 2.0, 2.0, -1.0, 2.0, -1.0]);
        let words = Kind::Words {
            encoder: "e".to_owned(),
        };
        let table = Table::new(words, &vectors, vec![0, 1, 1]);
        assert_eq!(table.centre, [2.0, 0.0]);
        assert_eq!(table.vectors.data, [0.0, 1.0, 0.0, -1.0, 0.0, -1.0]);
        assert_eq!(table.telling(&[5.0, 4.0]), [0.6, 0.8]);
        assert_eq!((table.of_group(0), table.of_group(1)), (0..1, 1..3));
        assert_eq!((table.groups(), table.width()), (2, 2));
    }

    #[test]
    fn other_words_for_a_group_are_told_as_the_group() {
        // The first number says the group, the others are ways of saying it.
        let row = |group: f32, way: f32| [group, way, -way];
        let rows = [
            (1.0, 0.5),
            (1.0, -0.3),
            (1.0, 0.1),
            (-1.0, 0.4),
            (-1.0, -0.5),
            (-1.0, 0.2),
        ];
        let data = rows.iter().flat_map(|(group, way)| row(*group, *way));
        let vectors = Matrix::from_vec(6, 3, data.collect());
        let groups = vec![0, 0, 0, 1, 1, 1];
        let table = Table::about_groups(Kind::Classes, &vectors, groups);
        assert_eq!((table.width(), table.width_before()), (2, 3));
        for (said, group) in [(row(0.8, 0.9), 0), (row(-0.6, -0.9), 1)] {
            let told = table.telling(&said);
            assert!(told[group] > 0.99, "{told:?}");
        }
    }

    #[test]
    fn any_of_a_group_is_told_and_none_of_others() {
        let vectors = Matrix::from_vec(4, 3, (0..12_u8).map(|v| f32::from(v * v)).collect());
        let table = Table::new(Kind::Classes, &vectors, vec![0, 1, 1, 1]);
        let told = table.draw(vec![1; 50], (Seed(1), 0));
        let seen = |row: usize| {
            told.rows_iter()
                .filter(|t| *t == table.vectors.row(row))
                .count()
        };
        assert_eq!(seen(0), 0);
        assert!((1..4).all(|row| seen(row) > 5));
        // A row does not depend on how many there are.
        let few = table.draw(vec![1; 3], (Seed(1), 0));
        assert_eq!(few.data, told.data[..few.data.len()]);
    }

    #[test]
    fn groups_are_drawn_as_often_as_they_have_pictures() {
        let table = Table::apart(Kind::Classes, 3);
        let told = Told::new(table, [vec![0; 30], vec![2; 10]].concat());
        let lot = told.table.lot(400, Seed(1));
        assert_eq!(lot[..7], told.table.lot(7, Seed(1)));
        let of = |group| lot.iter().filter(|g| **g == group).count();
        assert_eq!(of(1), 0);
        assert!((70..130).contains(&of(2)), "{}", of(2));
    }
}
