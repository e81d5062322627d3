//! IRGAN: a generator picks items, a discriminator tells them from real ones, and the generator
//! learns by policy gradient (Wang et al., "IRGAN: A minimax game for unifying generative and
//! discriminative information retrieval models", SIGIR 2017).
//!
//! ```text
//! s(u, i) = p_u . q_i + b_i                                        for both networks
//! L_D = -sum ln sigma(s_D(u, i)) - sum ln(1 - sigma(s_D(u, j)))    i real, j ~ p_G    (eq. 3)
//! p_G(j | u) = softmax_j(s_G(u, j) / T)                                               (eq. 8)
//! dL_G = -mean over samples j ~ p' of  w_j r_j d ln p_G(j | u)                        (eq. 5)
//! p' = (1 - e) p_G + e uniform(real items),  w = p_G / p',  r = 2 sigma(s_D) - 1
//! ```
//!
//! The generator starts from dynamic negative sampling: pairwise ranking against the
//! highest-scoring of a few random items (Zhang et al., SIGIR 2013), trained inside the fit. It is
//! the generator that recommends. With `epochs = 0` the pre-trained generator is all there is: the
//! same network without an adversary.
//!
//! Departures: the temperature applies to the negatives of the discriminator only, and the
//! reward and the importance weights are those of the authors' code (the paper has
//! `ln(1 + exp s_D)`); the discriminator steps on one example at a time; the generator to keep is
//! chosen on validation data (the authors' code watches test data); a user who was not in the
//! training data is folded in by ridge regression on the item factors.

use std::num::NonZeroUsize;

use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sparring_wide::{Seed, Stream};

use super::factors::Factors;
use super::keeper::Keeper;
use super::pairwise::{Seen, Table, add, dot, sigmoid, softplus};
use crate::data::{Dataset, ItemIx, UserIx};
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Progress, Query, Recommender, Run, ScoreError, Tune,
    Values, Weights, WeightsError,
};

/// Settings of IRGAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IrganConfig {
    /// Width `K` of the embeddings of both networks.
    pub embedding_dim: NonZeroUsize,
    /// Epochs of pre-training of the generator.
    pub pretrain_epochs: usize,
    /// Learning rate of the pre-training.
    pub pretrain_rate: f32,
    /// Weight of the squared norm of the rows of a triple in the pre-training, `>= 0`.
    pub pretrain_l2: f32,
    /// Random items among which pre-training takes the best as the negative.
    pub candidates: NonZeroUsize,
    /// Rounds of the bout; 0 leaves the pre-trained generator.
    pub epochs: usize,
    /// Passes of the discriminator over the users in a round.
    pub discriminator_passes: NonZeroUsize,
    /// Passes of the generator over the users in a round.
    pub generator_passes: NonZeroUsize,
    /// Learning rate of the discriminator.
    pub discriminator_rate: f32,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Weight of the squared norm of the discriminator's rows, `>= 0`.
    pub discriminator_l2: f32,
    /// Weight of the squared norm of the generator's user row, `>= 0`.
    pub generator_l2: f32,
    /// Temperature `T` of the negatives, above 0.
    pub temperature: f32,
    /// Share `e` of real items in the generator's samples, from 0 to 1.
    pub real_share: f32,
    /// Ridge of the fold-in of new users, relative to the mean squared norm of a factor, `> 0`.
    pub fold_in_l2: f64,
    /// Generator passes between looks at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for IrganConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            embedding_dim: width(20),
            pretrain_epochs: 30,
            pretrain_rate: 0.05,
            pretrain_l2: 0.01,
            candidates: width(5),
            epochs: 5,
            discriminator_passes: width(20),
            generator_passes: width(10),
            discriminator_rate: 0.01,
            generator_rate: 0.01,
            discriminator_l2: 0.01,
            generator_l2: 0.0,
            temperature: 0.2,
            real_share: 0.2,
            fold_in_l2: 1e-2,
            check_every: width(5),
            patience: width(6),
        }
    }
}

/// Factors of users and items, and item biases.
#[derive(Debug, Clone, PartialEq)]
pub struct Irgan(Factors);

/// A matrix factorisation in training.
#[derive(Debug)]
struct Network {
    users: Table,
    items: Table,
    bias: Vec<f32>,
}

impl Network {
    fn new(data: &Dataset, width: usize, stream: &mut Stream) -> Self {
        Self {
            users: Table::uniform(data.n_users(), width, 0.05, stream),
            items: Table::uniform(data.n_items(), width, 0.05, stream),
            bias: vec![0.0; data.n_items()],
        }
    }

    fn score(&self, user: UserIx, item: ItemIx) -> f32 {
        dot(self.users.row(user.at()), self.items.row(item.at())) + self.bias[item.at()]
    }

    /// `softmax(s / temperature)` over all items.
    fn distribution(&self, user: UserIx, temperature: f32) -> Vec<f32> {
        let p = self.users.row(user.at());
        let items = self.items.value.chunks(self.items.width);
        let mut scores: Vec<f32> = items
            .zip(&self.bias)
            .map(|(q, b)| (dot(p, q) + b) / temperature)
            .collect();
        let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for score in &mut scores {
            *score = (*score - top).exp();
            sum += f64::from(*score);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a sum of at most as many ones"
        )]
        let scale = 1.0 / sum as f32;
        for score in &mut scores {
            *score *= scale;
        }
        scores
    }

    /// Moves `s(user, item)` down by `slope` times the learning rate along its gradient.
    fn descend(&mut self, user: UserIx, item: ItemIx, slope: f32, (rate, l2): (f32, f32)) {
        let p = self.users.row_mut(user.at());
        let q = self.items.row_mut(item.at());
        for (p, q) in p.iter_mut().zip(q) {
            let (old_p, old_q) = (*p, *q);
            *p -= rate * (slope * old_q + l2 * old_p);
            *q -= rate * (slope * old_p + l2 * old_q);
        }
        let bias = &mut self.bias[item.at()];
        *bias -= rate * (slope + l2 * *bias);
    }
}

/// Draws from a distribution by its cumulative sums.
struct Sampler {
    ends: Vec<f64>,
}

impl Sampler {
    fn new(weights: &[f32]) -> Self {
        let mut sum = 0.0;
        let end = |weight: &f32| {
            sum += f64::from(*weight);
            sum
        };
        Self {
            ends: weights.iter().map(end).collect(),
        }
    }

    fn draw(&self, stream: &mut Stream) -> ItemIx {
        let total = self.ends.last().copied().unwrap_or(0.0);
        let point = stream.random::<f64>() * total;
        let at = self
            .ends
            .partition_point(|&end| end <= point)
            .min(self.ends.len() - 1);
        ItemIx(u32::try_from(at).expect("index fits u32"))
    }
}

/// The two networks.
struct Bout<'a> {
    config: &'a IrganConfig,
    seen: &'a Seen,
    generator: Network,
    discriminator: Network,
}

impl Bout<'_> {
    /// One epoch of dynamic negative sampling; returns the mean loss.
    fn pretrain(&mut self, pairs: &[(UserIx, ItemIx)], stream: &mut Stream) -> f64 {
        let (rate, l2) = (self.config.pretrain_rate, self.config.pretrain_l2);
        let mut loss = 0.0;
        for &(user, item) in pairs {
            let mut negative: Option<(f32, ItemIx)> = None;
            for _ in 0..self.config.candidates.get() {
                let Some(candidate) = self.seen.negative(user, stream) else {
                    break;
                };
                let score = self.generator.score(user, candidate);
                if negative.is_none_or(|(best, _)| score > best) {
                    negative = Some((score, candidate));
                }
            }
            let Some((score, other)) = negative else {
                continue;
            };
            let margin = self.generator.score(user, item) - score;
            loss += f64::from(softplus(-margin));
            let slope = -sigmoid(-margin);
            // Half of the penalty on the user comes with each of the two items.
            self.generator.descend(user, item, slope, (rate, l2));
            self.generator.descend(user, other, -slope, (rate, l2));
        }
        loss / pairs.len() as f64
    }

    /// One pass of the discriminator over some users; returns its mean loss.
    fn discriminator_step(&mut self, users: &[UserIx], seed: Seed) -> f64 {
        let negatives: Vec<Vec<ItemIx>> = users
            .par_iter()
            .map(|&user| {
                let mut stream = seed.stream_at("negatives", u64::from(user.0));
                let sampler =
                    Sampler::new(&self.generator.distribution(user, self.config.temperature));
                self.seen
                    .row(user)
                    .iter()
                    .map(|_| sampler.draw(&mut stream))
                    .collect()
            })
            .collect();
        let pace = (self.config.discriminator_rate, self.config.discriminator_l2);
        let (mut loss, mut count) = (0.0, 0_u32);
        for (&user, negatives) in users.iter().zip(&negatives) {
            for (&real, &made) in self.seen.row(user).iter().zip(negatives) {
                let score = self.discriminator.score(user, real);
                loss += f64::from(softplus(-score));
                self.discriminator
                    .descend(user, real, -sigmoid(-score), pace);
                let score = self.discriminator.score(user, made);
                loss += f64::from(softplus(score));
                self.discriminator.descend(user, made, sigmoid(score), pace);
                count += 2;
            }
        }
        loss / f64::from(count.max(1))
    }

    /// One pass of the generator over some users; returns its mean reward.
    fn generator_step(&mut self, users: &[UserIx], seed: Seed) -> f64 {
        let (mut reward, mut count) = (0.0, 0_u32);
        for &user in users {
            let real = self.seen.row(user);
            if real.is_empty() {
                continue;
            }
            let mut stream = seed.stream_at("samples", u64::from(user.0));
            let own = self.generator.distribution(user, 1.0);
            let mut mixed: Vec<f32> = own
                .iter()
                .map(|p| (1.0 - self.config.real_share) * p)
                .collect();
            for item in real {
                mixed[item.at()] += self.config.real_share / real.len() as f32;
            }
            let sampler = Sampler::new(&mixed);
            let draws = 2 * real.len();
            // dL/ds_j = p_j sum(w r) / n - sum over draws of j of w r / n
            let mut slopes = vec![0.0; own.len()];
            let mut total = 0.0;
            for _ in 0..draws {
                let item = sampler.draw(&mut stream);
                let judged = 2.0 * sigmoid(self.discriminator.score(user, item)) - 1.0;
                reward += f64::from(judged);
                let weighted = judged * own[item.at()] / mixed[item.at()] / draws as f32;
                slopes[item.at()] -= weighted;
                total += weighted;
            }
            count += 1;
            add(&mut slopes, &own, total);
            self.descend_generator(user, &slopes);
        }
        reward / f64::from(count.max(1))
    }

    fn descend_generator(&mut self, user: UserIx, slopes: &[f32]) {
        let (rate, k) = (self.config.generator_rate, self.generator.users.width);
        let p = self.generator.users.row(user.at()).to_vec();
        let mut gradient: Vec<f32> = p.iter().map(|p| self.config.generator_l2 * p).collect();
        let items = self.generator.items.value.chunks_mut(k);
        for ((q, bias), slope) in items.zip(&mut self.generator.bias).zip(slopes) {
            add(&mut gradient, q, *slope);
            add(q, &p, -rate * slope);
            *bias -= rate * slope;
        }
        add(self.generator.users.row_mut(user.at()), &gradient, -rate);
    }
}

impl IrganConfig {
    fn check(&self) -> Result<(), FitError> {
        let setting = |ok: bool, key, expected, found: f64| {
            let found = found.to_string();
            if ok {
                Ok(())
            } else {
                Err(FitError::Setting {
                    model: "irgan",
                    key,
                    expected,
                    found,
                })
            }
        };
        for (key, value) in [
            ("pretrain_rate", self.pretrain_rate),
            ("discriminator_rate", self.discriminator_rate),
            ("generator_rate", self.generator_rate),
            ("temperature", self.temperature),
        ] {
            setting(
                value > 0.0 && value.is_finite(),
                key,
                "above 0",
                value.into(),
            )?;
        }
        for (key, value) in [
            ("pretrain_l2", self.pretrain_l2),
            ("discriminator_l2", self.discriminator_l2),
            ("generator_l2", self.generator_l2),
        ] {
            setting(
                value >= 0.0 && value.is_finite(),
                key,
                "0 or more",
                value.into(),
            )?;
        }
        let share = self.real_share;
        setting(
            (0.0..=1.0).contains(&share),
            "real_share",
            "from 0 to 1",
            share.into(),
        )?;
        setting(
            self.fold_in_l2 > 0.0,
            "fold_in_l2",
            "above 0",
            self.fold_in_l2,
        )
    }

    fn model(&self, bout: &Bout<'_>) -> Irgan {
        let Network { users, items, bias } = &bout.generator;
        let (width, bias) = (users.width, bias.clone());
        let (users, items) = (users.value.clone(), items.value.clone());
        Irgan(Factors::new(width, users, items, bias, self.fold_in_l2))
    }

    /// Pre-trains the generator.
    fn pretrain(&self, bout: &mut Bout<'_>, run: &Run<'_>, seed: Seed) -> Result<(), FitError> {
        let mut pairs = bout.seen.pairs();
        for epoch in 1..=self.pretrain_epochs {
            let mut stream = seed.stream_at("pretrain", epoch as u64);
            pairs.shuffle(&mut stream);
            let loss = bout.pretrain(&pairs, &mut stream);
            finite(loss, epoch as u64)?;
            run.observer.point("pretrain loss", epoch as u64, loss);
            let total = self.pretrain_epochs as u64;
            run.observer.progress(Progress {
                unit: "pretrain epoch",
                done: epoch as u64,
                total,
            });
            if run.cancel.is_requested() {
                break;
            }
        }
        Ok(())
    }
}

fn finite(loss: f64, step: u64) -> Result<(), FitError> {
    if loss.is_finite() {
        return Ok(());
    }
    Err(FitError::Diverged {
        model: "irgan",
        step,
        evidence: format!("loss {loss}"),
    })
}

impl Fit for IrganConfig {
    type Model = Irgan;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Irgan, FitError> {
        self.check()?;
        if train.n_interactions() == 0 {
            return Err(FitError::TooSmall {
                model: "irgan",
                needed: "an interaction",
                found: 0,
            });
        }
        let (seed, k) = (run.seed.derive("irgan"), self.embedding_dim.get());
        let seen = Seen::new(train);
        let mut bout = Bout {
            config: self,
            seen: &seen,
            generator: Network::new(train, k, &mut seed.stream("generator")),
            discriminator: Network::new(train, k, &mut seed.stream("discriminator")),
        };
        self.pretrain(&mut bout, run, seed)?;
        let mut keeper = Keeper::new(run, self.check_every.get(), self.patience.get());
        let mut users: Vec<UserIx> = train.user_indices().collect();
        keeper.look(0, || self.model(&bout));
        let total = (self.epochs * self.generator_passes.get()) as u64;
        let (mut d_pass, mut g_pass) = (0, 0);
        'bout: for _ in 0..self.epochs {
            for _ in 0..self.discriminator_passes.get() {
                d_pass += 1;
                users.shuffle(&mut seed.stream_at("discriminator order", d_pass));
                let loss = bout.discriminator_step(&users, seed.at(d_pass));
                finite(loss, d_pass)?;
                run.observer.point("discriminator loss", d_pass, loss);
            }
            for _ in 0..self.generator_passes.get() {
                g_pass += 1;
                users.shuffle(&mut seed.stream_at("generator order", g_pass));
                let reward = bout.generator_step(&users, seed.derive("generator").at(g_pass));
                finite(reward, g_pass)?;
                run.observer.point("reward", g_pass, reward);
                run.observer.progress(Progress {
                    unit: "pass",
                    done: g_pass,
                    total,
                });
                let pass = usize::try_from(g_pass).expect("fewer than 2^32 passes");
                if keeper.look(pass, || self.model(&bout)) {
                    break 'bout;
                }
            }
        }
        Ok(keeper.best().unwrap_or_else(|| self.model(&bout)))
    }
}

impl Tune for IrganConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("embedding_dim", Values::LogInteger(8, 64)),
            dimension("pretrain_rate", Values::LogUniform(0.01, 0.1)),
            dimension("pretrain_l2", Values::LogUniform(1e-3, 0.1)),
            dimension("discriminator_rate", Values::LogUniform(1e-3, 0.05)),
            dimension("generator_rate", Values::LogUniform(1e-3, 0.05)),
            dimension("discriminator_l2", Values::LogUniform(1e-3, 0.1)),
            dimension("temperature", Values::LogUniform(0.1, 1.0)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

impl Recommender for Irgan {
    fn n_items(&self) -> usize {
        self.0.n_items()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        self.0.score_into(queries, scores)
    }
}

impl Weights for Irgan {
    fn weights(&self) -> NamedTensors {
        self.0.weights()
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        Factors::from_weights(weights).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> IrganConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        IrganConfig {
            embedding_dim: width(8),
            pretrain_epochs: 2,
            epochs: 2,
            discriminator_passes: width(2),
            generator_passes: width(2),
            ..IrganConfig::default()
        }
    }

    recommender_contract!(super::tiny());

    #[test]
    fn learns_a_planted_taste() {
        let config = IrganConfig {
            epochs: 2,
            ..IrganConfig::default()
        };
        let uplift = crate::models::contract::uplift(&config);
        assert!(uplift > 1.4, "{uplift}");
    }

    #[test]
    fn draws_follow_the_weights() {
        let sampler = Sampler::new(&[0.0, 1.0, 0.0, 3.0]);
        let mut stream = Seed(1).stream("draws");
        let threes = (0..4000)
            .filter(|_| sampler.draw(&mut stream) == ItemIx(3))
            .count();
        // 3 of 4 in expectation, deviation sqrt(4000 * 3 / 16) = 27
        assert!((2860..3140).contains(&threes), "{threes}");
    }

    #[test]
    fn the_policy_gradient_raises_what_is_rewarded() {
        let data = crate::models::contract::planted();
        let config = IrganConfig {
            generator_rate: 0.5,
            ..tiny()
        };
        let seen = Seen::new(&data);
        let mut stream = Seed(2).stream("networks");
        let mut bout = Bout {
            config: &config,
            seen: &seen,
            generator: Network::new(&data, 8, &mut stream),
            discriminator: Network::new(&data, 8, &mut stream),
        };
        // The discriminator believes in item 5 and in nothing else.
        bout.discriminator.bias.fill(-4.0);
        bout.discriminator.bias[5] = 4.0;
        let before = bout.generator.distribution(UserIx(0), 1.0)[5];
        for pass in 0..50 {
            bout.generator_step(&[UserIx(0)], Seed(pass));
        }
        let after = bout.generator.distribution(UserIx(0), 1.0)[5];
        assert!(after > 1.3 * before, "{before} {after}");
    }
}
