//! Training of CFGAN.

use rand::seq::SliceRandom;
use sparring_wide::Seed;

use super::bout::{Batch, Bout, Losses, Verdicts};
use super::networks::{Discriminator, Generator, Shape};
use super::rows::Rows;
use super::trained::{Cfgan, Network, Trained};
use super::{CfganConfig, Scheme};
use crate::data::{Dataset, UserIx};
use crate::models::factors::Factors;
use crate::models::ganmf::Mode;
use crate::models::keeper::Keeper;
use crate::models::tensor::Adam;
use crate::recommend::{Fit, FitError, Progress, Run};

/// The networks in training, and the averaged generator.
struct Training<'a> {
    config: &'a CfganConfig,
    data: &'a Dataset,
    seed: Seed,
    bout: Bout,
    /// Tensors in the order of [`Generator::values`].
    average: Option<Vec<Vec<f32>>>,
    /// Steps so far of the discriminator and of the generator.
    steps: [u32; 2],
}

impl<'a> Training<'a> {
    fn new(config: &'a CfganConfig, data: &'a Dataset, seed: Seed) -> Self {
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
        let bout = Bout {
            generator,
            discriminator,
            losses,
            output: config.output_activation,
        };
        Self {
            config,
            data,
            seed,
            bout,
            average,
            steps: [0; 2],
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

    fn discriminator_step(&mut self, users: &[UserIx]) -> Verdicts {
        self.steps[0] += 1;
        let config = self.config;
        let adam = Adam::at(
            self.steps[0],
            config.discriminator_rate,
            config.discriminator_l2,
        );
        let seed = self
            .seed
            .derive("discriminator step")
            .at(self.steps[0].into());
        let batch = self.batch(users, seed);
        self.bout.discriminator_step(&batch, adam, seed)
    }

    fn generator_step(&mut self, users: &[UserIx]) -> f64 {
        self.steps[1] += 1;
        let config = self.config;
        let adam = Adam::at(self.steps[1], config.generator_rate, config.generator_l2);
        let seed = self.seed.derive("generator step").at(self.steps[1].into());
        let batch = self.batch(users, seed);
        let loss = self.bout.generator_step(&batch, adam, seed);
        if let Some(average) = &mut self.average {
            // An average over the past at first, with a fixed decay later.
            let t = self.steps[1] as f32;
            let keep = config.average.min((1.0 + t) / (10.0 + t));
            for (average, values) in average.iter_mut().zip(self.bout.generator.values()) {
                for (average, value) in average.iter_mut().zip(values) {
                    *average += (1.0 - keep) * (value - *average);
                }
            }
        }
        loss
    }

    /// One epoch; returns the last verdicts and the last loss of the generator.
    fn epoch(&mut self, users: &mut [UserIx], epoch: u64) -> (Option<Verdicts>, f64) {
        let config = self.config;
        let mut stream = self.seed.stream_at("order", epoch);
        let (mut verdicts, mut loss) = (None, 0.0);
        if config.adversarial_weight > 0.0 {
            for _ in 0..config.discriminator_steps.get() {
                users.shuffle(&mut stream);
                for batch in users.chunks(config.discriminator_batch.get()) {
                    verdicts = Some(self.discriminator_step(batch));
                }
            }
        }
        for _ in 0..config.generator_steps.get() {
            users.shuffle(&mut stream);
            for batch in users.chunks(config.generator_batch.get()) {
                loss = self.generator_step(batch);
            }
        }
        (verdicts, loss)
    }

    fn model(&self) -> Cfgan {
        let generator = &self.bout.generator;
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

/// Tells the observer about an epoch; an error if the losses are no numbers.
fn report(
    run: &Run<'_>,
    epoch: u64,
    total: u64,
    found: (Option<Verdicts>, f64),
) -> Result<(), FitError> {
    let mut finite = found.1.is_finite();
    if let Some(verdicts) = found.0 {
        run.observer
            .point("discriminator loss", epoch, verdicts.loss);
        run.observer
            .point("accuracy on real", epoch, verdicts.accuracy[0]);
        run.observer
            .point("accuracy on generated", epoch, verdicts.accuracy[1]);
        run.observer.point("generator loss", epoch, found.1);
        finite &= verdicts.loss.is_finite();
    }
    run.observer.progress(Progress {
        unit: "epoch",
        done: epoch,
        total,
    });
    if finite {
        return Ok(());
    }
    let evidence = format!(
        "losses {:?} and {}",
        found.0.map(|verdicts| verdicts.loss),
        found.1
    );
    Err(FitError::Diverged {
        model: "cfgan",
        step: epoch,
        evidence,
    })
}

impl Fit for CfganConfig {
    type Model = Cfgan;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Cfgan, FitError> {
        self.check()?;
        if train.n_interactions() == 0 {
            return Err(FitError::TooSmall {
                model: "cfgan",
                needed: "an interaction",
                found: 0,
            });
        }
        let turned;
        let data = match self.mode {
            Mode::User => train,
            Mode::Item => {
                turned = train.transpose();
                &turned
            }
        };
        let mut training = Training::new(self, data, run.seed.derive("cfgan"));
        let mut users: Vec<UserIx> = data.user_indices().collect();
        let mut keeper = Keeper::new(run, self.check_every.get(), self.patience.get());
        let total = self.epochs.get();
        for epoch in 1..=total {
            let found = training.epoch(&mut users, epoch as u64);
            report(run, epoch as u64, total as u64, found)?;
            if keeper.look(epoch, || training.model()) {
                break;
            }
        }
        let model = keeper.best().unwrap_or_else(|| training.model());
        if model.is_finite() {
            return Ok(model);
        }
        let evidence = "weights are not finite".to_owned();
        Err(FitError::Diverged {
            model: "cfgan",
            step: total as u64,
            evidence,
        })
    }
}
