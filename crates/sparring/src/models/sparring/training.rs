//! The bout of the masked network with its opponent, step by step.

use sparring_wide::{
    Activation, Adam, AdamState, DenseGradient, HeadRows, Matrix, RowGradient, Seed, SparseRows,
    dropout, multinomial,
};

use super::health::Form;
use super::masking::{Batch, Rota};
use super::neural::{Neural, NeuralConfig};
use super::opponent::{self, Opponent, Round};
use crate::models::check;
use crate::models::keeper::Keeper;
use crate::models::profiles::Profiles;
use crate::recommend::{FitError, Progress, Run};

/// A logit that no softmax counts.
const NEVER: f32 = -1e30;

/// A network in training, with all that a step reuses.
struct Training<'a> {
    config: &'a NeuralConfig,
    network: Neural,
    /// Of the encoder's weight and bias, and of the head's.
    states: [AdamState; 4],
    batch: Batch,
    values: Values,
    picks: Vec<u32>,
    gradient: SparseRows,
    head: (HeadRows, DenseGradient),
    encoder: (RowGradient, Vec<f32>),
}

/// What flows through a step: `[B, H]` but for the logits `[B, I]`.
#[derive(Default)]
struct Values {
    hidden: Matrix,
    thinned: Matrix,
    logits: Matrix,
    d_hidden: Matrix,
}

/// Trains the network on histories of two items and more.
pub(super) fn train(
    config: &NeuralConfig,
    profiles: &Profiles,
    run: &Run<'_>,
) -> Result<Neural, FitError> {
    let users: Vec<usize> = (0..profiles.n_rows())
        .filter(|&user| (2..profiles.n_columns()).contains(&profiles.row(user).len()))
        .collect();
    check::some_user_to_mask("sparring", users.len())?;
    let seed = run.seed.derive("sparring");
    let mut training = Training::new(config, profiles.n_columns(), seed.derive("weights"));
    let mut rota = Rota::new(users, seed.derive("order"));
    let mut form = Form::new(profiles.n_columns());
    let mut keeper = Keeper::new(run, config.check_every.get(), config.patience.get());
    let total = config.steps.get();
    for step in 1..=total {
        let users = rota.batch(config.batch_size.get());
        let round = training.step(profiles, users, seed.derive("step").at(step as u64));
        if !round.loss.is_finite() {
            return Err(FitError::Diverged {
                model: "sparring",
                step: step as u64,
                evidence: format!("a loss of {}", round.loss),
            });
        }
        form.add(round, &training.picks);
        run.observer.progress(Progress {
            unit: "step",
            done: step as u64,
            total: total as u64,
        });
        if step % config.check_every.get() == 0 || step == total {
            form.report(step as u64, config.opponent, run.observer);
        }
        if keeper.look(step, || training.network.clone()) {
            break;
        }
    }
    Ok(keeper.best().unwrap_or(training.network))
}

impl<'a> Training<'a> {
    fn new(config: &'a NeuralConfig, n_items: usize, seed: Seed) -> Self {
        let hidden = config.hidden.get();
        Self {
            config,
            network: Neural::new(n_items, hidden, seed),
            states: [n_items * hidden, hidden, n_items * hidden, n_items].map(AdamState::new),
            batch: Batch::default(),
            values: Values::default(),
            picks: Vec::new(),
            gradient: SparseRows::new(),
            head: Default::default(),
            encoder: Default::default(),
        }
    }

    /// One step on these users.
    fn step(&mut self, profiles: &Profiles, users: &[usize], seed: Seed) -> Round {
        self.batch.cut(profiles, users, self.config.mask, seed);
        let values = &mut self.values;
        self.network.hidden(&self.batch.input, &mut values.hidden);
        values.thinned.clone_from(&values.hidden);
        dropout(&mut values.thinned, self.config.dropout, seed, 0);
        self.network
            .head
            .forward(&values.thinned, &mut values.logits);
        let adam = Adam {
            learning_rate: self.config.learning_rate,
            weight_decay: self.config.l2,
            ..Adam::default()
        };
        let round = if self.config.opponent == Opponent::None {
            self.likelihood(&adam)
        } else {
            self.bout(&adam, seed)
        };
        self.descend_encoder(&adam, seed);
        round
    }

    /// The head's part of a step against the opponent: only the items of the round take part.
    fn bout(&mut self, adam: &Adam, seed: Seed) -> Round {
        let (rules, values) = (self.config.rules(), &mut self.values);
        opponent::picks(&values.logits, &self.batch, &rules, seed, &mut self.picks);
        let played = (&self.picks[..], &rules);
        let round = opponent::compete(
            &values.logits,
            &self.batch,
            played,
            seed,
            &mut self.gradient,
        );
        let (head, rows) = (&mut self.network.head, &mut self.head.0);
        head.backward_at(&values.thinned, &self.gradient, rows);
        head.input_gradient_at(&self.gradient, &mut values.d_hidden);
        let width = values.thinned.cols;
        self.states[2].step_rows(adam, &mut head.weight.data, width, &rows.weight);
        self.states[3].step(&plain(adam), &mut head.bias, &rows.bias);
        round
    }

    /// The head's part of a step without one: the likelihood among all items that are not seen.
    fn likelihood(&mut self, adam: &Adam) -> Round {
        let values = &mut self.values;
        for row in 0..values.logits.rows {
            let logits = values.logits.row_mut(row);
            for &item in self.batch.input.row(row).0 {
                logits[item as usize] = NEVER;
            }
        }
        // A mean over a user's items, as the opponent's is over pairs.
        for row in 0..self.batch.held.n_rows() {
            let shares = self.batch.held.values_mut(row);
            let share = 1.0 / shares.len().max(1) as f32;
            shares.fill(share);
        }
        let loss = multinomial(&mut values.logits, &self.batch.held);
        let (head, full) = (&mut self.network.head, &mut self.head.1);
        head.backward(&values.thinned, &values.logits, full);
        head.input_gradient(&values.logits, &mut values.d_hidden);
        self.states[2].step(adam, &mut head.weight.data, &full.weight.data);
        self.states[3].step(&plain(adam), &mut head.bias, &full.bias);
        Round { loss, wins: 0.0 }
    }

    fn descend_encoder(&mut self, adam: &Adam, seed: Seed) {
        let values = &mut self.values;
        dropout(&mut values.d_hidden, self.config.dropout, seed, 0);
        Activation::Tanh.backward(&values.hidden.data, &mut values.d_hidden.data);
        let (encoder, (rows, bias)) = (&mut self.network.encoder, &mut self.encoder);
        encoder.backward(&self.batch.input, &values.d_hidden, rows, bias);
        let width = values.hidden.cols;
        self.states[0].step_rows(adam, &mut encoder.weight.data, width, rows);
        self.states[1].step(&plain(adam), &mut encoder.bias, bias);
    }
}

/// The same without decay, for biases.
fn plain(adam: &Adam) -> Adam {
    Adam {
        weight_decay: 0.0,
        ..*adam
    }
}
