//! Training a model of the next item: Adam over packed windows, an average of the weights, looks at
//! the validation metric, checkpoints.

use rayon::prelude::*;
use sparring_deep::{Body, Network, NextItem, Noise, Shared};
use sparring_wide::{Adam, AdamState, Matrix, Seed, clip_by_global_norm, vectorised};

use super::checkpoint::Checkpoint;
use super::windows::{Window, after_the_first, batch, steps, windows};
use crate::data::Dataset;
use crate::models::check;
use crate::recommend::{FitError, Progress, Recommender, Run};

/// A network that a course trains.
pub(in crate::models) trait Learner: Network {
    /// What it learns from, beside the log that windows are cut from.
    type Log: Sync;

    /// How many targets a history of so many events has.
    fn targets(events: usize) -> usize;

    /// The mean loss of some windows and its derivatives by the weights.
    fn differentiate(
        &self,
        log: &Self::Log,
        windows: &[Window],
        shared: Option<&Shared>,
        noise: Noise,
    ) -> (f64, Vec<Matrix>);
}

impl<B: Body> Learner for NextItem<B> {
    type Log = Dataset;

    fn targets(events: usize) -> usize {
        after_the_first(events)
    }

    fn differentiate(
        &self,
        log: &Dataset,
        windows: &[Window],
        shared: Option<&Shared>,
        noise: Noise,
    ) -> (f64, Vec<Matrix>) {
        let found = self.differentiate(&batch(log, windows), shared, noise);
        (found.loss, found.by_weights)
    }
}

/// How a model of the next item is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::models) struct Course {
    pub(in crate::models) model: &'static str,
    /// Events of a window.
    pub(in crate::models) longest: usize,
    /// Events of a step.
    pub(in crate::models) batch_events: usize,
    pub(in crate::models) epochs: usize,
    pub(in crate::models) learning_rate: f32,
    /// Share of the training in which the rate rises to its value; it falls along a cosine after.
    pub(in crate::models) warmup: f32,
    pub(in crate::models) weight_decay: f32,
    /// Decay of the average of the weights; 0 for none.
    pub(in crate::models) average: f32,
    /// Items drawn as negatives for a step; 0 for all items.
    pub(in crate::models) negatives: usize,
    pub(in crate::models) check_every: usize,
    pub(in crate::models) patience: usize,
}

/// Everything that the rest of a training depends on.
#[derive(Debug, Clone)]
pub(super) struct State<N> {
    pub(super) network: N,
    pub(super) adam: Vec<AdamState>,
    /// Averages of the weights; none if they are not averaged.
    pub(super) average: Vec<Matrix>,
    /// The best weights on validation and their value.
    pub(super) best: Option<(f64, N)>,
    /// Steps done.
    pub(super) step: u64,
    /// Epochs done.
    pub(super) epoch: u64,
    /// Steps done of the epoch that runs.
    pub(super) at: u64,
    /// Sum of the losses of the epoch that runs.
    pub(super) loss: f64,
    /// Looks since the best one.
    pub(super) worse: u64,
}

/// Largest norm of a gradient.
const MAX_NORM: f32 = 5.0;
/// Share of the learning rate that is left at the end.
const RATE_LEFT: f64 = 0.02;

impl<N: Learner> State<N> {
    fn new(network: N, averaged: bool) -> Self {
        let weights = network.weights();
        let adam = weights
            .iter()
            .map(|weight| AdamState::new(weight.data.len()));
        let average = if averaged {
            weights.iter().map(|&weight| weight.clone()).collect()
        } else {
            Vec::new()
        };
        Self {
            adam: adam.collect(),
            average,
            network,
            best: None,
            step: 0,
            epoch: 0,
            at: 0,
            loss: 0.0,
            worse: 0,
        }
    }

    /// The numbers of a checkpoint.
    pub(super) fn counters(&self) -> [(&'static str, u64); 7] {
        let best = self.best.as_ref().map_or(0.0, |(value, _)| *value);
        [
            ("step", self.step),
            ("epoch", self.epoch),
            ("at", self.at),
            ("loss", self.loss.to_bits()),
            ("worse", self.worse),
            ("best", best.to_bits()),
            ("has_best", u64::from(self.best.is_some())),
        ]
    }

    /// The network with the average of its weights.
    fn averaged(&self) -> N {
        let mut network = self.network.clone();
        for (weight, average) in network.weights_mut().into_iter().zip(&self.average) {
            weight.clone_from(average);
        }
        network
    }

    fn update_average(&mut self, decay: f32) {
        let share = newest(decay, self.step);
        for (average, weight) in self.average.iter_mut().zip(self.network.weights()) {
            let blocks = average.data.par_chunks_mut(1 << 14);
            blocks
                .zip(weight.data.par_chunks(1 << 14))
                .for_each(|(average, weight)| {
                    vectorised(|| {
                        for (a, w) in average.iter_mut().zip(weight) {
                            *a += share * (w - *a);
                        }
                    });
                });
        }
    }
}

/// The share of the newest weights in their average after so many steps: that of the first steps is the
/// average of all so far.
pub(in crate::models) fn newest(decay: f32, step: u64) -> f32 {
    let early = (1.0 + step as f32) / (10.0 + step as f32);
    1.0 - decay.min(early)
}

impl Course {
    pub(in crate::models) fn check(&self) -> Result<(), FitError> {
        let model = self.model;
        check::positive(model, "learning_rate", self.learning_rate.into())?;
        check::not_negative(model, "weight_decay", self.weight_decay.into())?;
        for (key, value) in [("warmup", self.warmup), ("average", self.average)] {
            let ok = (0.0..1.0).contains(&value);
            check::setting(ok, model, key, "0 or more and below 1", value)?;
        }
        Ok(())
    }

    /// Trains `network` on the histories of `train`, coded as `log`; `wrap` makes a recommender of it.
    pub(in crate::models) fn train<N: Learner, R: Recommender>(
        &self,
        network: N,
        settings: String,
        (log, train): (&N::Log, &Dataset),
        (run, wrap): (&Run<'_>, impl Fn(N) -> R),
    ) -> Result<N, FitError> {
        let targets = train
            .user_indices()
            .map(|user| N::targets(train.history(user).len()));
        if targets.sum::<usize>() == 0 {
            return Err(FitError::TooSmall {
                model: self.model,
                needed: "a user with two events",
                found: 0,
            });
        }
        let seed = run.seed.derive(self.model).derive("training");
        let mut state = State::new(network, self.average > 0.0);
        let checkpoint = run
            .checkpoint
            .map(|folder| Checkpoint::new(folder, self.model, (settings, run.seed), train));
        if let Some(checkpoint) = &checkpoint
            && checkpoint.load(&mut state)?
        {
            let (epoch, step) = (state.epoch, state.step);
            run.observer
                .note(&format!("goes on after {epoch} epochs and {step} steps"));
        }
        while state.epoch < self.epochs as u64 && state.worse < self.patience as u64 {
            let whole = self.epoch(&mut state, (log, train), seed, run)?;
            if whole {
                self.look(&mut state, run, &wrap);
            }
            if let Some(checkpoint) = &checkpoint {
                checkpoint.save(&state)?;
            }
            if run.cancel.is_requested() {
                break;
            }
        }
        let best = state.best.take().map(|(_, network)| network);
        Ok(best.unwrap_or_else(|| state.averaged()))
    }

    /// The rest of an epoch; `false` if a stop was requested before its end.
    fn epoch<N: Learner>(
        &self,
        state: &mut State<N>,
        (log, train): (&N::Log, &Dataset),
        seed: Seed,
        run: &Run<'_>,
    ) -> Result<bool, FitError> {
        let epoch = seed.derive("epoch").at(state.epoch);
        let windows = windows(train, (self.longest, N::targets), epoch);
        let steps = steps(&windows, self.batch_events);
        let total = steps.len() as u64;
        for step in steps
            .into_iter()
            .skip(usize::try_from(state.at).expect("few steps"))
        {
            if run.cancel.is_requested() {
                return Ok(false);
            }
            let done = state.epoch as f64 + state.at as f64 / total as f64;
            let noise = Noise {
                seed,
                step: state.step,
            };
            let shared = self.draw(train.n_items(), noise);
            let (loss, mut by_weights) =
                state
                    .network
                    .differentiate(log, step, shared.as_ref(), noise);
            let mut parts: Vec<&mut [f32]> = by_weights
                .iter_mut()
                .map(|part| &mut part.data[..])
                .collect();
            let norm = clip_by_global_norm(&mut parts, MAX_NORM);
            if !loss.is_finite() || !norm.is_finite() {
                return Err(FitError::Diverged {
                    model: self.model,
                    step: state.step,
                    evidence: format!("loss {loss}, norm of the gradient {norm}"),
                });
            }
            let adam = self.adam(done / self.epochs as f64);
            let weights = state.network.weights_mut();
            for ((adam_state, weight), by_weight) in
                state.adam.iter_mut().zip(weights).zip(&by_weights)
            {
                adam_state.step(&adam, &mut weight.data, &by_weight.data);
            }
            state.step += 1;
            state.at += 1;
            state.loss += loss;
            state.update_average(self.average);
            run.observer.progress(Progress {
                unit: "step",
                done: state.epoch * total + state.at,
                total: self.epochs as u64 * total,
            });
        }
        state.epoch += 1;
        let loss = state.loss / state.at.max(1) as f64;
        run.observer.point("loss", state.epoch, loss);
        (state.at, state.loss) = (0, 0.0);
        Ok(true)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a rate, rounded to f32")]
    fn adam(&self, done: f64) -> Adam {
        let warmup = f64::from(self.warmup);
        let share = if done < warmup {
            // The first step has a rate too.
            (done / warmup).max(1e-3)
        } else {
            let left = (done - warmup) / (1.0 - warmup);
            RATE_LEFT + (1.0 - RATE_LEFT) * 0.5 * (1.0 + (std::f64::consts::PI * left).cos())
        };
        Adam {
            learning_rate: (f64::from(self.learning_rate) * share) as f32,
            beta2: 0.99,
            weight_decay: self.weight_decay,
            decoupled: true,
            ..Adam::default()
        }
    }

    /// The negatives of a step, drawn without repetition; `None` for all items.
    pub(in crate::models) fn draw(&self, n_items: usize, noise: Noise) -> Option<Shared> {
        if self.negatives == 0 || self.negatives >= n_items {
            return None;
        }
        let mut stream = noise.seed.stream_at("negatives", noise.step);
        let drawn = rand::seq::index::sample(&mut stream, n_items, self.negatives);
        let item = |item| u32::try_from(item).expect("fewer than 2^32 items");
        let mut items: Vec<u32> = drawn.into_iter().map(item).collect();
        items.sort_unstable();
        let correction = ((n_items - 1) as f32 / self.negatives as f32).ln();
        Some(Shared { items, correction })
    }

    /// A look at the validation metric after an epoch.
    fn look<N: Learner, R: Recommender>(
        &self,
        state: &mut State<N>,
        run: &Run<'_>,
        wrap: &impl Fn(N) -> R,
    ) {
        let Some(monitor) = run.monitor else { return };
        if !state.epoch.is_multiple_of(self.check_every as u64) {
            return;
        }
        let network = state.averaged();
        let score = monitor.score(&wrap(network.clone()));
        run.observer.point("validation", state.epoch, score);
        if state.best.as_ref().is_none_or(|(best, _)| score > *best) {
            state.best = Some((score, network));
            state.worse = 0;
        } else {
            state.worse += 1;
        }
    }
}
