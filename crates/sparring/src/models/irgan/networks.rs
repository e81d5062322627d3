//! IRGAN's two networks in the hands of the loop, which sees a pass over all users as one step.

use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use sparring_wide::{Seed, Stream};

use super::{Irgan, IrganConfig};
use crate::data::{Dataset, ItemIx, UserIx};
use crate::gan::{AdversarialStep, Probe, Remedy, apply_to_rates};
use crate::models::factors::Factors;
use crate::models::pairwise::{Seen, Table, add, dot, sigmoid, softplus};
use crate::models::probed::Probed;
use crate::recommend::{Cancel, FitError, Monitor, Run};

/// A matrix factorisation in training.
#[derive(Debug, Clone)]
pub(super) struct Network {
    pub(super) users: Table,
    pub(super) items: Table,
    pub(super) bias: Vec<f32>,
}

impl Network {
    pub(super) fn new(data: &Dataset, width: usize, stream: &mut Stream) -> Self {
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
    pub(super) fn distribution(&self, user: UserIx, temperature: f32) -> Vec<f32> {
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
pub(super) struct Sampler {
    ends: Vec<f64>,
}

impl Sampler {
    pub(super) fn new(weights: &[f32]) -> Self {
        let mut sum = 0.0;
        let end = |weight: &f32| {
            sum += f64::from(*weight);
            sum
        };
        Self {
            ends: weights.iter().map(end).collect(),
        }
    }

    pub(super) fn draw(&self, stream: &mut Stream) -> ItemIx {
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
pub(super) struct Networks<'a> {
    pub(super) config: &'a IrganConfig,
    data: &'a Dataset,
    pub(super) seen: &'a Seen,
    pub(super) generator: Network,
    pub(super) discriminator: Network,
    seed: Seed,
    /// Learning rates of generator and discriminator.
    rates: [f32; 2],
    passes: [u64; 2],
    probed: Probed,
    kept: Option<[Network; 2]>,
    cancel: &'a Cancel,
}

impl<'a> Networks<'a> {
    pub(super) fn new(
        config: &'a IrganConfig,
        data: &'a Dataset,
        seen: &'a Seen,
        run: &Run<'a>,
    ) -> Self {
        let (seed, k) = (run.seed, config.embedding_dim.get());
        Self {
            config,
            data,
            seen,
            generator: Network::new(data, k, &mut seed.stream("generator")),
            discriminator: Network::new(data, k, &mut seed.stream("discriminator")),
            seed,
            rates: [config.generator_rate, config.discriminator_rate],
            passes: [0; 2],
            probed: Probed::draw(data, &mut seed.stream("probe")),
            kept: None,
            cancel: run.cancel,
        }
    }

    pub(super) fn model(&self) -> Irgan {
        let Network { users, items, bias } = &self.generator;
        let (width, bias) = (users.width, bias.clone());
        let (users, items) = (users.value.clone(), items.value.clone());
        let ridge = self.config.fold_in_l2;
        Irgan(Factors::new(width, users, items, bias, ridge))
    }

    fn shuffled(&self, rows: &[u32], purpose: &str, pass: u64) -> Vec<UserIx> {
        let mut users: Vec<UserIx> = rows.iter().map(|&row| UserIx(row)).collect();
        users.shuffle(&mut self.seed.stream_at(purpose, pass));
        users
    }
}

impl Networks<'_> {
    /// One epoch of dynamic negative sampling; returns the mean loss.
    pub(super) fn pretrain(&mut self, pairs: &[(UserIx, ItemIx)], stream: &mut Stream) -> f64 {
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
    fn descend_discriminator(&mut self, users: &[UserIx], seed: Seed) -> f64 {
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
        let pace = (self.rates[1], self.config.discriminator_l2);
        let (mut loss, mut count) = (0.0, 0_u32);
        for (&user, negatives) in users.iter().zip(&negatives) {
            if self.cancel.is_requested() {
                break;
            }
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
    pub(super) fn ascend_reward(&mut self, users: &[UserIx], seed: Seed) -> f64 {
        let (mut reward, mut count) = (0.0, 0_u32);
        for &user in users {
            let real = self.seen.row(user);
            if self.cancel.is_requested() {
                break;
            }
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
            count += u32::try_from(draws).expect("few draws");
            add(&mut slopes, &own, total);
            self.descend_generator(user, &slopes);
        }
        reward / f64::from(count.max(1))
    }

    fn descend_generator(&mut self, user: UserIx, slopes: &[f32]) {
        let (rate, k) = (self.rates[0], self.generator.users.width);
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

impl AdversarialStep for Networks<'_> {
    /// A pass over the users, one at a time.
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.passes[1] += 1;
        let pass = self.passes[1];
        let users = self.shuffled(rows, "discriminator order", pass);
        Ok(self.descend_discriminator(&users, self.seed.at(pass)))
    }

    /// A pass over the users, one at a time; the loss is the mean reward with its sign turned.
    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.passes[0] += 1;
        let pass = self.passes[0];
        let users = self.shuffled(rows, "generator order", pass);
        let seed = self.seed.derive("generator").at(pass);
        Ok(-self.ascend_reward(&users, seed))
    }

    /// A look at pairs: the items of some users, and as many that the generator draws for others.
    fn probe(&mut self) -> Option<Probe> {
        let (data, n) = (self.data, self.data.n_items());
        if !self.probed.is_enough(data) {
            return None;
        }
        let seed = self.seed.derive("look").at(self.passes[1]);
        let (mut fake_logits, mut fake) = (Vec::new(), Vec::new());
        for &user in &self.probed.fake {
            let mut stream = seed.stream_at("drawn", u64::from(user.0));
            let chance = self.generator.distribution(user, self.config.temperature);
            let sampler = Sampler::new(&chance);
            let drawn = data.history(user).iter().map(|_| sampler.draw(&mut stream));
            fake_logits.extend(drawn.map(|item| self.discriminator.score(user, item)));
            fake.extend(chance);
        }
        self.probed.binarise(data, &mut fake);
        let pairs = self.probed.real.iter().flat_map(|&user| {
            let items = data.history(user).iter();
            items.map(move |&item| (user, item))
        });
        Some(Probe {
            real_logits: pairs
                .map(|(user, item)| self.discriminator.score(user, item))
                .collect(),
            fake_logits,
            real: self.probed.profiles(data),
            fake,
            width: n,
        })
    }

    fn rate(&mut self, monitor: &dyn Monitor) -> Option<f64> {
        Some(monitor.score(&self.model()))
    }

    fn snapshot(&mut self) {
        self.kept = Some([self.generator.clone(), self.discriminator.clone()]);
    }

    fn restore(&mut self) {
        if let Some(kept) = self.kept.clone() {
            [self.generator, self.discriminator] = kept;
        }
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        apply_to_rates(remedy, &mut self.rates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ..IrganConfig::default()
        };
        let (seen, cancel) = (Seen::new(&data), Cancel::new());
        let run = Run::quiet(Seed(2), &cancel);
        let mut networks = Networks::new(&config, &data, &seen, &run);
        // The discriminator believes in item 5 and in nothing else.
        networks.discriminator.bias.fill(-4.0);
        networks.discriminator.bias[5] = 4.0;
        let before = networks.generator.distribution(UserIx(0), 1.0)[5];
        for pass in 0..50 {
            networks.ascend_reward(&[UserIx(0)], Seed(pass));
        }
        let after = networks.generator.distribution(UserIx(0), 1.0)[5];
        assert!(after > 1.3 * before, "{before} {after}");
    }
}
