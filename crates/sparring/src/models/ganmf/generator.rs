//! The generator of GANMF: a matrix factorisation that answers to the discriminator.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, Par};
use sparring_wide::Stream;

use super::batch::Batch;
use super::discriminator::Discriminator;
use crate::models::product::{across, add_scaled, gram, multiply, product, row_sum, scale, view};
use crate::models::tensor::{Adam, Tensor};

/// One row of factors for each profile, one for each column: `X = P Q'`.
#[derive(Debug, Clone)]
pub(super) struct Generator {
    pub(super) factors: usize,
    pub(super) rows: Tensor,
    pub(super) columns: Tensor,
    /// `Q' Q`.
    pub(super) gram: Vec<f32>,
}

/// Generated rows of a batch, by what the discriminator needs of them.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) rows: usize,
    /// `P` of the batch, `[B, K]`.
    pub(super) factors: Vec<f32>,
    /// `Q' A` and `Q' D`, `[K, H]`.
    pub(super) encoded: Vec<f32>,
    pub(super) decoded: Vec<f32>,
    /// `Q' d`, `[K]`.
    pub(super) affine: Vec<f32>,
}

impl Generator {
    pub(super) fn new(n: usize, width: usize, factors: usize, stream: &mut Stream) -> Self {
        let rows = Tensor::glorot(n, factors, stream);
        let columns = Tensor::glorot(width, factors, stream);
        let gram = gram(&columns.value, width, factors);
        Self {
            factors,
            rows,
            columns,
            gram,
        }
    }

    /// Generates the rows of a batch.
    pub(super) fn make(&self, discriminator: &Discriminator, batch: &Batch<'_>) -> Made {
        let (k, n, h) = (self.factors, discriminator.width, discriminator.code);
        let factors = batch
            .users()
            .iter()
            .flat_map(|user| &self.rows.value[user.at() * k..][..k])
            .copied()
            .collect();
        let columns = view(&self.columns.value, n, k);
        Made {
            rows: batch.len(),
            factors,
            encoded: across(columns, view(&discriminator.encoder.value, n, h)),
            decoded: across(columns, view(&discriminator.decoder.value, n, h)),
            affine: across(columns, view(&discriminator.decoder_bias.value, n, 1)),
        }
    }

    /// One step towards profiles that the discriminator takes for real.
    ///
    /// ```text
    /// L_G = (1 - f) e(generated) + f mean((E(generated) - E(real))^2) + l2 |P, Q|^2 / 2
    /// dX  = w (X - E D' - d) + V A',   V = w H + v (E(generated) - E(real))
    /// ```
    /// Returns the energy of the generated rows and the distance of the codes.
    pub(super) fn step(
        &mut self,
        discriminator: &Discriminator,
        batch: &Batch<'_>,
        feature_matching: f32,
        adam: Adam,
    ) -> (f64, f64) {
        let (h, k, rows) = (discriminator.code, self.factors, batch.len());
        let made = self.make(discriminator, batch);
        let judged = discriminator.judge_generated(self, &made);
        let real = discriminator.encode(batch);
        let f = feature_matching;
        let w = (1.0 - f) * 2.0 / (rows * discriminator.width) as f32;
        let v = f * 2.0 / (rows * h) as f32;
        let mut distance = 0.0;
        let mut pull = judged.back;
        for ((pull, made), real) in pull.iter_mut().zip(&judged.code).zip(&real) {
            let apart = made - real;
            distance += f64::from(apart) * f64::from(apart);
            *pull = w * *pull + v * apart;
        }
        let gradient = self.row_gradient(&made, (&judged.code, &pull), h, w);
        self.descend_columns(discriminator, &made, (&judged.code, &pull), (w, adam));
        self.rows.update(k, adam, |from, _, out| {
            let block = from..from + out.len() / k;
            for (row, user) in batch.users().iter().enumerate() {
                if block.contains(&user.at()) {
                    let at = (user.at() - from) * k;
                    out[at..at + k].copy_from_slice(&gradient[row * k..(row + 1) * k]);
                }
            }
        });
        self.gram = gram(&self.columns.value, discriminator.width, k);
        (judged.energy, distance / (rows * h) as f64)
    }

    /// `dP = dX Q = w (P Q'Q - E D'Q - 1 d'Q) + V A'Q`, `[B, K]`.
    fn row_gradient(
        &self,
        made: &Made,
        (code, pull): (&[f32], &[f32]),
        h: usize,
        w: f32,
    ) -> Vec<f32> {
        let (k, rows) = (self.factors, made.rows);
        let mut out = multiply(view(&made.factors, rows, k), view(&self.gram, k, k));
        let mut through = multiply(view(code, rows, h), view(&made.decoded, k, h).transpose());
        for row in through.chunks_mut(k) {
            row.iter_mut()
                .zip(&made.affine)
                .for_each(|(entry, affine)| *entry += affine);
        }
        add_scaled(&mut out, &through, -1.0);
        scale(&mut out, w);
        let encoded = view(&made.encoded, k, h).transpose();
        product(&mut out, k, view(pull, rows, h), encoded, Accum::Add);
        out
    }

    /// `dQ = dX' P = w (Q P'P - D E'P - d 1'P) + A V'P`, `[N, K]`.
    fn descend_columns(
        &mut self,
        discriminator: &Discriminator,
        made: &Made,
        (code, pull): (&[f32], &[f32]),
        (w, adam): (f32, Adam),
    ) {
        let (h, k, rows) = (discriminator.code, self.factors, made.rows);
        let factors = view(&made.factors, rows, k);
        let own = gram(&made.factors, rows, k);
        let decoded = across(view(code, rows, h), factors);
        let encoded = across(view(pull, rows, h), factors);
        let sum = row_sum(&made.factors, k, -w);
        let (encoder, decoder) = (&discriminator.encoder.value, &discriminator.decoder.value);
        self.columns.update(k, adam, |from, weights, gradient| {
            let n = gradient.len() / k;
            let block = from * h..(from + n) * h;
            let mut out = MatMut::from_row_major_slice_mut(&mut *gradient, n, k);
            let (own, decoded) = (view(&own, k, k), view(&decoded, h, k));
            matmul(
                &mut out,
                Accum::Replace,
                view(weights, n, k),
                own,
                w,
                Par::Seq,
            );
            let d = view(&decoder[block.clone()], n, h);
            matmul(&mut out, Accum::Add, d, decoded, -w, Par::Seq);
            let a = view(&encoder[block], n, h);
            matmul(&mut out, Accum::Add, a, view(&encoded, h, k), 1.0, Par::Seq);
            let bias = &discriminator.decoder_bias.value[from..];
            for (gradient, bias) in gradient.chunks_mut(k).zip(bias) {
                add_scaled(gradient, &sum, *bias);
            }
        });
    }
}
