//! The profiles of one step.

use rand::RngExt;
use rayon::prelude::*;
use sparring_wide::Stream;

use crate::data::{Dataset, ItemIx, UserIx};

/// Profiles of a batch by row, and for each column the rows that hold it.
#[derive(Debug)]
pub(in crate::models) struct Rows {
    starts: Vec<usize>,
    items: Vec<ItemIx>,
    column_starts: Vec<usize>,
    holders: Vec<u32>,
    /// What each row is multiplied by.
    scales: Vec<f32>,
}

impl Rows {
    /// The whole profiles of a batch.
    pub(in crate::models) fn of(data: &Dataset, batch: &[UserIx]) -> Self {
        Self::new(
            data.n_items(),
            batch.iter().map(|&user| data.history(user).iter().copied()),
        )
    }

    /// Profiles of which each entry is left out with probability `hidden`.
    pub(in crate::models) fn partly(
        data: &Dataset,
        batch: &[UserIx],
        hidden: f32,
        stream: &mut Stream,
    ) -> Self {
        let kept: Vec<Vec<ItemIx>> = batch
            .iter()
            .map(|&user| {
                let items = data.history(user).iter().copied();
                items.filter(|_| stream.random::<f32>() >= hidden).collect()
            })
            .collect();
        Self::new(data.n_items(), kept.into_iter().map(Vec::into_iter))
    }

    /// One row of items for each profile, duplicates dropped.
    pub(in crate::models) fn new<R: Iterator<Item = ItemIx>>(
        width: usize,
        rows: impl Iterator<Item = R>,
    ) -> Self {
        let (mut starts, mut items) = (vec![0], Vec::new());
        for row in rows {
            let from = items.len();
            items.extend(row);
            items[from..].sort_unstable();
            let mut kept = from;
            for at in from..items.len() {
                if at == from || items[at] != items[kept - 1] {
                    items[kept] = items[at];
                    kept += 1;
                }
            }
            items.truncate(kept);
            starts.push(kept);
        }
        let mut column_starts = vec![0; width + 1];
        for item in &items {
            column_starts[item.at() + 1] += 1;
        }
        for column in 0..width {
            column_starts[column + 1] += column_starts[column];
        }
        let (mut next, mut holders) = (column_starts.clone(), vec![0; items.len()]);
        for (row, bounds) in (0_u32..).zip(starts.windows(2)) {
            for item in &items[bounds[0]..bounds[1]] {
                holders[next[item.at()]] = row;
                next[item.at()] += 1;
            }
        }
        let scales = vec![1.0; starts.len() - 1];
        Self {
            starts,
            items,
            column_starts,
            holders,
            scales,
        }
    }

    /// The same profiles, each divided by its length.
    pub(in crate::models) fn normalised(mut self) -> Self {
        for (scale, bounds) in self.scales.iter_mut().zip(self.starts.windows(2)) {
            *scale = 1.0 / ((bounds[1] - bounds[0]).max(1) as f32).sqrt();
        }
        self
    }

    pub(in crate::models) fn len(&self) -> usize {
        self.scales.len()
    }

    pub(in crate::models) fn row(&self, row: usize) -> &[ItemIx] {
        &self.items[self.starts[row]..self.starts[row + 1]]
    }

    /// The rows that hold a column, in order.
    pub(in crate::models) fn holders(&self, column: usize) -> &[u32] {
        &self.holders[self.column_starts[column]..self.column_starts[column + 1]]
    }

    /// `X matrix`, `[B, width]`: for each row the sum of the matrix's rows at its columns.
    pub(in crate::models) fn sum_rows(&self, matrix: &[f32], width: usize) -> Vec<f32> {
        let mut sums = vec![0.0; self.len() * width];
        sums.par_chunks_mut(width)
            .enumerate()
            .for_each(|(row, sum)| {
                for item in self.row(row) {
                    add_scaled(sum, &matrix[item.at() * width..][..width], self.scales[row]);
                }
            });
        sums
    }

    /// Adds the sum of `rows`, `[B, width]`, over the holders of a column: a row of `X' rows`.
    pub(in crate::models) fn add_holders(&self, column: usize, sum: &mut [f32], rows: &[f32]) {
        let width = sum.len();
        for &row in self.holders(column) {
            let row = row as usize;
            add_scaled(sum, &rows[row * width..][..width], self.scales[row]);
        }
    }
}

pub(in crate::models) use crate::models::product::add_scaled;

/// The dot product by eight running sums, in a fixed order.
pub(in crate::models) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (blocks, other) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = blocks
        .remainder()
        .iter()
        .zip(other.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in blocks.zip(other) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(row: &[u32]) -> std::vec::IntoIter<ItemIx> {
        row.iter()
            .map(|&item| ItemIx(item))
            .collect::<Vec<_>>()
            .into_iter()
    }

    #[test]
    fn rows_and_columns_by_hand() {
        let rows = Rows::new(4, [items(&[3, 0, 3]), items(&[]), items(&[0])].into_iter());
        assert_eq!(rows.len(), 3);
        assert_eq!(rows.row(0), [ItemIx(0), ItemIx(3)]);
        assert_eq!((rows.holders(0), rows.holders(1)), (&[0, 2][..], &[][..]));
        let matrix = [1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0];
        assert_eq!(rows.sum_rows(&matrix, 2), [5.0, 50.0, 0.0, 0.0, 1.0, 10.0]);
        let mut sum = [0.0; 2];
        rows.add_holders(0, &mut sum, &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
        assert_eq!(sum.to_vec(), vec![17.0, 34.0]);
        let half = rows.normalised().sum_rows(&matrix, 2);
        assert!((half[0] - 5.0 / 2.0_f32.sqrt()).abs() < 1e-6);
    }
}
