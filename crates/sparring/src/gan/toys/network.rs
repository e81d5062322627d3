//! The small GAN of the toys.

use rand::RngExt;
use rand_distr::StandardNormal;
use sparring_wide::{Adam, Seed};

use super::Mixture;
use crate::gan::bout::AdversarialStep;
use crate::gan::health::{Probe, Remedy};
use crate::gan::losses::{LogitGrads, Loss};
use crate::gan::mlp::Mlp;
use crate::gan::noise::Noise;
use crate::gan::penalty::{one_centred, zero_centred};
use crate::gan::schedule::{Annealing, Schedule};
use crate::recommend::FitError;

/// What the GAN is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct ToyConfig {
    /// The loss.
    pub loss: Loss,
    /// Distribution of the noise.
    pub noise: Noise,
    /// Entries of the noise `Z`.
    pub noise_dim: usize,
    /// Hidden layers of either network, 1 or more.
    pub hidden_layers: usize,
    /// Width of the generator's hidden layers.
    pub generator_width: usize,
    /// Width of the discriminator's hidden layers.
    pub discriminator_width: usize,
    /// Learning rate of the generator; both fall to a fiftieth along half a cosine.
    pub learning_rate: f32,
    /// Learning rate of the discriminator.
    pub discriminator_learning_rate: f32,
    /// Decay of Adam's mean of gradients.
    pub beta1: f32,
    /// Weight of R1 and R2, or of the gradient penalty for [`Loss::Wasserstein`]; 0 for none.
    pub penalty: f32,
    /// Standard deviation of noise on what the discriminator sees, at first; it falls to 0.
    pub instance_noise: f32,
    /// Share kept of the averaged generator at each step, from which samples are drawn.
    pub ema: f32,
}

impl Default for ToyConfig {
    fn default() -> Self {
        Self {
            loss: Loss::Relativistic,
            noise: Noise::Normal,
            noise_dim: 2,
            hidden_layers: 3,
            generator_width: 64,
            discriminator_width: 64,
            learning_rate: 6e-3,
            discriminator_learning_rate: 1.5e-3,
            beta1: 0.0,
            penalty: 0.01,
            instance_noise: 0.0,
            ema: 0.998,
        }
    }
}

impl ToyConfig {
    /// A generator that is to collapse: minimax, noise of four values, and a rate twenty times that
    /// of its discriminator.
    pub fn planted_collapse() -> Self {
        Self {
            loss: Loss::Minimax,
            noise: Noise::Bernoulli,
            learning_rate: 4e-3,
            discriminator_learning_rate: 2e-4,
            penalty: 0.0,
            ..Self::default()
        }
    }

    /// A discriminator that is to be too strong: a rate two hundred times that of its generator and
    /// no penalty; give it four steps in each turn.
    pub fn planted_strong() -> Self {
        Self {
            loss: Loss::NonSaturating,
            learning_rate: 2e-5,
            discriminator_learning_rate: 4e-3,
            penalty: 0.0,
            ..Self::default()
        }
    }
}

/// Generator, discriminator and the points they spar over.
#[derive(Debug, Clone)]
pub struct ToyGan {
    config: ToyConfig,
    real: Vec<f32>,
    held_out: Vec<f32>,
    generator: Mlp,
    averaged: Mlp,
    discriminator: Mlp,
    kept: Option<(Mlp, Mlp, Mlp)>,
    /// Settings before the last remedy.
    before: Option<ToyConfig>,
    seed: Seed,
    steps: u64,
    share: f32,
}

/// New weights for generator and discriminator.
fn networks(config: &ToyConfig, seed: Seed) -> (Mlp, Mlp) {
    let widths = |first, hidden, last| {
        let mut widths = vec![hidden; config.hidden_layers + 2];
        (widths[0], widths[config.hidden_layers + 1]) = (first, last);
        widths
    };
    let generator = widths(config.noise_dim, config.generator_width, 2);
    let discriminator = widths(2, config.discriminator_width, 1);
    (
        Mlp::new(&generator, seed.derive("generator")),
        Mlp::new(&discriminator, seed.derive("discriminator")),
    )
}

/// Learning rates within this factor are of the same order.
const SAME_ORDER: f32 = 5.0;
/// Widest generator that treatment makes.
const WIDEST: usize = 128;
/// Rows of a probe.
const LOOK: usize = 512;

impl ToyGan {
    /// A new GAN over `n` points of a mixture.
    pub fn new(config: ToyConfig, mixture: &Mixture, n: usize, seed: Seed) -> Self {
        let (generator, discriminator) = networks(&config, seed);
        Self {
            real: mixture.sample(n, seed.derive("real")),
            held_out: mixture.sample(LOOK, seed.derive("held out")),
            averaged: generator.clone(),
            discriminator,
            generator,
            kept: None,
            before: None,
            config,
            seed,
            steps: 0,
            share: 0.0,
        }
    }

    /// Number of training points.
    pub fn rows(&self) -> usize {
        self.real.len() / 2
    }

    /// Draws points `[n, 2]` from the averaged generator.
    pub fn sample(&mut self, n: usize, seed: Seed) -> Vec<f32> {
        let mut noise = vec![0.0; n * self.config.noise_dim];
        self.config
            .noise
            .fill(&mut noise, &mut seed.stream("sample"));
        self.averaged.forward(&noise).to_vec()
    }

    fn noise(&mut self, n: usize) -> Vec<f32> {
        self.steps += 1;
        let mut noise = vec![0.0; n * self.config.noise_dim];
        self.config
            .noise
            .fill(&mut noise, &mut self.seed.stream_at("noise", self.steps));
        noise
    }

    fn blur(&self, points: &mut [f32], label: &str) {
        let std = self.config.instance_noise * (1.0 - self.share);
        if std > 0.0 {
            let mut stream = self.seed.stream_at(label, self.steps);
            for value in points {
                *value += std * stream.sample::<f32, _>(StandardNormal);
            }
        }
    }

    fn batch(&self, rows: &[u32]) -> Vec<f32> {
        rows.iter()
            .flat_map(|&row| self.real[2 * row as usize..][..2].iter().copied())
            .collect()
    }

    fn adam(&self, rate: f32) -> Adam {
        let schedule = Schedule {
            from: rate,
            to: rate / 50.0,
            annealing: Annealing::Cosine,
        };
        Adam {
            learning_rate: schedule.at(self.share),
            beta1: self.config.beta1,
            beta2: 0.99,
            ..Adam::default()
        }
    }

    /// The gradient penalty between real and generated points.
    fn penalise_between(&mut self, real: &[f32], fake: &[f32]) -> f32 {
        let mut stream = self.seed.stream_at("between", self.steps);
        let pairs = real.chunks(2).zip(fake.chunks(2));
        let between: Vec<f32> = pairs
            .flat_map(|(a, b)| {
                let share: f32 = stream.random();
                [0, 1].map(|at| share * a[at] + (1.0 - share) * b[at])
            })
            .collect();
        let n = between.len() / 2;
        self.discriminator.forward(&between);
        let slopes = self.discriminator.backward(&vec![1.0; n]);
        let (value, along) = one_centred(slopes, 2, self.config.penalty);
        self.discriminator.learn_along(&vec![0.0; n], &along);
        value
    }

    /// Real and generated points as the discriminator sees them.
    fn points(&mut self, rows: &[u32]) -> (Vec<f32>, Vec<f32>) {
        let noise = self.noise(rows.len());
        let mut real = self.batch(rows);
        let mut fake = self.generator.forward(&noise).to_vec();
        self.blur(&mut real, "blur real");
        self.blur(&mut fake, "blur fake");
        (real, fake)
    }
}

impl AdversarialStep for ToyGan {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let (real, fake) = self.points(rows);
        let n = rows.len();
        let (weight, gap) = (self.config.penalty, self.config.loss == Loss::Wasserstein);
        let between = if gap && weight > 0.0 {
            self.penalise_between(&real, &fake)
        } else {
            0.0
        };
        let logits = self.discriminator.forward(&[real, fake].concat());
        let mut grad = vec![0.0; 2 * n];
        let (of_real, of_fake) = grad.split_at_mut(n);
        let grads = LogitGrads {
            real: of_real,
            fake: of_fake,
        };
        let definition = self.config.loss.definition();
        let loss = definition.discriminator(&logits[..n], &logits[n..], grads);
        let slopes = self.discriminator.backward(&vec![1.0; 2 * n]);
        // The mean over both, twice as heavy, is the sum of R1 and R2.
        let gamma = if gap { 0.0 } else { 2.0 * weight };
        let (penalty, along) = zero_centred(slopes, 2, gamma);
        self.discriminator.learn_along(&grad, &along);
        let adam = self.adam(self.config.discriminator_learning_rate);
        self.discriminator.step(&adam);
        Ok((loss + penalty + between).into())
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let (real, fake) = self.points(rows);
        let n = rows.len();
        // Only pairs look at the real points.
        let real = if self.config.loss == Loss::Relativistic {
            self.discriminator.forward(&real).to_vec()
        } else {
            vec![0.0; n]
        };
        let logits = self.discriminator.forward(&fake);
        let mut grad = vec![0.0; n];
        let definition = self.config.loss.definition();
        let loss = definition.generator(&real, logits, &mut grad);
        self.generator.backward(self.discriminator.backward(&grad));
        self.generator.learn();
        let adam = self.adam(self.config.learning_rate);
        self.generator.step(&adam);
        self.averaged.follow(&self.generator, self.config.ema);
        Ok(loss.into())
    }

    fn probe(&mut self) -> Option<Probe> {
        let fake = self.sample(LOOK, self.seed.derive("probe"));
        let real_logits = self.discriminator.forward(&self.held_out).to_vec();
        let fake_logits = self.discriminator.forward(&fake).to_vec();
        let rows = (self.held_out.clone(), fake);
        if matches!(self.config.loss, Loss::Relativistic | Loss::Wasserstein) {
            return Some(Probe::paired(real_logits, fake_logits, rows, 2));
        }
        let zero = if self.config.loss == Loss::LeastSquares {
            0.5
        } else {
            0.0
        };
        let centred = |logits: Vec<f32>| logits.into_iter().map(|logit| logit - zero).collect();
        Some(Probe {
            real_logits: centred(real_logits),
            fake_logits: centred(fake_logits),
            real: rows.0,
            fake: rows.1,
            width: 2,
        })
    }

    fn anneal(&mut self, share: f32) {
        self.share = share;
    }

    fn gradient_norms(&self) -> Option<[f64; 2]> {
        Some([
            self.generator.gradient_norm(),
            self.discriminator.gradient_norm(),
        ])
    }

    fn snapshot(&mut self) {
        let kept = (
            self.generator.clone(),
            self.averaged.clone(),
            self.discriminator.clone(),
        );
        self.kept = Some(kept);
    }

    fn restore(&mut self) {
        if let Some((generator, averaged, discriminator)) = self.kept.clone() {
            (self.generator, self.averaged, self.discriminator) =
                (generator, averaged, discriminator);
        }
    }

    fn undo(&mut self, _remedy: Remedy) -> bool {
        let before = self.before.take();
        before.is_some_and(|before| {
            self.config = before;
            true
        })
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        let before = self.config.clone();
        let config = &mut self.config;
        match remedy {
            // The one that is behind catches up.
            Remedy::BalanceRates => {
                let rates = (config.learning_rate, config.discriminator_learning_rate);
                let (slow, rate) = (rates.0.min(rates.1), rates.0.max(rates.1));
                if slow > rate / SAME_ORDER {
                    return false;
                }
                (config.learning_rate, config.discriminator_learning_rate) = (rate, rate);
            }
            Remedy::QuickenDiscriminator => config.discriminator_learning_rate *= 2.0,
            Remedy::RaisePenalty => config.penalty = (2.0 * config.penalty).max(0.01),
            Remedy::PairLosses if config.loss != Loss::Relativistic => {
                config.loss = Loss::Relativistic;
            }
            Remedy::RicherNoise if config.noise != Noise::Normal => config.noise = Noise::Normal,
            Remedy::InstanceNoise => {
                config.instance_noise = (2.0 * config.instance_noise).max(0.05);
            }
            Remedy::SlowBoth => {
                config.learning_rate /= 2.0;
                config.discriminator_learning_rate /= 2.0;
            }
            Remedy::WidenGenerator if config.generator_width <= WIDEST / 2 => {
                config.generator_width *= 2;
                let (mut wide, _) = networks(config, self.seed.derive("wider"));
                let mut averaged = wide.clone();
                wide.graft(&self.generator);
                averaged.graft(&self.averaged);
                (self.generator, self.averaged) = (wide, averaged);
            }
            Remedy::Restart => {
                (self.generator, self.discriminator) = networks(config, self.seed.derive("again"));
                self.averaged = self.generator.clone();
            }
            _ => return false,
        }
        let same_shape = !matches!(remedy, Remedy::WidenGenerator | Remedy::Restart);
        self.before = same_shape.then_some(before);
        true
    }
}
