//! Layers one after the other, forward, backward and along a direction.

use rayon::prelude::*;
use sparring_wide::{
    Beta, Matrix, Seed, add_to_rows, dropout, gemm, gemm_nt, gemm_tn, normal, sum_rows,
};

use super::convolution::Window;
use crate::body::Noise;

/// One layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Layer {
    /// `x W + b` over all numbers of a picture.
    Dense {
        /// Numbers that come in.
        input: usize,
        /// Numbers that go out.
        output: usize,
    },
    /// A convolution with a bias a channel.
    Down(Window),
    /// A transposed convolution with a bias a channel.
    Up(Window),
    /// `max(x, slope x)`
    Leaky {
        /// Slope below zero.
        slope: f32,
    },
    /// `tanh(x)`
    Tanh,
    /// Inverted dropout, while training.
    Dropout {
        /// Share of numbers that become zero.
        rate: f32,
    },
    /// Batch norm (Ioffe and Szegedy, 2015, algorithm 1) over pictures and places.
    Norm {
        /// Channels.
        channels: usize,
    },
}

/// Added to a variance.
const TINY: f32 = 1e-5;
/// What a batch counts in the running mean and variance.
const MOMENTUM: f32 = 0.1;

/// Layers one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    layers: Vec<Layer>,
    /// Two for each layer with weights: `W` and `b`, or factor and offset.
    weights: Vec<Matrix>,
    /// Running means and variances of the batch norms.
    running: Vec<Matrix>,
}

/// What a backward pass needs of a forward pass.
#[derive(Debug, Clone)]
pub struct StackTrace {
    /// What came into each layer; for units that are inverted by their output, that.
    kept: Vec<Matrix>,
    /// Mean and `1 / sqrt(variance)` of each batch norm.
    moments: Vec<Matrix>,
    noise: Option<Noise>,
}

/// The derivatives of a backward pass.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// By the input.
    pub by_input: Matrix,
    /// By the output of each layer with weights.
    by_outputs: Vec<Matrix>,
}

impl Layer {
    fn has_weights(self) -> bool {
        matches!(
            self,
            Self::Dense { .. } | Self::Down(_) | Self::Up(_) | Self::Norm { .. }
        )
    }

    /// Columns of what comes in, where a layer needs a certain number.
    fn columns(self) -> Option<usize> {
        match self {
            Self::Dense { input, .. } => Some(input),
            Self::Down(window) => Some(window.fine),
            Self::Up(window) => Some(window.coarse),
            Self::Norm { channels } => Some(channels),
            Self::Leaky { .. } | Self::Tanh | Self::Dropout { .. } => None,
        }
    }

    /// Shape of `W`, length of `b`, and how many inputs an output sums over.
    fn sizes(self) -> Option<((usize, usize), usize, f32)> {
        match self {
            Self::Dense { input, output } => Some(((input, output), output, input as f32)),
            Self::Down(window) => {
                let shape = window.weights();
                Some((shape, window.coarse, shape.0 as f32))
            }
            Self::Up(window) => {
                let overlap = (window.kernel as f32 / window.stride as f32).powi(2);
                let inputs = overlap * window.coarse as f32;
                Some((window.weights(), window.fine, inputs))
            }
            Self::Norm { channels } => Some(((1, channels), channels, 0.0)),
            Self::Leaky { .. } | Self::Tanh | Self::Dropout { .. } => None,
        }
    }
}

impl Stack {
    /// With weights drawn: of standard deviation `std`, or so that leaky units keep the size of what
    /// they are given (He et al., 2015, eq. 14).
    pub fn new(layers: Vec<Layer>, std: Option<f32>, seed: Seed) -> Self {
        let (mut weights, mut running) = (Vec::new(), Vec::new());
        for (at, layer) in layers.iter().enumerate() {
            let Some(((rows, cols), bias, inputs)) = layer.sizes() else {
                continue;
            };
            if let Layer::Norm { channels } = *layer {
                weights.push(Matrix::from_vec(1, channels, vec![1.0; channels]));
                running.push(Matrix::zeros(1, channels));
                running.push(Matrix::from_vec(1, channels, vec![1.0; channels]));
            } else {
                let std = std.unwrap_or_else(|| (2.0 / (1.04 * inputs)).sqrt());
                weights.push(normal(rows, cols, std, seed.at(at as u64)));
            }
            weights.push(Matrix::zeros(1, bias));
        }
        Self {
            layers,
            weights,
            running,
        }
    }

    /// The weights, two for each layer that has any.
    pub fn weights(&self) -> &[Matrix] {
        &self.weights
    }

    /// The weights, to change them.
    pub fn weights_mut(&mut self) -> &mut [Matrix] {
        &mut self.weights
    }

    /// Running means and variances of batch norms: not trained, but part of what is saved.
    pub fn running(&self) -> &[Matrix] {
        &self.running
    }

    /// The same, to load them.
    pub fn running_mut(&mut self) -> &mut [Matrix] {
        &mut self.running
    }

    /// The output of a batch `[B, any]` while training.
    pub fn forward(&self, x: Matrix, noise: Noise) -> (Matrix, StackTrace) {
        let mut trace = StackTrace {
            kept: Vec::with_capacity(self.layers.len()),
            moments: Vec::new(),
            noise: Some(noise),
        };
        let out = self.pass(x, Some(&mut trace));
        (out, trace)
    }

    /// The output of a batch as it is after training: no dropout, running moments.
    pub fn infer(&self, x: Matrix) -> Matrix {
        self.pass(x, None)
    }

    /// The output as after training, with what a backward pass needs; for networks without batch norm.
    pub fn traced(&self, x: Matrix) -> (Matrix, StackTrace) {
        let mut trace = StackTrace {
            kept: Vec::with_capacity(self.layers.len()),
            moments: Vec::new(),
            noise: None,
        };
        let out = self.pass(x, Some(&mut trace));
        (out, trace)
    }

    fn pass(&self, mut x: Matrix, mut trace: Option<&mut StackTrace>) -> Matrix {
        let pictures = x.rows;
        let (mut at, mut norms) = (0, 0);
        for (number, layer) in self.layers.iter().enumerate() {
            fit(&mut x, layer.columns());
            let out = match *layer {
                Layer::Dense { .. } => {
                    let mut out = Matrix::default();
                    gemm(&x, &self.weights[at], Beta::Replace, &mut out);
                    add_to_rows(&mut out, &self.weights[at + 1].data);
                    out
                }
                Layer::Down(window) => {
                    let mut out = window.down(&x, &self.weights[at]);
                    add_to_rows(&mut out, &self.weights[at + 1].data);
                    out
                }
                Layer::Up(window) => {
                    let mut out = window.up(&x, &self.weights[at]);
                    add_to_rows(&mut out, &self.weights[at + 1].data);
                    out
                }
                Layer::Norm { .. } => {
                    let moments = match &trace {
                        Some(trace) if trace.noise.is_some() => moments(&x),
                        _ => settled(&self.running[norms], &self.running[norms + 1]),
                    };
                    norms += 2;
                    let out = scaled(&x, &moments, &self.weights[at], &self.weights[at + 1]);
                    if let Some(trace) = trace.as_deref_mut() {
                        trace.moments.push(moments);
                    }
                    out
                }
                Layer::Leaky { slope } => {
                    each(&mut x, |v| if v > 0.0 { v } else { slope * v });
                    std::mem::take(&mut x)
                }
                Layer::Tanh => {
                    each(&mut x, f32::tanh);
                    std::mem::take(&mut x)
                }
                Layer::Dropout { rate } => {
                    if let Some(noise) = trace.as_deref().and_then(|trace| trace.noise) {
                        drop_out(&mut x, pictures, rate, of_layer(noise, number));
                    }
                    std::mem::take(&mut x)
                }
            };
            at += if layer.has_weights() { 2 } else { 0 };
            if let Some(trace) = trace.as_deref_mut() {
                // A leaky unit and a tanh are inverted by what they give.
                trace.kept.push(match layer {
                    Layer::Leaky { .. } | Layer::Tanh => out.clone(),
                    Layer::Dropout { .. } => Matrix::default(),
                    _ => std::mem::take(&mut x),
                });
            }
            x = out;
        }
        let numbers = x.data.len() / pictures.max(1);
        fit(&mut x, Some(numbers));
        x
    }

    /// The derivatives by the input and by the outputs of layers, given those by the output `[B, any]`.
    pub fn pull(&self, trace: &StackTrace, by_output: Matrix) -> Pulled {
        let pictures = by_output.rows;
        let mut by_outputs = Vec::new();
        let mut by = by_output;
        let (mut at, mut norms) = (self.weights.len(), trace.moments.len());
        for (number, layer) in self.layers.iter().enumerate().rev() {
            let kept = &trace.kept[number];
            at -= if layer.has_weights() { 2 } else { 0 };
            match *layer {
                Layer::Dense { output, .. } => {
                    fit(&mut by, Some(output));
                    let mut out = Matrix::default();
                    gemm_nt(&by, &self.weights[at], Beta::Replace, &mut out);
                    by_outputs.push(std::mem::replace(&mut by, out));
                }
                Layer::Down(window) => {
                    fit(&mut by, Some(window.coarse));
                    let out = window.up(&by, &self.weights[at]);
                    by_outputs.push(std::mem::replace(&mut by, out));
                }
                Layer::Up(window) => {
                    fit(&mut by, Some(window.fine));
                    let out = window.down(&by, &self.weights[at]);
                    by_outputs.push(std::mem::replace(&mut by, out));
                }
                Layer::Norm { channels } => {
                    fit(&mut by, Some(channels));
                    norms -= 1;
                    let batch = trace.noise.is_some();
                    let out = unscaled(kept, &trace.moments[norms], &self.weights[at], &by, batch);
                    by_outputs.push(std::mem::replace(&mut by, out));
                }
                Layer::Leaky { slope } => {
                    each2(&mut by, kept, |g, y| if y > 0.0 { g } else { slope * g });
                }
                Layer::Tanh => each2(&mut by, kept, |g, y| g * (1.0 - y * y)),
                Layer::Dropout { rate } => {
                    if let Some(noise) = trace.noise {
                        drop_out(&mut by, pictures, rate, of_layer(noise, number));
                    }
                }
            }
        }
        by_outputs.reverse();
        let numbers = by.data.len() / pictures.max(1);
        fit(&mut by, Some(numbers));
        Pulled {
            by_input: by,
            by_outputs,
        }
    }

    /// How the output moves when the input moves along `v` `[B, any]`: what comes into each layer with
    /// weights, and the output's motion.
    ///
    /// Exact for layers that are linear or linear in pieces.
    ///
    /// # Panics
    /// If there is a batch norm or a tanh.
    pub fn along(&self, trace: &StackTrace, v: Matrix) -> (Vec<Matrix>, Matrix) {
        let pictures = v.rows;
        let (mut motions, mut at, mut x) = (Vec::new(), 0, v);
        for (number, layer) in self.layers.iter().enumerate() {
            fit(&mut x, layer.columns());
            match *layer {
                Layer::Dense { .. } => {
                    let mut out = Matrix::default();
                    gemm(&x, &self.weights[at], Beta::Replace, &mut out);
                    motions.push(std::mem::replace(&mut x, out));
                }
                Layer::Down(window) => {
                    let out = window.down(&x, &self.weights[at]);
                    motions.push(std::mem::replace(&mut x, out));
                }
                Layer::Up(window) => {
                    let out = window.up(&x, &self.weights[at]);
                    motions.push(std::mem::replace(&mut x, out));
                }
                Layer::Leaky { slope } => {
                    let kept = &trace.kept[number];
                    each2(&mut x, kept, |v, y| if y > 0.0 { v } else { slope * v });
                }
                Layer::Dropout { rate } => {
                    if let Some(noise) = trace.noise {
                        drop_out(&mut x, pictures, rate, of_layer(noise, number));
                    }
                }
                Layer::Norm { .. } | Layer::Tanh => {
                    unreachable!("critics have neither batch norm nor tanh")
                }
            }
            at += if layer.has_weights() { 2 } else { 0 };
        }
        let numbers = x.data.len() / pictures.max(1);
        fit(&mut x, Some(numbers));
        (motions, x)
    }

    /// The derivatives by each weight, given those by the outputs of layers.
    ///
    /// With `scale` and `motions` they are those of `sum_b scale_b f(x_b) + v_b . grad f(x_b)`, where
    /// the derivatives are of `f` and the motions were made [`along`](Self::along) `v`: both share the
    /// products, so that a penalty on the slope costs one pass forward.
    pub fn gradient(
        &self,
        trace: &StackTrace,
        pulled: &Pulled,
        scale: Option<(&[f32], &[Matrix])>,
    ) -> Vec<Matrix> {
        let mut gradient = Vec::with_capacity(self.weights.len());
        let (mut at, mut norms) = (0, 0);
        for (number, layer) in self.layers.iter().enumerate() {
            if !layer.has_weights() {
                continue;
            }
            let by = &pulled.by_outputs[at];
            let (mut joint, mut weighed) = (Matrix::default(), Matrix::default());
            let (mut input, mut by_bias) = (&trace.kept[number], by);
            if let Some((scale, motions)) = scale {
                joint = motions[at].clone();
                add_weighed(&mut joint, input, scale);
                weighed = by.clone();
                weigh(&mut weighed, scale);
                (input, by_bias) = (&joint, &weighed);
            }
            let mut out = Matrix::default();
            match *layer {
                Layer::Dense { .. } => gemm_tn(input, by, Beta::Replace, &mut out),
                Layer::Down(window) => out = window.by_weights(input, by),
                Layer::Up(window) => out = window.by_weights(by, input),
                Layer::Norm { channels } => {
                    out = Matrix::zeros(1, channels);
                    let normal = normalised(input, &trace.moments[norms]);
                    norms += 1;
                    for (n, g) in normal.rows_iter().zip(by.rows_iter()) {
                        let sums = out.data.iter_mut().zip(n.iter().zip(g));
                        sums.for_each(|(sum, (n, g))| *sum += n * g);
                    }
                }
                Layer::Leaky { .. } | Layer::Tanh | Layer::Dropout { .. } => {
                    unreachable!("has no weights")
                }
            }
            gradient.push(out);
            let mut sums = vec![0.0; by_bias.cols];
            sum_rows(by_bias, &mut sums);
            gradient.push(Matrix::from_vec(1, sums.len(), sums));
            drop((joint, weighed));
            at += 1;
        }
        gradient
    }

    /// Moves the running moments towards those of a batch.
    pub fn remember(&mut self, trace: &StackTrace) {
        for (running, batch) in self.running.chunks_mut(2).zip(&trace.moments) {
            let channels = batch.cols;
            let (mean, root) = batch.data.split_at(channels);
            for (to, from) in running[0].data.iter_mut().zip(mean) {
                *to += MOMENTUM * (from - *to);
            }
            for (to, from) in running[1].data.iter_mut().zip(root) {
                *to += MOMENTUM * ((from * from).recip() - TINY - *to);
            }
        }
    }
}

/// Reads a batch with other rows and columns.
fn fit(x: &mut Matrix, columns: Option<usize>) {
    if let Some(columns) = columns
        && x.cols != columns
    {
        (x.rows, x.cols) = (x.data.len() / columns, columns);
    }
}

/// Entries of a block.
const CHUNK: usize = 1 << 14;

fn each(x: &mut Matrix, f: impl Fn(f32) -> f32 + Sync) {
    let blocks = x.data.par_chunks_mut(CHUNK);
    blocks.for_each(|block| block.iter_mut().for_each(|v| *v = f(*v)));
}

fn each2(x: &mut Matrix, other: &Matrix, f: impl Fn(f32, f32) -> f32 + Sync) {
    assert_eq!(x.data.len(), other.data.len(), "as many numbers");
    let blocks = x.data.par_chunks_mut(CHUNK);
    blocks
        .zip(other.data.par_chunks(CHUNK))
        .for_each(|(x, other)| x.iter_mut().zip(other).for_each(|(x, o)| *x = f(*x, *o)));
}

fn of_layer(noise: Noise, layer: usize) -> Noise {
    Noise {
        seed: noise.seed.derive("pictures").at(layer as u64),
        step: noise.step,
    }
}

/// The same numbers forth and back, as they depend on the layer, the step and the picture.
fn drop_out(x: &mut Matrix, pictures: usize, rate: f32, noise: Noise) {
    fit(x, Some(x.data.len() / pictures.max(1)));
    dropout(x, rate, noise.seed, noise.step);
}

/// `x += scale_b other` for the numbers of each picture.
fn add_weighed(x: &mut Matrix, other: &Matrix, scale: &[f32]) {
    let size = x.data.len() / scale.len().max(1);
    let rows = x.data.par_chunks_mut(size).zip(other.data.par_chunks(size));
    rows.zip(scale).for_each(|((x, other), scale)| {
        x.iter_mut().zip(other).for_each(|(x, o)| *x += scale * o);
    });
}

fn weigh(x: &mut Matrix, scale: &[f32]) {
    let size = x.data.len() / scale.len().max(1);
    let rows = x.data.par_chunks_mut(size).zip(scale);
    rows.for_each(|(x, scale)| x.iter_mut().for_each(|x| *x *= scale));
}

/// Mean and `1 / sqrt(variance)` of each column, in two rows.
fn moments(x: &Matrix) -> Matrix {
    let (n, channels) = (x.rows as f64, x.cols);
    let mut sums = vec![0.0_f64; 2 * channels];
    let (mean, square) = sums.split_at_mut(channels);
    for row in x.rows_iter() {
        for ((m, s), v) in mean.iter_mut().zip(square.iter_mut()).zip(row) {
            *m += f64::from(*v);
            *s += f64::from(*v) * f64::from(*v);
        }
    }
    let mut out = Matrix::zeros(2, channels);
    for channel in 0..channels {
        let mean = mean[channel] / n;
        let variance = (square[channel] / n - mean * mean).max(0.0);
        #[expect(clippy::cast_possible_truncation, reason = "moments, rounded to f32")]
        let (mean, variance) = (mean as f32, variance as f32);
        out.data[channel] = mean;
        out.data[channels + channel] = (variance + TINY).sqrt().recip();
    }
    out
}

/// The running moments as [`moments`] gives those of a batch.
fn settled(mean: &Matrix, variance: &Matrix) -> Matrix {
    let roots = variance.data.iter().map(|v| (v + TINY).sqrt().recip());
    let data = mean.data.iter().copied().chain(roots).collect();
    Matrix::from_vec(2, mean.cols, data)
}

fn normalised(x: &Matrix, moments: &Matrix) -> Matrix {
    let mut out = x.clone();
    let (mean, root) = (moments.row(0), moments.row(1));
    out.data.par_chunks_mut(x.cols).for_each(|row| {
        let each = row.iter_mut().zip(mean.iter().zip(root));
        each.for_each(|(v, (mean, root))| *v = (*v - mean) * root);
    });
    out
}

fn scaled(x: &Matrix, moments: &Matrix, factor: &Matrix, offset: &Matrix) -> Matrix {
    let mut out = normalised(x, moments);
    out.data.par_chunks_mut(x.cols).for_each(|row| {
        let each = row.iter_mut().zip(factor.data.iter().zip(&offset.data));
        each.for_each(|(v, (factor, offset))| *v = *v * factor + offset);
    });
    out
}

/// The derivatives by what came into a batch norm (Ioffe and Szegedy, 2015, section 3).
fn unscaled(x: &Matrix, moments: &Matrix, factor: &Matrix, by: &Matrix, batch: bool) -> Matrix {
    let mut out = normalised(x, moments);
    let (channels, n) = (x.cols, x.rows as f32);
    let (mut sum, mut dot) = (vec![0.0; channels], vec![0.0; channels]);
    if batch {
        for (normal, by) in out.rows_iter().zip(by.rows_iter()) {
            for channel in 0..channels {
                sum[channel] += by[channel];
                dot[channel] += by[channel] * normal[channel];
            }
        }
    }
    let root = moments.row(1);
    let rows = out.data.par_chunks_mut(channels);
    rows.zip(by.data.par_chunks(channels))
        .for_each(|(out, by)| {
            for channel in 0..channels {
                let centred = by[channel] - (sum[channel] + out[channel] * dot[channel]) / n;
                out[channel] = factor.data[channel] * root[channel] * centred;
            }
        });
    out
}

#[cfg(test)]
#[path = "stack_tests.rs"]
mod tests;
