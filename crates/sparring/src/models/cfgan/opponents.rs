//! The two networks and their steps, in blocks of columns.
//!
//! What is as wide as a profile is kept transposed, `[N, B]`, so that a block of columns is one
//! piece of memory. Sums over columns are taken block by block and added in the order of the
//! blocks, so that no thread count changes a bit.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, Par};
use rand::Rng;
use rayon::prelude::*;
use sparring_wide::{Seed, Stream};

use super::networks::{Discriminator, Generator};
use super::rows::{Rows, add_scaled, dot};
use super::stack::{Activation, Trace};
use crate::models::product::{add, view};
use crate::models::tensor::Adam;

/// What the losses weigh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Losses {
    /// Weight of the discriminator's verdict.
    pub(super) adversarial: f32,
    /// Weight `alpha` of zero reconstruction and the share of zeros that it meets.
    pub(super) zero: (f32, f32),
    /// Weight of the squared error on a profile's ones.
    pub(super) one: f32,
    /// Share of the zeros that the discriminator sees.
    pub(super) mask: f32,
}

/// The two networks.
#[derive(Debug, Clone)]
pub(super) struct Opponents {
    pub(super) generator: Generator,
    pub(super) discriminator: Discriminator,
    pub(super) losses: Losses,
    /// The generator's output.
    pub(super) output: Activation,
}

/// Profiles of a step: whole ones, and what the generator is told of them.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) real: Rows,
    pub(super) condition: Rows,
}

/// Generated profiles.
struct Made {
    /// `[N, B]`; where nobody looks at an entry it is 0.
    values: Vec<f32>,
    /// 1 where the discriminator sees an entry, `[N, B]`; empty if it sees the ones alone.
    mask: Vec<f32>,
    /// Seen entries times the discriminator's `P`, `[B, H]`.
    first: Vec<f32>,
}

/// Columns of a block.
fn block(width: usize) -> usize {
    width.div_ceil(24).next_multiple_of(16).max(64)
}

/// Sums `[B, H]` over blocks, in their order.
fn total(parts: Vec<Vec<f32>>) -> Vec<f32> {
    let mut parts = parts.into_iter();
    let mut sum = parts.next().unwrap_or_default();
    for part in parts {
        add(&mut sum, &part);
    }
    sum
}

/// `out = keep out + left right`, one block of rows.
fn block_product(
    out: &mut [f32],
    accum: Accum,
    left: (&[f32], usize),
    right: faer::MatRef<'_, f32>,
) {
    let rows = left.0.len() / left.1;
    let out = MatMut::from_row_major_slice_mut(out, rows, right.ncols());
    matmul(out, accum, view(left.0, rows, left.1), right, 1.0, Par::Seq);
}

/// `left' right`, `[B, H]`, of a block of rows.
fn block_sum(left: (&[f32], usize), right: (&[f32], usize)) -> Vec<f32> {
    let rows = left.0.len() / left.1;
    let mut out = vec![0.0; left.1 * right.1];
    let to = MatMut::from_row_major_slice_mut(&mut out, left.1, right.1);
    let left = view(left.0, rows, left.1).transpose();
    matmul(
        to,
        Accum::Replace,
        left,
        view(right.0, rows, right.1),
        1.0,
        Par::Seq,
    );
    out
}

/// Calls `hit` with each of `n` positions, with the given probability in steps of 2^-16.
pub(super) fn sample(n: usize, probability: f32, stream: &mut Stream, mut hit: impl FnMut(usize)) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to 2^16"
    )]
    let threshold = (probability * 65536.0).round() as u64;
    for from in (0..n).step_by(4) {
        let mut bits = stream.next_u64();
        for at in from..n.min(from + 4) {
            if bits & 0xffff < threshold {
                hit(at);
            }
            bits >>= 16;
        }
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(1 + exp(x))`.
fn softplus(x: f32) -> f64 {
    let x = f64::from(x);
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

impl Opponents {
    /// Generates profiles from hidden layers; `whole` asks for every entry.
    fn make(&self, hidden: &[f32], real: &Rows, whole: bool, seed: Seed) -> Made {
        let (h, rows, width) = (
            self.generator.stack.width,
            real.len(),
            self.generator.output_bias.value.len(),
        );
        let (output, bias) = (
            &self.generator.output.value,
            &self.generator.output_bias.value,
        );
        let masked = self.losses.mask > 0.0;
        let judged = self.losses.adversarial > 0.0;
        let mut values = vec![0.0; width * rows];
        let mut mask = vec![0.0; if masked { width * rows } else { 0 }];
        let profile = (
            &self.discriminator.profile.value,
            self.discriminator.stack.width,
        );
        let columns = block(width);
        let empty = if masked { columns * rows } else { 1 };
        mask.resize(mask.len().max(width.div_ceil(columns)), 0.0);
        let parts = values
            .par_chunks_mut(columns * rows)
            .zip(mask.par_chunks_mut(empty))
            .enumerate()
            .map(|(at, (values, mask))| {
                let from = at * columns;
                let n = values.len() / rows;
                if masked || whole {
                    let v = &output[from * h..][..n * h];
                    block_product(
                        values,
                        Accum::Replace,
                        (v, h),
                        view(hidden, rows, h).transpose(),
                    );
                    for (row, bias) in values.chunks_mut(rows).zip(&bias[from..]) {
                        for value in row.iter_mut() {
                            *value += bias;
                        }
                    }
                } else {
                    for column in from..from + n {
                        for &row in real.holders(column) {
                            let row = row as usize;
                            let inner = dot(&output[column * h..][..h], &hidden[row * h..][..h]);
                            values[(column - from) * rows + row] = inner + bias[column];
                        }
                    }
                }
                self.output.apply(values);
                if !judged {
                    return vec![0.0; rows * profile.1];
                }
                if masked {
                    sample(
                        mask.len(),
                        self.losses.mask,
                        &mut seed.stream_at("mask", at as u64),
                        |at| mask[at] = 1.0,
                    );
                }
                self.first_sums(from, real, values, if masked { Some(mask) } else { None })
            })
            .collect();
        if !masked {
            mask = Vec::new();
        }
        Made {
            values,
            mask,
            first: total(parts),
        }
    }

    /// The seen entries of a block of columns times `P`; completes the mask with the ones.
    fn first_sums(
        &self,
        from: usize,
        real: &Rows,
        values: &[f32],
        mask: Option<&mut [f32]>,
    ) -> Vec<f32> {
        let (h, rows) = (self.discriminator.stack.width, real.len());
        let n = values.len() / rows;
        let profile = &self.discriminator.profile.value[from * h..][..n * h];
        if let Some(mask) = mask {
            for column in 0..n {
                for &row in real.holders(from + column) {
                    mask[column * rows + row as usize] = 1.0;
                }
            }
            let seen: Vec<f32> = values
                .iter()
                .zip(mask)
                .map(|(value, mask)| value * *mask)
                .collect();
            return block_sum((&seen, rows), (profile, h));
        }
        let mut sums = vec![0.0; rows * h];
        for (column, values) in values.chunks(rows).enumerate() {
            for &row in real.holders(from + column) {
                let row = row as usize;
                add_scaled(
                    &mut sums[row * h..][..h],
                    &profile[column * h..][..h],
                    values[row],
                );
            }
        }
        sums
    }

    /// The discriminator's layers for the real profiles and then for the generated ones.
    fn judge(&self, real: &Rows, made: &Made) -> Trace {
        let (h, d) = (self.discriminator.stack.width, &self.discriminator);
        let told = real.sum_rows(&d.condition.value, h);
        let mut z = real.sum_rows(&d.profile.value, h);
        add(&mut z, &told);
        z.extend(told.iter().zip(&made.first).map(|(a, b)| a + b));
        d.stack.forward(z)
    }

    /// Logits of the real profiles and of the generated ones, and all that was generated, `[N, B]`.
    pub(super) fn look(&self, batch: &Batch, seed: Seed) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let rows = batch.real.len();
        let noise = self.generator.draw_noise(rows, &mut seed.stream("noise"));
        let hidden = self.generator.encode(&batch.condition, &noise);
        let made = self.make(hidden.top(), &batch.real, true, seed);
        let trace = self.judge(&batch.real, &made);
        let mut real = self.discriminator.logits(&trace);
        let fake = real.split_off(rows);
        (real, fake, made.values)
    }

    /// One step of the discriminator; returns its loss.
    ///
    /// ```text
    /// L_D = mean(-ln D(c, c)) + mean(-ln(1 - D(c, G(c) m)))
    /// ```
    pub(super) fn discriminator_step(&mut self, batch: &Batch, adam: Adam, seed: Seed) -> f64 {
        let (h, rows) = (self.discriminator.stack.width, batch.real.len());
        let noise = self.generator.draw_noise(rows, &mut seed.stream("noise"));
        let hidden = self.generator.encode(&batch.condition, &noise);
        let made = self.make(hidden.top(), &batch.real, false, seed);
        let trace = self.judge(&batch.real, &made);
        let logits = self.discriminator.logits(&trace);
        let mean = |loss: f64| loss / rows as f64;
        let (real, fake) = logits.split_at(rows);
        let loss = mean(real.iter().map(|logit| softplus(-logit)).sum())
            + mean(fake.iter().map(|logit| softplus(*logit)).sum());
        let scale = 1.0 / rows as f32;
        let slope = |(at, logit): (usize, &f32)| {
            if at < rows {
                -sigmoid(-logit) * scale
            } else {
                sigmoid(*logit) * scale
            }
        };
        let slopes: Vec<f32> = logits.iter().enumerate().map(slope).collect();
        let z = self.discriminator.backward(&trace, &slopes, Some(adam));
        let (real, fake) = z.split_at(rows * h);
        let both: Vec<f32> = real.iter().zip(fake).map(|(a, b)| a + b).collect();
        self.discriminator
            .condition
            .update(h, adam, |from, _, out| {
                for (column, row) in (from..).zip(out.chunks_mut(h)) {
                    batch.real.add_holders(column, row, &both);
                }
            });
        self.discriminator.profile.update(h, adam, |from, _, out| {
            let n = out.len() / h;
            if !made.mask.is_empty() {
                let block = from * rows..(from + n) * rows;
                let pairs = made.values[block.clone()].iter().zip(&made.mask[block]);
                let seen: Vec<f32> = pairs.map(|(value, mask)| value * mask).collect();
                block_product(out, Accum::Replace, (&seen, rows), view(fake, rows, h));
            }
            for (column, out) in (from..).zip(out.chunks_mut(h)) {
                batch.real.add_holders(column, out, real);
                if made.mask.is_empty() {
                    for &row in batch.real.holders(column) {
                        let row = row as usize;
                        add_scaled(out, &fake[row * h..][..h], made.values[column * rows + row]);
                    }
                }
            }
        });
        loss
    }

    /// One step of the generator; returns the mean of `-ln D(c, G(c) m)`, 0 without adversary.
    ///
    /// ```text
    /// L_G = a mean(-ln D(c, G(c) m)) + alpha mean(sum over zeros of x^2)
    ///     + beta mean(sum over ones of (x - 1)^2)
    /// ```
    pub(super) fn generator_step(&mut self, batch: &Batch, adam: Adam, seed: Seed) -> f64 {
        let (h, rows) = (self.generator.stack.width, batch.real.len());
        let noise = self.generator.draw_noise(rows, &mut seed.stream("noise"));
        let trace = self.generator.encode(&batch.condition, &noise);
        let mut made = self.make(trace.top(), &batch.real, true, seed);
        let (mut loss, mut pull) = (0.0, Vec::new());
        if self.losses.adversarial > 0.0 {
            let d = self.discriminator.stack.width;
            let mut z = batch.real.sum_rows(&self.discriminator.condition.value, d);
            add(&mut z, &made.first);
            let seen = self.discriminator.stack.forward(z);
            let logits = self.discriminator.logits(&seen);
            loss = logits.iter().map(|logit| softplus(-logit)).sum::<f64>() / rows as f64;
            let weight = self.losses.adversarial / rows as f32;
            let slopes: Vec<f32> = logits
                .iter()
                .map(|logit| -weight * sigmoid(-logit))
                .collect();
            pull = self.discriminator.backward(&seen, &slopes, None);
        }
        let top = self.pull_back(&mut made, &batch.real, &pull, seed);
        let (change, hidden) = (&made.values, trace.top());
        self.generator.output.update(h, adam, |from, _, out| {
            let n = out.len() / h;
            block_product(
                out,
                Accum::Replace,
                (&change[from * rows..][..n * rows], rows),
                view(hidden, rows, h),
            );
        });
        let sums: Vec<f32> = change.chunks(rows).map(|row| row.iter().sum()).collect();
        self.generator.output_bias.update_by(adam, &sums);
        self.generator
            .descend_below((&batch.condition, &noise, &trace), top, adam);
        loss
    }

    /// Replaces generated entries by the gradient at the sums of the output; returns the gradient
    /// at the top of the hidden layers, `[B, H]`.
    fn pull_back(&self, made: &mut Made, real: &Rows, pull: &[f32], seed: Seed) -> Vec<f32> {
        let (h, rows) = (self.generator.stack.width, real.len());
        let width = self.generator.output_bias.value.len();
        let columns = block(width);
        let mask = &made.mask;
        let parts = made
            .values
            .par_chunks_mut(columns * rows)
            .enumerate()
            .map(|(at, values)| {
                let (from, n) = (at * columns, values.len() / rows);
                let mut change = vec![0.0; values.len()];
                let mask = (!mask.is_empty()).then(|| &mask[from * rows..][..n * rows]);
                self.pull_block((from, real), values, (pull, mask), &mut change);
                let scale = 2.0 * self.losses.zero.0 / rows as f32;
                if scale > 0.0 {
                    // The zeros that reconstruction meets; a one is no zero.
                    let mut zeros = vec![0.0; values.len()];
                    sample(
                        zeros.len(),
                        self.losses.zero.1,
                        &mut seed.stream_at("zeros", at as u64),
                        |at| zeros[at] = scale,
                    );
                    for column in 0..n {
                        for &row in real.holders(from + column) {
                            zeros[column * rows + row as usize] = 0.0;
                        }
                    }
                    for ((change, zero), value) in change.iter_mut().zip(&zeros).zip(&*values) {
                        *change += zero * value;
                    }
                }
                self.output.pull_back(&mut change, values);
                values.copy_from_slice(&change);
                block_sum(
                    (&change, rows),
                    (&self.generator.output.value[from * h..][..n * h], h),
                )
            })
            .collect();
        total(parts)
    }

    /// The verdict's and the ones' part of the gradient at a block of generated entries.
    fn pull_block(
        &self,
        (from, real): (usize, &Rows),
        values: &[f32],
        (pull, mask): (&[f32], Option<&[f32]>),
        change: &mut [f32],
    ) {
        let (h, rows) = (self.discriminator.stack.width, real.len());
        let n = values.len() / rows;
        let profile = &self.discriminator.profile.value[from * h..][..n * h];
        let one = 2.0 * self.losses.one / rows as f32;
        if let Some(mask) = mask.filter(|_| !pull.is_empty()) {
            block_product(
                change,
                Accum::Replace,
                (profile, h),
                view(pull, rows, h).transpose(),
            );
            change
                .iter_mut()
                .zip(mask)
                .for_each(|(change, mask)| *change *= mask);
        }
        for column in 0..n {
            for &row in real.holders(from + column) {
                let (at, row) = (column * rows + row as usize, row as usize);
                if mask.is_none() && !pull.is_empty() {
                    change[at] = dot(&profile[column * h..][..h], &pull[row * h..][..h]);
                }
                change[at] += one * (values[at] - 1.0);
            }
        }
    }
}
