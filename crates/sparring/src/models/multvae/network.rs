//! The four layers of MultVAE, and one step of their training.

use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use sparring_wide::{
    Activation, Adam, AdamState, Dense, DenseGradient, Matrix, RowGradient, Seed, SparseLinear,
    SparseRows, exp, multinomial,
};

/// `x [I] -> h [H] -> (mu, ln variance) [2 K]`, `z [K] -> h [H] -> logits [I]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Network {
    pub(super) encoder: SparseLinear,
    /// The mean in the first `K` columns and the logarithm of the variance in the others.
    pub(super) head: Dense,
    pub(super) decoder: Dense,
    pub(super) output: Dense,
}

/// A network in training, with all that a step reuses.
pub(super) struct Training {
    pub(super) network: Network,
    states: [AdamState; 8],
    rows: RowGradient,
    bias: Vec<f32>,
    gradients: [DenseGradient; 3],
    values: Values,
}

/// What flows through a step: `[B, .]` each.
#[derive(Default)]
struct Values {
    hidden: Matrix,
    moments: Matrix,
    noise: Matrix,
    latent: Matrix,
    decoded: Matrix,
    logits: Matrix,
    d_hidden: Matrix,
    d_moments: Matrix,
    d_latent: Matrix,
    d_decoded: Matrix,
}

/// What a step minimises: `-ln p(x | z) + beta KL`, means over the batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) reconstruction: f64,
    pub(super) divergence: f64,
}

impl Network {
    pub(super) fn new(n_items: usize, hidden: usize, latent: usize, seed: Seed) -> Self {
        Self {
            encoder: SparseLinear::new(n_items, hidden, seed.derive("encoder")),
            head: Dense::new(hidden, 2 * latent, seed.derive("head")),
            decoder: Dense::new(latent, hidden, seed.derive("decoder")),
            output: Dense::new(hidden, n_items, seed.derive("output")),
        }
    }

    pub(super) fn n_items(&self) -> usize {
        self.output.bias.len()
    }

    fn latent_dim(&self) -> usize {
        self.decoder.weight.rows
    }

    fn encode(&self, input: &SparseRows, hidden: &mut Matrix, moments: &mut Matrix) {
        self.encoder.forward(input, hidden);
        Activation::Tanh.forward(&mut hidden.data);
        self.head.forward(hidden, moments);
    }

    fn decode(&self, latent: &Matrix, decoded: &mut Matrix, logits: &mut Matrix) {
        self.decoder.forward(latent, decoded);
        Activation::Tanh.forward(&mut decoded.data);
        self.output.forward(decoded, logits);
    }

    /// The logits `[B, I]` at the mean of the code, for normalised histories.
    pub(super) fn logits(&self, input: &SparseRows) -> Matrix {
        let k = self.latent_dim();
        let [mut hidden, mut moments, mut decoded, mut logits] =
            [(); 4].map(|()| Matrix::default());
        self.encode(input, &mut hidden, &mut moments);
        let means = moments.rows_iter().flat_map(|row| &row[..k]).copied();
        let latent = Matrix::from_vec(input.n_rows(), k, means.collect());
        self.decode(&latent, &mut decoded, &mut logits);
        logits
    }
}

impl Training {
    pub(super) fn new(network: Network) -> Self {
        let Network {
            encoder,
            head,
            decoder,
            output,
        } = &network;
        let states = [
            encoder.weight.data.len(),
            encoder.bias.len(),
            head.weight.data.len(),
            head.bias.len(),
            decoder.weight.data.len(),
            decoder.bias.len(),
            output.weight.data.len(),
            output.bias.len(),
        ]
        .map(AdamState::new);
        Self {
            network,
            states,
            rows: RowGradient::default(),
            bias: Vec::new(),
            gradients: Default::default(),
            values: Values::default(),
        }
    }

    /// Writes the derivatives of `-ln p(x | z) + beta KL`, where `z` is drawn from the code of
    /// `input` and `x` are `counts`.
    pub(super) fn differentiate(
        &mut self,
        input: &SparseRows,
        counts: &SparseRows,
        beta: f32,
        seed: Seed,
    ) -> Bound {
        let (network, v) = (&self.network, &mut self.values);
        let k = network.latent_dim();
        network.encode(input, &mut v.hidden, &mut v.moments);
        draw(&mut v.noise, input.n_rows(), k, seed);
        sample(&v.moments, &v.noise, &mut v.latent);
        network.decode(&v.latent, &mut v.decoded, &mut v.logits);
        let reconstruction = multinomial(&mut v.logits, counts);

        let [head, decoder, output] = &mut self.gradients;
        network.output.backward(&v.decoded, &v.logits, output);
        network.output.input_gradient(&v.logits, &mut v.d_decoded);
        Activation::Tanh.backward(&v.decoded.data, &mut v.d_decoded.data);
        network.decoder.backward(&v.latent, &v.d_decoded, decoder);
        network
            .decoder
            .input_gradient(&v.d_decoded, &mut v.d_latent);
        let divergence = v.pull_back(beta);
        network.head.backward(&v.hidden, &v.d_moments, head);
        network.head.input_gradient(&v.d_moments, &mut v.d_hidden);
        Activation::Tanh.backward(&v.hidden.data, &mut v.d_hidden.data);
        network
            .encoder
            .backward(input, &v.d_hidden, &mut self.rows, &mut self.bias);
        Bound {
            reconstruction,
            divergence,
        }
    }

    /// One step down the derivatives; biases do not decay.
    pub(super) fn descend(&mut self, adam: &Adam) {
        let plain = Adam {
            weight_decay: 0.0,
            ..*adam
        };
        let [ew, eb, rest @ ..] = &mut self.states;
        let Network {
            encoder,
            head,
            decoder,
            output,
        } = &mut self.network;
        let width = encoder.bias.len();
        ew.step_rows(adam, &mut encoder.weight.data, width, &self.rows);
        eb.step(&plain, &mut encoder.bias, &self.bias);
        let layers = [head, decoder, output].into_iter().zip(&self.gradients);
        for ((layer, gradient), states) in layers.zip(rest.chunks_mut(2)) {
            states[0].step(adam, &mut layer.weight.data, &gradient.weight.data);
            states[1].step(&plain, &mut layer.bias, &gradient.bias);
        }
    }
}

/// Standard normal noise, the same for the same seed and row.
fn draw(noise: &mut Matrix, rows: usize, k: usize, seed: Seed) {
    noise.reshape(rows, k);
    let rows = noise.data.par_chunks_mut(k.max(1)).enumerate();
    rows.for_each(|(row, values)| {
        let mut stream = seed.stream_at("noise", row as u64);
        values.fill_with(|| stream.sample(StandardNormal));
    });
}

/// `z = mu + exp(ln variance / 2) noise`.
fn sample(moments: &Matrix, noise: &Matrix, latent: &mut Matrix) {
    let k = noise.cols;
    latent.reshape(noise.rows, k);
    let rows = latent.data.par_chunks_mut(k.max(1)).enumerate();
    rows.for_each(|(row, latent)| {
        let (mean, log) = moments.row(row).split_at(k);
        let known = mean.iter().zip(log).zip(noise.row(row));
        for (z, ((mean, log), noise)) in latent.iter_mut().zip(known) {
            *z = mean + exp(log / 2.0) * noise;
        }
    });
}

impl Values {
    /// Writes the derivatives by the moments, given those by the code; returns the mean of
    /// `KL = sum_k (mu^2 + variance - ln variance - 1) / 2`.
    fn pull_back(&mut self, beta: f32) -> f64 {
        let (rows, k) = self.noise.shape();
        self.d_moments.reshape(rows, 2 * k);
        let weight = beta / rows.max(1) as f32;
        let (moments, noise, d_latent) = (&self.moments, &self.noise, &self.d_latent);
        let each = self.d_moments.data.par_chunks_mut((2 * k).max(1));
        let sums: Vec<f64> = each
            .enumerate()
            .map(|(row, d_moments)| {
                let (mean, log) = moments.row(row).split_at(k);
                let (d_mean, d_log) = d_moments.split_at_mut(k);
                let (noise, d_latent) = (noise.row(row), d_latent.row(row));
                let mut sum = 0.0;
                for at in 0..k {
                    let deviation = exp(log[at] / 2.0);
                    let variance = deviation * deviation;
                    d_mean[at] = d_latent[at] + weight * mean[at];
                    d_log[at] =
                        0.5 * (d_latent[at] * deviation * noise[at] + weight * (variance - 1.0));
                    sum += f64::from(mean[at] * mean[at] + variance - log[at] - 1.0) / 2.0;
                }
                sum
            })
            .collect();
        let sum: f64 = sums.iter().sum();
        sum / rows.max(1) as f64
    }
}

#[cfg(test)]
#[path = "gradient_tests.rs"]
mod tests;
