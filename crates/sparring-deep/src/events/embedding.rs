//! From events to rows of numbers.

use rayon::prelude::*;
use sparring_wide::{Beta, Matrix, Seed, dropout, gemm, gemm_nt, gemm_tn, normal};

use super::batch::{EventBatch, START};
use crate::body::Noise;
use crate::head::add_scaled;

/// Classes of how many events a user has so far.
pub const AGES: usize = 128;

/// The class of a number of events: itself below 64, then four classes a doubling.
///
/// ```
/// use sparring_deep::age;
/// assert_eq!([0, 63, 64, 127, 128].map(age), [0, 63, 64, 67, 68]);
/// ```
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small and not negative"
)]
pub fn age(events: usize) -> u32 {
    if events < 64 {
        return events as u32;
    }
    let class = 64.0 + 4.0 * (events as f64 / 64.0).log2();
    (class as u32).min(AGES as u32 - 1)
}

/// The sizes of a network of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSizes {
    /// Items `I`.
    pub items: usize,
    /// Classes of reactions `R`; 0 for none.
    pub reactions: usize,
    /// Classes of gaps `G`, 1 or more.
    pub gaps: usize,
    /// Whether a row knows how many events its session has so far.
    pub sessions: bool,
    /// Numbers `Z` drawn for each user; 0 for none.
    pub noise: usize,
    /// Width `K` of an event.
    pub width: usize,
}

/// The embeddings of events.
///
/// ```text
/// x_n = drop(sqrt(K) E[item] + R[reaction] + G[gap] + A[age] + S[session] + z W)        without E in a user's first row
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// `E [I, K]`
    pub items: Matrix,
    /// `R [R + 1, K]`, the last for no reaction
    pub reactions: Matrix,
    /// `G [G + 2, K]`, the last two for an unknown gap and for the row before the first event
    pub gaps: Matrix,
    /// `A [AGES, K]`
    pub ages: Matrix,
    /// `S [AGES, K]`, or without rows
    pub sessions: Matrix,
    /// `W [Z, K]`
    pub noise: Matrix,
}

/// Names of the embeddings.
pub(super) const NAMES: [&str; 6] = ["items", "reactions", "gaps", "ages", "sessions", "noise"];

impl Embedding {
    /// Drawn small around zero.
    pub fn new(sizes: EventSizes, seed: Seed) -> Self {
        let k = sizes.width;
        let std = (k as f32).sqrt().recip();
        let drawn = |rows, std, name| normal(rows, k, std, seed.derive(name));
        Self {
            items: drawn(sizes.items, std * 0.5, "items"),
            reactions: drawn(sizes.reactions + 1, 0.2, "reactions"),
            gaps: drawn(sizes.gaps + 2, 0.2, "gaps"),
            ages: drawn(AGES, 0.2, "ages"),
            sessions: drawn(if sizes.sessions { AGES } else { 0 }, 0.2, "sessions"),
            noise: drawn(sizes.noise, 0.2, "noise"),
        }
    }

    pub(super) fn tables(&self) -> [&Matrix; 6] {
        let Self {
            items,
            reactions,
            gaps,
            ages,
            sessions,
            noise,
        } = self;
        [items, reactions, gaps, ages, sessions, noise]
    }

    pub(super) fn tables_mut(&mut self) -> [&mut Matrix; 6] {
        let Self {
            items,
            reactions,
            gaps,
            ages,
            sessions,
            noise,
        } = self;
        [items, reactions, gaps, ages, sessions, noise]
    }

    fn scale(&self) -> f32 {
        (self.items.cols as f32).sqrt()
    }

    /// The row of the class of a gap; the first row of a user has one of its own.
    fn gap_row(&self, item: u32, gap: u32) -> usize {
        if item == START {
            self.gaps.rows - 1
        } else {
            gap as usize
        }
    }

    /// Rows of events `[N, K]`; each with the noise of its sequence.
    ///
    /// # Panics
    /// If a class is out of range.
    pub fn rows(&self, batch: &EventBatch) -> Matrix {
        let (width, scale) = (self.items.cols, self.scale());
        let mut users = Matrix::default();
        if self.noise.rows > 0 {
            gemm(&batch.noise, &self.noise, Beta::Replace, &mut users);
        }
        let mut sequences = vec![0_usize; batch.n_rows()];
        for (sequence, range) in batch.packed.ranges().enumerate() {
            sequences[range].fill(sequence);
        }
        let mut x = Matrix::zeros(batch.n_rows(), width);
        x.data.par_chunks_mut(width).enumerate().for_each(|(n, x)| {
            let item = batch.items[n];
            if item != START {
                add_scaled(x, scale, self.items.row(item as usize));
            }
            add_scaled(x, 1.0, self.reactions.row(batch.reactions[n] as usize));
            add_scaled(x, 1.0, self.gaps.row(self.gap_row(item, batch.gaps[n])));
            add_scaled(x, 1.0, self.ages.row(batch.ages[n] as usize));
            if self.sessions.rows > 0 {
                add_scaled(x, 1.0, self.sessions.row(batch.sessions[n] as usize));
            }
            if users.rows > 0 {
                add_scaled(x, 1.0, users.row(sequences[n]));
            }
        });
        x
    }

    /// The rows with dropout, which depends on the noise alone.
    pub(super) fn dropped(&self, batch: &EventBatch, rate: f32, noise: Noise) -> Matrix {
        let mut x = self.rows(batch);
        dropout(&mut x, rate, noise.seed.derive("input"), noise.step);
        x
    }

    /// The derivatives by the tables, given those by the rows with dropout.
    pub(super) fn backward(
        &self,
        batch: &EventBatch,
        mut by_x: Matrix,
        (rate, noise): (f32, Noise),
    ) -> Vec<Matrix> {
        dropout(&mut by_x, rate, noise.seed.derive("input"), noise.step);
        let scale = self.scale();
        let mut found: Vec<Matrix> = self
            .tables()
            .iter()
            .map(|table| Matrix::zeros(table.rows, table.cols))
            .collect();
        for (n, g) in by_x.rows_iter().enumerate() {
            let item = batch.items[n];
            if item != START {
                add_scaled(found[0].row_mut(item as usize), scale, g);
            }
            add_scaled(found[1].row_mut(batch.reactions[n] as usize), 1.0, g);
            add_scaled(found[2].row_mut(self.gap_row(item, batch.gaps[n])), 1.0, g);
            add_scaled(found[3].row_mut(batch.ages[n] as usize), 1.0, g);
            if self.sessions.rows > 0 {
                add_scaled(found[4].row_mut(batch.sessions[n] as usize), 1.0, g);
            }
        }
        if self.noise.rows > 0 {
            let mut sums = Matrix::zeros(batch.packed.n_sequences(), by_x.cols);
            for (sequence, range) in batch.packed.ranges().enumerate() {
                for n in range {
                    add_scaled(sums.row_mut(sequence), 1.0, by_x.row(n));
                }
            }
            gemm_tn(&batch.noise, &sums, Beta::Replace, &mut found[5]);
        }
        found
    }

    /// Scores of all items `[rows, I]` for what is asked for.
    pub fn scores(&self, query: &Matrix) -> Matrix {
        let mut scores = Matrix::default();
        gemm_nt(query, &self.items, Beta::Replace, &mut scores);
        scores
    }
}
