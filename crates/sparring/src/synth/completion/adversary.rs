//! The discriminator: does this completion belong to this history?
//!
//! ```text
//! D(c, x) = leaky(c C + x P + b) w + a
//! ```
//!
//! `c` is what the completer sees, `x` a real completion or the completer's outputs, both through
//! one mask: the hidden items, and as many drawn uniformly as the settings say. One sparse layer of
//! `2 I` inputs holds `C` above `P`.

use rand::RngExt;
use sparring_wide::{
    Activation, Adam, AdamState, Dense, DenseGradient, Matrix, RowGradient, Seed, SparseLinear,
    SparseRows,
};

use super::settings::CompletionConfig;
use super::training::Shares;
use crate::gan::{AdversarialLoss, LogitGrads, Loss};
use crate::models::Batch;

const LEAKY: Activation = Activation::LeakyRelu(0.2);

/// The discriminator and its optimiser.
pub(super) struct Adversary {
    below: SparseLinear,
    top: Dense,
    /// Of the lower weight and bias, and of the upper.
    states: [AdamState; 4],
    adam: Adam,
    negatives: f32,
    n_items: usize,
    gradients: (RowGradient, Vec<f32>, DenseGradient),
}

/// What the discriminator looks at in a step: a real and a generated row for each user.
#[derive(Default)]
pub(super) struct Looks {
    /// Conditions with real completions, then the same with generated ones, `[2 B, 2 I]`.
    rows: SparseRows,
    hidden: Matrix,
    logits: Matrix,
    d_logits: Matrix,
    d_hidden: Matrix,
    /// The masked items of each user, and the derivatives by the outputs there, `[B, I]`.
    seen: SparseRows,
}

impl Looks {
    /// The logits of real and of generated completions.
    pub(super) fn logits(&self) -> (&[f32], &[f32]) {
        self.logits.data.split_at(self.logits.rows / 2)
    }
}

impl Adversary {
    pub(super) fn new(config: &CompletionConfig, n_items: usize, seed: Seed) -> Self {
        let h = config.discriminator_hidden.get();
        Self {
            below: SparseLinear::new(2 * n_items, h, seed.derive("below")),
            top: Dense::new(h, 1, seed.derive("top")),
            states: [2 * n_items * h, h, h, 1].map(AdamState::new),
            adam: Adam {
                learning_rate: config.discriminator_rate,
                beta1: 0.5,
                ..Adam::default()
            },
            negatives: config.negatives,
            n_items,
            gradients: Default::default(),
        }
    }

    /// Shows a batch to the discriminator: writes its logits.
    pub(super) fn look(&self, batch: &Batch, shares: &Shares, seed: Seed, looks: &mut Looks) {
        looks.seen.clear();
        looks.rows.clear();
        for row in 0..batch.held.n_rows() {
            looks.seen.push_row(self.masked(batch, row, seed));
        }
        let offset = u32::try_from(self.n_items).expect("items fit u32");
        for generated in [false, true] {
            for row in 0..batch.held.n_rows() {
                let (given, lengths) = batch.input.row(row);
                let condition = given.iter().copied().zip(lengths.iter().copied());
                let held = batch.held.row(row).0;
                let value = |item: u32| {
                    if generated {
                        return shares.output(row, item);
                    }
                    f32::from(u8::from(held.binary_search(&item).is_ok()))
                };
                let seen = looks.seen.row(row).0;
                let profile = seen.iter().map(|&item| (offset + item, value(item)));
                looks.rows.push_row_with(condition.chain(profile));
            }
        }
        self.below.forward(&looks.rows, &mut looks.hidden);
        LEAKY.forward(&mut looks.hidden.data);
        self.top.forward(&looks.hidden, &mut looks.logits);
    }

    /// The hidden items and others, sorted and distinct.
    fn masked(&self, batch: &Batch, row: usize, seed: Seed) -> Vec<u32> {
        let held = batch.held.row(row).0;
        let mut stream = seed.stream_at("looked at", row as u64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of items"
        )]
        let more = (held.len() as f32 * self.negatives).round() as usize;
        let last = u32::try_from(self.n_items).expect("items fit u32");
        let known = batch.known.row(row).0;
        let drawn = (0..more).map(|_| stream.random_range(0..last));
        let mut items: Vec<u32> = drawn
            .filter(|item| known.binary_search(item).is_err())
            .chain(held.iter().copied())
            .collect();
        items.sort_unstable();
        items.dedup();
        items
    }

    /// One step of the discriminator; its loss.
    pub(super) fn learn(&mut self, looks: &mut Looks) -> f64 {
        looks.d_logits.reshape(looks.logits.rows, 1);
        let (real, fake) = looks.logits.data.split_at(looks.logits.rows / 2);
        let (d_real, d_fake) = looks.d_logits.data.split_at_mut(real.len());
        let grad = LogitGrads {
            real: d_real,
            fake: d_fake,
        };
        let loss = definition().discriminator(real, fake, grad);
        let (rows, bias, top) = &mut self.gradients;
        self.top.backward(&looks.hidden, &looks.d_logits, top);
        self.top
            .input_gradient(&looks.d_logits, &mut looks.d_hidden);
        LEAKY.backward(&looks.hidden.data, &mut looks.d_hidden.data);
        self.below
            .backward(&looks.rows, &looks.d_hidden, rows, bias);
        let (width, [bw, bb, tw, tb]) = (self.top.weight.rows, &mut self.states);
        bw.step_rows(&self.adam, &mut self.below.weight.data, width, rows);
        bb.step(&self.adam, &mut self.below.bias, bias);
        tw.step(&self.adam, &mut self.top.weight.data, &top.weight.data);
        tb.step(&self.adam, &mut self.top.bias, &top.bias);
        loss.into()
    }

    /// The completer's loss and its derivatives by the outputs that were seen, `[B, I]`.
    pub(super) fn pull<'l>(&self, looks: &'l mut Looks) -> (f64, &'l SparseRows) {
        looks.d_logits.reshape(looks.logits.rows, 1);
        looks.d_logits.fill(0.0);
        let (real, fake) = looks.logits.data.split_at(looks.logits.rows / 2);
        let d_fake = &mut looks.d_logits.data[real.len()..];
        let loss = definition().generator(real, fake, d_fake);
        let first = real.len();
        self.top
            .input_gradient(&looks.d_logits, &mut looks.d_hidden);
        LEAKY.backward(&looks.hidden.data, &mut looks.d_hidden.data);
        for row in 0..looks.seen.n_rows() {
            let slopes = looks.d_hidden.row(first + row);
            let items = looks.seen.row(row).0.to_vec();
            for (value, item) in looks.seen.values_mut(row).iter_mut().zip(items) {
                let weights = self.below.weight.row(self.n_items + item as usize);
                *value = weights.iter().zip(slopes).map(|(w, d)| w * d).sum();
            }
        }
        (loss.into(), &looks.seen)
    }
}

fn definition() -> &'static dyn AdversarialLoss {
    Loss::NonSaturating.definition()
}
