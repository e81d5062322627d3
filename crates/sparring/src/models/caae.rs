//! CAAE: two autoencoders against a pairwise ranker (Chae et al., "Collaborative adversarial
//! autoencoders: an effective collaborative filtering model under the GAN framework", IEEE
//! Access 2019).
//!
//! ```text
//! D:  max sum ln sigma(d(u, i) - d(u, j)),  d(u, i) = p_u . q_i + b_i,
//!     i an item of u, j drawn once from softmax(G(u)) and once from softmax(G'(u))
//! G:  min (1 - lambda) sum over e_u of (x - c)^2 - lambda E over softmax(G(u)) of ln sigma(d(u, j) - 1)
//! G': min - E over softmax(G'(u)) of ln sigma(1 - d(u, j))
//! ```
//!
//! `G` looks for items that the user likes, `G'` for those that the user does not; `e_u` is the
//! profile and a share of the other items, drawn by `G'`, that `G` reconstructs as zeros. `G`
//! ranks; a user never seen is ranked by the history alone.
//!
//! Departures: the expectations are exact, where the paper draws items and weighs their rewards;
//! zeros are drawn each with its share of `G'` (at most 1) instead of in exact number; Adam and
//! Adagrad instead of plain descent; squared errors are a mean over the batch.

use std::num::NonZeroUsize;

use faer::Accum;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::cfgan::Allowed;
use super::cfgan::networks::{Generator, Shape};
use super::cfgan::rows::Rows;
use super::cfgan::stack::Activation;
use super::cfgan::trained::{Cfgan, Network, Trained};
use super::keeper::Keeper;
use super::pairwise::{Table, add, dot, sigmoid, softplus};
use super::product::{multiply, product, view};
use super::tensor::Adam;
use crate::data::{Dataset, UserIx};
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Progress, Query, Recommender, Run, ScoreError, Tune,
    Values, Weights, WeightsError,
};

/// Settings of CAAE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaaeConfig {
    /// Width of the hidden layers of both autoencoders.
    pub hidden: NonZeroUsize,
    /// Number of their hidden layers.
    pub layers: NonZeroUsize,
    /// Width `K` of the discriminator's embeddings.
    pub embedding_dim: NonZeroUsize,
    /// Weight `lambda` of the discriminator's reward against reconstruction, from 0 to 1.
    pub reward_weight: f32,
    /// Share of the other items that are reconstructed as zeros, from 0 to 1.
    pub zero_ratio: f32,
    /// Epochs.
    pub epochs: NonZeroUsize,
    /// Users in a step.
    pub batch_size: NonZeroUsize,
    /// Learning rate of the autoencoders.
    pub generator_rate: f32,
    /// Learning rate of the discriminator.
    pub discriminator_rate: f32,
    /// Weight of the squared norm of all weights, `>= 0`.
    pub l2: f32,
    /// Epochs between looks at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for CaaeConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            hidden: width(100),
            layers: width(1),
            embedding_dim: width(32),
            reward_weight: 0.5,
            zero_ratio: 0.3,
            epochs: width(60),
            batch_size: width(64),
            generator_rate: 1e-3,
            discriminator_rate: 0.02,
            l2: 1e-4,
            check_every: width(5),
            patience: width(4),
        }
    }
}

/// The autoencoder that looks for items that a user likes.
#[derive(Debug, Clone, PartialEq)]
pub struct Caae(Cfgan);

/// The three networks: `G`, `G'` and the ranker.
struct Bout<'a> {
    config: &'a CaaeConfig,
    data: &'a Dataset,
    generators: [Generator; 2],
    users: Table,
    items: Table,
    bias: Table,
    steps: u32,
}

/// `softmax` of each row.
fn softmax(values: &[f32], width: usize) -> Vec<f32> {
    let mut out = values.to_vec();
    for row in out.chunks_mut(width) {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for x in &mut *row {
            *x = (*x - most).exp();
        }
        let sum: f32 = row.iter().sum();
        for x in row {
            *x /= sum;
        }
    }
    out
}

/// An index drawn from weights whose running sums are given.
fn draw(sums: &[f32], at: f32) -> usize {
    let target = at * sums[sums.len() - 1];
    sums.partition_point(|&sum| sum <= target)
        .min(sums.len() - 1)
}

impl Bout<'_> {
    /// What a generator makes of profiles, `[B, I]`, and its hidden layers.
    fn make(&self, which: usize, rows: &Rows) -> (Vec<f32>, super::cfgan::stack::Trace) {
        let generator = &self.generators[which];
        let (n, h) = (self.data.n_items(), generator.stack.width);
        let trace = generator.encode(rows, &[]);
        let output = view(&generator.output.value, n, h).transpose();
        let mut values = multiply(view(trace.top(), rows.len(), h), output);
        values
            .chunks_mut(n)
            .for_each(|row| add(row, &generator.output_bias.value, 1.0));
        Activation::Sigmoid.apply(&mut values);
        (values, trace)
    }

    /// Ranks the items of some users above one drawn by each generator; returns the mean loss.
    fn discriminator_step(&mut self, users: &[UserIx], seed: Seed) -> f64 {
        let (n, rows) = (self.data.n_items(), Rows::of(self.data, users));
        let mut stream = seed.stream("negatives");
        let (mut loss, mut count) = (0.0, 0);
        for which in 0..2 {
            let mut sums = softmax(&self.make(which, &rows).0, n);
            for row in sums.chunks_mut(n) {
                for at in 1..n {
                    row[at] += row[at - 1];
                }
            }
            for (at, (user, sums)) in users.iter().zip(sums.chunks(n)).enumerate() {
                for item in rows.row(at) {
                    let other = draw(sums, stream.random());
                    loss += self.rank(user.at(), item.at(), other);
                    count += 1;
                }
            }
        }
        for table in [&mut self.users, &mut self.items, &mut self.bias] {
            table.step(self.config.discriminator_rate);
        }
        loss / f64::from(count.max(1))
    }

    /// Adds the gradient of `-ln sigma(d(u, i) - d(u, j))`, which is returned.
    fn rank(&mut self, user: usize, i: usize, j: usize) -> f64 {
        let rows =
            [self.users.row(user), self.items.row(i), self.items.row(j)].map(<[f32]>::to_vec);
        let [p, qi, qj] = &rows;
        let margin = dot(p, qi) - dot(p, qj) + self.bias.row(i)[0] - self.bias.row(j)[0];
        let (slope, l2) = (-sigmoid(-margin), self.config.l2);
        let gradient = self.users.gradient(user);
        add(gradient, qi, slope);
        add(gradient, qj, -slope);
        add(gradient, p, l2);
        for (item, own, slope) in [(i, qi, slope), (j, qj, -slope)] {
            let gradient = self.items.gradient(item);
            add(gradient, p, slope);
            add(gradient, own, l2);
            let bias = self.bias.row(item)[0];
            self.bias.gradient(item)[0] += slope + l2 * bias;
        }
        f64::from(softplus(-margin))
    }

    /// `d(u, j)` of all items for some users, `[B, I]`.
    fn ratings(&self, users: &[UserIx]) -> Vec<f32> {
        let (n, k) = (self.data.n_items(), self.users.width);
        let rows: Vec<f32> = users
            .iter()
            .flat_map(|user| self.users.row(user.at()))
            .copied()
            .collect();
        let items = view(&self.items.value, n, k).transpose();
        let mut ratings = multiply(view(&rows, users.len(), k), items);
        ratings
            .chunks_mut(n)
            .for_each(|row| add(row, &self.bias.value, 1.0));
        ratings
    }

    /// One step of a generator: 0 for `G`, 1 for `G'`; returns the mean expected reward.
    fn generator_step(&mut self, which: usize, users: &[UserIx], seed: Seed) -> f64 {
        let (n, rows) = (self.data.n_items(), Rows::of(self.data, users));
        let (values, trace) = self.make(which, &rows);
        let mut reward = self.ratings(users);
        let sign = if which == 0 { 1.0 } else { -1.0 };
        for d in &mut reward {
            *d = -softplus(-sign * (*d - 1.0));
        }
        let chance = softmax(&values, n);
        let weight = if which == 0 {
            self.config.reward_weight
        } else {
            1.0
        } / users.len() as f32;
        let mut change = vec![0.0; values.len()];
        let mut total = 0.0;
        let each = change
            .chunks_mut(n)
            .zip(chance.chunks(n))
            .zip(reward.chunks(n));
        for ((change, chance), reward) in each {
            let mean = dot(chance, reward);
            total += f64::from(mean);
            for ((change, p), r) in change.iter_mut().zip(chance).zip(reward) {
                *change = -weight * p * (r - mean);
            }
        }
        if which == 0 {
            let zeros = softmax(&self.make(1, &rows).0, n);
            self.reconstruct(&rows, (&values, &zeros), &mut change, seed);
        }
        Activation::Sigmoid.pull_back(&mut change, &values);
        self.descend(which, (&rows, &trace), &change);
        total / users.len() as f64
    }

    /// Adds the gradient of `(1 - lambda)` times the squared error on ones and drawn zeros.
    fn reconstruct(
        &self,
        rows: &Rows,
        (values, zeros): (&[f32], &[f32]),
        change: &mut [f32],
        seed: Seed,
    ) {
        let n = self.data.n_items();
        let scale = 2.0 * (1.0 - self.config.reward_weight) / rows.len() as f32;
        let mut stream = seed.stream("zeros");
        for row in 0..rows.len() {
            let items = rows.row(row);
            let drawn = self.config.zero_ratio * (n - items.len()) as f32;
            let mut held = items.iter().peekable();
            for item in 0..n {
                let at = row * n + item;
                let chance: f32 = stream.random();
                if held.next_if(|held| held.at() == item).is_some() {
                    change[at] += scale * (values[at] - 1.0);
                } else if chance < drawn * zeros[at] {
                    change[at] += scale * values[at];
                }
            }
        }
    }

    /// Updates a generator, given the gradient at the sums of its output, `[B, I]`.
    fn descend(
        &mut self,
        which: usize,
        (rows, trace): (&Rows, &super::cfgan::stack::Trace),
        change: &[f32],
    ) {
        let (n, b) = (self.data.n_items(), rows.len());
        let adam = Adam::at(self.steps, self.config.generator_rate, self.config.l2);
        let generator = &mut self.generators[which];
        let h = generator.stack.width;
        let change = view(change, b, n);
        let top = multiply(change, view(&generator.output.value, n, h));
        let mut gradient = vec![0.0; n * h];
        product(
            &mut gradient,
            h,
            change.transpose(),
            view(trace.top(), b, h),
            Accum::Replace,
        );
        generator.output.update(h, adam, |from, _, out| {
            out.copy_from_slice(&gradient[from * h..][..out.len()]);
        });
        let sums: Vec<f32> = (0..n)
            .map(|item| (0..b).map(|row| change[(row, item)]).sum())
            .collect();
        generator.output_bias.update_by(adam, &sums);
        generator.descend_below((rows, &[], trace), top, adam);
    }

    fn model(&self) -> Caae {
        let generator = &self.generators[0];
        Caae(Cfgan(Trained::User(Network {
            hidden: generator.stack.width,
            activation: Activation::Sigmoid,
            normalised: false,
            values: generator
                .values()
                .into_iter()
                .map(<[f32]>::to_vec)
                .collect(),
        })))
    }
}

impl CaaeConfig {
    fn check(&self) -> Result<(), FitError> {
        let unit = |x: f32| (0.0..=1.0).contains(&x);
        let rate = |x: f32| x > 0.0 && x.is_finite();
        let weight = |x: f32| x >= 0.0 && x.is_finite();
        let settings: [(_, f32, Allowed, _); 5] = [
            ("reward_weight", self.reward_weight, unit, "from 0 to 1"),
            ("zero_ratio", self.zero_ratio, unit, "from 0 to 1"),
            ("generator_rate", self.generator_rate, rate, "above 0"),
            (
                "discriminator_rate",
                self.discriminator_rate,
                rate,
                "above 0",
            ),
            ("l2", self.l2, weight, "0 or more"),
        ];
        let wrong = settings
            .into_iter()
            .find(|(_, value, allowed, _)| !allowed(*value));
        wrong.map_or(Ok(()), |(key, value, _, expected)| {
            let found = value.to_string();
            Err(FitError::Setting {
                model: "caae",
                key,
                expected,
                found,
            })
        })
    }

    fn start<'a>(&'a self, data: &'a Dataset, seed: Seed) -> Bout<'a> {
        let shape = Shape {
            width: data.n_items(),
            hidden: self.hidden.get(),
            layers: self.layers.get(),
            activation: Activation::Sigmoid,
        };
        let (k, mut stream) = (self.embedding_dim.get(), seed.stream("embeddings"));
        Bout {
            config: self,
            data,
            generators: ["positive", "negative"]
                .map(|name| Generator::new(shape, 0, &mut seed.stream(name))),
            users: Table::uniform(data.n_users(), k, 0.05, &mut stream),
            items: Table::uniform(data.n_items(), k, 0.05, &mut stream),
            bias: Table::new(1, vec![0.0; data.n_items()]),
            steps: 0,
        }
    }
}

impl Fit for CaaeConfig {
    type Model = Caae;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Caae, FitError> {
        self.check()?;
        if train.n_interactions() == 0 {
            return Err(FitError::TooSmall {
                model: "caae",
                needed: "an interaction",
                found: 0,
            });
        }
        let seed = run.seed.derive("caae");
        let mut bout = self.start(train, seed);
        let mut users: Vec<UserIx> = train.user_indices().collect();
        let mut keeper = Keeper::new(run, self.check_every.get(), self.patience.get());
        for epoch in 1..=self.epochs.get() {
            users.shuffle(&mut seed.stream_at("order", epoch as u64));
            let mut found = [0.0; 3];
            for batch in users.chunks(self.batch_size.get()) {
                bout.steps += 1;
                let seed = seed.derive("step").at(bout.steps.into());
                found[0] = bout.discriminator_step(batch, seed);
                found[1] = bout.generator_step(0, batch, seed);
                found[2] = bout.generator_step(1, batch, seed);
            }
            let step = epoch as u64;
            let curves = [
                "discriminator loss",
                "reward of likes",
                "reward of dislikes",
            ];
            for (curve, value) in curves.iter().zip(found) {
                run.observer.point(curve, step, value);
            }
            let total = self.epochs.get() as u64;
            run.observer.progress(Progress {
                unit: "epoch",
                done: step,
                total,
            });
            if found.iter().any(|value| !value.is_finite()) {
                let evidence = format!("loss and rewards {found:?}");
                return Err(FitError::Diverged {
                    model: "caae",
                    step,
                    evidence,
                });
            }
            if keeper.look(epoch, || bout.model()) {
                break;
            }
        }
        Ok(keeper.best().unwrap_or_else(|| bout.model()))
    }
}

impl Tune for CaaeConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("hidden", Values::LogInteger(50, 400)),
            dimension("embedding_dim", Values::LogInteger(16, 64)),
            dimension("reward_weight", Values::Uniform(0.1, 0.9)),
            dimension("zero_ratio", Values::Uniform(0.1, 0.9)),
            dimension("generator_rate", Values::LogUniform(1e-4, 1e-2)),
            dimension("l2", Values::LogUniform(1e-6, 1e-2)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

impl Recommender for Caae {
    fn n_items(&self) -> usize {
        self.0.n_items()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        self.0.score_into(queries, scores)
    }
}

impl Weights for Caae {
    fn weights(&self) -> NamedTensors {
        self.0.weights()
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        Cfgan::from_weights(weights).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(epochs: usize) -> CaaeConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        CaaeConfig {
            hidden: width(32),
            embedding_dim: width(8),
            epochs: width(epochs),
            generator_rate: 5e-3,
            ..CaaeConfig::default()
        }
    }

    recommender_contract!(super::config(2));

    #[test]
    fn learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&config(40));
        assert!(uplift > 1.1, "{uplift}");
    }
}
