//! Latent users: where they lie among the leading directions of the log, how long they are, and a
//! decoder back to items.
//!
//! ```text
//! u = x / sqrt(|x|),  z = V' u,  g = normal score of |x|                   (lengths.rs)
//! x_ui = (v_i . z + o_i) / temperature                                     (decoder.rs)
//! ```
//!
//! with the leading right singular vectors `V` of all `u`. A synthesizer of this kind is a law of
//! `(z, g)`: a blend of normal components. Decoding loses some of the spread, so that the variance
//! of `z` is inflated. Since offsets are raked after that, only `sqrt(inflation) / temperature`
//! counts: ML-1M is best from 35 to 50; beyond, popularity is hard to rake.

use std::num::NonZeroUsize;

use rand::RngExt;
use rand_distr::StandardNormal;
use sparring_wide::{Matrix, Seed};

use super::blend::{Blend, Component};
use super::decoder::{Decoder, Imagined, Raking};
use super::generator::Drawn;
use super::lengths::Lengths;
use super::profiles::{Block, Profiles};
use super::real::Real;
use super::traits::Synthesizer;
use super::warp::{Scale, Warp};
use crate::models::{Leading, Room, Scaled, Search, check, leading, memory_of};
use crate::recommend::{FitError, NamedTensors, Run, Weights, WeightsError};

/// Rounds of subspace iteration.
const ITERATIONS: usize = 6;
/// Users whose mean chances stand for all.
const IMAGINED: u64 = 4096;

/// What the synthesizers of this kind share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// The synthesizer that asks.
    pub(super) synthesizer: &'static str,
    /// Number of directions.
    pub(super) rank: NonZeroUsize,
    /// Factor of the latent variance, above 0.
    pub(super) inflation: f32,
    /// Temperature, in units of the mean entry of `u` where an item is.
    pub(super) temperature: f32,
    /// Most turns of raking.
    pub(super) turns: usize,
}

/// The real users as they are seen by a law of latent users: `[U, K + 1]`, the last column is the
/// score of the length.
pub(super) struct Seen {
    pub(super) rows: Matrix,
}

/// A fitted law with its decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentUsers {
    blend: Blend,
    lengths: Lengths,
    /// What training added to the law, if it did.
    warp: Option<Warp>,
    decoder: Decoder,
}

impl LatentUsers {
    /// Fits: directions, a law by `law`, offsets raked to the popularity.
    ///
    /// # Errors
    /// If a setting is out of range, the log too small, there is no room, or a stop is requested.
    pub(super) fn fit(
        settings: Settings,
        real: &Real,
        run: &Run<'_>,
        law: impl FnOnce(&Seen, &Run<'_>) -> Result<Vec<Component>, FitError>,
    ) -> Result<Self, FitError> {
        let name = settings.synthesizer;
        check::positive(name, "inflation", f64::from(settings.inflation))?;
        check::positive(name, "temperature", f64::from(settings.temperature))?;
        let run = run.with_seed(run.seed.derive(name));
        let (directions, seen) = see(settings, real, &run)?;
        let mut blend = Blend::new(law(&seen, &run)?);
        blend.inflate(settings.inflation, directions.cols);
        let popularity = real.popularity();
        let temperature = settings.temperature * mean_entry(&real.sizes);
        let lengths = Lengths::of(&real.sizes, |score| blend.cdf_of_last(score));
        let mut model = Self {
            blend,
            lengths,
            warp: None,
            decoder: Decoder::new(directions, &popularity, temperature),
        };
        model.rake(name, &popularity, (IMAGINED, settings.turns), &run)?;
        Ok(model)
    }

    /// Of a law of `(z, g)` that is known, the directions of `z` `[I, K]`, the shares of users that
    /// should have each item, and lengths like those of the users.
    ///
    /// # Errors
    /// If a stop is requested.
    pub(super) fn of_law(
        synthesizer: &'static str,
        law: Component,
        (directions, popularity, sizes): (Matrix, Vec<f64>, Vec<usize>),
        (inflation, temperature, turns): (f32, f32, usize),
        run: &Run<'_>,
    ) -> Result<Self, FitError> {
        let mut blend = Blend::new(vec![law]);
        blend.inflate(inflation, directions.cols);
        let lengths = Lengths::of(&sizes, |score| blend.cdf_of_last(score));
        let temperature = temperature * mean_entry(&sizes);
        let mut model = Self {
            blend,
            lengths,
            warp: None,
            decoder: Decoder::new(directions, &popularity, temperature),
        };
        model.rake(synthesizer, &popularity, (IMAGINED, turns), run)?;
        Ok(model)
    }

    /// Rakes the offsets over the first `imagined` users of the run's seed, in `turns` at most.
    ///
    /// # Errors
    /// If a stop is requested.
    pub(super) fn rake(
        &mut self,
        synthesizer: &'static str,
        popularity: &[f64],
        (imagined, turns): (u64, usize),
        run: &Run<'_>,
    ) -> Result<(), FitError> {
        let users = self.imagine(0..imagined, run.seed);
        let raking = Raking {
            synthesizer,
            popularity,
            turns,
        };
        self.decoder.rake(&users, raking, run)
    }

    /// The same law with what training made of its latent space and decoder.
    pub(super) fn with(&self, (warp, weights, offsets): (Warp, Matrix, Vec<f32>)) -> Self {
        Self {
            blend: self.blend.clone(),
            lengths: self.lengths.clone(),
            warp: Some(warp),
            decoder: Decoder::of_logits(weights, offsets),
        }
    }

    /// Width `K` of a latent vector.
    pub(super) fn width(&self) -> usize {
        self.decoder.width()
    }

    /// The decoder's directions and offsets in logits, for latent vectors in `scale`.
    pub(super) fn decoder_in(&self, scale: &Scale) -> (Matrix, Vec<f32>) {
        self.decoder.in_scale(&scale.center, &scale.spread)
    }

    /// The decoder's offsets.
    pub(super) fn offsets(&self) -> &[f32] {
        self.decoder.offsets()
    }

    /// The latent vectors and lengths of these users.
    fn imagine(&self, users: std::ops::Range<u64>, seed: Seed) -> Imagined {
        let Drawn { rows, lengths } = self.drawn(users, seed);
        let latents = match &self.warp {
            Some(warp) => warp.apply(rows),
            None => without_the_last(&rows),
        };
        Imagined { latents, lengths }
    }

    /// These users as the law draws them.
    pub(super) fn drawn(&self, users: std::ops::Range<u64>, seed: Seed) -> Drawn {
        let width = self.blend.width();
        let (mut rows, mut lengths) = (Vec::new(), Vec::new());
        let mut row = vec![0.0; width];
        let mut noise = vec![0.0; width];
        for user in users {
            let mut stream = seed.stream_at("user", user);
            let which = stream.random::<f32>();
            noise.fill_with(|| stream.sample(StandardNormal));
            self.blend.place(which, &noise, &mut row);
            let score = row.last().expect("the score of the length is there");
            lengths.push(self.lengths.at(f64::from(*score), self.n_items()));
            rows.extend_from_slice(&row);
        }
        Drawn {
            rows: Matrix::from_vec(lengths.len(), width, rows),
            lengths,
        }
    }
}

/// Rows without their last entry.
fn without_the_last(rows: &Matrix) -> Matrix {
    let width = rows.cols - 1;
    let kept = rows.rows_iter().flat_map(|row| &row[..width]);
    Matrix::from_vec(rows.rows, width, kept.copied().collect())
}

/// The leading directions `[I, K]` and the real users among them.
fn see(settings: Settings, real: &Real, run: &Run<'_>) -> Result<(Matrix, Seen), FitError> {
    let (rows, name) = (&real.rows, settings.synthesizer);
    let wanted = settings.rank.get();
    let size = (
        rows.n_rows() as u64,
        rows.n_columns() as u64,
        rows.len() as u64,
    );
    Room::of(run).enough(name, memory_of(size, wanted as u64))?;
    let scales: Vec<f64> = real
        .sizes
        .iter()
        .map(|&n| (n as f64).sqrt().recip())
        .collect();
    let matrix = Scaled {
        profiles: rows,
        rows: &scales,
        columns: &vec![1.0; rows.n_columns()],
    };
    let search = Search {
        model: name,
        wanted,
        iterations: ITERATIONS,
    };
    let Leading { vectors, .. } = leading(matrix, search, run)?;
    let places = matrix.times(&vectors);
    let mut seen = Vec::with_capacity(rows.n_rows() * (vectors.width + 1));
    let scores = Lengths::scores(&real.sizes);
    for (place, score) in places.values.chunks(vectors.width).zip(scores) {
        seen.extend_from_slice(place);
        #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
        seen.push(score as f32);
    }
    let (items, width) = (rows.n_columns(), vectors.width);
    Ok((
        Matrix::from_vec(items, width, vectors.values),
        Seen {
            rows: Matrix::from_vec(rows.n_rows(), width + 1, seen),
        },
    ))
}

/// Mean over all events of the entry `1 / sqrt(|x|)` of its user.
fn mean_entry(sizes: &[usize]) -> f32 {
    let roots: f64 = sizes.iter().map(|&n| (n as f64).sqrt()).sum();
    let events: usize = sizes.iter().sum();
    #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
    let mean = (roots / events as f64) as f32;
    mean
}

impl Synthesizer for LatentUsers {
    fn n_items(&self) -> usize {
        self.decoder.n_items()
    }

    fn draw(&self, block: Block, seed: Seed) -> Profiles {
        let users = self.imagine(block.users(), seed);
        self.decoder.profiles(&users, block, seed)
    }
}

impl Weights for LatentUsers {
    fn weights(&self) -> NamedTensors {
        let weights = NamedTensors::new()
            .with_part("blend", self.blend.weights())
            .with_part("lengths", self.lengths.weights())
            .with_part("decoder", self.decoder.weights());
        match &self.warp {
            Some(warp) => weights.with_part("warp", warp.weights()),
            None => weights,
        }
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let blend = Blend::from_weights(&super::part(weights, "blend")?)?;
        let decoder = Decoder::from_weights(&super::part(weights, "decoder")?)?;
        if blend.width() != decoder.width() + 1 {
            return Err(WeightsError::Shape {
                name: "decoder.directions".to_owned(),
                expected: format!("[items, {}]", blend.width() - 1),
                found: vec![decoder.n_items(), decoder.width()],
            });
        }
        Ok(Self {
            blend,
            lengths: Lengths::from_weights(&super::part(weights, "lengths")?)?,
            warp: match weights.part("warp") {
                Some(warp) => Some(Warp::from_weights(&warp, decoder.width())?),
                None => None,
            },
            decoder,
        })
    }
}
