//! A generator of whole events against a critic of sequences: what users do next, when, how they like
//! it, and when they stop.
//!
//! ```text
//! p(gap | h) p(item | h, gap) p(reaction | h, item, ratings so far)        h = causal transformer over the events so far
//! 1. max   sum ln p over real events, then for reactions alone with a regression of each user's ratings
//! 2. D_n tells real from drawn events after real histories, each given those before it
//!    max   sum_n A_n ln p(event_n) + a sum ln p over real events
//!    A_n = sum_{m >= n} g^(m - n) r_m - baseline,   r = 2 sigmoid(D) - 1
//! ```
//!
//! The first stage is that of SASRec with more heads (see `sasrec`). The second is the policy gradient of
//! `SeqGAN` (Yu et al., AAAI 2017, eq. 6) with the score of every event as its reward and a running
//! baseline, as in `ScratchGAN` (de Masson d'Autume et al., NeurIPS 2019, section 3.1), and with the
//! likelihood as an anchor. Users are drawn from nothing with noise `z`, which every row of a user sees.
//!
//! Departures: no search over rests of sequences, since each event has a score; whether a user stops is
//! learnt by likelihood alone; items that a user had are left out where nobody comes back to one, but the
//! gradient is that of the law with them.

mod adversary;
mod behaviour;
mod coding;
mod decoding;
mod judge;
mod learner;
mod liking;
mod reacting;
mod rows;

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use sparring_deep::{Device, EventCritic, EventNet, EventSizes, TransformerSizes};
use sparring_wide::Seed;

pub(crate) use self::judge::judge;

use self::adversary::Duel;
use self::coding::Coding;
use self::liking::Liking;
use super::check;
use super::sequential::{
    Course, body_sizes, count, fill, full_up_to, one, saved, settings_of, with_body,
};
use crate::data::Dataset;
use crate::gan::{Bout, BoutConfig, HealthConfig, Loss};
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Run, Tune, Values, Weights, WeightsError,
};

/// Settings of the generator of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventganConfig {
    /// Width `K` of an event.
    pub embedding_dim: NonZeroUsize,
    /// Attention heads; they divide `K`.
    pub heads: NonZeroUsize,
    /// Layers of attention.
    pub layers: NonZeroUsize,
    /// Width of the feed-forward layers.
    pub feedforward: NonZeroUsize,
    /// Events that are looked at, the last ones; 2 or more.
    pub longest: NonZeroUsize,
    /// Numbers `Z` drawn for each user.
    pub noise_dim: usize,
    /// Share of activations that are dropped, `>= 0` and below 1.
    pub dropout: f32,
    /// Items drawn as negatives for a step in catalogues of more than 5,000 items; 0 for all items.
    pub negatives: usize,
    /// Learning rate at its highest.
    pub learning_rate: f32,
    /// Share of the training in which the rate rises, `>= 0` and below 1.
    pub warmup: f32,
    /// Decoupled decay of the weights, `>= 0`.
    pub weight_decay: f32,
    /// Decay of the average of the weights, `>= 0` and below 1; 0 for none.
    pub average: f32,
    /// Epochs of the first stage.
    pub epochs: NonZeroUsize,
    /// Events of a step.
    pub batch_events: NonZeroUsize,
    /// Epochs between looks at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which the first stage stops.
    pub patience: NonZeroUsize,
    /// How ratings are foreseen, once the first stage is done.
    pub liking: LikingConfig,
    /// The second stage.
    pub adversary: AdversaryConfig,
}

/// Settings of how ratings are foreseen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LikingConfig {
    /// Factors of items; 0 for biases alone.
    pub factors: usize,
    /// Strength of the regression of users on them and of them on users, `> 0`.
    pub ridge: f64,
    /// Epochs in which the heads of reactions learn, more where the log is small; 0 for those of the first
    /// stage, without factors.
    pub epochs: usize,
    /// Their learning rate at its highest.
    pub learning_rate: f32,
    /// Penalty of what the network says of an item, for each of its ratings, `>= 0`.
    pub l2: f32,
}

/// Settings of the second stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdversaryConfig {
    /// Passes over the users; 0 leaves the generator as the likelihood made it, without a critic.
    pub epochs: usize,
    /// Passes over the users in which the critic learns alone before.
    pub critic_epochs: usize,
    /// Users of a step.
    pub batch_size: NonZeroUsize,
    /// Events that are drawn after a real history at most.
    pub rollout: NonZeroUsize,
    /// Longest history that events are drawn after; 0 for users from nothing alone.
    pub context: usize,
    /// Discount `g` of later events, from 0 to 1.
    pub discount: f32,
    /// Weight `a` of the likelihood, `>= 0`.
    pub anchor: f32,
    /// Loss of the critic.
    pub loss: Loss,
    /// Steps of the critic for one of the generator.
    pub discriminator_steps: NonZeroUsize,
    /// Learning rate of the generator.
    pub generator_rate: f32,
    /// Learning rate of the critic.
    pub discriminator_rate: f32,
    /// Width of the critic; its heads divide it.
    pub critic_dim: NonZeroUsize,
    /// Share of the critic's activations that are dropped, `>= 0` and below 1.
    pub critic_dropout: f32,
    /// Passes between looks at the health and at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which the second stage stops.
    pub patience: NonZeroUsize,
    /// Whether training treats its illnesses itself.
    pub auto: bool,
    /// The limits of the verdicts on its health.
    pub health: HealthConfig,
}

impl Default for EventganConfig {
    fn default() -> Self {
        Self {
            embedding_dim: count(64),
            heads: count(2),
            layers: count(2),
            feedforward: count(256),
            longest: count(200),
            noise_dim: 8,
            dropout: 0.2,
            negatives: 4_096,
            learning_rate: 3e-3,
            warmup: 0.05,
            weight_decay: 0.0,
            average: 0.99,
            epochs: count(24),
            batch_events: count(4_096),
            check_every: count(2),
            patience: count(5),
            liking: LikingConfig::default(),
            adversary: AdversaryConfig::default(),
        }
    }
}

impl Default for LikingConfig {
    fn default() -> Self {
        Self {
            factors: 12,
            ridge: 10.0,
            epochs: 3,
            learning_rate: 7e-3,
            l2: 0.05,
        }
    }
}

impl Default for AdversaryConfig {
    fn default() -> Self {
        Self {
            epochs: 0,
            critic_epochs: 1,
            batch_size: count(128),
            rollout: count(16),
            context: 64,
            discount: 0.9,
            anchor: 1.0,
            loss: Loss::default(),
            discriminator_steps: count(1),
            generator_rate: 2e-4,
            discriminator_rate: 5e-4,
            critic_dim: count(32),
            critic_dropout: 0.2,
            check_every: count(1),
            patience: count(5),
            auto: false,
            health: HealthConfig::default(),
        }
    }
}

/// A fitted model of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Eventgan {
    net: EventNet,
    /// The opponent, if there was one.
    critic: Option<EventCritic>,
    /// How ratings are foreseen; none without ratings.
    liking: Option<Liking>,
    coding: Coding,
    /// Rows that are looked at.
    longest: usize,
}

impl EventganConfig {
    fn check(&self) -> Result<(), FitError> {
        let heads = self.heads.get();
        let setting =
            |ok, key, expected, found: String| check::setting(ok, "eventgan", key, expected, found);
        let of_heads = |width: NonZeroUsize| width.get().is_multiple_of(heads);
        let share = |x: f32| (0.0..1.0).contains(&x);
        let adversary = &self.adversary;
        setting(
            of_heads(self.embedding_dim),
            "heads",
            "a divisor of embedding_dim",
            heads.to_string(),
        )?;
        setting(
            of_heads(adversary.critic_dim),
            "heads",
            "a divisor of adversary.critic_dim",
            heads.to_string(),
        )?;
        let (dropout, critic) = (self.dropout, adversary.critic_dropout);
        setting(
            share(dropout),
            "dropout",
            "0 or more and below 1",
            dropout.to_string(),
        )?;
        setting(
            share(critic),
            "adversary.critic_dropout",
            "0 or more and below 1",
            critic.to_string(),
        )?;
        let longest = self.longest.get();
        setting(longest > 1, "longest", "2 or more", longest.to_string())?;
        let discount = adversary.discount;
        let ok = (0.0..=1.0).contains(&discount);
        setting(
            ok,
            "adversary.discount",
            "from 0 to 1",
            discount.to_string(),
        )?;
        check::positive("eventgan", "liking.ridge", self.liking.ridge)?;
        check::positive(
            "eventgan",
            "liking.learning_rate",
            self.liking.learning_rate.into(),
        )?;
        check::not_negative("eventgan", "liking.l2", self.liking.l2.into())?;
        check::not_negative("eventgan", "adversary.anchor", adversary.anchor.into())?;
        check::positive(
            "eventgan",
            "adversary.generator_rate",
            adversary.generator_rate.into(),
        )?;
        check::positive(
            "eventgan",
            "adversary.discriminator_rate",
            adversary.discriminator_rate.into(),
        )?;
        let ok = adversary.epochs == 0 || longest > adversary.rollout.get();
        setting(
            ok,
            "longest",
            "more than adversary.rollout",
            longest.to_string(),
        )?;
        Ok(())
    }

    fn course(&self, n_items: usize) -> Course {
        Course {
            model: "eventgan",
            longest: self.longest.get(),
            batch_events: self.batch_events.get(),
            epochs: self.epochs.get(),
            learning_rate: self.learning_rate,
            warmup: self.warmup,
            weight_decay: self.weight_decay,
            average: self.average,
            negatives: full_up_to(n_items, self.negatives),
            check_every: self.check_every.get(),
            patience: self.patience.get(),
        }
    }

    fn body(&self) -> TransformerSizes {
        TransformerSizes {
            width: self.embedding_dim.get(),
            heads: self.heads.get(),
            layers: self.layers.get(),
            feedforward: self.feedforward.get(),
            dropout: self.dropout,
            recency: true,
        }
    }

    fn critic(&self) -> TransformerSizes {
        let width = self.adversary.critic_dim.get();
        TransformerSizes {
            width,
            feedforward: 2 * width,
            layers: 1,
            dropout: self.adversary.critic_dropout,
            ..self.body()
        }
    }

    /// The second stage.
    fn spar(
        &self,
        mut duel: Duel<'_>,
        train: &Dataset,
        run: &Run<'_>,
    ) -> Result<Eventgan, FitError> {
        let adversary = &self.adversary;
        let users: Vec<u32> = train.user_indices().map(|user| user.0).collect();
        for epoch in 0..adversary.critic_epochs {
            let mut losses = (0.0, 0.0);
            for batch in users.chunks(adversary.batch_size.get()) {
                if run.cancel.is_requested() {
                    return Ok(duel.into_model());
                }
                let loss = duel.critic_step(batch);
                if !loss.is_finite() {
                    return Err(FitError::Diverged {
                        model: "eventgan",
                        step: epoch as u64,
                        evidence: format!("loss {loss} of the discriminator alone"),
                    });
                }
                losses = (losses.0 + loss, losses.1 + 1.0);
            }
            let at = epoch as u64 + 1;
            run.observer
                .point("loss of the discriminator alone", at, losses.0 / losses.1);
        }
        let config = BoutConfig {
            epochs: adversary.epochs,
            batch_size: adversary.batch_size.get(),
            discriminator_steps: adversary.discriminator_steps.get(),
            generator_steps: 1,
            look_every: adversary.check_every.get(),
            patience: adversary.patience.get(),
            until_indistinguishable: false,
            auto: adversary.auto,
            health: adversary.health,
        };
        let bout = Bout {
            config: &config,
            model: "eventgan",
            rows: train.n_users(),
        };
        bout.run(&mut duel, run)?;
        Ok(duel.into_model())
    }
}

impl Fit for EventganConfig {
    type Model = Eventgan;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Eventgan, FitError> {
        self.check()?;
        let course = self.course(train.n_items());
        course.check()?;
        check::some_interaction("eventgan", train.n_interactions())?;
        let coding = Coding::of(train);
        let log = coding.log(train);
        if !coding.timed() {
            run.observer
                .note("the log has no dates: the model knows the order of events, not their times");
        }
        let sizes = EventSizes {
            items: train.n_items(),
            reactions: coding.reactions(),
            gaps: coding.gaps(),
            noise: self.noise_dim,
            width: self.embedding_dim.get(),
        };
        let seed = run.seed.derive("eventgan");
        let net = EventNet::new(sizes, self.body(), run.device, seed.derive("weights"));
        let wrap = |net| Eventgan {
            net,
            critic: None,
            liking: None,
            coding: coding.clone(),
            longest: course.longest,
        };
        // The second stage does not change the first one's checkpoint.
        let likelihood = Self {
            adversary: AdversaryConfig::default(),
            liking: LikingConfig::default(),
            ..self.clone()
        };
        let mut net = course.train(net, settings_of(&likelihood), (&log, train), (run, wrap))?;
        let mut liking = None;
        if coding.reactions() > 1 && self.liking.epochs > 0 && !run.cancel.is_requested() {
            let config = &self.liking;
            let sizes = (config.factors, config.ridge);
            let found = Liking::fit((&log, train), coding.reactions(), sizes, seed);
            let heads = net.clone();
            if reacting::react(&mut net, (&log, train, &found), (config, &course), run)? {
                liking = Some(found);
            } else {
                net = heads;
            }
        }
        if self.adversary.epochs == 0 || run.cancel.is_requested() {
            return Ok(Eventgan {
                liking,
                ..wrap(net)
            });
        }
        let sizes = EventSizes {
            width: self.adversary.critic_dim.get(),
            ..sizes
        };
        let critic = EventCritic::new(sizes, self.critic(), run.device, seed.derive("weights"));
        let duel = Duel::new(
            &self.adversary,
            (net, critic, liking),
            (&coding, &log, train),
            (&course, seed.derive("duel")),
        );
        self.spar(duel, train, &run.with_seed(seed.derive("bout")))
    }
}

impl Tune for EventganConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("embedding_dim", Values::Integers(&[32, 64, 128])),
            dimension("layers", Values::Integers(&[1, 2, 3])),
            dimension("dropout", Values::Uniform(0.1, 0.5)),
            dimension("learning_rate", Values::LogUniform(5e-4, 4e-3)),
            dimension("longest", Values::Integers(&[50, 200])),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

impl Weights for Eventgan {
    fn weights(&self) -> NamedTensors {
        let looks = u32::try_from(self.longest).expect("histories are shorter");
        let generator = with_body(saved(&self.net), self.net.body.sizes());
        let tensors = NamedTensors::new()
            .with_indices("looks", &[1], vec![looks])
            .with_part("coding", self.coding.weights())
            .with_part("generator", generator);
        let tensors = match &self.liking {
            None => tensors,
            Some(liking) => tensors.with_part("liking", liking.weights()),
        };
        match &self.critic {
            None => tensors,
            Some(critic) => {
                tensors.with_part("critic", with_body(saved(critic), critic.body_sizes()))
            }
        }
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let part = |prefix: &str| {
            weights.part(prefix).ok_or_else(|| WeightsError::Missing {
                name: prefix.to_owned(),
            })
        };
        let coding = Coding::from_weights(&part("coding")?)?;
        let generator = part("generator")?;
        let (items, width, _) = generator.matrix("items")?;
        let (noise, _, _) = generator.matrix("noise")?;
        let sizes = EventSizes {
            items,
            reactions: coding.reactions(),
            gaps: coding.gaps(),
            noise,
            width,
        };
        let body = body_sizes(&generator, (width, true))?;
        let mut net = EventNet::new(sizes, body, Device::Cpu, Seed(0));
        fill(&generator, &mut net)?;
        let critic = match weights.part("critic") {
            None => None,
            Some(saved) => {
                let (_, width, _) = saved.matrix("items")?;
                let body = body_sizes(&saved, (width, true))?;
                let sizes = EventSizes { width, ..sizes };
                let mut critic = EventCritic::new(sizes, body, Device::Cpu, Seed(0));
                fill(&saved, &mut critic)?;
                Some(critic)
            }
        };
        let liking = weights.part("liking");
        let liking = liking.map(|saved| Liking::from_weights(&saved, coding.reactions()));
        let liking = liking.transpose()?;
        if liking
            .as_ref()
            .is_some_and(|liking| liking.n_items() != items)
        {
            return Err(WeightsError::Value {
                name: "liking.items".to_owned(),
                expected: "as many items as the generator has",
                found: liking.map_or(0, |liking| liking.n_items()).to_string(),
            });
        }
        let longest = one(weights, "looks")?;
        if longest < 2 {
            return Err(WeightsError::Value {
                name: "looks".to_owned(),
                expected: "2 or more",
                found: longest.to_string(),
            });
        }
        Ok(Self {
            net,
            critic,
            liking,
            coding,
            longest,
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
