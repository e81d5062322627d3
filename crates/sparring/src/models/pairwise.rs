//! Parts of pairwise training: embedding rows with sparse gradients, and negatives.

use rand::RngExt;
use sparring_wide::Stream;

use crate::data::{Dataset, ItemIx, UserIx};

/// Rows of embeddings with a gradient for those rows that a batch touches.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) width: usize,
    pub(super) value: Vec<f32>,
    gradient: Vec<f32>,
    square: Vec<f32>,
    touched: Vec<usize>,
    is_touched: Vec<bool>,
}

impl Table {
    /// Rows drawn uniformly from `-bound..bound`.
    pub(super) fn uniform(rows: usize, width: usize, bound: f32, stream: &mut Stream) -> Self {
        let value = (0..rows * width)
            .map(|_| stream.random_range(-bound..bound))
            .collect();
        Self::new(width, value)
    }

    pub(super) fn new(width: usize, value: Vec<f32>) -> Self {
        Self {
            width,
            gradient: vec![0.0; value.len()],
            square: vec![0.1; value.len()],
            touched: Vec::new(),
            is_touched: vec![false; value.len() / width],
            value,
        }
    }

    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.value[row * self.width..][..self.width]
    }

    pub(super) fn row_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.value[row * self.width..][..self.width]
    }

    /// The gradient of a row, zero if it was not touched since the last step.
    pub(super) fn gradient(&mut self, row: usize) -> &mut [f32] {
        if !self.is_touched[row] {
            self.is_touched[row] = true;
            self.touched.push(row);
        }
        &mut self.gradient[row * self.width..][..self.width]
    }

    /// The gradients of the touched rows at length `radius`: where the loss grows fastest.
    pub(super) fn perturbation(&self, radius: f32) -> Perturbation {
        let mut slot = vec![usize::MAX; self.is_touched.len()];
        let mut rows = Vec::with_capacity(self.touched.len() * self.width);
        for (at, &row) in self.touched.iter().enumerate() {
            slot[row] = at;
            let gradient = &self.gradient[row * self.width..][..self.width];
            let norm = gradient
                .iter()
                .map(|g| g * g)
                .sum::<f32>()
                .sqrt()
                .max(1e-12);
            rows.extend(gradient.iter().map(|g| radius * g / norm));
        }
        Perturbation {
            width: self.width,
            slot,
            rows,
        }
    }

    /// Adagrad (Duchi et al., 2011) on the touched rows, whose gradients are then forgotten.
    pub(super) fn step(&mut self, learning_rate: f32) {
        for row in self.touched.drain(..) {
            self.is_touched[row] = false;
            let span = row * self.width..(row + 1) * self.width;
            let each = self.value[span.clone()]
                .iter_mut()
                .zip(&mut self.square[span.clone()]);
            for ((value, square), gradient) in each.zip(&mut self.gradient[span]) {
                *square += *gradient * *gradient;
                *value -= learning_rate * *gradient / square.sqrt();
                *gradient = 0.0;
            }
        }
    }
}

/// What is added to some rows of a table.
#[derive(Debug, Clone)]
pub(super) struct Perturbation {
    width: usize,
    slot: Vec<usize>,
    rows: Vec<f32>,
}

impl Perturbation {
    /// The addition to a row that was touched.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        &self.rows[self.slot[row] * self.width..][..self.width]
    }
}

/// The items of every user, sorted, to tell negatives.
#[derive(Debug)]
pub(super) struct Seen {
    rows: Vec<Vec<ItemIx>>,
    n_items: u32,
}

impl Seen {
    pub(super) fn new(data: &Dataset) -> Self {
        let sorted = |user| {
            let mut row = data.history(user).to_vec();
            row.sort_unstable();
            row.dedup();
            row
        };
        let n_items = u32::try_from(data.n_items()).expect("fewer than 2^32 items");
        Self {
            rows: data.user_indices().map(sorted).collect(),
            n_items,
        }
    }

    /// The items of a user, sorted.
    pub(super) fn row(&self, user: UserIx) -> &[ItemIx] {
        &self.rows[user.at()]
    }

    /// A uniform item that the user has not, or `None` if there is none.
    pub(super) fn negative(&self, user: UserIx, stream: &mut Stream) -> Option<ItemIx> {
        let row = &self.rows[user.at()];
        if row.len() >= self.n_items as usize {
            return None;
        }
        loop {
            let item = ItemIx(stream.random_range(0..self.n_items));
            if row.binary_search(&item).is_err() {
                return Some(item);
            }
        }
    }

    /// All pairs of the log.
    pub(super) fn pairs(&self) -> Vec<(UserIx, ItemIx)> {
        let users = (0_u32..).map(UserIx).zip(&self.rows);
        users
            .flat_map(|(user, row)| row.iter().map(move |&item| (user, item)))
            .collect()
    }
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn add(to: &mut [f32], what: &[f32], weight: f32) {
    to.iter_mut()
        .zip(what)
        .for_each(|(to, what)| *to += weight * what);
}

/// `ln(1 + exp(x))`.
pub(super) fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `1 / (1 + exp(-x))`.
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Seed;

    #[test]
    fn adagrad_touches_only_rows_with_a_gradient() {
        let mut table = Table::new(2, vec![1.0, 2.0, 3.0, 4.0]);
        table.gradient(1)[0] = 2.0;
        // square = .1 + 4, 3 - .5 * 2 / sqrt(4.1) = 2.506135
        table.step(0.5);
        assert_eq!(table.row(0), [1.0, 2.0]);
        assert!((table.row(1)[0] - 2.506_135).abs() < 1e-5);
        assert_eq!(table.row(1)[1..], [4.0]);
        table.step(0.5);
        assert!(
            (table.row(1)[0] - 2.506_135).abs() < 1e-5,
            "no gradient is left"
        );
    }

    #[test]
    fn a_perturbation_has_the_length_asked_for() {
        let mut table = Table::new(2, vec![0.0; 6]);
        table.gradient(2).copy_from_slice(&[3.0, 4.0]);
        // (3, 4) / 5 * .5
        let row = table.perturbation(0.5).row(2).to_vec();
        assert!(
            (row[0] - 0.3).abs() < 1e-6 && (row[1] - 0.4).abs() < 1e-6,
            "{row:?}"
        );
    }

    #[test]
    fn negatives_are_unseen() {
        let data = crate::models::contract::planted();
        let (seen, mut stream) = (Seen::new(&data), Seed(1).stream("test"));
        for user in data.user_indices() {
            let item = seen.negative(user, &mut stream).unwrap();
            assert!(!data.history(user).contains(&item));
        }
        assert_eq!(seen.pairs().len(), data.n_interactions());
    }
}
