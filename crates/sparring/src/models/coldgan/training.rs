//! The two steps of the generator of places and its critic, for the loop of the room `gan`.

use rand::RngExt;
use sparring_wide::{Beta, Matrix, Seed, SparseRows, gemm_nt, gemm_tn, multinomial};

use super::ColdGanConfig;
use crate::data::{Dataset, ItemIx, UserIx};
use crate::gan::{
    AdversarialStep, Loss, Mlp, NetCritic, Noise, PairRates, Probe, Remedy, paired_adam,
};
use crate::models::cold::{Placed, Told};
use crate::recommend::{FitError, Monitor, Query, Run};

/// Warm items of a look at health, half of them compared with as many generated ones.
const LOOK: usize = 256;

/// Both networks and what they spar over.
pub(super) struct Training<'a> {
    config: &'a ColdGanConfig,
    train: &'a Dataset,
    run: Run<'a>,
    told: Told,
    /// The true places of the anchors, `[A, K]`.
    real: Matrix,
    /// Anchors by item.
    rows: Vec<Option<u32>>,
    scale: f32,
    placed: Placed,
    generator: Mlp,
    critic: NetCritic,
    rates: PairRates,
    steps: u64,
    kept: Option<(Mlp, NetCritic)>,
}

impl<'a> Training<'a> {
    pub(super) fn new(
        config: &'a ColdGanConfig,
        (train, run): (&'a Dataset, Run<'a>),
        (places, told): (&Matrix, Told),
        (scale, placed): (f32, Placed),
    ) -> Self {
        let (k, hidden) = (places.cols, config.hidden.get());
        let seed = run.seed.derive(super::NAME);
        let mut generator = Mlp::new(
            &[k + config.noise_dim, hidden, hidden, k],
            seed.derive("generator"),
        );
        generator.silence();
        let mut real = Matrix::zeros(told.anchors.len(), k);
        let mut rows = vec![None; places.rows];
        for (at, &anchor) in told.anchors.iter().enumerate() {
            real.row_mut(at).copy_from_slice(places.row(anchor));
            rows[anchor] = u32::try_from(at).ok();
        }
        Self {
            scale,
            critic: NetCritic {
                net: Mlp::new(&[2 * k, hidden, hidden, 1], seed.derive("critic")),
                loss: Loss::Relativistic,
                penalty: config.penalty,
            },
            rates: PairRates::new([config.generator_rate, config.discriminator_rate]),
            config,
            train,
            run,
            told,
            real,
            rows,
            placed,
            generator,
            steps: 0,
            kept: None,
        }
    }

    /// Number of anchors.
    pub(super) fn rows(&self) -> usize {
        self.told.anchors.len()
    }

    /// The recommender with the places that the generator gives.
    pub(super) fn into_placed(mut self) -> Placed {
        self.place();
        self.placed
    }

    /// Gives each cold item the mean of its draws.
    fn place(&mut self) {
        let n = self.told.places.rows;
        let draws = if self.config.noise_dim == 0 {
            1
        } else {
            self.config.draws.get()
        };
        let mut sum = Matrix::zeros(n, self.told.places.cols);
        let from = self.told.places.clone();
        for draw in 0..draws as u64 {
            let made = self.make(&from, self.seed("places").at(draw));
            for (sum, made) in sum.data.iter_mut().zip(&made.data) {
                *sum += made / draws as f32;
            }
        }
        self.placed.set_places(sum);
    }

    fn seed(&self, label: &str) -> Seed {
        self.run.seed.derive(super::NAME).derive(label)
    }

    /// Generated places from those of the regression.
    fn make(&mut self, from: &Matrix, seed: Seed) -> Matrix {
        let (k, z) = (from.cols, self.config.noise_dim);
        let mut input = Matrix::zeros(from.rows, k + z);
        let mut stream = seed.stream("noise");
        for (row, from) in input.data.chunks_mut(k + z).zip(from.rows_iter()) {
            for (to, from) in row.iter_mut().zip(from) {
                *to = from / self.scale;
            }
            Noise::Normal.fill(&mut row[k..], &mut stream);
        }
        let moves = self.generator.forward(&input.data);
        let mut made = from.clone();
        for (made, by) in made.data.iter_mut().zip(moves) {
            *made += self.scale * by;
        }
        made
    }

    /// The rows of a matrix of the anchors.
    fn rows_of(matrix: &Matrix, rows: &[u32]) -> Matrix {
        let mut some = Matrix::zeros(rows.len(), matrix.cols);
        for (at, &row) in rows.iter().enumerate() {
            some.row_mut(at).copy_from_slice(matrix.row(row as usize));
        }
        some
    }

    /// What the critic sees: places beside those of the regression, over the scale.
    fn pairs(&self, places: &Matrix, from: &Matrix) -> Vec<f32> {
        let each = places.rows_iter().zip(from.rows_iter());
        each.flat_map(|(place, from)| place.iter().chain(from))
            .map(|x| x / self.scale)
            .collect()
    }

    /// The loss of the ranking and its derivatives by the places of a batch.
    fn rank(&self, batch: &[u32], made: &Matrix) -> (f64, Matrix) {
        let mut stream = self.seed("users").stream_at("step", self.steps);
        let n_users = u32::try_from(self.train.n_users()).expect("fewer than 2^32 users");
        let mut place = vec![None; self.rows()];
        for (at, &row) in batch.iter().enumerate() {
            place[row as usize] = u32::try_from(at).ok();
        }
        let (mut histories, mut wanted) = (Vec::new(), SparseRows::new());
        for _ in 0..self.config.users.get() {
            let user = UserIx(stream.random_range(0..n_users));
            let at = |item: &ItemIx| self.rows[item.at()].and_then(|row| place[row as usize]);
            let (mut known, mut hits) = (Vec::new(), Vec::new());
            for item in self.train.history(user) {
                match at(item) {
                    Some(place) => hits.push(place),
                    None => known.push(*item),
                }
            }
            hits.sort_unstable();
            hits.dedup();
            if hits.is_empty() || known.is_empty() {
                continue;
            }
            let share = 1.0 / hits.len() as f32;
            wanted.push_row_with(hits.into_iter().map(|hit| (hit, share)));
            histories.push(known);
        }
        let mut gradient = Matrix::zeros(made.rows, made.cols);
        if histories.is_empty() {
            return (0.0, gradient);
        }
        let queries: Vec<Query<'_>> = histories.iter().map(|h| Query::new_user(h)).collect();
        let codes = self.placed.codes(&queries).expect("histories of the log");
        let mut logits = Matrix::default();
        gemm_nt(&codes, made, Beta::Replace, &mut logits);
        let loss = multinomial(&mut logits, &wanted);
        gemm_tn(&logits, &codes, Beta::Replace, &mut gradient);
        (loss, gradient)
    }
}

impl AdversarialStep for Training<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.steps += 1;
        if self.config.adversary <= 0.0 {
            return Ok(0.0);
        }
        let from = Self::rows_of(&self.told.without, rows);
        let made = self.make(&from, self.seed("critic").at(self.steps));
        let mut both = self.pairs(&Self::rows_of(&self.real, rows), &from);
        both.extend(self.pairs(&made, &from));
        Ok(self
            .critic
            .step(&both, &paired_adam(self.rates.now[1]))
            .into())
    }

    fn generator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        let from = Self::rows_of(&self.told.without, rows);
        let real = Self::rows_of(&self.real, rows);
        let made = self.make(&from, self.seed("generator").at(self.steps));
        let (n, k) = made.shape();
        let mut gradient = Matrix::zeros(n, k);
        let mut loss = 0.0;
        // Distances and slopes are by what the perceptron gives, places over the scale.
        let likeness = self.config.likeness / n as f32;
        for ((slope, made), real) in gradient.data.iter_mut().zip(&made.data).zip(&real.data) {
            let apart = (made - real) / self.scale;
            loss += f64::from(likeness * apart * apart);
            *slope = 2.0 * likeness * apart;
        }
        if self.config.adversary > 0.0 {
            let (real, fake) = (self.pairs(&real, &from), self.pairs(&made, &from));
            let (value, slopes) = self.critic.demand(&real, &fake);
            loss += f64::from(self.config.adversary * value);
            for (slope, along) in gradient.data.chunks_mut(k).zip(slopes.chunks(2 * k)) {
                for (slope, along) in slope.iter_mut().zip(along) {
                    *slope += self.config.adversary * along;
                }
            }
        }
        if self.config.ranking > 0.0 {
            let (value, slopes) = self.rank(rows, &made);
            loss += f64::from(self.config.ranking) * value;
            for (slope, along) in gradient.data.iter_mut().zip(&slopes.data) {
                *slope += self.config.ranking * self.scale * along;
            }
        }
        self.generator.backward(&gradient.data);
        self.generator.learn();
        self.generator.step(&paired_adam(self.rates.now[0]));
        Ok(loss)
    }

    fn probe(&mut self) -> Option<Probe> {
        let n = self.rows().min(LOOK) / 4 * 4;
        if self.config.adversary <= 0.0 || n < 8 {
            return None;
        }
        let stride = self.rows() / n;
        let rows: Vec<u32> = (0..n)
            .filter_map(|at| u32::try_from(at * stride).ok())
            .collect();
        let (real, from) = (
            Self::rows_of(&self.real, &rows),
            Self::rows_of(&self.told.without, &rows),
        );
        let half = Self::rows_of(&self.told.without, &rows[..n / 2]);
        let made = self.make(&half, self.seed("probe"));
        let real_logits = self.critic.logits(&self.pairs(&real, &from));
        let fake_logits = self.critic.logits(&self.pairs(&made, &half));
        Some(Probe::paired(
            real_logits,
            fake_logits,
            (real.data, made.data),
            self.real.cols,
        ))
    }

    fn gradient_norms(&self) -> Option<[f64; 2]> {
        Some([
            self.generator.gradient_norm(),
            self.critic.net.gradient_norm(),
        ])
    }

    fn rate(&mut self, monitor: &dyn Monitor) -> Option<f64> {
        self.place();
        Some(monitor.score(&self.placed))
    }

    fn snapshot(&mut self) {
        self.kept = Some((self.generator.clone(), self.critic.clone()));
    }

    fn restore(&mut self) {
        if let Some((generator, critic)) = self.kept.clone() {
            (self.generator, self.critic) = (generator, critic);
        }
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        self.rates.apply(remedy, &mut self.critic.penalty)
    }

    fn undo(&mut self, _remedy: Remedy) -> bool {
        self.rates.undo(&mut self.critic.penalty)
    }
}
