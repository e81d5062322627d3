//! Convolutions as matrix products over unfolded windows (`im2col`).

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;
use sparring_wide::Matrix;

/// Numbers of an unfolded block: it should stay in a core's cache.
const BLOCK: usize = 1 << 19;
/// Partial sums of the derivatives by weights, whatever the number of threads.
const LANES: usize = 8;

/// A square window that slides over square pictures, between a fine grid `[S, S]` and a coarse one
/// `[O, O]`.
///
/// ```text
/// O = (S + 2 padding - kernel) / stride + 1
/// down:  coarse[b, o, j] = sum_(u, i) fine[b, stride o + u - padding, i] w[u, i, j]
/// up:    its transpose, from the coarse grid to the fine one
/// ```
///
/// Pictures lie as `[B, rows, columns, channels]`, so that a matrix of `B S S` rows is a batch and a
/// product with the unfolded windows gives the next layer's input as it is. Weights are
/// `[kernel kernel fine_channels, coarse_channels]` for both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Side `S` of the fine grid.
    pub side: usize,
    /// Channels of the fine grid.
    pub fine: usize,
    /// Channels of the coarse grid.
    pub coarse: usize,
    /// Side of the window.
    pub kernel: usize,
    /// Fine places between two windows.
    pub stride: usize,
    /// Places of zeros around the fine grid.
    pub padding: usize,
}

impl Window {
    /// Side `O` of the coarse grid.
    pub fn coarse_side(&self) -> usize {
        (self.side + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// Rows and columns of the weights.
    pub fn weights(&self) -> (usize, usize) {
        (self.kernel * self.kernel * self.fine, self.coarse)
    }

    fn fine_size(&self) -> usize {
        self.side * self.side * self.fine
    }

    fn places(&self) -> usize {
        self.coarse_side() * self.coarse_side()
    }

    /// Pictures that are unfolded at once.
    fn block(&self) -> usize {
        (BLOCK / (self.places() * self.weights().0)).max(1)
    }

    /// From the fine grid `[B S S, fine]` to the coarse one `[B O O, coarse]`.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn down(&self, fine: &Matrix, weights: &Matrix) -> Matrix {
        let (pictures, (k, cols)) = (self.pictures(fine), self.checked(weights));
        let places = self.places();
        let mut coarse = Matrix::zeros(pictures * places, cols);
        let w = MatRef::from_row_major_slice(&weights.data, k, cols);
        let (block, from) = (self.block(), self.fine_size());
        let out = coarse.data.par_chunks_mut(block * places * cols);
        out.zip(fine.data.par_chunks(block * from)).for_each_init(
            Vec::new,
            |unfolded, (out, fine)| {
                self.unfold(fine, unfolded);
                let rows = out.len() / cols;
                let windows = MatRef::from_row_major_slice(unfolded, rows, k);
                let out = MatMut::from_row_major_slice_mut(out, rows, cols);
                matmul(out, Accum::Replace, windows, w, 1.0, Par::Seq);
            },
        );
        coarse
    }

    /// From the coarse grid `[B O O, coarse]` to the fine one `[B S S, fine]`.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn up(&self, coarse: &Matrix, weights: &Matrix) -> Matrix {
        let (k, cols) = self.checked(weights);
        let places = self.places();
        assert_eq!(coarse.cols, cols, "channels of the coarse grid");
        assert_eq!(coarse.rows % places, 0, "whole pictures");
        let pictures = coarse.rows / places;
        let mut fine = Matrix::zeros(pictures * self.side * self.side, self.fine);
        let w = MatRef::from_row_major_slice(&weights.data, k, cols).transpose();
        let (block, to) = (self.block(), self.fine_size());
        let out = fine.data.par_chunks_mut(block * to);
        out.zip(coarse.data.par_chunks(block * places * cols))
            .for_each_init(Vec::new, |unfolded, (out, coarse)| {
                let rows = coarse.len() / cols;
                unfolded.resize(rows * k, 0.0);
                let coarse = MatRef::from_row_major_slice(coarse, rows, cols);
                let windows = MatMut::from_row_major_slice_mut(unfolded, rows, k);
                matmul(windows, Accum::Replace, coarse, w, 1.0, Par::Seq);
                self.fold(unfolded, out);
            });
        fine
    }

    /// The derivatives by the weights, given what is on the fine grid and on the coarse one: an input
    /// and the derivatives by an output.
    ///
    /// # Panics
    /// If the sizes do not fit.
    pub fn by_weights(&self, fine: &Matrix, coarse: &Matrix) -> Matrix {
        let pictures = self.pictures(fine);
        let (k, cols) = self.weights();
        let places = self.places();
        assert_eq!(coarse.shape(), (pictures * places, cols), "both grids");
        let share = pictures.div_ceil(LANES).max(1);
        let (from, to) = (self.fine_size(), places * cols);
        let lanes = fine.data.par_chunks(share * from);
        let partial: Vec<Vec<f32>> = lanes
            .zip(coarse.data.par_chunks(share * to))
            .map_init(Vec::new, |unfolded, (fine, coarse)| {
                let mut sum = vec![0.0; k * cols];
                let block = self.block();
                for (fine, coarse) in fine.chunks(block * from).zip(coarse.chunks(block * to)) {
                    self.unfold(fine, unfolded);
                    let rows = coarse.len() / cols;
                    let windows = MatRef::from_row_major_slice(unfolded, rows, k);
                    let coarse = MatRef::from_row_major_slice(coarse, rows, cols);
                    let out = MatMut::from_row_major_slice_mut(&mut sum, k, cols);
                    matmul(out, Accum::Add, windows.transpose(), coarse, 1.0, Par::Seq);
                }
                sum
            })
            .collect();
        let mut total = Matrix::zeros(k, cols);
        for part in partial {
            total.data.iter_mut().zip(part).for_each(|(t, p)| *t += p);
        }
        total
    }

    fn pictures(&self, fine: &Matrix) -> usize {
        assert_eq!(fine.cols, self.fine, "channels of the fine grid");
        assert_eq!(fine.rows % (self.side * self.side), 0, "whole pictures");
        fine.rows / (self.side * self.side)
    }

    fn checked(&self, weights: &Matrix) -> (usize, usize) {
        assert_eq!(weights.shape(), self.weights(), "weights of this window");
        weights.shape()
    }

    /// Writes the windows of some pictures, a row each.
    fn unfold(&self, fine: &[f32], unfolded: &mut Vec<f32>) {
        let k = self.weights().0;
        let (side, line) = (self.coarse_side(), self.kernel * self.fine);
        unfolded.resize(fine.len() / self.fine_size() * self.places() * k, 0.0);
        let pictures = fine.chunks(self.fine_size());
        for (fine, windows) in pictures.zip(unfolded.chunks_mut(self.places() * k)) {
            for (place, window) in windows.chunks_mut(k).enumerate() {
                let (y, x) = (place / side * self.stride, place % side * self.stride);
                let (first, last) = self.inside(x);
                for (u, line) in window.chunks_mut(line).enumerate() {
                    let row = (y + u).wrapping_sub(self.padding);
                    if row >= self.side {
                        line.fill(0.0);
                        continue;
                    }
                    let start = row * self.side + x + first - self.padding;
                    let from = &fine[start * self.fine..][..(last - first) * self.fine];
                    line[..first * self.fine].fill(0.0);
                    line[first * self.fine..last * self.fine].copy_from_slice(from);
                    line[last * self.fine..].fill(0.0);
                }
            }
        }
    }

    /// Adds windows back to the pictures that they were taken from.
    fn fold(&self, unfolded: &[f32], fine: &mut [f32]) {
        let k = self.weights().0;
        let (side, line) = (self.coarse_side(), self.kernel * self.fine);
        let pictures = fine.chunks_mut(self.fine_size());
        for (fine, windows) in pictures.zip(unfolded.chunks(self.places() * k)) {
            for (place, window) in windows.chunks(k).enumerate() {
                let (y, x) = (place / side * self.stride, place % side * self.stride);
                let (first, last) = self.inside(x);
                for (u, line) in window.chunks(line).enumerate() {
                    let row = (y + u).wrapping_sub(self.padding);
                    if row >= self.side {
                        continue;
                    }
                    let start = row * self.side + x + first - self.padding;
                    let to = &mut fine[start * self.fine..][..(last - first) * self.fine];
                    let line = &line[first * self.fine..last * self.fine];
                    to.iter_mut().zip(line).for_each(|(to, from)| *to += from);
                }
            }
        }
    }

    /// The columns of a window at `x` that lie inside the picture.
    fn inside(&self, x: usize) -> (usize, usize) {
        let first = self.padding.saturating_sub(x);
        let last = self.kernel.min(self.side + self.padding - x);
        (first, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::module::{conv_transpose2d, conv2d};
    use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
    use burn::tensor::{Device as Place, Tensor, TensorData};
    use sparring_wide::{Seed, normal};

    const WINDOWS: [Window; 4] = [
        Window {
            side: 8,
            fine: 3,
            coarse: 5,
            kernel: 4,
            stride: 2,
            padding: 1,
        },
        Window {
            side: 14,
            fine: 2,
            coarse: 3,
            kernel: 5,
            stride: 2,
            padding: 2,
        },
        Window {
            side: 7,
            fine: 1,
            coarse: 4,
            kernel: 3,
            stride: 1,
            padding: 1,
        },
        Window {
            side: 9,
            fine: 2,
            coarse: 2,
            kernel: 3,
            stride: 3,
            padding: 0,
        },
    ];

    /// `[B, H, W, C]` as a tensor `[B, C, H, W]`.
    fn pictures(x: &Matrix, side: usize, place: &Place) -> Tensor<4> {
        let n = x.rows / (side * side);
        let data = TensorData::new(x.data.clone(), [n, side, side, x.cols]);
        Tensor::<4>::from_data(data, place).permute([0, 3, 1, 2])
    }

    /// `[k, k, fine, coarse]` as a tensor `[coarse, fine, k, k]`.
    fn kernels(w: &Matrix, window: &Window, place: &Place) -> Tensor<4> {
        let shape = [window.kernel, window.kernel, window.fine, window.coarse];
        Tensor::<4>::from_data(TensorData::new(w.data.clone(), shape), place).permute([3, 2, 0, 1])
    }

    fn host(tensor: Tensor<4>, order: [usize; 4]) -> Vec<f32> {
        let data = tensor.permute(order).into_data();
        data.try_into_vec().expect("tensors here are of f32")
    }

    fn close(found: &Matrix, expected: &[f32]) {
        assert_eq!(found.data.len(), expected.len());
        for (a, b) in found.data.iter().zip(expected) {
            assert!((a - b).abs() < 1e-4 * (1.0 + b.abs()), "{a} {b}");
        }
    }

    #[test]
    fn all_three_are_those_of_burn() {
        let place = Place::flex().autodiff();
        for window in WINDOWS {
            let (side, coarse_side) = (window.side, window.coarse_side());
            let fine = normal(3 * side * side, window.fine, 1.0, Seed(1));
            let coarse = normal(3 * coarse_side * coarse_side, window.coarse, 1.0, Seed(2));
            let (k, cols) = window.weights();
            let w = normal(k, cols, 0.5, Seed(3));
            let strides = [window.stride; 2];
            let padding = [window.padding; 2];
            let x = pictures(&fine, side, &place).require_grad();
            let weight = kernels(&w, &window, &place).require_grad();
            let options = ConvOptions::new(strides, padding, [1, 1], 1);
            let y = conv2d(x.clone(), weight.clone(), None, options);
            close(&window.down(&fine, &w), &host(y.clone(), [0, 2, 3, 1]));
            let given = pictures(&coarse, coarse_side, &place);
            let gradients = (y * given.clone()).sum().backward();
            let by_x = x.grad(&gradients).expect("the output depends on it");
            close(&window.up(&coarse, &w), &host(by_x, [0, 2, 3, 1]));
            let by_w = weight.grad(&gradients).expect("the output depends on it");
            let by_w = host(by_w, [2, 3, 1, 0]);
            close(&window.by_weights(&fine, &coarse), &by_w);
            // The transposed convolution itself; what the windows do not reach stays zero.
            let reached = (coarse_side - 1) * window.stride + window.kernel - 2 * window.padding;
            let options =
                ConvTransposeOptions::new(strides, padding, [side - reached; 2], [1, 1], 1);
            let up = conv_transpose2d(given, kernels(&w, &window, &place), None, options);
            close(&window.up(&coarse, &w), &host(up, [0, 2, 3, 1]));
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        // Large enough for several blocks.
        let window = Window {
            side: 28,
            fine: 16,
            coarse: 8,
            kernel: 5,
            stride: 2,
            padding: 2,
        };
        let fine = normal(21 * 784, 16, 1.0, Seed(1));
        let (k, cols) = window.weights();
        let w = normal(k, cols, 0.5, Seed(3));
        let at = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().expect("threads start").install(|| {
                let coarse = window.down(&fine, &w);
                let up = window.up(&coarse, &w);
                (window.by_weights(&fine, &coarse), coarse, up)
            })
        };
        assert_eq!(at(1), at(3));
    }

    #[test]
    fn a_picture_does_not_depend_on_its_neighbours() {
        let window = WINDOWS[0];
        let fine = normal(5 * 64, 3, 1.0, Seed(1));
        let (k, cols) = window.weights();
        let w = normal(k, cols, 0.5, Seed(3));
        let all = window.down(&fine, &w);
        let last = Matrix::from_vec(64, 3, fine.data[4 * 64 * 3..].to_vec());
        let last = window.down(&last, &w);
        close(&last, &all.data[4 * 16 * 5..]);
    }
}
