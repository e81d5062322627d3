//! CFGAN in the hands of the loop, which sees a pass over all profiles as one step.

use rand::seq::SliceRandom;
use sparring_wide::Seed;

use super::networks::{Discriminator, Generator, Shape};
use super::opponents::{Batch, Losses, Opponents};
use super::rows::Rows;
use super::trained::{Cfgan, Network, Trained};
use super::{CfganConfig, Scheme};
use crate::data::{Dataset, UserIx};
use crate::gan::{AdversarialStep, Bout, BoutConfig, Probe, Remedy, apply_to_rates};
use crate::models::check;
use crate::models::factors::Factors;
use crate::models::ganmf::Mode;
use crate::models::probed::Probed;
use crate::models::tensor::Adam;
use crate::recommend::{Cancel, Fit, FitError, Monitor, Run};

/// The networks in training, and the averaged generator.
struct Training<'a> {
    config: &'a CfganConfig,
    data: &'a Dataset,
    seed: Seed,
    opponents: Opponents,
    /// Tensors in the order of [`Generator::values`].
    average: Option<Vec<Vec<f32>>>,
    kept: Option<(Opponents, Option<Vec<Vec<f32>>>)>,
    /// Learning rates of generator and discriminator.
    rates: [f32; 2],
    /// Steps so far of the discriminator and of the generator.
    steps: [u32; 2],
    passes: u64,
    probed: Probed,
    cancel: &'a Cancel,
}

impl<'a> Training<'a> {
    fn new(config: &'a CfganConfig, data: &'a Dataset, run: &Run<'a>) -> Self {
        let seed = run.seed;
        let width = data.n_items();
        let shape = Shape {
            width,
            hidden: config.generator_hidden.get(),
            layers: config.generator_layers.get(),
            activation: config.generator_activation,
        };
        let generator = Generator::new(shape, config.noise_dim, &mut seed.stream("generator"));
        let shape = Shape {
            width,
            hidden: config.discriminator_hidden.get(),
            layers: config.discriminator_layers.get(),
            activation: config.discriminator_activation,
        };
        let discriminator = Discriminator::new(shape, &mut seed.stream("discriminator"));
        let zeros = if config.scheme == Scheme::Pm {
            0.0
        } else {
            config.zero_weight
        };
        let losses = Losses {
            adversarial: config.adversarial_weight,
            zero: (zeros, config.zero_ratio),
            one: config.one_weight,
            mask: if config.scheme == Scheme::Zr {
                0.0
            } else {
                config.mask_ratio
            },
        };
        let values = || {
            generator
                .values()
                .into_iter()
                .map(<[f32]>::to_vec)
                .collect()
        };
        let average = (config.average > 0.0).then(values);
        let opponents = Opponents {
            generator,
            discriminator,
            losses,
            output: config.output_activation,
        };
        Self {
            config,
            data,
            seed,
            opponents,
            average,
            kept: None,
            rates: [config.generator_rate, config.discriminator_rate],
            steps: [0; 2],
            passes: 0,
            probed: Probed::draw(data, &mut seed.stream("probe")),
            cancel: run.cancel,
        }
    }

    fn batch(&self, users: &[UserIx], seed: Seed) -> Batch {
        let real = Rows::of(self.data, users);
        let condition = Rows::partly(self.data, users, self.config.hide, &mut seed.stream("hide"));
        let condition = if self.config.normalise {
            condition.normalised()
        } else {
            condition
        };
        Batch { real, condition }
    }

    /// The rows of a pass in an order of its own.
    fn shuffled(&mut self, rows: &[u32]) -> Vec<UserIx> {
        self.passes += 1;
        let mut users: Vec<UserIx> = rows.iter().map(|&row| UserIx(row)).collect();
        users.shuffle(&mut self.seed.stream_at("order", self.passes));
        users
    }

    fn descend_discriminator(&mut self, users: &[UserIx]) -> f64 {
        self.steps[0] += 1;
        let config = self.config;
        let adam = Adam::at(self.steps[0], self.rates[1], config.discriminator_l2);
        let seed = self
            .seed
            .derive("discriminator step")
            .at(self.steps[0].into());
        let batch = self.batch(users, seed);
        self.opponents.discriminator_step(&batch, adam, seed)
    }

    fn descend_generator(&mut self, users: &[UserIx]) -> f64 {
        self.steps[1] += 1;
        let config = self.config;
        let adam = Adam::at(self.steps[1], self.rates[0], config.generator_l2);
        let seed = self.seed.derive("generator step").at(self.steps[1].into());
        let batch = self.batch(users, seed);
        let loss = self.opponents.generator_step(&batch, adam, seed);
        if let Some(average) = &mut self.average {
            // An average over the past at first, with a fixed decay later.
            let t = self.steps[1] as f32;
            let keep = config.average.min((1.0 + t) / (10.0 + t));
            for (average, values) in average.iter_mut().zip(self.opponents.generator.values()) {
                for (average, value) in average.iter_mut().zip(values) {
                    *average += (1.0 - keep) * (value - *average);
                }
            }
        }
        loss
    }

    fn model(&self) -> Cfgan {
        let generator = &self.opponents.generator;
        let current = || {
            generator
                .values()
                .into_iter()
                .map(<[f32]>::to_vec)
                .collect()
        };
        let network = Network {
            hidden: generator.stack.width,
            activation: generator.stack.activation,
            normalised: self.config.normalise,
            values: self.average.clone().unwrap_or_else(current),
        };
        if self.config.mode == Mode::User {
            return Cfgan(Trained::User(network));
        }
        let items: Vec<UserIx> = self.data.user_indices().collect();
        let tops = network.encode(Rows::of(self.data, &items));
        let users = network.values[1].clone();
        let bias = vec![0.0; items.len()];
        Cfgan(Trained::Item(Factors::new(
            network.hidden,
            users,
            tops,
            bias,
            self.config.fold_in_l2,
        )))
    }
}

impl AdversarialStep for Training<'_> {
    /// A pass over the rows in batches.
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        if self.config.adversarial_weight == 0.0 {
            return Ok(0.0);
        }
        let (mut loss, mut n) = (0.0, 0.0);
        let users = self.shuffled(rows);
        for batch in users.chunks(self.config.discriminator_batch.get()) {
            if self.cancel.is_requested() {
                break;
            }
            loss += self.descend_discriminator(batch);
            n += 1.0;
        }
        Ok(loss / f64::max(n, 1.0))
    }

    /// A pass over the rows in batches.
    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let (mut loss, mut n) = (0.0, 0.0);
        let users = self.shuffled(rows);
        for batch in users.chunks(self.config.generator_batch.get()) {
            if self.cancel.is_requested() {
                break;
            }
            loss += self.descend_generator(batch);
            n += 1.0;
        }
        Ok(loss / f64::max(n, 1.0))
    }

    fn probe(&mut self) -> Option<Probe> {
        if self.config.adversarial_weight == 0.0 || !self.probed.is_enough(self.data) {
            return None;
        }
        let seed = self.seed.derive("look").at(self.passes);
        let (real_logits, _, _) = self
            .opponents
            .look(&self.batch(&self.probed.real, seed), seed);
        let fake = self.batch(&self.probed.fake, seed);
        let (_, fake_logits, columns) = self.opponents.look(&fake, seed);
        let (rows, width) = (self.probed.fake.len(), self.data.n_items());
        let mut fake: Vec<f32> = (0..rows * width)
            .map(|at| columns[at % width * rows + at / width])
            .collect();
        self.probed.binarise(self.data, &mut fake);
        Some(Probe {
            real_logits,
            fake_logits,
            real: self.probed.profiles(self.data),
            fake,
            width,
        })
    }

    fn gradient_norms(&self) -> Option<[f64; 2]> {
        let Opponents {
            generator,
            discriminator,
            ..
        } = &self.opponents;
        Some([generator.gradient_norm(), discriminator.gradient_norm()])
    }

    fn rate(&mut self, monitor: &dyn Monitor) -> Option<f64> {
        Some(monitor.score(&self.model()))
    }

    fn snapshot(&mut self) {
        self.kept = Some((self.opponents.clone(), self.average.clone()));
    }

    fn restore(&mut self) {
        if let Some((opponents, average)) = self.kept.clone() {
            (self.opponents, self.average) = (opponents, average);
        }
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        apply_to_rates(remedy, &mut self.rates)
    }
}

impl Fit for CfganConfig {
    type Model = Cfgan;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Cfgan, FitError> {
        self.check()?;
        check::some_interaction("cfgan", train.n_interactions())?;
        let turned;
        let data = match self.mode {
            Mode::User => train,
            Mode::Item => {
                turned = train.transpose();
                &turned
            }
        };
        let run = run.with_seed(run.seed.derive("cfgan"));
        let mut training = Training::new(self, data, &run);
        let config = BoutConfig {
            epochs: self.epochs.get(),
            batch_size: data.n_users(),
            discriminator_steps: self.discriminator_steps.get(),
            generator_steps: self.generator_steps.get(),
            look_every: self.check_every.get(),
            patience: self.patience.get(),
            until_indistinguishable: false,
            auto: self.auto,
            health: self.health,
        };
        let bout = Bout {
            config: &config,
            model: "cfgan",
            rows: data.n_users(),
        };
        let end = bout.run(&mut training, &run)?;
        let model = training.model();
        if model.is_finite() {
            return Ok(model);
        }
        Err(FitError::Diverged {
            model: "cfgan",
            step: end.epochs as u64,
            evidence: "weights are not finite".to_owned(),
        })
    }
}
