//! A batch of sparse rows.

use rand::RngExt;

use crate::Seed;

/// Sparse rows in CSR: row `r` holds `indices[offsets[r]..offsets[r + 1]]` and their values.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseRows {
    offsets: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f32>,
}

impl Default for SparseRows {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            indices: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl SparseRows {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes all rows, keeping the allocations.
    pub fn clear(&mut self) {
        self.offsets.truncate(1);
        self.indices.clear();
        self.values.clear();
    }

    /// Appends a row of ones.
    pub fn push_row(&mut self, indices: impl IntoIterator<Item = u32>) {
        self.push_row_with(indices.into_iter().map(|index| (index, 1.0)));
    }

    /// Appends a row of `(index, value)`; an index given twice counts twice.
    pub fn push_row_with(&mut self, entries: impl IntoIterator<Item = (u32, f32)>) {
        for (index, value) in entries {
            self.indices.push(index);
            self.values.push(value);
        }
        self.offsets.push(self.indices.len());
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of entries.
    pub fn n_entries(&self) -> usize {
        self.indices.len()
    }

    /// Indices and values of row `row`.
    pub fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let range = self.offsets[row]..self.offsets[row + 1];
        (&self.indices[range.clone()], &self.values[range])
    }

    /// Values of row `row`, to write to.
    pub fn values_mut(&mut self, row: usize) -> &mut [f32] {
        &mut self.values[self.offsets[row]..self.offsets[row + 1]]
    }

    /// Indices and values of every row, the values to write to.
    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = (&[u32], &mut [f32])> {
        let (mut indices, mut values) = (&self.indices[..], &mut self.values[..]);
        self.offsets.windows(2).map(move |bounds| {
            let length = bounds[1] - bounds[0];
            let (row, rest) = indices.split_at(length);
            indices = rest;
            let (of_row, rest) = std::mem::take(&mut values).split_at_mut(length);
            values = rest;
            (row, of_row)
        })
    }

    /// All values in order of the entries.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to write to.
    pub fn all_values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Position of the first entry of row `row` among all entries.
    pub fn offset(&self, row: usize) -> usize {
        self.offsets[row]
    }

    /// All indices in order of the entries.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// Divides each row by its Euclidean length; rows of zeros stay.
    pub fn l2_normalise(&mut self) {
        for row in 0..self.n_rows() {
            let values = self.values_mut(row);
            let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
            if length > 0.0 {
                for value in values {
                    *value /= length;
                }
            }
        }
    }

    /// Removes each entry with probability `rate` and divides the others by `1 - rate`: the same
    /// entries for the same seed, step and row.
    ///
    /// # Panics
    /// If `rate` is not in `[0, 1)`.
    pub fn dropout(&mut self, rate: f32, seed: Seed, step: u64) {
        assert!((0.0..1.0).contains(&rate), "dropout rate {rate}");
        if rate == 0.0 {
            return;
        }
        let (seed, scale) = (seed.derive("sparse dropout").at(step), 1.0 / (1.0 - rate));
        let (mut kept, mut start) = (0, 0);
        for row in 0..self.n_rows() {
            let mut stream = seed.stream_at("row", row as u64);
            let end = self.offsets[row + 1];
            for entry in start..end {
                if stream.random::<f32>() >= rate {
                    self.indices[kept] = self.indices[entry];
                    self.values[kept] = self.values[entry] * scale;
                    kept += 1;
                }
            }
            start = end;
            self.offsets[row + 1] = kept;
        }
        self.indices.truncate(kept);
        self.values.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_normalise_and_are_reused() {
        let mut rows = SparseRows::new();
        rows.push_row_with([(5, 3.0), (2, 4.0)]);
        rows.push_row([]);
        rows.l2_normalise();
        // sqrt(9 + 16) = 5
        assert_eq!(rows.row(0), (&[5, 2][..], &[0.6, 0.8][..]));
        assert_eq!((rows.n_rows(), rows.row(1).0.len()), (2, 0));
        rows.clear();
        rows.push_row([1]);
        assert_eq!((rows.n_rows(), rows.row(0).1), (1, &[1.0][..]));
    }

    #[test]
    fn dropout_keeps_the_rate_and_repeats() {
        let mut rows = SparseRows::new();
        rows.push_row(0..10_000);
        rows.push_row(0..10_000);
        let mut again = rows.clone();
        rows.dropout(0.2, Seed(3), 9);
        again.dropout(0.2, Seed(3), 9);
        assert_eq!(rows, again);
        assert_ne!(rows.row(0).0, rows.row(1).0);
        // 8000 expected, standard deviation 40.
        let kept = rows.row(1).0.len();
        assert!((7_800..8_200).contains(&kept), "{kept}");
        assert_eq!(rows.row(1).1[..1], [1.25]);
    }
}
