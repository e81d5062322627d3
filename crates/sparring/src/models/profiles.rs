//! A log as a binary matrix, by users and by items.

use rayon::prelude::*;

use crate::data::{Dataset, ItemIx};
use crate::recommend::ScoreError;

/// A sparse binary matrix in compressed rows; the columns of a row are sorted and distinct.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profiles {
    starts: Vec<usize>,
    entries: Vec<u32>,
    n_columns: usize,
}

impl Profiles {
    /// `x_ui = 1` where user `u` has item `i`, however often: `[U, I]`.
    pub(crate) fn of(data: &Dataset) -> Self {
        let mut profiles = Self {
            starts: vec![0],
            entries: Vec::with_capacity(data.n_interactions()),
            n_columns: data.n_items(),
        };
        for user in data.user_indices() {
            let mut row: Vec<u32> = data.history(user).iter().map(|item| item.0).collect();
            row.sort_unstable();
            row.dedup();
            profiles.entries.extend(row);
            profiles.starts.push(profiles.entries.len());
        }
        profiles
    }

    /// Of sets of items in rising order.
    pub(crate) fn of_sets<'a>(
        sets: impl IntoIterator<Item = &'a [ItemIx]>,
        n_items: usize,
    ) -> Self {
        let mut profiles = Self {
            starts: vec![0],
            entries: Vec::new(),
            n_columns: n_items,
        };
        for set in sets {
            profiles.entries.extend(set.iter().map(|item| item.0));
            profiles.starts.push(profiles.entries.len());
        }
        profiles
    }

    /// Rows and columns exchanged.
    pub(crate) fn transpose(&self) -> Self {
        let mut starts = vec![0; self.n_columns + 1];
        for &column in &self.entries {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.n_columns {
            starts[column + 1] += starts[column];
        }
        let (mut next, mut entries) = (starts.clone(), vec![0; self.entries.len()]);
        for row in 0..self.n_rows() {
            for &column in self.row(row) {
                let slot = &mut next[column as usize];
                entries[*slot] = u32::try_from(row).expect("fewer than 2^32 rows");
                *slot += 1;
            }
        }
        Self {
            starts,
            entries,
            n_columns: self.n_rows(),
        }
    }

    /// The rows that are not empty.
    pub(crate) fn without_empty_rows(&self) -> Self {
        let mut starts = self.starts.clone();
        starts.dedup();
        Self {
            starts,
            ..self.clone()
        }
    }

    /// The same rows over some of the columns: `place` is where each column goes, in their order, or
    /// `None`; `n` of them are left.
    pub(crate) fn over(&self, place: &[Option<u32>], n: usize) -> Self {
        let mut over = Self {
            starts: vec![0],
            entries: Vec::with_capacity(self.entries.len()),
            n_columns: n,
        };
        for row in self.rows() {
            let kept = row.iter().filter_map(|&column| place[column as usize]);
            over.entries.extend(kept);
            over.starts.push(over.entries.len());
        }
        over
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// Number of ones.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn row(&self, row: usize) -> &[u32] {
        &self.entries[self.starts[row]..self.starts[row + 1]]
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.n_rows()).map(|row| self.row(row))
    }
}

/// The lower triangle of `sum_r weight_r x_r x_r'` over rows `x_r`, column-major `[C, C]`; the part
/// above the diagonal is zero.
///
/// `columns` is the transpose of `rows`. Each column is summed by one thread, row after row, so the
/// bits do not depend on the number of threads.
pub(super) fn gram(rows: &Profiles, columns: &Profiles, weights: &[f64]) -> Vec<f64> {
    let n = columns.n_rows();
    let mut gram = vec![0.0; n * n];
    gram.par_chunks_mut(n.max(1))
        .enumerate()
        .for_each(|(column, sums)| {
            add_cooccurrences(rows, columns, weights, (column, column), sums);
        });
    gram
}

/// Adds `weight_r` to `sums[c]` for each row `r` that has both `column` and a column `c >= from`.
pub(super) fn add_cooccurrences(
    rows: &Profiles,
    columns: &Profiles,
    weights: &[f64],
    (column, from): (usize, usize),
    sums: &mut [f64],
) {
    for &row in columns.row(column) {
        let (entries, weight) = (rows.row(row as usize), weights[row as usize]);
        let first = entries.partition_point(|&entry| (entry as usize) < from);
        for &entry in &entries[first..] {
            sums[entry as usize] += weight;
        }
    }
}

/// The distinct items of a history, sorted.
pub(super) fn distinct(history: &[ItemIx], n_items: usize) -> Result<Vec<u32>, ScoreError> {
    let mut items: Vec<u32> = history.iter().map(|item| item.0).collect();
    items.sort_unstable();
    items.dedup();
    match items.last() {
        Some(&last) if last as usize >= n_items => Err(ScoreError::UnknownItem {
            item: ItemIx(last),
            n_items,
        }),
        _ => Ok(items),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::{InteractionsBuilder, UserIx};

    /// A log of the given pairs.
    pub(crate) fn log(
        n_users: usize,
        n_items: usize,
        pairs: impl IntoIterator<Item = (u32, u32)>,
    ) -> Dataset {
        let mut builder = InteractionsBuilder::new();
        for (user, item) in pairs {
            builder.push(UserIx(user), ItemIx(item), None, None);
        }
        let ids = |n: usize| Arc::new((0..n).map(|id| id.to_string()).collect());
        Dataset::new(ids(n_users), ids(n_items), builder.build(n_users))
    }

    #[test]
    fn repeated_pairs_count_once_and_empty_rows_can_go() {
        let rows = Profiles::of(&log(3, 2, [(2, 1), (0, 1), (2, 0), (2, 1)]));
        assert_eq!((rows.n_rows(), rows.len()), (3, 3));
        assert_eq!(rows.row(2), [0, 1]);
        assert!(rows.row(1).is_empty());
        let dense = rows.without_empty_rows();
        assert_eq!((dense.n_rows(), dense.row(1)), (2, &[0, 1][..]));
        assert_eq!(rows.transpose().row(1), [0, 2]);
        assert_eq!(rows.transpose().transpose(), rows);
    }

    #[test]
    fn gram_by_hand() {
        // Rows (1 0 1), (1 1 1), weights 2 and 3: G = [5 . .; 3 3 .; 5 3 5].
        let rows = Profiles::of(&log(2, 3, [(0, 0), (0, 2), (1, 0), (1, 1), (1, 2)]));
        let gram = gram(&rows, &rows.transpose(), &[2.0, 3.0]);
        assert_eq!(gram, [5.0, 3.0, 5.0, 0.0, 3.0, 3.0, 0.0, 0.0, 5.0]);
    }

    #[test]
    fn an_item_beyond_the_catalogue_is_an_error() {
        assert!(distinct(&[ItemIx(3)], 3).is_err());
        assert_eq!(
            distinct(&[ItemIx(2), ItemIx(0), ItemIx(2)], 3).unwrap(),
            [0, 2]
        );
    }
}
