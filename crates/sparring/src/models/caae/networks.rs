//! CAAE's three networks in the hands of the loop.

use faer::Accum;
use rand::RngExt;
use rayon::prelude::*;
use sparring_wide::{Activation as Wide, Seed, exp, log1p_exp};

use super::{Caae, CaaeConfig};
use crate::data::{Dataset, UserIx};
use crate::gan::{AdversarialStep, Probe, Remedy, apply_to_rates};
use crate::models::cfgan::networks::{Generator, Shape};
use crate::models::cfgan::rows::Rows;
use crate::models::cfgan::stack::{Activation, Trace};
use crate::models::cfgan::trained::{Cfgan, Network, Trained};
use crate::models::pairwise::{Table, add, dot, sigmoid, softplus};
use crate::models::probed::Probed;
use crate::models::product::{multiply, product, view};
use crate::models::tensor::Adam;
use crate::recommend::{FitError, Monitor};

/// The three networks: `G`, `G'` and the ranker.
pub(super) struct Networks<'a> {
    config: &'a CaaeConfig,
    data: &'a Dataset,
    generators: [Generator; 2],
    users: Table,
    items: Table,
    bias: Table,
    seed: Seed,
    steps: u32,
    /// Learning rates of the generators and of the ranker.
    rates: [f32; 2],
    probed: Probed,
    kept: Option<Kept>,
}

/// Both autoencoders and the ranker's three tables.
type Kept = ([Generator; 2], [Table; 3]);

/// `softmax` of each row.
fn softmax(values: &[f32], width: usize) -> Vec<f32> {
    let mut out = values.to_vec();
    out.par_chunks_mut(width).for_each(|row| {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for x in &mut *row {
            *x = exp(*x - most);
        }
        let sum: f32 = row.iter().sum();
        for x in row {
            *x /= sum;
        }
    });
    out
}

/// An index drawn from weights whose running sums are given.
fn draw(sums: &[f32], at: f32) -> usize {
    let target = at * sums[sums.len() - 1];
    sums.partition_point(|&sum| sum <= target)
        .min(sums.len() - 1)
}

impl<'a> Networks<'a> {
    pub(super) fn new(config: &'a CaaeConfig, data: &'a Dataset, seed: Seed) -> Self {
        let shape = Shape {
            width: data.n_items(),
            hidden: config.hidden.get(),
            layers: config.layers.get(),
            activation: Activation::Sigmoid,
        };
        let (k, mut stream) = (config.embedding_dim.get(), seed.stream("embeddings"));
        Self {
            config,
            data,
            generators: ["positive", "negative"]
                .map(|name| Generator::new(shape, 0, &mut seed.stream(name))),
            users: Table::uniform(data.n_users(), k, 0.05, &mut stream),
            items: Table::uniform(data.n_items(), k, 0.05, &mut stream),
            bias: Table::new(1, vec![0.0; data.n_items()]),
            seed,
            steps: 0,
            rates: [config.generator_rate, config.discriminator_rate],
            probed: Probed::draw(data, &mut seed.stream("probe")),
            kept: None,
        }
    }
}

impl Networks<'_> {
    /// What a generator makes of profiles, `[B, I]`, and its hidden layers.
    fn make(&self, which: usize, rows: &Rows) -> (Vec<f32>, Trace) {
        let generator = &self.generators[which];
        let (n, h) = (self.data.n_items(), generator.stack.width);
        let trace = generator.encode(rows, &[]);
        let output = view(&generator.output.value, n, h).transpose();
        let mut values = multiply(view(trace.top(), rows.len(), h), output);
        values
            .chunks_mut(n)
            .for_each(|row| add(row, &generator.output_bias.value, 1.0));
        Wide::Sigmoid.forward(&mut values);
        (values, trace)
    }

    /// Ranks the items of some users above one drawn by each generator; returns the mean loss.
    fn descend_ranker(&mut self, users: &[UserIx], seed: Seed) -> f64 {
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
            table.step(self.rates[1]);
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
    fn descend_generator(&mut self, which: usize, users: &[UserIx], seed: Seed) -> f64 {
        let (n, rows) = (self.data.n_items(), Rows::of(self.data, users));
        let (values, trace) = self.make(which, &rows);
        let mut reward = self.ratings(users);
        let sign = if which == 0 { 1.0 } else { -1.0 };
        reward.par_chunks_mut(n).for_each(|row| {
            for d in row {
                *d = -log1p_exp(-sign * (*d - 1.0));
            }
        });
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
    fn descend(&mut self, which: usize, (rows, trace): (&Rows, &Trace), change: &[f32]) {
        let (n, b) = (self.data.n_items(), rows.len());
        let adam = Adam::at(self.steps, self.rates[0], self.config.l2);
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

    pub(super) fn model(&self) -> Caae {
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

impl AdversarialStep for Networks<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.steps += 1;
        let users: Vec<UserIx> = rows.iter().map(|&row| UserIx(row)).collect();
        let seed = self.seed.derive("step").at(self.steps.into());
        Ok(self.descend_ranker(&users, seed))
    }

    /// Both generators; the loss of a generator is its expected reward with the sign turned.
    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let users: Vec<UserIx> = rows.iter().map(|&row| UserIx(row)).collect();
        let seed = self.seed.derive("step").at(self.steps.into());
        let likes = self.descend_generator(0, &users, seed);
        let dislikes = self.descend_generator(1, &users, seed);
        Ok(-likes - dislikes)
    }

    /// Real and generated profiles. The ranker has no zero of its own: an item of a user counts as
    /// real above the mean rating of all that it was shown, and so does a drawn one.
    fn probe(&mut self) -> Option<Probe> {
        let (data, n) = (self.data, self.data.n_items());
        if !self.probed.is_enough(data) {
            return None;
        }
        let Probed { real, fake } = &self.probed;
        let (mut generated, _) = self.make(0, &Rows::of(data, fake));
        let mut stream = self
            .seed
            .derive("look")
            .stream_at("drawn", self.steps.into());
        let mut fake_logits = Vec::new();
        let ratings = self.ratings(fake);
        let chance = softmax(&generated, n);
        for ((ratings, chance), &user) in ratings.chunks(n).zip(chance.chunks(n)).zip(fake) {
            let mut sum = 0.0;
            let sums = chance.iter().map(|p| {
                sum += p;
                sum
            });
            let sums: Vec<f32> = sums.collect();
            let drawn = data.history(user).iter();
            fake_logits.extend(drawn.map(|_| ratings[draw(&sums, stream.random())]));
        }
        let ratings = self.ratings(real);
        let liked = |(row, &user): (&[f32], &UserIx)| -> Vec<f32> {
            data.history(user)
                .iter()
                .map(|item| row[item.at()])
                .collect()
        };
        let mut real_logits: Vec<f32> = ratings.chunks(n).zip(real).flat_map(liked).collect();
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len().max(1) as f32;
        let zero = f32::midpoint(mean(&real_logits), mean(&fake_logits));
        for logit in real_logits.iter_mut().chain(&mut fake_logits) {
            *logit -= zero;
        }
        self.probed.binarise(data, &mut generated);
        Some(Probe {
            real_logits,
            fake_logits,
            real: self.probed.profiles(data),
            fake: generated,
            width: n,
        })
    }

    fn rate(&mut self, monitor: &dyn Monitor) -> Option<f64> {
        Some(monitor.score(&self.model()))
    }

    fn snapshot(&mut self) {
        let tables = [&self.users, &self.items, &self.bias].map(Clone::clone);
        self.kept = Some((self.generators.clone(), tables));
    }

    fn restore(&mut self) {
        if let Some((generators, tables)) = self.kept.clone() {
            self.generators = generators;
            [self.users, self.items, self.bias] = tables;
        }
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        apply_to_rates(remedy, &mut self.rates)
    }
}
