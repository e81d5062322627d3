//! The real rows of one step.

use rayon::prelude::*;

use crate::data::{Dataset, ItemIx, UserIx};

/// Real rows of a batch, and for each column the positions of the rows that hold it.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    data: &'a Dataset,
    users: &'a [UserIx],
    starts: Vec<usize>,
    holders: Vec<u32>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(data: &'a Dataset, users: &'a [UserIx]) -> Self {
        let mut starts = vec![0; data.n_items() + 1];
        for item in users.iter().flat_map(|&user| data.history(user)) {
            starts[item.at() + 1] += 1;
        }
        for column in 0..data.n_items() {
            starts[column + 1] += starts[column];
        }
        let (mut next, mut holders) = (starts.clone(), vec![0; starts[data.n_items()]]);
        for (row, &user) in (0_u32..).zip(users) {
            for item in data.history(user) {
                holders[next[item.at()]] = row;
                next[item.at()] += 1;
            }
        }
        Self {
            data,
            users,
            starts,
            holders,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.users.len()
    }

    pub(super) fn users(&self) -> &'a [UserIx] {
        self.users
    }

    /// The columns that each row holds.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'a [ItemIx]> {
        self.users.iter().map(|&user| self.data.history(user))
    }

    /// The positions in the batch of the rows that hold a column.
    pub(super) fn holders(&self, column: usize) -> &[u32] {
        &self.holders[self.starts[column]..self.starts[column + 1]]
    }

    /// `X matrix`, `[B, width]`: for each row the sum of the matrix's rows at its columns.
    pub(super) fn sum_rows(&self, matrix: &[f32], width: usize) -> Vec<f32> {
        let mut sums = vec![0.0; self.len() * width];
        sums.par_chunks_mut(width)
            .zip(self.users)
            .for_each(|(sum, &user)| {
                for item in self.data.history(user) {
                    let row = &matrix[item.at() * width..][..width];
                    sum.iter_mut()
                        .zip(row)
                        .for_each(|(sum, value)| *sum += value);
                }
            });
        sums
    }

    /// Adds `weight` times the sum of `rows`, `[B, width]`, over the holders of a column.
    pub(super) fn add_holders(&self, column: usize, sum: &mut [f32], rows: &[f32], weight: f32) {
        let width = sum.len();
        for &row in self.holders(column) {
            let row = &rows[row as usize * width..][..width];
            sum.iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += weight * value);
        }
    }
}
