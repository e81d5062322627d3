//! From latent vectors to profiles: the one decoder of all synthesizers that have one.
//!
//! ```text
//! x_ui = (d_i . z_u + o_i) / temperature
//! ```
//!
//! with a direction `d_i` and an offset `o_i` for each item; the calibrated logistic link
//! (`link.rs`) makes chances and profiles of `x_u`. The offsets are raked: moved by turns until the
//! mean chance of each item over imagined users is its popularity.

use rayon::prelude::*;
use sparring_wide::{Beta, Matrix, Seed, gemm_nt};

use super::link::{Cut, add_chances, calibrate};
use super::profiles::{Block, Profiles};
use crate::recommend::{FitError, NamedTensors, Progress, Run, WeightsError};

/// Imagined users are summed in so many parts, whatever the number of threads.
const PARTS: usize = 16;
/// Rows whose logits are held at a time.
const ROWS: usize = 32;
/// Logit of an item that nobody has, without a direction.
const NEVER: f64 = -100.0;
/// Largest move of a logit in one turn.
const STRIDE: f64 = 3.0;
/// Share of all events by which popularity may still be wrong.
const ENOUGH: f64 = 1e-3;

/// Directions, offsets and temperature.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decoder {
    /// `[I, K]`.
    directions: Matrix,
    /// `[I]`.
    offsets: Vec<f32>,
    temperature: f32,
}

/// Users to decode: a latent vector and a length each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Imagined {
    /// `[N, K]`.
    pub(super) latents: Matrix,
    pub(super) lengths: Vec<usize>,
}

/// What raking is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raking<'a> {
    /// The synthesizer that asks.
    pub(super) synthesizer: &'static str,
    /// Share of the users that should have each item, `[I]`.
    pub(super) popularity: &'a [f64],
    /// Most turns; fewer if popularity is reached earlier.
    pub(super) turns: usize,
}

impl Decoder {
    /// A decoder whose items have the odds of their popularity, before raking.
    pub(super) fn new(directions: Matrix, popularity: &[f64], temperature: f32) -> Self {
        let start = |share: &f64| single(f64::from(temperature) * logit(*share));
        Self {
            directions,
            offsets: popularity.iter().map(start).collect(),
            temperature,
        }
    }

    /// A decoder of logits as they are.
    pub(super) fn of_logits(directions: Matrix, offsets: Vec<f32>) -> Self {
        Self {
            directions,
            offsets,
            temperature: 1.0,
        }
    }

    /// Directions `[I, K]` and offsets in logits, for latent vectors `(z - center) / spread`.
    pub(super) fn in_scale(&self, center: &[f32], spread: &[f32]) -> (Matrix, Vec<f32>) {
        let (mut directions, mut offsets) = (self.directions.clone(), self.offsets.clone());
        let rows = directions.data.chunks_mut(self.width().max(1));
        for (row, offset) in rows.zip(&mut offsets) {
            for ((entry, center), spread) in row.iter_mut().zip(center).zip(spread) {
                *offset += *entry * center;
                *entry *= spread / self.temperature;
            }
            *offset /= self.temperature;
        }
        (directions, offsets)
    }

    /// The items' offsets, `[I]`.
    pub(super) fn offsets(&self) -> &[f32] {
        &self.offsets
    }

    pub(super) fn n_items(&self) -> usize {
        self.offsets.len()
    }

    /// Width `K` of a latent vector.
    pub(super) fn width(&self) -> usize {
        self.directions.cols
    }

    /// The profiles of the users of a block, each drawn from its own stream.
    pub(super) fn profiles(&self, users: &Imagined, block: Block, seed: Seed) -> Profiles {
        let logits = self.logits(&users.latents);
        let (mut profiles, mut cut) = (Profiles::new(), Cut::default());
        let rows = logits.rows_iter().zip(&users.lengths);
        for (user, (row, &length)) in block.users().zip(rows) {
            let mut stream = seed.stream_at("items", user);
            profiles.push(cut.draw(row, length, &mut stream));
        }
        profiles
    }

    /// Moves the offsets until the mean chances over the imagined users are the popularity.
    ///
    /// # Errors
    /// If a stop is requested.
    pub(super) fn rake(
        &mut self,
        users: &Imagined,
        raking: Raking<'_>,
        run: &Run<'_>,
    ) -> Result<(), FitError> {
        let wanted: f64 = raking.popularity.iter().sum();
        let mut rows = vec![0.0; users.lengths.len()];
        for turn in 1..=raking.turns {
            if run.cancel.is_requested() {
                let model = raking.synthesizer;
                return Err(FitError::Cancelled { model });
            }
            let (chances, variances) = self.expected(users, &mut rows);
            let mut wrong = 0.0;
            for (at, offset) in self.offsets.iter_mut().enumerate() {
                let (share, mean) = (raking.popularity[at], chances[at]);
                if share <= 0.0 {
                    continue;
                }
                wrong += (share - mean).abs();
                // How fast the logit of the mean follows the offset; 1 where all users are alike.
                let speed = (variances[at] / (mean * (1.0 - mean))).clamp(0.05, 1.0);
                let step = (logit(share) - logit(mean)) / speed;
                let step = if step.is_finite() { step } else { 0.0 };
                *offset += single(f64::from(self.temperature) * step.clamp(-STRIDE, STRIDE));
            }
            run.observer.point("raking", turn as u64, wrong / wanted);
            run.observer.progress(Progress {
                unit: "turn",
                done: turn as u64,
                total: raking.turns as u64,
            });
            if wrong <= ENOUGH * wanted {
                break;
            }
        }
        Ok(())
    }

    /// Mean over users of each item's chance and of its variance; `rows` are the rows' offsets,
    /// those of the last turn before and those of this one after.
    fn expected(&self, users: &Imagined, rows: &mut [f32]) -> (Vec<f64>, Vec<f64>) {
        let (items, n, width) = (self.n_items(), rows.len(), self.width());
        let share = n.div_ceil(PARTS).max(1);
        let parts: Vec<(Vec<f64>, Vec<f64>)> = rows
            .par_chunks_mut(share)
            .enumerate()
            .map(|(part, rows)| {
                let (mut chances, mut variances) = (vec![0.0; items], vec![0.0; items]);
                for (at, rows) in rows.chunks_mut(ROWS).enumerate() {
                    let from = part * share + at * ROWS;
                    let latents = &users.latents.data[from * width..][..rows.len() * width];
                    let latents = Matrix::from_vec(rows.len(), width, latents.to_vec());
                    let logits = self.logits(&latents);
                    let lengths = &users.lengths[from..];
                    for ((row, offset), &length) in logits.rows_iter().zip(rows).zip(lengths) {
                        *offset = calibrate(row, length as f64, *offset);
                        add_chances(row, *offset, &mut chances, &mut variances);
                    }
                }
                (chances, variances)
            })
            .collect();
        let (mut chances, mut variances) = (vec![0.0; items], vec![0.0; items]);
        for (part_chances, part_variances) in &parts {
            add_share(&mut chances, part_chances, n);
            add_share(&mut variances, part_variances, n);
        }
        (chances, variances)
    }

    /// `[N, I]`.
    fn logits(&self, latents: &Matrix) -> Matrix {
        let (users, items) = (latents.rows, self.n_items());
        let mut logits = Matrix::zeros(users, items);
        if self.width() > 0 {
            gemm_nt(latents, &self.directions, Beta::Replace, &mut logits);
        }
        let scale = self.temperature.recip();
        for row in logits.data.chunks_mut(items) {
            for (x, offset) in row.iter_mut().zip(&self.offsets) {
                *x = (*x + offset) * scale;
            }
        }
        logits
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let (items, width) = self.directions.shape();
        NamedTensors::new()
            .with("directions", &[items, width], self.directions.data.clone())
            .with("offsets", &[items], self.offsets.clone())
            .with("temperature", &[1], vec![self.temperature])
    }

    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (items, width, directions) = weights.matrix("directions")?;
        let offsets = weights.vector_of("offsets", items)?.to_vec();
        let temperature = weights.vector_of("temperature", 1)?[0];
        if !(temperature > 0.0 && temperature.is_finite()) {
            return Err(WeightsError::Value {
                name: "temperature".to_owned(),
                expected: "a number above 0",
                found: temperature.to_string(),
            });
        }
        for (name, numbers) in [("directions", directions), ("offsets", &offsets)] {
            finite(name, numbers)?;
        }
        Ok(Self {
            directions: Matrix::from_vec(items, width, directions.to_vec()),
            offsets,
            temperature,
        })
    }
}

/// Adds the `n`-th part of each number.
fn add_share(sums: &mut [f64], numbers: &[f64], n: usize) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += number / n as f64;
    }
}

/// An error if one of the numbers is not finite.
pub(super) fn finite(name: &str, numbers: &[f32]) -> Result<(), WeightsError> {
    match numbers.iter().find(|number| !number.is_finite()) {
        None => Ok(()),
        Some(number) => Err(WeightsError::Value {
            name: name.to_owned(),
            expected: "finite numbers",
            found: number.to_string(),
        }),
    }
}

/// `ln(p / (1 - p))`, for what nobody or everybody has an end that is not infinite.
fn logit(share: f64) -> f64 {
    if share <= 0.0 {
        return NEVER;
    }
    let share = share.min(1.0 - 1e-6);
    (share / (1.0 - share)).ln()
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::Cancel;

    /// Users of one latent number each, 1 or -1 by turns, with lengths 1, 2 and 3 by turns.
    fn users(n: usize) -> Imagined {
        Imagined {
            latents: Matrix::from_vec(n, 1, (0..n).map(|at| 1.0 - 2.0 * (at % 2) as f32).collect()),
            lengths: (0..n).map(|at| 1 + at % 3).collect(),
        }
    }

    fn raked(decoder: &mut Decoder, popularity: &[f64], users: &Imagined) -> Vec<f64> {
        let cancel = Cancel::new();
        let raking = Raking {
            synthesizer: "test",
            popularity,
            turns: 40,
        };
        let run = Run::quiet(Seed(1), &cancel);
        decoder.rake(users, raking, &run).unwrap();
        decoder
            .expected(users, &mut vec![0.0; users.lengths.len()])
            .0
    }

    #[test]
    fn raking_reaches_the_popularity() {
        // Four items over users of 2 items each on average, pulled apart by strong directions.
        let popularity = [0.9, 0.6, 0.4, 0.1];
        let directions = Matrix::from_vec(4, 1, vec![2.0, -2.0, 1.0, -1.0]);
        let mut decoder = Decoder::new(directions, &popularity, 0.5);
        let users = users(300);
        let before = decoder.expected(&users, &mut [0.0; 300]).0;
        let off = |found: &[f64]| -> f64 {
            let pairs = found.iter().zip(&popularity);
            pairs.map(|(found, wanted)| (found - wanted).abs()).sum()
        };
        assert!(off(&before) > 0.1, "{before:?}");
        let after = raked(&mut decoder, &popularity, &users);
        assert!(off(&after) < 2.0 * ENOUGH, "{after:?}");
    }

    #[test]
    fn an_item_that_nobody_has_is_never_drawn() {
        let popularity = [0.8, 0.0, 0.7, 0.5];
        let mut decoder = Decoder::new(Matrix::zeros(4, 1), &popularity, 1.0);
        let users = users(300);
        raked(&mut decoder, &popularity, &users);
        let block = Imagined {
            latents: Matrix::zeros(32, 1),
            lengths: vec![3; 32],
        };
        let drawn = decoder.profiles(&block, Block(7), Seed(1));
        assert!(drawn.iter().all(|profile| profile.len() == 3));
        assert!(drawn.iter().flatten().all(|item| item.0 != 1));
    }

    #[test]
    fn a_stop_is_heard() {
        let mut decoder = Decoder::new(Matrix::zeros(2, 1), &[0.5, 0.5], 1.0);
        let cancel = Cancel::new();
        cancel.request();
        let raking = Raking {
            synthesizer: "test",
            popularity: &[0.5, 0.5],
            turns: 1,
        };
        let stopped = decoder.rake(&users(6), raking, &Run::quiet(Seed(1), &cancel));
        assert!(matches!(
            stopped,
            Err(FitError::Cancelled { model: "test" })
        ));
    }

    #[test]
    fn damaged_weights_are_refused() {
        let weights = Decoder::new(Matrix::zeros(2, 1), &[0.5, 0.5], 1.0).weights();
        assert!(Decoder::from_weights(&weights).is_ok());
        for (name, length, damage) in [("temperature", 1, 0.0), ("offsets", 2, f32::NAN)] {
            let damaged = weights.clone().with(name, &[length], vec![damage; length]);
            let error = Decoder::from_weights(&damaged).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
