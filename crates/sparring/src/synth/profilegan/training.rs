//! The two steps of the profile GAN, for the loop of the room `gan`.

use sparring_wide::{Adam, Matrix, Seed};

use super::ProfileGanConfig;
use super::gap::MomentGap;
use crate::gan::{
    AdversarialStep, Annealing, NetCritic, PairRates, Probe, Remedy, Schedule, paired_adam,
};
use crate::models::Profiles as Rows;
use crate::recommend::{FitError, Run};
use crate::synth::features::{Features, Seen};
use crate::synth::generator::{Averaged, Generator, Made, Rates};
use crate::synth::latent::LatentUsers;

/// Who rakes, for errors.
const NAME: &str = "profilegan";
/// Real rows of a look at health, half of them compared with as many generated ones.
const LOOK: usize = 64;
/// Steps between two rakings of the offsets.
const RAKE_EVERY: u64 = 250;
/// Turns of one such raking.
const TURNS: usize = 4;
/// Users whose mean chances stand for all while training.
const IMAGINED: u64 = 1024;

/// Both networks and what they spar over.
pub(super) struct Training<'a> {
    pub(super) config: &'a ProfileGanConfig,
    pub(super) real: &'a Rows,
    pub(super) popularity: &'a [f64],
    pub(super) features: &'a Features,
    pub(super) start: &'a LatentUsers,
    pub(super) run: Run<'a>,
    pub(super) generator: Generator,
    pub(super) averaged: Averaged,
    pub(super) critic: NetCritic,
    pub(super) gap: Option<MomentGap>,
    pub(super) rates: PairRates,
    /// Steps of the discriminator so far.
    pub(super) steps: u64,
    pub(super) share: f32,
    pub(super) batch: Option<(Made, Seen)>,
    pub(super) kept: Option<(Generator, Averaged, NetCritic)>,
}

impl Training<'_> {
    /// A batch of `n` generated profiles.
    fn make(&mut self, n: usize) -> (Made, Seen) {
        let from = self.steps * self.config.batch_size.get() as u64;
        let drawn = self.start.drawn(from..from + n as u64, self.seed("batch"));
        let made = self.generator.make(&drawn, self.seed("cut").at(self.steps));
        let profiles: Vec<&[u32]> = made.profiles.iter().map(Vec::as_slice).collect();
        let seen = self.features.see(&profiles);
        (made, seen)
    }

    fn seed(&self, label: &str) -> Seed {
        self.run.seed.derive(label)
    }

    fn see_real(&self, rows: &[u32]) -> Matrix {
        let profiles: Vec<&[u32]> = rows.iter().map(|&u| self.real.row(u as usize)).collect();
        self.features.see(&profiles).rows
    }

    /// How the generator learns: along a critic without a mean of gradients, since it moves; else
    /// with one, at a rate that falls to 0 along half a cosine.
    fn adam(&self) -> Adam {
        if self.config.adversary > 0.0 {
            return paired_adam(self.rates.now[0]);
        }
        let falling = Schedule {
            from: self.rates.now[0],
            to: 0.0,
            annealing: Annealing::Cosine,
        };
        Adam {
            learning_rate: falling.at(self.share),
            ..Adam::default()
        }
    }

    /// Rakes the offsets of the generator, and moves those of the average alike.
    fn rake(&mut self) -> Result<(), FitError> {
        let averaged = &self.averaged;
        let mut users = self.start.with(averaged.parts(self.start.width()));
        let quiet = Run::quiet(self.seed("rake").at(self.steps), self.run.cancel);
        users.rake(NAME, self.popularity, (IMAGINED, TURNS), &quiet)?;
        let (_, _, before) = averaged.parts(self.start.width());
        let after = users.offsets();
        let offsets = self.generator.offsets.iter_mut();
        for ((offset, after), before) in offsets.zip(after).zip(before) {
            *offset += after - before;
        }
        self.averaged.set_offsets(after);
        Ok(())
    }
}

impl AdversarialStep for Training<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.steps += 1;
        let (made, seen) = self.make(rows.len());
        if self.config.adversary <= 0.0 {
            self.batch = Some((made, seen));
            return Ok(0.0);
        }
        let mut both = self.see_real(rows).data;
        both.extend_from_slice(&seen.rows.data);
        let loss = self.critic.step(&both, &paired_adam(self.rates.now[1]));
        self.batch = Some((made, seen));
        Ok(loss.into())
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let (made, seen) = match self.batch.take() {
            Some(batch) => batch,
            None => self.make(rows.len()),
        };
        let mut gradient = Matrix::zeros(seen.rows.rows, seen.rows.cols);
        let mut loss = 0.0;
        if let Some(gap) = &mut self.gap {
            let (value, along) = gap.step(&seen.rows);
            loss += f64::from(self.config.moments) * value;
            add(&mut gradient, &along, self.config.moments);
        }
        if self.config.adversary > 0.0 {
            let real = self.see_real(rows);
            let (value, along) = self.critic.demand(&real.data, &seen.rows.data);
            loss += f64::from(self.config.adversary * value);
            let along = Matrix::from_vec(seen.rows.rows, seen.rows.cols, along);
            add(&mut gradient, &along, self.config.adversary);
        }
        // The critic is to know what there is to tell before it is listened to.
        if self.config.adversary > 0.0 && self.steps <= self.config.head_start {
            return Ok(loss);
        }
        let gradient = self.features.back(&seen, &gradient);
        let rates = Rates {
            adam: self.adam(),
            decoder: self.config.decoder_rate,
        };
        self.generator.learn(&made, gradient, rates);
        self.averaged.follow(&self.generator);
        if self.share >= 0.5 && self.steps.is_multiple_of(RAKE_EVERY) {
            self.rake()?;
        }
        Ok(loss)
    }

    fn probe(&mut self) -> Option<Probe> {
        let rows = self.real.n_rows();
        if self.config.adversary <= 0.0 || rows < 8 {
            return None;
        }
        let n = LOOK.min(rows - rows % 2);
        let stride = rows / n;
        let users: Vec<u32> = (0..n)
            .map(|at| u32::try_from((at * stride) % rows).expect("rows fit u32"))
            .collect();
        let (made, seen) = {
            let drawn = self.start.drawn(0..n as u64 / 2, self.seed("probe"));
            let made = self.generator.make(&drawn, self.seed("probe"));
            let profiles: Vec<&[u32]> = made.profiles.iter().map(Vec::as_slice).collect();
            let seen = self.features.see(&profiles);
            (made, seen)
        };
        let real = self.see_real(&users);
        let real_logits = self.critic.logits(&real.data);
        let fake_logits = self.critic.logits(&seen.rows.data);
        let items = self.real.n_columns();
        let users = users.iter().map(|&user| self.real.row(user as usize));
        let made = made.profiles.iter().map(Vec::as_slice);
        let rows = (ones(users, items), ones(made, items));
        Some(Probe::paired(real_logits, fake_logits, rows, items))
    }

    fn gradient_norms(&self) -> Option<[f64; 2]> {
        Some([
            self.generator.gradient_norm(),
            self.critic.net.gradient_norm(),
        ])
    }

    fn anneal(&mut self, share: f32) {
        self.share = share;
    }

    fn snapshot(&mut self) {
        self.kept = Some((
            self.generator.clone(),
            self.averaged.clone(),
            self.critic.clone(),
        ));
    }

    fn restore(&mut self) {
        if let Some((generator, averaged, critic)) = self.kept.clone() {
            (self.generator, self.averaged, self.critic) = (generator, averaged, critic);
        }
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        self.rates.apply(remedy, &mut self.critic.penalty)
    }

    fn undo(&mut self, _remedy: Remedy) -> bool {
        self.rates.undo(&mut self.critic.penalty)
    }
}

fn add(to: &mut Matrix, matrix: &Matrix, weight: f32) {
    for (to, x) in to.data.iter_mut().zip(&matrix.data) {
        *to += weight * x;
    }
}

/// Profiles in ones and zeros, row-major.
fn ones<'a>(profiles: impl ExactSizeIterator<Item = &'a [u32]>, items: usize) -> Vec<f32> {
    let mut rows = vec![0.0; profiles.len() * items];
    for (row, profile) in rows.chunks_mut(items).zip(profiles) {
        for &item in profile {
            row[item as usize] = 1.0;
        }
    }
    rows
}
