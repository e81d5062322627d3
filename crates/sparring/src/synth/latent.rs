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
use super::lengths::Lengths;
use super::profiles::{Block, Profiles};
use super::real::Real;
use super::traits::Synthesizer;
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
            decoder: Decoder::new(directions, &popularity, temperature),
        };
        let users = model.imagine(0..IMAGINED, run.seed);
        let raking = Raking {
            synthesizer: name,
            popularity: &popularity,
            turns: settings.turns,
        };
        model.decoder.rake(&users, raking, &run)?;
        Ok(model)
    }

    /// The latent vectors and lengths of these users.
    fn imagine(&self, users: std::ops::Range<u64>, seed: Seed) -> Imagined {
        let width = self.blend.width();
        let (mut latents, mut lengths) = (Vec::new(), Vec::new());
        let mut row = vec![0.0; width];
        let mut noise = vec![0.0; width];
        for user in users {
            let mut stream = seed.stream_at("user", user);
            let which = stream.random::<f32>();
            noise.fill_with(|| stream.sample(StandardNormal));
            self.blend.place(which, &noise, &mut row);
            let (score, place) = row.split_last().expect("the score of the length is there");
            latents.extend_from_slice(place);
            lengths.push(self.lengths.at(f64::from(*score), self.n_items()));
        }
        Imagined {
            latents: Matrix::from_vec(lengths.len(), width - 1, latents),
            lengths,
        }
    }
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
        NamedTensors::new()
            .with_part("blend", self.blend.weights())
            .with_part("lengths", self.lengths.weights())
            .with_part("decoder", self.decoder.weights())
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
            decoder,
        })
    }
}
