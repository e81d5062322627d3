//! Sequences one after the other, without padding.

use std::ops::Range;

use sparring_wide::Matrix;

/// Where each sequence begins among the rows of a matrix `[N, K]`: `N` events in all, none of them
/// padding, so that a step costs what its events cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    starts: Vec<usize>,
}

impl Default for Packed {
    fn default() -> Self {
        Self { starts: vec![0] }
    }
}

impl Packed {
    /// No sequence yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sequences of these lengths.
    pub fn of(lengths: impl IntoIterator<Item = usize>) -> Self {
        let mut packed = Self::new();
        for length in lengths {
            packed.push(length);
        }
        packed
    }

    /// Adds a sequence of `length` events.
    pub fn push(&mut self, length: usize) {
        self.starts.push(self.n_rows() + length);
    }

    /// Number of sequences.
    pub fn n_sequences(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of events `N` of all sequences.
    pub fn n_rows(&self) -> usize {
        *self.starts.last().expect("begins with a zero")
    }

    /// The rows of one sequence.
    pub fn range(&self, sequence: usize) -> Range<usize> {
        self.starts[sequence]..self.starts[sequence + 1]
    }

    /// The rows of all sequences in order.
    pub fn ranges(&self) -> impl ExactSizeIterator<Item = Range<usize>> + '_ {
        self.starts.windows(2).map(|pair| pair[0]..pair[1])
    }

    /// The row of the last event of each sequence `[sequences, K]`, of rows `[N, K]`.
    ///
    /// # Panics
    /// If a sequence is empty.
    pub fn last_of(&self, rows: &Matrix) -> Matrix {
        let mut last = Matrix::zeros(self.n_sequences(), rows.cols);
        for (at, range) in self.ranges().enumerate() {
            assert!(!range.is_empty(), "a sequence has an event");
            last.row_mut(at).copy_from_slice(rows.row(range.end - 1));
        }
        last
    }

    /// The place of each row within its sequence, from 0.
    pub fn places(&self) -> Vec<usize> {
        self.ranges().flat_map(|range| 0..range.len()).collect()
    }

    /// Cuts rows of `width` numbers into the sequences.
    pub(crate) fn cut<'a>(&self, mut rows: &'a mut [f32], width: usize) -> Vec<&'a mut [f32]> {
        let mut parts = Vec::with_capacity(self.n_sequences());
        for range in self.ranges() {
            let (part, rest) = rows.split_at_mut(range.len() * width);
            parts.push(part);
            rows = rest;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_where_they_should_be() {
        let packed = Packed::of([2, 1, 3]);
        assert_eq!((packed.n_sequences(), packed.n_rows()), (3, 6));
        assert_eq!(packed.range(2), 3..6);
        let rows = Matrix::from_vec(6, 1, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(packed.last_of(&rows).data, [1.0, 2.0, 5.0]);
        assert_eq!(packed.places(), [0, 1, 0, 0, 1, 2]);
        let mut rows: Vec<f32> = (0..12_u8).map(f32::from).collect();
        let parts = packed.cut(&mut rows, 2);
        assert_eq!(parts[1], [4.0, 5.0]);
        assert_eq!(parts[2].len(), 6);
    }
}
