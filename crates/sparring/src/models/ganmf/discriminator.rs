//! The discriminator of GANMF, trained without ever forming a profile.
//!
//! A generated profile is `X = P Q'` and the discriminator is affine, so everything that a step
//! needs lies in products of width `K` (factors) and `H` (code), whatever the batch size `B`:
//!
//! ```text
//! E = X A + a            code; of a real row a sum of rows of A, of a generated one P (Q' A) + a
//! R = E D' + d - X       error, [B, N], never formed
//! |R|^2 = E . (H + c - S) + |d|^2 - 2 X . d + |X|^2
//! H = R D = E G + c - S,   G = D' D,  c = D' d,  S = X D: likewise sums of rows, or P (Q' D)
//! ```
//!
//! Gradients are products `D M`, `Q T` and sums over the ones of the real rows. `N` is the width
//! of a profile, `A` and `D` are `[N, H]`, `Q` is `[N, K]`, `P` is a row of width `K` a profile.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, Par};
use sparring_wide::Stream;

use super::batch::Batch;
use super::generator::{Generator, Made};
use crate::models::product::{
    across, add, add_scaled, add_to_rows, dot, gram, multiply, row_sum, scale, view,
};
use crate::models::tensor::{Adam, Tensor};

/// An affine autoencoder; its error is its verdict: low for a real profile, high for another.
#[derive(Debug, Clone)]
pub(super) struct Discriminator {
    pub(super) width: usize,
    pub(super) code: usize,
    pub(super) encoder: Tensor,
    pub(super) decoder: Tensor,
    pub(super) encoder_bias: Tensor,
    pub(super) decoder_bias: Tensor,
    /// `G`, `c`, `|d|^2`: what depends on the decoder alone.
    gram: Vec<f32>,
    shift: Vec<f32>,
    bias_norm: f64,
}

/// A batch seen by the discriminator.
#[derive(Debug)]
pub(super) struct Judged {
    /// `E`, `[B, H]`.
    pub(super) code: Vec<f32>,
    /// `H`, the error times the decoder, `[B, H]`.
    pub(super) back: Vec<f32>,
    /// Squared error of each row, `[B]`.
    pub(super) errors: Vec<f64>,
    /// Mean squared error over all entries: the energy.
    pub(super) energy: f64,
}

/// The energies of the two halves of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Energies {
    pub(super) real: f64,
    pub(super) generated: f64,
}

impl Discriminator {
    pub(super) fn new(width: usize, code: usize, stream: &mut Stream) -> Self {
        let mut new = Self {
            width,
            code,
            encoder: Tensor::glorot(width, code, stream),
            decoder: Tensor::glorot(width, code, stream),
            encoder_bias: Tensor::new(vec![0.0; code]),
            decoder_bias: Tensor::new(vec![0.0; width]),
            gram: Vec::new(),
            shift: vec![0.0; code],
            bias_norm: 0.0,
        };
        new.refresh();
        new
    }

    /// Recomputes what depends on the decoder alone.
    pub(super) fn refresh(&mut self) {
        let (n, h) = (self.width, self.code);
        let bias = &self.decoder_bias.value;
        self.gram = gram(&self.decoder.value, n, h);
        let decoder = view(&self.decoder.value, n, h);
        self.shift = across(view(bias, n, 1), decoder);
        self.bias_norm = dot(bias, bias);
    }

    /// Sees rows by their codes `E`, `S`, `X . d` and `|X|^2`.
    fn judge(&self, code: Vec<f32>, through: &[f32], affine: &[f64], norm: &[f64]) -> Judged {
        let (h, rows) = (self.code, affine.len());
        let mut back = multiply(view(&code, rows, h), view(&self.gram, h, h));
        let mut errors = Vec::with_capacity(rows);
        let each = code
            .chunks(h)
            .zip(back.chunks_mut(h))
            .zip(through.chunks(h));
        for (((code, back), through), (affine, norm)) in each.zip(affine.iter().zip(norm)) {
            let mut inner = 0.0;
            for (((e, b), s), c) in code.iter().zip(back).zip(through).zip(&self.shift) {
                *b += c - s;
                inner += f64::from(*e) * f64::from(*b + c - s);
            }
            errors.push(inner + self.bias_norm - 2.0 * affine + norm);
        }
        let energy = errors.iter().sum::<f64>() / (rows * self.width) as f64;
        Judged {
            code,
            back,
            errors,
            energy,
        }
    }

    /// The codes of real rows, `[B, H]`.
    pub(super) fn encode(&self, batch: &Batch<'_>) -> Vec<f32> {
        let mut code = batch.sum_rows(&self.encoder.value, self.code);
        add_to_rows(&mut code, &self.encoder_bias.value);
        code
    }

    pub(super) fn judge_real(&self, batch: &Batch<'_>) -> Judged {
        let bias = &self.decoder_bias.value;
        let through = batch.sum_rows(&self.decoder.value, self.code);
        let affine = |items: &[crate::data::ItemIx]| {
            items.iter().map(|item| f64::from(bias[item.at()])).sum()
        };
        let affine: Vec<f64> = batch.rows().map(affine).collect();
        let norm: Vec<f64> = batch.rows().map(|items| items.len() as f64).collect();
        self.judge(self.encode(batch), &through, &affine, &norm)
    }

    pub(super) fn judge_generated(&self, generator: &Generator, made: &Made) -> Judged {
        let (h, k, rows) = (self.code, generator.factors, made.rows);
        let factors = view(&made.factors, rows, k);
        let mut code = multiply(factors, view(&made.encoded, k, h));
        add_to_rows(&mut code, &self.encoder_bias.value);
        let through = multiply(factors, view(&made.decoded, k, h));
        let squared = multiply(factors, view(&generator.gram, k, k));
        let rows = || made.factors.chunks(k);
        let affine: Vec<f64> = rows().map(|row| dot(row, &made.affine)).collect();
        let norm: Vec<f64> = rows()
            .zip(squared.chunks(k))
            .map(|(a, b)| dot(a, b))
            .collect();
        self.judge(code, &through, &affine, &norm)
    }

    /// One step towards telling real from generated rows.
    ///
    /// ```text
    /// L_D = e(real) + max(0, margin e(real) - e(generated)) + l2 |weights|^2 / 2
    /// ```
    pub(super) fn step(
        &mut self,
        generator: &Generator,
        batch: &Batch<'_>,
        margin: f32,
        adam: Adam,
    ) -> Energies {
        let made = generator.make(self, batch);
        let (real, fake) = (
            self.judge_real(batch),
            self.judge_generated(generator, &made),
        );
        let scale = 2.0 / (batch.len() * self.width) as f32;
        let pushes = f64::from(margin) * real.energy > fake.energy;
        let weights = if pushes {
            [(1.0 + margin) * scale, -scale]
        } else {
            [scale, 0.0]
        };
        let bias = self.bias_gradients(generator, &made, batch, [&real, &fake], weights);
        self.descend_decoder(generator, &made, batch, [&real, &fake], (weights, adam));
        self.descend_encoder(generator, &made, batch, [&real, &fake], (weights, adam));
        self.encoder_bias.update_by(adam, &bias.0);
        self.decoder_bias.update_by(adam, &bias.1);
        self.refresh();
        Energies {
            real: real.energy,
            generated: fake.energy,
        }
    }

    /// `a: sum of w H`, `d: sum of w R = D s + w B d - w counts - w Q (sum of P)`.
    fn bias_gradients(
        &self,
        generator: &Generator,
        made: &Made,
        batch: &Batch<'_>,
        [real, fake]: [&Judged; 2],
        [wr, wf]: [f32; 2],
    ) -> (Vec<f32>, Vec<f32>) {
        let (n, h, k) = (self.width, self.code, generator.factors);
        let mut encoder = row_sum(&real.back, h, wr);
        add(&mut encoder, &row_sum(&fake.back, h, wf));
        let mut codes = row_sum(&real.code, h, wr);
        add(&mut codes, &row_sum(&fake.code, h, wf));
        let mut decoder = multiply(view(&self.decoder.value, n, h), view(&codes, h, 1));
        let factors = row_sum(&made.factors, k, -wf);
        let generated = multiply(view(&generator.columns.value, n, k), view(&factors, k, 1));
        add(&mut decoder, &generated);
        add_scaled(
            &mut decoder,
            &self.decoder_bias.value,
            (wr + wf) * batch.len() as f32,
        );
        for (column, gradient) in decoder.iter_mut().enumerate() {
            *gradient -= wr * batch.holders(column).len() as f32;
        }
        (encoder, decoder)
    }

    /// `D: D M + d s - w X' E` with `M = sum of w E' E`, `s = sum of w E`.
    fn descend_decoder(
        &mut self,
        generator: &Generator,
        made: &Made,
        batch: &Batch<'_>,
        [real, fake]: [&Judged; 2],
        ([wr, wf], adam): ([f32; 2], Adam),
    ) {
        let (h, k, rows) = (self.code, generator.factors, made.rows);
        let mut mixed = gram(&real.code, rows, h);
        scale(&mut mixed, wr);
        let mut codes = row_sum(&real.code, h, wr);
        let mut back = Vec::new();
        if wf != 0.0 {
            add_scaled(&mut mixed, &gram(&fake.code, rows, h), wf);
            add(&mut codes, &row_sum(&fake.code, h, wf));
            back = across(view(&made.factors, rows, k), view(&fake.code, rows, h));
        }
        let (columns, bias) = (&generator.columns.value, &self.decoder_bias.value);
        self.decoder.update(h, adam, |from, weights, gradient| {
            let n = gradient.len() / h;
            let mut out = MatMut::from_row_major_slice_mut(&mut *gradient, n, h);
            let mixed = view(&mixed, h, h);
            matmul(
                &mut out,
                Accum::Replace,
                view(weights, n, h),
                mixed,
                1.0,
                Par::Seq,
            );
            if wf != 0.0 {
                let q = view(&columns[from * k..(from + n) * k], n, k);
                matmul(&mut out, Accum::Add, q, view(&back, k, h), -wf, Par::Seq);
            }
            for (column, gradient) in (from..).zip(gradient.chunks_mut(h)) {
                add_scaled(gradient, &codes, bias[column]);
                batch.add_holders(column, gradient, &real.code, -wr);
            }
        });
    }

    /// `A: w X' H`.
    fn descend_encoder(
        &mut self,
        generator: &Generator,
        made: &Made,
        batch: &Batch<'_>,
        [real, fake]: [&Judged; 2],
        ([wr, wf], adam): ([f32; 2], Adam),
    ) {
        let (h, k, rows) = (self.code, generator.factors, made.rows);
        let mut back = Vec::new();
        if wf != 0.0 {
            back = across(view(&made.factors, rows, k), view(&fake.back, rows, h));
        }
        let columns = &generator.columns.value;
        self.encoder.update(h, adam, |from, _, gradient| {
            let n = gradient.len() / h;
            if wf != 0.0 {
                let out = MatMut::from_row_major_slice_mut(&mut *gradient, n, h);
                let q = view(&columns[from * k..(from + n) * k], n, k);
                matmul(out, Accum::Replace, q, view(&back, k, h), wf, Par::Seq);
            }
            for (column, gradient) in (from..).zip(gradient.chunks_mut(h)) {
                batch.add_holders(column, gradient, &real.back, wr);
            }
        });
    }
}
