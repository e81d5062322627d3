//! GANMF in the hands of the loop.

use sparring_wide::Seed;

use super::batch::Batch;
use super::discriminator::Discriminator;
use super::generator::Generator;
use super::{Ganmf, GanmfConfig, Mode};
use crate::data::{Dataset, UserIx};
use crate::gan::{AdversarialStep, Probe, Remedy, apply_to_rates};
use crate::models::factors::Factors;
use crate::models::probed::Probed;
use crate::models::product::{multiply, view};
use crate::models::tensor::{Adam, Tensor};
use crate::recommend::{FitError, Monitor};

/// The two networks and how far they are.
pub(super) struct Training<'a> {
    config: &'a GanmfConfig,
    /// The log as it came, and its profiles as rows.
    train: &'a Dataset,
    rows: &'a Dataset,
    generator: Generator,
    discriminator: Discriminator,
    kept: Option<(Generator, Discriminator)>,
    /// Learning rates of generator and discriminator.
    rates: [f32; 2],
    steps: [u32; 2],
    /// Energy of the real rows of the last step.
    real_energy: f64,
    probed: Probed,
}

impl<'a> Training<'a> {
    pub(super) fn new(
        config: &'a GanmfConfig,
        train: &'a Dataset,
        rows: &'a Dataset,
        seed: Seed,
    ) -> Self {
        let (n, width) = (rows.n_users(), rows.n_items());
        let (k, h) = (config.embedding_dim.get(), config.code_dim.get());
        Self {
            config,
            train,
            rows,
            generator: Generator::new(n, width, k, &mut seed.stream("generator")),
            discriminator: Discriminator::new(width, h, &mut seed.stream("discriminator")),
            kept: None,
            rates: [config.generator_rate, config.discriminator_rate],
            steps: [0; 2],
            real_energy: 1.0,
            probed: Probed::draw(rows, &mut seed.stream("probe")),
        }
    }

    pub(super) fn model(&self) -> Ganmf {
        let rows = self.generator.rows.value.clone();
        let columns = self.generator.columns.value.clone();
        let (users, items) = match self.config.mode {
            Mode::User => (rows, columns),
            Mode::Item => (columns, rows),
        };
        let bias = vec![0.0; self.train.n_items()];
        let ridge = self.config.fold_in_l2;
        let factors = Factors::new(self.generator.factors, users, items, bias, ridge);
        Ganmf(factors.imitating(self.train, ridge))
    }
}

impl AdversarialStep for Training<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.steps[1] += 1;
        let users: Vec<UserIx> = rows.iter().map(|&row| UserIx(row)).collect();
        let batch = Batch::new(self.rows, &users);
        let (margin, l2) = (self.config.margin, self.config.discriminator_l2);
        let adam = Adam::at(self.steps[1], self.rates[1], l2);
        let energies = self
            .discriminator
            .step(&self.generator, &batch, margin, adam);
        self.real_energy = energies.real;
        let hinge = f64::from(margin) * energies.real - energies.generated;
        Ok(energies.real + hinge.max(0.0))
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.steps[0] += 1;
        let users: Vec<UserIx> = rows.iter().map(|&row| UserIx(row)).collect();
        let batch = Batch::new(self.rows, &users);
        let (matching, l2) = (self.config.feature_matching, self.config.generator_l2);
        let adam = Adam::at(self.steps[0], self.rates[0], l2);
        let (energy, distance) = self
            .generator
            .step(&self.discriminator, &batch, matching, adam);
        let matching = f64::from(matching);
        Ok((1.0 - matching) * energy + matching * distance)
    }

    /// Real and generated profiles. An energy `e` has no zero of its own: a row counts as real
    /// below `sqrt(max(m, 1))` times the mean energy of real rows, half-way to the margin.
    fn probe(&mut self) -> Option<Probe> {
        if !self.probed.is_enough(self.rows) {
            return None;
        }
        let (d, g) = (&self.discriminator, &self.generator);
        let (k, n) = (g.factors, d.width);
        let (real, fake) = (
            Batch::new(self.rows, &self.probed.real),
            Batch::new(self.rows, &self.probed.fake),
        );
        let made = g.make(d, &fake);
        let threshold = f64::from(self.config.margin.max(1.0)).sqrt() * self.real_energy;
        let logits = |errors: Vec<f64>| {
            let energy = |error: f64| (error / n as f64).max(f64::MIN_POSITIVE);
            errors
                .into_iter()
                .map(|error| to_f32((threshold / energy(error)).ln()))
                .collect()
        };
        let factors = view(&made.factors, made.rows, k);
        let mut generated = multiply(factors, view(&g.columns.value, n, k).transpose());
        self.probed.binarise(self.rows, &mut generated);
        Some(Probe {
            real_logits: logits(d.judge_real(&real).errors),
            fake_logits: logits(d.judge_generated(g, &made).errors),
            real: self.probed.profiles(self.rows),
            fake: generated,
            width: n,
        })
    }

    fn gradient_norms(&self) -> Option<[f64; 2]> {
        let norm = |tensors: &[&Tensor]| {
            let squares = tensors.iter().map(|tensor| tensor.mean_square());
            squares.sum::<f64>().sqrt()
        };
        let (g, d) = (&self.generator, &self.discriminator);
        let teacher = [&d.encoder, &d.decoder, &d.encoder_bias, &d.decoder_bias];
        Some([norm(&[&g.rows, &g.columns]), norm(&teacher)])
    }

    fn rate(&mut self, monitor: &dyn Monitor) -> Option<f64> {
        Some(monitor.score(&self.model()))
    }

    fn snapshot(&mut self) {
        self.kept = Some((self.generator.clone(), self.discriminator.clone()));
    }

    fn restore(&mut self) {
        if let Some((generator, discriminator)) = self.kept.clone() {
            (self.generator, self.discriminator) = (generator, discriminator);
        }
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        apply_to_rates(remedy, &mut self.rates)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn to_f32(value: f64) -> f32 {
    value as f32
}
