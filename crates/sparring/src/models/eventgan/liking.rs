//! How a user likes items, by what the user rated: ridge regression on the factors of items.
//!
//! ```text
//! class = m + b_i + <p_u, x_i>,   x_i = (q_i, 1)
//! p_u = argmin  sum over what u rated of (class - m - b_i - <p_u, x_i>)^2 + l |p_u|^2
//! ```
//!
//! This is biased matrix factorisation (Koren, Bell and Volinsky, 2009, eq. 4) by alternating least
//! squares, where a user's bias is one of the factors. A new user's factors follow from the history alone,
//! event by event (recursive least squares: Plackett, 1950, eq. 4 to 7), so that each event of a log is
//! leant towards by what came before it.

use rayon::prelude::*;
use sparring_deep::START;
use sparring_wide::{Matrix, Seed, normal};

use super::coding::{Coded, CodedLog};
use crate::data::Dataset;
use crate::recommend::{NamedTensors, WeightsError};

/// Rounds of alternating least squares.
const ROUNDS: usize = 8;

/// The factors of items.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Liking {
    /// Factors `q_i`, then the bias `b_i` `[I, F + 1]`.
    items: Matrix,
    /// The mean class `m`.
    mean: f64,
    /// Strength `l` of the regression.
    ridge: f64,
    /// Number of classes.
    classes: usize,
}

/// What is known of a user's factors so far.
#[derive(Debug, Clone)]
pub(super) struct Taste<'a> {
    liking: &'a Liking,
    filter: Filter,
}

/// Ridge regression that grows by one observation at a time.
#[derive(Debug, Clone)]
struct Filter {
    /// The inverse of the Gram matrix, `[D, D]`.
    inverse: Vec<f64>,
    /// The solution `[D]`.
    at: Vec<f64>,
}

impl Filter {
    fn new(width: usize, ridge: f64) -> Self {
        let mut inverse = vec![0.0; width * width];
        for d in 0..width {
            inverse[d * width + d] = ridge.recip();
        }
        Self {
            inverse,
            at: vec![0.0; width],
        }
    }

    fn value(&self, x: &[f64]) -> f64 {
        self.at.iter().zip(x).map(|(p, x)| p * x).sum()
    }

    /// ```text
    /// g = S x / (1 + x' S x)      p += g (y - <p, x>)      S -= g x' S
    /// ```
    fn learn(&mut self, x: &[f64], y: f64) {
        let rows = self.inverse.chunks(x.len());
        let sx: Vec<f64> = rows
            .map(|row| row.iter().zip(x).map(|(s, x)| s * x).sum())
            .collect();
        let spread = 1.0 + sx.iter().zip(x).map(|(s, x)| s * x).sum::<f64>();
        let miss = (y - self.value(x)) / spread;
        for (p, s) in self.at.iter_mut().zip(&sx) {
            *p += s * miss;
        }
        for (row, g) in self.inverse.chunks_mut(x.len()).zip(&sx) {
            let g = g / spread;
            for (s, sx) in row.iter_mut().zip(&sx) {
                *s -= g * sx;
            }
        }
    }
}

/// One rating as one side sees it: the other side's place and the class.
type Rated = (usize, f64);

impl Liking {
    /// Factors of the items of a log, whose users rate in classes up to `classes`.
    pub(super) fn fit(
        (log, train): (&CodedLog, &Dataset),
        classes: usize,
        (factors, ridge): (usize, f64),
        seed: Seed,
    ) -> Self {
        let (n_items, width) = (train.n_items(), factors + 1);
        let mut by_item: Vec<Vec<Rated>> = vec![Vec::new(); n_items];
        let mut by_user: Vec<Vec<Rated>> = Vec::with_capacity(train.n_users());
        for user in train.user_indices() {
            let rated = log
                .of(user)
                .iter()
                .filter(|event| (event.reaction as usize) < classes);
            let own: Vec<Rated> = rated
                .map(|event| (event.item as usize, f64::from(event.reaction)))
                .collect();
            for &(item, class) in &own {
                by_item[item].push((user.at(), class));
            }
            by_user.push(own);
        }
        let all = || by_user.iter().flatten();
        let mean = all().map(|(_, class)| class).sum::<f64>() / all().count().max(1) as f64;
        // What is kept is what is saved.
        let [mean, ridge] = [mean, ridge].map(single);
        // Of items the bias comes last, of users too: it stands where the other side has a 1.
        let mut items: Vec<Vec<f64>> = normal(n_items, width, 0.1, seed.derive("liking"))
            .rows_iter()
            .map(|row| row.iter().map(|x| f64::from(*x)).collect())
            .collect();
        for item in &mut items {
            item[factors] = 0.0;
        }
        for _ in 0..ROUNDS {
            let users = regressed(&by_user, &items, (mean, ridge));
            items = regressed(&by_item, &users, (mean, ridge));
        }
        #[expect(clippy::cast_possible_truncation, reason = "kept in f32")]
        let flat = items.iter().flatten().map(|x| *x as f32).collect();
        Self {
            items: Matrix::from_vec(n_items, width, flat),
            mean,
            ridge,
            classes,
        }
    }

    /// What is known of somebody without an event.
    pub(super) fn taste(&self) -> Taste<'_> {
        Taste {
            liking: self,
            filter: Filter::new(self.items.cols, self.ridge),
        }
    }

    /// What is known after some events.
    pub(super) fn after(&self, events: &[Coded]) -> Taste<'_> {
        let mut taste = self.taste();
        for event in events {
            taste.learn(*event);
        }
        taste
    }

    fn x(&self, item: u32) -> Vec<f64> {
        let mut x: Vec<f64> = self
            .items
            .row(item as usize)
            .iter()
            .map(|x| f64::from(*x))
            .collect();
        x[self.items.cols - 1] = 1.0;
        x
    }

    fn bias(&self, item: u32) -> f64 {
        f64::from(self.items.row(item as usize)[self.items.cols - 1])
    }

    pub(super) fn weights(&self) -> NamedTensors {
        #[expect(clippy::cast_possible_truncation, reason = "kept in f32")]
        let numbers = vec![self.mean as f32, self.ridge as f32];
        let shape = [self.items.rows, self.items.cols];
        NamedTensors::new()
            .with("items", &shape, self.items.data.clone())
            .with("numbers", &[2], numbers)
    }

    pub(super) fn from_weights(
        weights: &NamedTensors,
        classes: usize,
    ) -> Result<Self, WeightsError> {
        let (rows, cols, data) = weights.matrix("items")?;
        let wrong = |name: &str, expected| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found: "other numbers".to_owned(),
        };
        let &[mean, ridge] = weights.vector("numbers")? else {
            return Err(wrong("numbers", "two numbers"));
        };
        if !(mean.is_finite() && ridge.is_finite() && ridge > 0.0) || cols == 0 {
            return Err(wrong("numbers", "a mean and a strength above 0"));
        }
        Ok(Self {
            items: Matrix::from_vec(rows, cols, data.to_vec()),
            mean: mean.into(),
            ridge: ridge.into(),
            classes,
        })
    }

    /// Number of items.
    pub(super) fn n_items(&self) -> usize {
        self.items.rows
    }
}

/// Rounded to `f32`.
#[expect(clippy::cast_possible_truncation, reason = "the purpose")]
fn single(x: f64) -> f64 {
    f64::from(x as f32)
}

/// One side regressed on the other: `class - m - bias of the other = <p, (q, 1)>`.
fn regressed(rated: &[Vec<Rated>], other: &[Vec<f64>], (mean, ridge): (f64, f64)) -> Vec<Vec<f64>> {
    let own = |rated: &Vec<Rated>| {
        let width = other.first().map_or(1, Vec::len);
        let mut filter = Filter::new(width, ridge);
        let mut x = vec![1.0; width];
        for &(at, class) in rated {
            x[..width - 1].copy_from_slice(&other[at][..width - 1]);
            filter.learn(&x, class - mean - other[at][width - 1]);
        }
        filter.at
    };
    rated.par_iter().map(own).collect()
}

impl Taste<'_> {
    /// How much above the mean class an item is expected.
    #[expect(clippy::cast_possible_truncation, reason = "an input, rounded to f32")]
    pub(super) fn leaning(&self, item: u32) -> f32 {
        (self.liking.bias(item) + self.filter.value(&self.liking.x(item))) as f32
    }

    /// Learns from an event, if it has an item and a reaction.
    pub(super) fn learn(&mut self, event: Coded) {
        if event.item == START || event.reaction as usize >= self.liking.classes {
            return;
        }
        let y = f64::from(event.reaction) - self.liking.mean - self.liking.bias(event.item);
        self.filter.learn(&self.liking.x(event.item), y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(item: u32, reaction: u32) -> Coded {
        Coded {
            item,
            reaction,
            gap: 0,
        }
    }

    #[test]
    fn regression_by_hand() {
        // Observations (1, 2) -> 3 and (0, 1) -> 1 with strength 1: the Gram matrix is
        // [[1 + 1, 2], [2, 5 + 1]] with the right side (3, 7), so p = (18 - 14, 14 - 6) / 8.
        let mut filter = Filter::new(2, 1.0);
        filter.learn(&[1.0, 2.0], 3.0);
        filter.learn(&[0.0, 1.0], 1.0);
        for (found, expected) in filter.at.iter().zip([0.5, 1.0]) {
            assert!((found - expected).abs() < 1e-12, "{:?}", filter.at);
        }
    }

    #[test]
    fn leanings_follow_what_was_rated() {
        let liking = Liking {
            items: Matrix::from_vec(3, 2, vec![1.0, 0.5, -1.0, 0.0, 0.0, -0.5]),
            mean: 2.0,
            ridge: 1.0,
            classes: 5,
        };
        let mut taste = liking.taste();
        assert!((taste.leaning(0) - 0.5).abs() < 1e-6, "its bias alone");
        // x = (1, 1), y = 4 - 2 - .5 = 1.5; S x / (1 + x' S x) = (1/3, 1/3), so p = (.5, .5).
        taste.learn(event(0, 4));
        assert!((taste.leaning(0) - 1.5).abs() < 1e-6);
        assert!(
            taste.leaning(1).abs() < 1e-6,
            "the factor and the bias cancel"
        );
        assert!(
            taste.leaning(2).abs() < 1e-6,
            "the bias of the user and of the item"
        );
        let before = taste.leaning(1);
        taste.learn(event(1, 5));
        taste.learn(event(START, 0));
        let same = (taste.leaning(1) - before).abs() < 1e-9;
        assert!(same, "no reaction, no item");
        assert_eq!(Liking::from_weights(&liking.weights(), 5).unwrap(), liking);
    }

    #[test]
    fn damaged_factors_are_refused() {
        let weights = Liking {
            items: Matrix::zeros(2, 2),
            mean: 1.0,
            ridge: 1.0,
            classes: 5,
        }
        .weights();
        for numbers in [vec![1.0], vec![1.0, 0.0], vec![f32::NAN, 1.0]] {
            let damaged = weights.clone().with("numbers", &[numbers.len()], numbers);
            assert!(Liking::from_weights(&damaged, 5).is_err());
        }
    }
}
