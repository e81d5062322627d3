//! A generator and a critic of pictures, as the loop drives them.
//!
//! Radford et al., 2016 (DCGAN); Huang et al., 2024 (R3GAN: relativistic pairing, R1 and R2); Miyato and
//! Koyama, 2018 (a critic told the class). Departures: a turn's generator step uses the noise of its
//! last critic step, so that the generator is run once for both; the penalty on the slope is exact, since
//! the critic is linear in pieces, and not by central differences.

use rand::RngExt;
use rand::seq::SliceRandom;
use sparring::gan::{
    AdversarialStep, LogitGrads, Loss, Noise, Probe, Remedy, apply_to_rates, zero_centred,
};
use sparring::recommend::FitError;
use sparring_deep::{
    Generator, Judged, Network, Noise as Dropout, PictureCritic, PictureShape, StackTrace,
};
use sparring_wide::{Adam, AdamState, Ema, Matrix, Seed};

use crate::augment::Changes;
use crate::config::PictureConfig;
use crate::set::Pictures;
use crate::told::Told;

/// Held-out pictures of a look at the health, at most.
const LOOK: usize = 400;
/// One in so many pictures is held out, at least.
const SHARE: usize = 10;
/// Side of the squares that a look at the health averages over.
const BLUR: usize = 4;
/// Pictures that are drawn at once; whole blocks, so that a picture does not depend on how many follow.
const BLOCK: usize = 64;

/// A network with the state of its optimiser.
#[derive(Debug, Clone)]
pub(crate) struct Trained<N> {
    pub(crate) net: N,
    pub(crate) adam: Vec<AdamState>,
}

impl<N: Network> Trained<N> {
    fn new(net: N) -> Self {
        let weights = net.weights();
        let adam = weights.iter().map(|w| AdamState::new(w.data.len()));
        let adam = adam.collect();
        Self { net, adam }
    }

    fn step(&mut self, adam: &Adam, gradient: &[Matrix]) {
        for ((w, state), g) in self
            .net
            .weights_mut()
            .into_iter()
            .zip(&mut self.adam)
            .zip(gradient)
        {
            state.step(adam, &mut w.data, &g.data);
        }
    }

    fn gradient_norm(&self) -> f64 {
        self.adam
            .iter()
            .map(AdamState::mean_square)
            .sum::<f64>()
            .sqrt()
    }
}

/// Settings that remedies change, beside those of the configuration.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Treated {
    /// What both learning rates are multiplied by.
    pub(crate) rates: [f32; 2],
    pub(crate) loss: Loss,
    /// What the penalty is multiplied by, and what is added before.
    pub(crate) penalty: [f32; 2],
    pub(crate) instance_noise: f32,
    pub(crate) restarts: u64,
}

/// Weights to go back to.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) generator: Generator,
    pub(crate) averaged: Generator,
    pub(crate) critic: PictureCritic,
}

/// What a turn made once for both steps.
struct Round {
    /// The real pictures beside it.
    which: Vec<u32>,
    /// What is told of them, and of the generated ones.
    told: Option<Matrix>,
    fake: Matrix,
    trace: StackTrace,
    changes: Option<Changes>,
}

/// Generator, critic and the pictures they spar over.
pub struct PictureGan<'a> {
    pub(crate) config: PictureConfig,
    pictures: &'a Pictures,
    pub(crate) told: Option<&'a Told>,
    train: Vec<u32>,
    held_out: Vec<u32>,
    pub(crate) generator: Trained<Generator>,
    pub(crate) critic: Trained<PictureCritic>,
    /// The generator that draws.
    pub(crate) averaged: Generator,
    pub(crate) kept: Option<Kept>,
    pub(crate) treated: Treated,
    before: Option<Treated>,
    seed: Seed,
    pub(crate) steps: u64,
    share: f32,
    augmented: bool,
    round: Option<Round>,
}

/// New weights for both networks.
fn networks(
    config: &PictureConfig,
    shape: PictureShape,
    told_dim: usize,
    seed: Seed,
) -> (Generator, PictureCritic) {
    let of = config.recipe.architecture();
    let sizes = (config.noise_dim, told_dim, config.width);
    (
        Generator::new(shape, of, sizes, seed),
        PictureCritic::new(shape, of, (told_dim, config.width), seed),
    )
}

impl<'a> PictureGan<'a> {
    /// A new GAN over pictures, of which some are held out for looks at the health, and what both
    /// networks are told of each.
    pub fn new(
        config: PictureConfig,
        pictures: &'a Pictures,
        told: Option<&'a Told>,
        seed: Seed,
    ) -> Self {
        let (generator, critic) = networks(&config, pictures.shape, width(told), seed);
        let n = u32::try_from(pictures.len()).expect("pictures fit u32");
        let mut train: Vec<u32> = (0..n).collect();
        train.shuffle(&mut seed.stream("held out"));
        let held_out = train.split_off(train.len() - LOOK.min(train.len() / SHARE) / 2 * 2);
        train.sort_unstable();
        Self {
            treated: Treated {
                rates: [1.0; 2],
                loss: config.loss,
                penalty: [1.0, 0.0],
                instance_noise: config.instance_noise,
                restarts: 0,
            },
            augmented: config.augmentation.applies(pictures.len()),
            averaged: generator.clone(),
            generator: Trained::new(generator),
            critic: Trained::new(critic),
            kept: None,
            before: None,
            config,
            pictures,
            told,
            train,
            held_out,
            seed,
            steps: 0,
            share: 0.0,
            round: None,
        }
    }

    /// Number of training pictures.
    pub fn rows(&self) -> usize {
        self.train.len()
    }

    /// The generator that draws.
    pub fn drawer(&self) -> &Generator {
        &self.averaged
    }

    /// The generator and critic with new weights, to load saved ones into.
    pub(crate) fn blank(&self) -> Kept {
        let (config, shape) = (&self.config, self.pictures.shape);
        let (generator, critic) = networks(config, shape, width(self.told), self.seed);
        Kept {
            averaged: generator.clone(),
            generator,
            critic,
        }
    }

    fn adam(&self, side: usize) -> Adam {
        let schedules = [
            self.config.learning_rate,
            self.config.discriminator_learning_rate,
        ];
        Adam {
            learning_rate: schedules[side].at(self.share) * self.treated.rates[side],
            beta1: self.config.beta1,
            beta2: self.config.beta2,
            ..Adam::default()
        }
    }

    fn dropout(&self, label: &str) -> Dropout {
        Dropout {
            seed: self.seed.derive(label),
            step: self.steps,
        }
    }

    fn blur(&self, rows: &mut Matrix, label: &str) {
        let std = self.treated.instance_noise * (1.0 - self.share);
        if std > 0.0 {
            let mut noise = vec![0.0; rows.data.len()];
            Noise::Normal.fill(&mut noise, &mut self.seed.stream_at(label, self.steps));
            rows.data
                .iter_mut()
                .zip(noise)
                .for_each(|(v, n)| *v += std * n);
        }
    }

    /// The numbers of training rows among all pictures.
    fn which(&self, rows: &[u32]) -> Vec<u32> {
        rows.iter().map(|&row| self.train[row as usize]).collect()
    }

    /// Generated pictures of a turn, told what the real ones are.
    fn generate(&mut self, which: Vec<u32>) -> Round {
        self.steps += 1;
        let n = which.len();
        let mut noise = Matrix::zeros(n, self.config.noise_dim);
        Noise::Normal.fill(
            &mut noise.data,
            &mut self.seed.stream_at("noise", self.steps),
        );
        let lot = (self.seed.derive("told"), self.steps);
        let told = self.told.map(|told| told.of(&which, lot));
        let dropout = self.dropout("generator");
        let (fake, trace) = self.generator.net.forward(&noise, told.as_ref(), dropout);
        let shape = self.pictures.shape;
        let changes = self
            .augmented
            .then(|| Changes::draw(shape, n, self.seed.derive("fake"), self.steps));
        Round {
            which,
            told,
            fake,
            trace,
            changes,
        }
    }

    /// Real pictures as the critic sees them.
    fn real(&self, which: &[u32]) -> Matrix {
        let mut real = self.pictures.rows(which);
        if self.augmented {
            let seed = self.seed.derive("real");
            real = Changes::draw(self.pictures.shape, which.len(), seed, self.steps).apply(&real);
        }
        self.blur(&mut real, "blur real");
        real
    }

    /// Generated pictures as the critic sees them.
    fn seen(&self, round: &Round) -> Matrix {
        let mut fake = match &round.changes {
            Some(changes) => changes.apply(&round.fake),
            None => round.fake.clone(),
        };
        self.blur(&mut fake, "blur fake");
        fake
    }

    /// Puts real pictures of which something else was told in the place of some generated ones.
    fn mismatch(&self, round: &Round, (real, fake): (&Matrix, &mut Matrix)) {
        let Some(told) = self.told.filter(|_| self.config.mismatch > 0.0) else {
            return;
        };
        let n = round.which.len();
        let mut stream = self.seed.stream_at("mismatch", self.steps);
        for row in 0..n {
            let (lot, other) = (stream.random::<f32>(), stream.random_range(0..n));
            let differ = !told.alike(round.which[row], round.which[other]);
            if lot < self.config.mismatch && differ {
                fake.row_mut(row).copy_from_slice(real.row(other));
            }
        }
    }

    fn penalty(&self) -> f32 {
        let [factor, more] = self.treated.penalty;
        factor * self.config.penalty.at(self.share) + more
    }
}

/// Width of what is told, 0 for nothing.
fn width(told: Option<&Told>) -> usize {
    told.map_or(0, |told| told.table.width())
}

/// `n` pictures from any generator, and what it is told of each `[n, T]`: the `i`-th depends on the
/// seed, `i` and what it is told alone.
pub(crate) fn draw(generator: &Generator, n: usize, told: Option<&Matrix>, seed: Seed) -> Matrix {
    let mut out = Vec::new();
    let mut size = 0;
    for start in (0..n).step_by(BLOCK) {
        let mut noise = Matrix::zeros(BLOCK, generator.noise_dim());
        for row in 0..BLOCK {
            let mut stream = seed.stream_at("picture", (start + row) as u64);
            Noise::Normal.fill(noise.row_mut(row), &mut stream);
        }
        let told = told.map(|told| {
            let mut block = Matrix::zeros(BLOCK, told.cols);
            for row in 0..BLOCK.min(n - start) {
                block.row_mut(row).copy_from_slice(told.row(start + row));
            }
            block
        });
        let mut block = generator.infer(&noise, told.as_ref());
        size = block.cols;
        block.data.truncate((n - start) * size);
        out.extend(block.data);
    }
    Matrix::from_vec(n, size, out)
}

/// Means over squares, so that distances tell shapes rather than edges.
pub(crate) fn blurred(rows: &Matrix, shape: PictureShape) -> (Vec<f32>, usize) {
    let side = shape.side / BLUR;
    let width = side * side * shape.channels;
    let mut out = vec![0.0; rows.rows * width];
    for (row, out) in rows.rows_iter().zip(out.chunks_mut(width)) {
        for (at, value) in row.iter().enumerate() {
            let (place, channel) = (at / shape.channels, at % shape.channels);
            let (y, x) = (place / shape.side / BLUR, place % shape.side / BLUR);
            if y < side && x < side {
                out[(y * side + x) * shape.channels + channel] += value / 16.0;
            }
        }
    }
    (out, width)
}

impl AdversarialStep for PictureGan<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let n = rows.len();
        let round = self.generate(self.which(rows));
        let real = self.real(&round.which);
        let size = real.cols;
        let mut fake = self.seen(&round);
        self.mismatch(&round, (&real, &mut fake));
        let both = [real.data, fake.data].concat();
        let twice = |told: &Matrix| Matrix::from_vec(2 * n, told.cols, told.data.repeat(2));
        let told = round.told.as_ref().map(twice);
        let both = Matrix::from_vec(2 * n, size, both);
        let dropout = self.dropout("critic");
        let mut judged = self.critic.net.judge(both, told.as_ref(), dropout);
        let mut grad = vec![0.0; 2 * n];
        let (of_real, of_fake) = grad.split_at_mut(n);
        let grads = LogitGrads {
            real: of_real,
            fake: of_fake,
        };
        let definition = self.treated.loss.definition();
        let logits = &judged.logits;
        let loss = definition.discriminator(&logits[..n], &logits[n..], grads);
        let gamma = self.penalty();
        let (penalty, gradient) = if gamma > 0.0 {
            let slopes = self.critic.net.slopes(&mut judged);
            // The mean over both, twice as heavy, is the sum of R1 and R2.
            let (penalty, along) = zero_centred(&slopes.data, size, 2.0 * gamma);
            let along = Matrix::from_vec(2 * n, size, along);
            let gradient = self.critic.net.gradient(&mut judged, &grad, Some(along));
            (penalty, gradient)
        } else {
            (0.0, self.critic.net.plain_gradient(&judged, &grad))
        };
        let adam = self.adam(1);
        self.critic.step(&adam, &gradient);
        self.round = Some(round);
        Ok((loss + penalty).into())
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let n = rows.len();
        let round = match self.round.take() {
            Some(round) if round.which.len() == n => round,
            _ => self.generate(self.which(rows)),
        };
        let told = round.told.as_ref();
        // Only pairs look at the real pictures.
        let real = if self.treated.loss == Loss::Relativistic {
            self.critic.net.logits(self.real(&round.which), told)
        } else {
            vec![0.0; n]
        };
        let dropout = self.dropout("critic of the generator");
        let fake = self.seen(&round);
        let judged: Judged = self.critic.net.judge(fake, told, dropout);
        let mut grad = vec![0.0; n];
        let definition = self.treated.loss.definition();
        let loss = definition.generator(&real, &judged.logits, &mut grad);
        let mut by_fake = self.critic.net.by_pictures(&judged, &grad);
        if let Some(changes) = &round.changes {
            by_fake = changes.transpose(&by_fake);
        }
        let gradient = self.generator.net.backward(&round.trace, by_fake);
        let adam = self.adam(0);
        self.generator.step(&adam, &gradient);
        self.generator.net.remember(&round.trace);
        self.follow();
        Ok(loss.into())
    }

    fn probe(&mut self) -> Option<Probe> {
        let n = self.held_out.len();
        if n < 2 {
            return None;
        }
        let real = self.pictures.rows(&self.held_out);
        let seed = self.seed.derive("probe");
        let told = self.told.map(|told| told.of(&self.held_out, (seed, 0)));
        let fake = draw(&self.averaged, n, told.as_ref(), seed);
        let shape = self.pictures.shape;
        let ((blurred_real, width), (blurred_fake, _)) =
            (blurred(&real, shape), blurred(&fake, shape));
        let critic = &self.critic.net;
        let real_logits = critic.logits(real, told.as_ref());
        let fake_logits = critic.logits(fake, told.as_ref());
        let rows = (blurred_real, blurred_fake);
        if matches!(self.treated.loss, Loss::Relativistic | Loss::Wasserstein) {
            return Some(Probe::paired(real_logits, fake_logits, rows, width));
        }
        Some(Probe {
            real_logits,
            fake_logits,
            real: rows.0,
            fake: rows.1,
            width,
        })
    }

    fn gradient_norms(&self) -> Option<[f64; 2]> {
        Some([self.generator.gradient_norm(), self.critic.gradient_norm()])
    }

    fn anneal(&mut self, share: f32) {
        self.share = share;
    }

    fn snapshot(&mut self) {
        self.kept = Some(Kept {
            generator: self.generator.net.clone(),
            averaged: self.averaged.clone(),
            critic: self.critic.net.clone(),
        });
    }

    fn restore(&mut self) {
        if let Some(kept) = self.kept.clone() {
            self.generator = Trained::new(kept.generator);
            self.averaged = kept.averaged;
            self.critic = Trained::new(kept.critic);
            self.round = None;
        }
    }

    fn undo(&mut self, _remedy: Remedy) -> bool {
        let before = self.before.take();
        before.is_some_and(|before| {
            self.treated = before;
            true
        })
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        let before = self.treated.clone();
        let treated = &mut self.treated;
        let given = [
            self.config.learning_rate,
            self.config.discriminator_learning_rate,
        ];
        let given = given.map(|schedule| schedule.at(self.share));
        let mut rates = [0, 1].map(|side| given[side] * treated.rates[side]);
        if apply_to_rates(remedy, &mut rates) {
            treated.rates = [0, 1].map(|side| rates[side] / given[side]);
            self.before = Some(before);
            return true;
        }
        match remedy {
            Remedy::RaisePenalty => {
                let [factor, more] = treated.penalty;
                treated.penalty = [2.0 * factor, (2.0 * more).max(0.1)];
            }
            Remedy::PairLosses if treated.loss != Loss::Relativistic => {
                treated.loss = Loss::Relativistic;
            }
            Remedy::InstanceNoise => {
                treated.instance_noise = (2.0 * treated.instance_noise).max(0.1);
            }
            Remedy::Restart => {
                treated.restarts += 1;
                let seed = self.seed.derive("again").at(treated.restarts);
                let (shape, told) = (self.pictures.shape, width(self.told));
                let (generator, critic) = networks(&self.config, shape, told, seed);
                self.averaged = generator.clone();
                self.generator = Trained::new(generator);
                self.critic = Trained::new(critic);
                self.round = None;
            }
            _ => return false,
        }
        self.before = (remedy != Remedy::Restart).then_some(before);
        true
    }
}

impl PictureGan<'_> {
    /// Moves the generator that draws after the one that learns.
    fn follow(&mut self) {
        let decay = self.config.ema;
        if decay == 0.0 {
            self.averaged = self.generator.net.clone();
            return;
        }
        // An average over few steps at first, as long as it has seen few.
        let seen = self.steps as f32;
        let decay = decay.min((1.0 + seen) / (10.0 + seen));
        let weights = self.generator.net.weights();
        for (average, now) in self.averaged.weights_mut().into_iter().zip(weights) {
            let mut ema = Ema::new(decay, &average.data);
            ema.update(&now.data);
            average.data.copy_from_slice(ema.average());
        }
        self.averaged
            .running_mut()
            .clone_from_slice(self.generator.net.running());
    }
}
