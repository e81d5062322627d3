//! The bout: several private steps of the critic for one of the generator, as many as were booked.

use sparring_wide::{Adam, Seed};

use super::critic::PrivateCritic;
use super::{DpGanConfig, NAME};
use crate::models::Profiles as Rows;
use crate::recommend::{FitError, Progress, Run};
use crate::synth::features::{Features, Seen};
use crate::synth::generator::{Averaged, Generator, Made, Rates};
use crate::synth::latent::LatentUsers;

/// Both networks, and what they spar over.
pub(super) struct Training<'a> {
    pub(super) config: &'a DpGanConfig,
    pub(super) start: &'a LatentUsers,
    pub(super) features: &'a Features,
    pub(super) generator: Generator,
    pub(super) averaged: Averaged,
    pub(super) critic: PrivateCritic,
    pub(super) run: Run<'a>,
}

impl Training<'_> {
    /// Trains, and returns the averaged generator.
    ///
    /// # Errors
    /// If a stop is requested.
    pub(super) fn spar(mut self, real: &Rows) -> Result<Averaged, FitError> {
        let steps = self.config.steps.get();
        for step in 0..steps {
            if self.run.cancel.is_requested() {
                return Err(FitError::Cancelled { model: NAME });
            }
            let (made, seen) = self.make(step as u64);
            self.critic.step((real, self.features), &seen.rows);
            let turn = (step + 1).is_multiple_of(self.config.critic_steps.get());
            if turn && step >= self.config.head_start {
                self.follow(&made, &seen);
            }
            self.run.observer.progress(Progress {
                unit: "step",
                done: step as u64 + 1,
                total: steps as u64,
            });
        }
        Ok(self.averaged)
    }

    /// A step of the generator along what the critic demands of a batch.
    fn follow(&mut self, made: &Made, seen: &Seen) {
        let gradient = self.critic.demand(&seen.rows);
        let gradient = self.features.back(seen, &gradient);
        let rates = Rates {
            adam: Adam {
                learning_rate: self.config.generator_rate,
                beta1: 0.0,
                beta2: 0.9,
                ..Adam::default()
            },
            decoder: self.config.decoder_rate,
        };
        self.generator.learn(made, gradient, rates);
        self.averaged.follow(&self.generator);
    }

    /// The generated profiles of a step.
    fn make(&mut self, step: u64) -> (Made, Seen) {
        let n = self.config.batch_size.get() as u64;
        let seed = |label| -> Seed { self.run.seed.derive(label) };
        let drawn = self.start.drawn(step * n..(step + 1) * n, seed("batch"));
        let made = self.generator.make(&drawn, seed("cut").at(step));
        let profiles: Vec<&[u32]> = made.profiles.iter().map(Vec::as_slice).collect();
        let seen = self.features.see(&profiles);
        (made, seen)
    }
}
