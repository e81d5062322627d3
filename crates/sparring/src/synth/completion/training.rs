//! The two networks in turns: an autoencoder that finds what is hidden, and its adversary.
//!
//! ```text
//! L = -sum_{i hidden} ln softmax(l)_i + weight L_G(D(c, y)),   y_i = 1 - exp(-n softmax(l)_i)
//! ```
//!
//! `c` is what the network sees, `n` the number of hidden items, and `y_i` the chance that an item is
//! met in `n` draws: continuous outputs, as in CFGAN (Chae, Kang, Kim and Lee, CIKM 2018), which the
//! discriminator sees through a mask.

use rand::RngExt;
use sparring_wide::{
    Activation, Adam, AdamState, DenseGradient, Matrix, RowGradient, Seed, SparseRows, multinomial,
};

use super::adversary::{Adversary, Looks};
use super::settings::CompletionConfig;
use crate::gan::{AdversarialStep, Probe};
use crate::models::{Batch, Neural, Profiles as Rows};
use crate::recommend::FitError;

/// A logit that no softmax counts.
const NEVER: f32 = -1e30;

/// Users of a look at health.
const LOOK: usize = 64;

/// Which share of a history is hidden.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hidden {
    /// Always the same.
    Fixed(f32),
    /// One drawn for each batch.
    Any,
}

/// Shares that [`Hidden::Any`] draws from.
const ANY: std::ops::Range<f32> = 0.05..0.99;

/// Both networks in training, with all that a step reuses.
pub(super) struct Training<'a> {
    config: &'a CompletionConfig,
    hidden: Hidden,
    profiles: &'a Rows,
    /// The users to train on.
    users: Vec<usize>,
    network: Neural,
    /// Of the encoder's weight and bias, and of the head's.
    states: [AdamState; 4],
    adversary: Option<Adversary>,
    batch: Batch,
    values: Values,
    encoder: (RowGradient, Vec<f32>),
    head: DenseGradient,
    seed: Seed,
    /// Turns of both networks together.
    turn: u64,
}

/// What flows through a step.
#[derive(Default)]
struct Values {
    hidden: Matrix,
    /// Logits, then derivatives by them.
    logits: Matrix,
    d_hidden: Matrix,
    looks: Looks,
}

impl<'a> Training<'a> {
    pub(super) fn new(
        config: &'a CompletionConfig,
        hidden: Hidden,
        (profiles, users): (&'a Rows, Vec<usize>),
        seed: Seed,
    ) -> Self {
        let (n, h) = (profiles.n_columns(), config.hidden.get());
        let adversary = (config.adversary > 0.0)
            .then(|| Adversary::new(config, n, seed.derive("discriminator")));
        Self {
            config,
            hidden,
            profiles,
            users,
            network: Neural::new(n, h, seed.derive("weights")),
            states: [n * h, h, n * h, n].map(AdamState::new),
            adversary,
            batch: Batch::default(),
            values: Values::default(),
            encoder: Default::default(),
            head: DenseGradient::default(),
            seed,
            turn: 0,
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.users.len()
    }

    pub(super) fn into_network(self) -> Neural {
        self.network
    }

    /// Hides a part of the histories and writes the logits of what is not seen.
    fn forward(&mut self, rows: &[u32]) -> Seed {
        self.turn += 1;
        let seed = self.seed.derive("turn").at(self.turn);
        self.forward_by(rows, seed);
        seed
    }

    fn forward_by(&mut self, rows: &[u32], seed: Seed) {
        let users: Vec<usize> = rows.iter().map(|&row| self.users[row as usize]).collect();
        let mask = match self.hidden {
            Hidden::Fixed(share) => share,
            Hidden::Any => seed.stream("share").random_range(ANY),
        };
        self.batch.cut(self.profiles, &users, mask, seed);
        let values = &mut self.values;
        self.network.hidden(&self.batch.input, &mut values.hidden);
        self.network
            .head
            .forward(&values.hidden, &mut values.logits);
        for row in 0..values.logits.rows {
            let logits = values.logits.row_mut(row);
            for &item in self.batch.input.row(row).0 {
                logits[item as usize] = NEVER;
            }
        }
    }

    /// One step down the derivatives by the logits; biases do not decay.
    fn descend(&mut self) {
        let plain = Adam {
            learning_rate: self.config.learning_rate,
            ..Adam::default()
        };
        let adam = Adam {
            weight_decay: self.config.l2,
            ..plain
        };
        let (values, network) = (&mut self.values, &mut self.network);
        network
            .head
            .backward(&values.hidden, &values.logits, &mut self.head);
        network
            .head
            .input_gradient(&values.logits, &mut values.d_hidden);
        Activation::Tanh.backward(&values.hidden.data, &mut values.d_hidden.data);
        let (rows, bias) = &mut self.encoder;
        network
            .encoder
            .backward(&self.batch.input, &values.d_hidden, rows, bias);
        let width = values.hidden.cols;
        let [ew, eb, hw, hb] = &mut self.states;
        ew.step_rows(&adam, &mut network.encoder.weight.data, width, rows);
        eb.step(&plain, &mut network.encoder.bias, bias);
        let head = &mut network.head;
        hw.step(&adam, &mut head.weight.data, &self.head.weight.data);
        hb.step(&plain, &mut head.bias, &self.head.bias);
    }
}

impl AdversarialStep for Training<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        if self.adversary.is_none() {
            return Ok(0.0);
        }
        let seed = self.forward(rows);
        let values = &mut self.values;
        // Only for the softmax: nothing descends.
        multinomial(&mut values.logits, &self.batch.held);
        let Some(adversary) = &mut self.adversary else {
            return Ok(0.0);
        };
        let shares = Shares::of(&values.logits, &self.batch.held);
        adversary.look(&self.batch, &shares, seed, &mut values.looks);
        Ok(adversary.learn(&mut values.looks))
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let seed = self.forward(rows);
        let values = &mut self.values;
        let mut loss = multinomial(&mut values.logits, &self.batch.held);
        if let Some(adversary) = &mut self.adversary {
            let shares = Shares::of(&values.logits, &self.batch.held);
            adversary.look(&self.batch, &shares, seed, &mut values.looks);
            let (felt, slopes) = adversary.pull(&mut values.looks);
            loss += f64::from(self.config.adversary) * felt;
            shares.add_slopes(slopes, self.config.adversary, &mut values.logits);
        }
        self.descend();
        Ok(loss)
    }

    /// What was hidden of some users, and the likeliest items in its place for half of them.
    fn probe(&mut self) -> Option<Probe> {
        let n = LOOK.min(self.users.len() - self.users.len() % 2);
        if self.adversary.is_none() || n < 8 {
            return None;
        }
        let spread = (0..n).map(|at| at * self.users.len() / n);
        let rows: Vec<u32> = spread
            .map(|row| u32::try_from(row).expect("rows fit u32"))
            .collect();
        let seed = self.seed.derive("look");
        self.forward_by(&rows, seed);
        let (values, held) = (&mut self.values, &self.batch.held);
        multinomial(&mut values.logits, held);
        let shares = Shares::of(&values.logits, held);
        let adversary = self.adversary.as_ref()?;
        adversary.look(&self.batch, &shares, seed, &mut values.looks);
        let (real_logits, fake_logits) = values.looks.logits();
        let width = self.profiles.n_columns();
        let mut real = vec![0.0; n * width];
        for (row, out) in real.chunks_mut(width).enumerate() {
            for &item in held.row(row).0 {
                out[item as usize] = 1.0;
            }
        }
        let fake = (0..n / 2).flat_map(|row| shares.likeliest(row)).collect();
        Some(Probe {
            real_logits: real_logits.to_vec(),
            fake_logits: fake_logits.to_vec(),
            real,
            fake,
            width,
        })
    }
}

/// The softmax of each row and the number of hidden items, taken back from the derivatives of the
/// likelihood: `d_bi = (n_b softmax_bi - x_bi) / B`.
pub(super) struct Shares {
    softmax: Matrix,
    wanted: Vec<f32>,
}

impl Shares {
    fn of(derivatives: &Matrix, held: &SparseRows) -> Self {
        let mut softmax = derivatives.clone();
        let batch = softmax.rows as f32;
        let mut wanted = Vec::with_capacity(softmax.rows);
        for row in 0..softmax.rows {
            let (items, _) = held.row(row);
            let n = items.len().max(1) as f32;
            let factor = batch / n;
            let shares = softmax.row_mut(row);
            for share in shares.iter_mut() {
                *share *= factor;
            }
            for &item in items {
                shares[item as usize] += 1.0 / n;
            }
            for share in shares {
                *share = share.clamp(0.0, 1.0);
            }
            wanted.push(n);
        }
        Self { softmax, wanted }
    }

    /// `y_i = 1 - exp(-n softmax_i)`.
    pub(super) fn output(&self, row: usize, item: u32) -> f32 {
        1.0 - self.missed(row, item)
    }

    /// The items with the largest shares of a row, as many as were hidden, in ones and zeros.
    fn likeliest(&self, row: usize) -> Vec<f32> {
        let shares = self.softmax.row(row);
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]).then(a.cmp(&b)));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of items"
        )]
        let wanted = self.wanted[row] as usize;
        let mut ones = vec![0.0; shares.len()];
        for &item in &order[..wanted.min(shares.len())] {
            ones[item] = 1.0;
        }
        ones
    }

    fn missed(&self, row: usize, item: u32) -> f32 {
        (-self.wanted[row] * self.softmax.row(row)[item as usize]).exp()
    }

    /// Adds `weight` times the derivatives by the logits, given those by some outputs.
    ///
    /// With `g_i = n exp(-n s_i) dL/dy_i`: `dL/dl_j = s_j (g_j - sum_i s_i g_i)`.
    fn add_slopes(&self, slopes: &SparseRows, weight: f32, logits: &mut Matrix) {
        for row in 0..slopes.n_rows() {
            let (items, values) = slopes.row(row);
            let shares = self.softmax.row(row);
            let by_share: Vec<f32> = items
                .iter()
                .zip(values)
                .map(|(&item, slope)| self.wanted[row] * self.missed(row, item) * slope)
                .collect();
            let parts = items.iter().zip(&by_share);
            let mean: f32 = parts.map(|(&item, g)| shares[item as usize] * g).sum();
            let logits = logits.row_mut(row);
            for (logit, share) in logits.iter_mut().zip(shares) {
                *logit -= weight * share * mean;
            }
            for (&item, g) in items.iter().zip(&by_share) {
                logits[item as usize] += weight * shares[item as usize] * g;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_the_softmax_and_slopes_are_differences() {
        let start = Matrix::from_vec(1, 4, vec![0.5, -1.0, 0.2, NEVER]);
        let mut held = SparseRows::new();
        held.push_row([0, 2]);
        let shares = |logits: &Matrix| {
            let mut derivatives = logits.clone();
            multinomial(&mut derivatives, &held);
            Shares::of(&derivatives, &held)
        };
        // exp: 1.6487, .3679, 1.2214; sum 3.2380.
        let found = shares(&start);
        assert!((found.softmax.row(0)[0] - 0.509_18).abs() < 1e-4);
        assert!((found.output(0, 0) - (1.0 - (-2.0 * 0.509_18_f32).exp())).abs() < 1e-4);
        // L = 3 y_0 - 2 y_1.
        let loss = |logits: &Matrix| {
            let found = shares(logits);
            3.0 * found.output(0, 0) - 2.0 * found.output(0, 1)
        };
        let mut slopes = SparseRows::new();
        slopes.push_row_with([(0, 3.0), (1, -2.0)]);
        let mut gradient = Matrix::zeros(1, 4);
        found.add_slopes(&slopes, 0.5, &mut gradient);
        for item in 0..3 {
            let moved = |by: f32| {
                let mut logits = start.clone();
                logits.data[item] += by;
                loss(&logits)
            };
            let difference = 0.5 * (moved(1e-2) - moved(-1e-2)) / 2e-2;
            let slope = gradient.data[item];
            assert!((slope - difference).abs() < 2e-3, "{slope} {difference}");
        }
    }
}
