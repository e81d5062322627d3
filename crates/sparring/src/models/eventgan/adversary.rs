//! The bout: a critic looks at events that were drawn after real histories, the generator learns from
//! what it says by policy gradient, and the likelihood holds it.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use sparring_deep::{EventBatch, EventCritic, EventNet, Network, Noise};
use sparring_wide::{Adam, AdamState, Matrix, Seed, clip_by_global_norm};

use super::coding::{Coded, CodedLog, Coding, start_row};
use super::decoding::{Decoder, Drawn};
use super::liking::Liking;
use super::rows::{Rows, leaning, normals};
use super::{AdversaryConfig, Eventgan};
use crate::data::{Dataset, UserIx};
use crate::gan::{AdversarialStep, LogitGrads, Probe, Remedy, apply_to_rates};
use crate::models::sequential::Course;
use crate::recommend::{FitError, Monitor};

/// Largest norm of a gradient.
const MAX_NORM: f32 = 5.0;
/// Users of a look at the health.
const PROBED: usize = 32;
/// Share of a new mean of returns in the running one.
const RUNNING: f64 = 0.1;

/// Both networks in training.
pub(super) struct Duel<'a> {
    config: &'a AdversaryConfig,
    coding: &'a Coding,
    log: &'a CodedLog,
    train: &'a Dataset,
    course: &'a Course,
    liking: Option<Liking>,
    seed: Seed,
    pub(super) net: EventNet,
    pub(super) critic: EventCritic,
    adams: [Vec<AdamState>; 2],
    rates: [f32; 2],
    kept: (EventNet, EventCritic),
    /// Running means of the returns by how far they are in a continuation.
    baseline: Vec<f64>,
    step: u64,
}

/// Continuations of histories: those given, and what came after.
struct Continued {
    user: UserIx,
    /// The user's events that are looked at, and how many there were before them.
    given: Vec<Coded>,
    skipped: usize,
    drawn: Drawn,
}

impl<'a> Duel<'a> {
    pub(super) fn new(
        config: &'a AdversaryConfig,
        (net, critic, liking): (EventNet, EventCritic, Option<Liking>),
        (coding, log, train): (&'a Coding, &'a CodedLog, &'a Dataset),
        (course, seed): (&'a Course, Seed),
    ) -> Self {
        let fresh = |weights: Vec<&Matrix>| -> Vec<AdamState> {
            let each = weights.iter();
            each.map(|weight| AdamState::new(weight.data.len()))
                .collect()
        };
        Self {
            config,
            coding,
            log,
            train,
            course,
            liking,
            seed,
            adams: [fresh(net.weights()), fresh(critic.weights())],
            rates: [config.generator_rate, config.discriminator_rate],
            kept: (net.clone(), critic.clone()),
            net,
            critic,
            baseline: vec![0.0; config.rollout.get()],
            step: 0,
        }
    }

    /// A place in each user's history, and what is looked at of the events before it.
    fn cuts(&self, users: &[u32], seed: Seed) -> Vec<(UserIx, usize)> {
        let mut stream = seed.stream("cuts");
        let users = users.iter().map(|user| UserIx(*user));
        users
            .filter(|user| !self.log.of(*user).is_empty())
            .map(|user| {
                let n = self
                    .log
                    .of(user)
                    .len()
                    .min(self.config.context.saturating_add(1));
                (user, stream.random_range(0..n))
            })
            .collect()
    }

    /// Real continuations.
    fn real(&self, cuts: &[(UserIx, usize)], seed: Seed) -> Vec<Continued> {
        let mut stream = seed.stream("real noise");
        let each = cuts.iter();
        each.map(|&(user, cut)| {
            let (given, skipped) = self.given(user, cut);
            let history = self.log.of(user);
            let to = history.len().min(cut + self.config.rollout.get());
            Continued {
                user,
                given,
                skipped,
                drawn: Drawn {
                    events: history[cut..to].to_vec(),
                    noise: normals(self.net.sizes().noise, &mut stream),
                },
            }
        })
        .collect()
    }

    /// What is looked at of a history before a place, and how many events are not.
    fn given(&self, user: UserIx, cut: usize) -> (Vec<Coded>, usize) {
        let room = self
            .course
            .longest
            .saturating_sub(self.config.rollout.get() + 1);
        let skipped = cut.saturating_sub(room);
        (self.log.of(user)[skipped..cut].to_vec(), skipped)
    }

    /// Continuations that the generator draws.
    fn drawn(&self, cuts: &[(UserIx, usize)], seed: Seed) -> Vec<Continued> {
        let histories: Vec<Vec<Coded>> = cuts
            .iter()
            .map(|&(user, cut)| self.log.of(user)[..cut].to_vec())
            .collect();
        let decoder = Decoder {
            net: &self.net,
            coding: self.coding,
            liking: self.liking.as_ref(),
            guide: None,
            longest: self.course.longest,
            most: self.config.rollout.get(),
            temperature: 1.0,
            cancel: None,
        };
        let drawn = decoder.draw(&histories, seed);
        let each = cuts.iter().zip(drawn);
        each.map(|(&(user, cut), drawn)| {
            let (given, skipped) = self.given(user, cut);
            Continued {
                user,
                given,
                skipped,
                drawn,
            }
        })
        .collect()
    }

    /// Continuations as rows; what comes after a row counts as `weights` say, by continuation.
    fn rows(&self, continued: &[Continued], weights: Option<&[Vec<f32>]>) -> EventBatch {
        let mut rows = Rows::new(self.net.sizes());
        for (at, one) in continued.iter().enumerate() {
            let events: Vec<Coded> = one.given.iter().chain(&one.drawn.events).copied().collect();
            rows.begin(events.len() + 1, one.drawn.noise.iter().copied());
            let before = &self.log.of(one.user)[..one.skipped];
            let mut taste = self.liking.as_ref().map(|liking| liking.after(before));
            for row in 0..=events.len() {
                let event = match row.checked_sub(1) {
                    None => start_row(self.coding),
                    Some(before) => events[before],
                };
                rows.push(event, one.skipped + row);
                if let Some(taste) = taste.as_mut() {
                    taste.learn(event);
                }
                let Some(weights) = weights else { continue };
                let place = row.checked_sub(one.given.len());
                let weight = place.and_then(|place| weights[at].get(place));
                let next = events.get(row).copied();
                let lean = leaning(taste.as_ref(), next);
                rows.follow(next, true, lean, weight.copied().unwrap_or(0.0));
            }
        }
        rows.finish()
    }

    /// The rows of a batch that are events drawn or their real counterparts, by continuation.
    fn judged(continued: &[Continued], batch: &EventBatch) -> Vec<std::ops::Range<usize>> {
        let each = continued.iter().zip(batch.packed.ranges());
        each.map(|(one, range)| range.start + one.given.len() + 1..range.end)
            .collect()
    }

    /// Returns less the baseline, which is updated: what is said of an event and of those after it.
    fn advantages(&mut self, logits: &[f32], judged: &[std::ops::Range<usize>]) -> Vec<Vec<f32>> {
        let discount = f64::from(self.config.discount);
        let returns: Vec<Vec<f64>> = judged
            .iter()
            .map(|range| {
                let mut sum = 0.0;
                let rewards = logits[range.clone()].iter().rev();
                let mut returns: Vec<f64> = rewards
                    .map(|logit| {
                        let reward = 2.0 * f64::from(sparring_wide::sigmoid(*logit)) - 1.0;
                        sum = reward + discount * sum;
                        sum
                    })
                    .collect();
                returns.reverse();
                returns
            })
            .collect();
        for (place, baseline) in self.baseline.iter_mut().enumerate() {
            let here = || returns.iter().filter_map(|returns| returns.get(place));
            let n = here().count();
            if n > 0 {
                let mean = here().sum::<f64>() / n as f64;
                let share = if self.step == 0 { 1.0 } else { RUNNING };
                *baseline += share * (mean - *baseline);
            }
        }
        let less = |returns: Vec<f64>| -> Vec<f64> {
            returns
                .iter()
                .zip(&self.baseline)
                .map(|(r, b)| r - b)
                .collect()
        };
        let advantages: Vec<Vec<f64>> = returns.into_iter().map(less).collect();
        let all = || advantages.iter().flatten();
        let scale = (all().map(|a| a * a).sum::<f64>() / all().count().max(1) as f64).sqrt();
        let scale = scale.max(1e-6).recip();
        #[expect(clippy::cast_possible_truncation, reason = "weights of a step")]
        let single = |advantages: Vec<f64>| advantages.iter().map(|a| (a * scale) as f32).collect();
        advantages.into_iter().map(single).collect()
    }

    /// A step of Adam on one network, its gradient clipped; the norm.
    fn update(&mut self, which: usize, mut by_weights: Vec<Matrix>) -> f32 {
        let mut parts: Vec<&mut [f32]> = by_weights
            .iter_mut()
            .map(|part| &mut part.data[..])
            .collect();
        let norm = clip_by_global_norm(&mut parts, MAX_NORM);
        if !norm.is_finite() {
            return norm;
        }
        let adam = Adam {
            learning_rate: self.rates[which],
            beta1: 0.5,
            beta2: 0.99,
            ..Adam::default()
        };
        let weights = if which == 0 {
            self.net.weights_mut()
        } else {
            self.critic.weights_mut()
        };
        for ((state, weight), by_weight) in
            self.adams[which].iter_mut().zip(weights).zip(&by_weights)
        {
            state.step(&adam, &mut weight.data, &by_weight.data);
        }
        norm
    }

    fn seed(&self, purpose: &str) -> Seed {
        self.seed.derive(purpose).at(self.step)
    }

    /// Windows of real histories for the likelihood.
    fn windows(&self, users: &[(UserIx, usize)], seed: Seed) -> EventBatch {
        let mut stream = seed.stream("windows");
        let mut rows = Rows::new(self.net.sizes());
        let start = start_row(self.coding);
        for (user, _) in users {
            let history = self.log.of(*user);
            let n = history.len() + 1;
            let length = n.min(self.course.longest);
            let from = stream.random_range(0..=n - length);
            let given = (start, self.liking.as_ref());
            rows.window(history, (from, from + length), given, &mut stream);
        }
        rows.finish()
    }

    pub(super) fn into_model(self) -> Eventgan {
        Eventgan {
            net: self.net,
            critic: Some(self.critic),
            liking: self.liking,
            coding: self.coding.clone(),
            longest: self.course.longest,
        }
    }

    /// One pass of the critic over real and drawn continuations; its loss.
    pub(super) fn critic_step(&mut self, users: &[u32]) -> f64 {
        let seed = self.seed("discriminator");
        self.step += 1;
        let cuts = self.cuts(users, seed);
        if cuts.is_empty() {
            return 0.0;
        }
        let sides = [self.real(&cuts, seed), self.drawn(&cuts, seed)];
        let batches = [0, 1].map(|side: usize| self.rows(&sides[side], None));
        let noise = Noise {
            seed,
            step: self.step,
        };
        let mut logits = Vec::new();
        let mut traces = Vec::new();
        let mut rows = Vec::new();
        for (side, batch) in sides.iter().zip(&batches) {
            let (found, trace) = self.critic.forward(batch, noise);
            let judged: Vec<usize> = Self::judged(side, batch).into_iter().flatten().collect();
            logits.push(judged.iter().map(|row| found[*row]).collect::<Vec<f32>>());
            rows.push((judged, found.len()));
            traces.push(trace);
        }
        // Losses of pairs need as many of both.
        let n = logits[0].len().min(logits[1].len());
        for logits in &mut logits {
            logits.truncate(n);
        }
        let mut slopes = [vec![0.0; n], vec![0.0; n]];
        let [real, fake] = &mut slopes;
        let grads = LogitGrads { real, fake };
        let loss = self
            .config
            .loss
            .definition()
            .discriminator(&logits[0], &logits[1], grads);
        let mut total: Option<Vec<Matrix>> = None;
        for (side, trace) in traces.into_iter().enumerate() {
            let (judged, n_rows) = &rows[side];
            let mut by_logits = vec![0.0; *n_rows];
            for (row, slope) in judged.iter().zip(&slopes[side]) {
                by_logits[*row] = *slope;
            }
            let found = self.critic.backward(trace, &batches[side], &by_logits);
            match &mut total {
                None => total = Some(found),
                Some(total) => add(total, &found, 1.0),
            }
        }
        let norm = self.update(1, total.expect("two sides"));
        if norm.is_finite() {
            loss.into()
        } else {
            f64::NAN
        }
    }

    /// One step of the generator by policy gradient, held by the likelihood; what it is paid less.
    fn policy_step(&mut self, users: &[u32]) -> f64 {
        let seed = self.seed("generator");
        self.step += 1;
        let cuts = self.cuts(users, seed);
        if cuts.is_empty() {
            return 0.0;
        }
        let drawn = self.drawn(&cuts, seed);
        let batch = self.rows(&drawn, None);
        let logits = self.critic.logits(&batch);
        let judged = Self::judged(&drawn, &batch);
        let paid: Vec<f32> = judged
            .iter()
            .flat_map(|range| logits[range.clone()].to_vec())
            .collect();
        let advantages = self.advantages(&logits, &judged);
        let mut batch = self.rows(&drawn, Some(&advantages));
        batch.next.total = paid.len().max(1) as f64;
        let noise = Noise {
            seed,
            step: self.step,
        };
        let shared = self.course.draw(self.net.sizes().items, noise);
        let mut found = self
            .net
            .differentiate(&batch, shared.as_ref(), noise)
            .by_weights;
        if self.config.anchor > 0.0 {
            let windows = self.windows(&cuts, seed);
            let anchor = self.net.differentiate(&windows, shared.as_ref(), noise);
            add(&mut found, &anchor.by_weights, self.config.anchor);
        }
        let norm = self.update(0, found);
        let mut slopes = vec![0.0; paid.len()];
        let loss = self
            .config
            .loss
            .definition()
            .generator(&paid, &paid, &mut slopes);
        if norm.is_finite() {
            loss.into()
        } else {
            f64::NAN
        }
    }
}

/// `to += factor * from`.
fn add(to: &mut [Matrix], from: &[Matrix], factor: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        for (to, from) in to.data.iter_mut().zip(&from.data) {
            *to += factor * from;
        }
    }
}

impl AdversarialStep for Duel<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        Ok(self.critic_step(rows))
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        Ok(self.policy_step(rows))
    }

    fn probe(&mut self) -> Option<Probe> {
        let seed = self.seed("probe");
        let all: Vec<u32> = (0..u32::try_from(self.train.n_users()).ok()?).collect();
        let mut stream = seed.stream("users");
        let users: Vec<u32> = all.sample(&mut stream, 2 * PROBED).copied().collect();
        let cuts = self.cuts(&users, Seed(stream.next_u64()));
        let half = cuts.len() / 2;
        if half < 4 {
            return None;
        }
        let sides = [
            self.real(&cuts[..2 * half], seed),
            self.drawn(&cuts[..half], seed),
        ];
        let width = self.net.sizes().items;
        let mut looks = Vec::new();
        for side in &sides {
            let batch = self.rows(side, None);
            let logits = self.critic.logits(&batch);
            let judged = Self::judged(side, &batch);
            let mut counts = vec![0.0_f32; side.len() * width];
            for (one, counts) in side.iter().zip(counts.chunks_mut(width)) {
                for event in &one.drawn.events {
                    counts[event.item as usize] += 1.0;
                }
            }
            let logits: Vec<f32> = judged
                .into_iter()
                .flat_map(|range| logits[range].to_vec())
                .collect();
            looks.push((logits, counts));
        }
        let (fake_logits, fake) = looks.pop()?;
        let (real_logits, real) = looks.pop()?;
        Some(Probe {
            real_logits,
            fake_logits,
            real,
            fake,
            width,
        })
    }

    fn rate(&mut self, monitor: &dyn Monitor) -> Option<f64> {
        let model = Eventgan {
            net: self.net.clone(),
            critic: None,
            liking: self.liking.clone(),
            coding: self.coding.clone(),
            longest: self.course.longest,
        };
        Some(monitor.score(&model))
    }

    fn snapshot(&mut self) {
        self.kept = (self.net.clone(), self.critic.clone());
    }

    fn restore(&mut self) {
        (self.net, self.critic) = self.kept.clone();
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        apply_to_rates(remedy, &mut self.rates)
    }
}
