//! A layer on sparse inputs: the sum of the embeddings of what is present.

use rayon::prelude::*;

use crate::simd::vectorised;
use crate::{Matrix, Seed, SparseRows, sum_rows, xavier_uniform};

/// `y = x W + b` with a sparse `x`.
///
/// # Shapes
/// `x [B, I]` sparse, `W [I, H]`, `b [H]`, `y [B, H]`.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseLinear {
    /// `W [I, H]`, a row for each input.
    pub weight: Matrix,
    /// `b [H]`.
    pub bias: Vec<f32>,
}

/// The rows of a gradient `[I, H]` that may differ from zero; reused from step to step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RowGradient {
    /// Which rows, ascending, each once.
    pub rows: Vec<u32>,
    /// Their derivatives `[rows, H]`, row-major.
    pub data: Vec<f32>,
    /// All entries, by index and then in order of the batch.
    order: Vec<u32>,
    /// Where the next entry of an index goes in `order`, for all indices.
    next: Vec<u32>,
    /// Where each row's entries start in `order`, and the end.
    starts: Vec<usize>,
    /// The batch row of each entry.
    owners: Vec<u32>,
}

impl SparseLinear {
    /// Glorot's weights and a bias of zeros.
    pub fn new(inputs: usize, outputs: usize, seed: Seed) -> Self {
        Self {
            weight: xavier_uniform(inputs, outputs, seed),
            bias: vec![0.0; outputs],
        }
    }

    /// Writes `y`.
    ///
    /// # Panics
    /// If an index is not below `I`.
    pub fn forward(&self, input: &SparseRows, output: &mut Matrix) {
        let width = self.weight.cols;
        output.reshape(input.n_rows(), width);
        let rows = output.data.par_chunks_mut(width.max(1)).enumerate();
        rows.for_each(|(row, output)| {
            let (indices, values) = input.row(row);
            output.copy_from_slice(&self.bias);
            vectorised(|| {
                for (index, value) in indices.iter().zip(values) {
                    add_scaled(output, self.weight.row(*index as usize), *value);
                }
            });
        });
    }

    /// Overwrites `weight` and `bias` with the derivatives, where `dy [B, H]` are those by `y`.
    pub fn backward(
        &self,
        input: &SparseRows,
        dy: &Matrix,
        weight: &mut RowGradient,
        bias: &mut Vec<f32>,
    ) {
        weight.accumulate(input, dy);
        sum_rows(dy, bias);
    }
}

impl RowGradient {
    /// `x' dy` of a sparse `x [B, I]` and `dy [B, H]`, each row summed in order of the batch.
    pub(crate) fn accumulate(&mut self, x: &SparseRows, dy: &Matrix) {
        assert_eq!(x.n_rows(), dy.rows, "one derivative an example");
        self.sort(x);
        let width = dy.cols;
        self.data.resize(self.rows.len() * width, 0.0);
        let (order, starts, owners) = (&self.order, &self.starts, &self.owners);
        let rows = self.data.par_chunks_mut(width.max(1)).enumerate();
        rows.with_min_len(16).for_each(|(row, out)| {
            out.fill(0.0);
            vectorised(|| {
                for &entry in &order[starts[row]..starts[row + 1]] {
                    let entry = entry as usize;
                    add_scaled(out, dy.row(owners[entry] as usize), x.values()[entry]);
                }
            });
        });
    }

    /// Finds the touched rows and their entries.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a batch has fewer than 2^32 entries"
    )]
    fn sort(&mut self, x: &SparseRows) {
        self.owners.clear();
        for row in 0..x.n_rows() {
            let to = self.owners.len() + x.row(row).0.len();
            self.owners.resize(to, row as u32);
        }
        // By counting: an index is far below the number of entries in a batch of profiles.
        let indices = x.indices();
        self.next.clear();
        for &index in indices {
            let needed = index as usize + 1;
            if self.next.len() < needed {
                self.next.resize(needed, 0);
            }
            self.next[index as usize] += 1;
        }
        self.rows.clear();
        self.starts.clear();
        let mut start = 0;
        for (index, next) in (0..).zip(&mut self.next) {
            let count = *next;
            *next = start;
            if count > 0 {
                self.rows.push(index);
                self.starts.push(start as usize);
            }
            start += count;
        }
        self.order.resize(indices.len(), 0);
        for (entry, &index) in (0..).zip(indices) {
            let next = &mut self.next[index as usize];
            self.order[*next as usize] = entry;
            *next += 1;
        }
        self.starts.push(self.order.len());
    }

    /// The gradients of the rows from `first` on, `zeros` where a row is not touched.
    pub(crate) fn rows_from<'a>(
        &'a self,
        first: usize,
        zeros: &'a [f32],
    ) -> impl Iterator<Item = &'a [f32]> {
        let mut touched = self.within(first, usize::MAX).peekable();
        (first..).map(move |row| {
            let here = touched.next_if(|(touched, _)| *touched == row);
            here.map_or(zeros, |(_, gradient)| gradient)
        })
    }

    /// The touched rows among the `count` from `first` on, and their gradients.
    pub(crate) fn within(
        &self,
        first: usize,
        count: usize,
    ) -> impl Iterator<Item = (usize, &[f32])> {
        let width = self.data.len() / self.rows.len().max(1);
        let start = self.rows.partition_point(|row| (*row as usize) < first);
        let end = first.saturating_add(count);
        let rows = self.rows[start..].iter().map(|row| *row as usize);
        rows.take_while(move |row| *row < end)
            .zip(self.data[start * width..].chunks(width.max(1)))
    }

    /// As a full gradient `[I, H]`.
    pub fn to_dense(&self, inputs: usize, width: usize) -> Matrix {
        let mut out = Matrix::zeros(inputs, width);
        for (row, data) in self.rows.iter().zip(self.data.chunks(width.max(1))) {
            out.row_mut(*row as usize).copy_from_slice(data);
        }
        out
    }
}

#[inline]
pub(crate) fn add_scaled(to: &mut [f32], what: &[f32], by: f32) {
    to.iter_mut()
        .zip(what)
        .for_each(|(to, what)| *to += by * what);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dense, DenseGradient};

    #[test]
    fn it_is_a_dense_layer_on_the_same_input() {
        let sparse = SparseLinear::new(6, 3, Seed(2));
        let dense = Dense {
            weight: sparse.weight.clone(),
            bias: vec![0.0; 3],
        };
        let mut x = SparseRows::new();
        x.push_row_with([(4, 2.0), (1, -1.0)]);
        x.push_row([]);
        x.push_row([1, 5]);
        let mut full = Matrix::zeros(3, 6);
        for row in 0..3 {
            let (indices, values) = x.row(row);
            for (index, value) in indices.iter().zip(values) {
                full.row_mut(row)[*index as usize] = *value;
            }
        }
        let (mut y, mut expected) = (Matrix::default(), Matrix::default());
        sparse.forward(&x, &mut y);
        dense.forward(&full, &mut expected);
        close(&y.data, &expected.data);

        let (mut rows, mut bias) = (RowGradient::default(), Vec::new());
        let mut gradient = DenseGradient::default();
        sparse.backward(&x, &y, &mut rows, &mut bias);
        dense.backward(&full, &y, &mut gradient);
        assert_eq!(rows.rows, [1, 4, 5]);
        close(&rows.to_dense(6, 3).data, &gradient.weight.data);
        close(&bias, &gradient.bias);
    }

    fn close(a: &[f32], b: &[f32]) {
        assert_eq!(a.len(), b.len());
        assert!(
            a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6),
            "{a:?} and {b:?}"
        );
    }
}
