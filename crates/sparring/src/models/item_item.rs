//! Scores that are linear in the history, `x B`, for a dense or a low-rank matrix `B`.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::contributions::{dot, each_once, scored};
use super::profiles::distinct;
use crate::data::ItemIx;
use crate::recommend::{NamedTensors, Query, Recommender, ScoreError, WeightsError};

/// Columns of a panel: what one core holds in its vector registers.
const PANEL: usize = 64;
/// Queries scored together.
const BLOCK: usize = 64;

/// A matrix `B [I, I]` that turns a history into scores.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ItemItem {
    Dense(Dense),
    LowRank(LowRank),
}

/// `B` with all its entries, in panels of 64 columns: `[I / 64, I, 64]`, the last one padded.
///
/// A history touches whole cache lines of one panel after the other, and a panel fits into the
/// cache, which a row-major `B` does not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Dense {
    n_items: usize,
    panels: Vec<f32>,
}

/// `x B = ((x W) W') . scale - x . own`, element by element in `scale` and `own`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LowRank {
    rank: usize,
    /// `W`, `[I, R]`.
    factors: Vec<f32>,
    scale: Vec<f32>,
    own: Vec<f32>,
}

impl ItemItem {
    pub(super) fn weights(&self) -> NamedTensors {
        match self {
            Self::Dense(dense) => {
                let n = dense.n_items;
                NamedTensors::new().with("weights", &[n, n], dense.to_rows())
            }
            Self::LowRank(low) => {
                let n = low.scale.len();
                NamedTensors::new()
                    .with("factors", &[n, low.rank], low.factors.clone())
                    .with("scale", &[n], low.scale.clone())
                    .with("own", &[n], low.own.clone())
            }
        }
    }

    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let dense = ["factors", "scale", "own"]
            .iter()
            .all(|name| !weights.0.contains_key(*name));
        if dense {
            let (n, _, _) = weights.matrix("weights")?;
            let rows = weights.matrix_of("weights", n, n)?;
            return Ok(Self::Dense(Dense::new(n, |row, column| {
                rows[row * n + column]
            })));
        }
        let (n, rank, factors) = weights.matrix("factors")?;
        Ok(Self::LowRank(LowRank {
            rank,
            factors: factors.to_vec(),
            scale: weights.vector_of("scale", n)?.to_vec(),
            own: weights.vector_of("own", n)?.to_vec(),
        }))
    }
}

impl ItemItem {
    /// Multiplies the scores of each item, the columns of `B`, by its factor.
    pub(super) fn scale_columns(&mut self, factors: &[f32]) {
        assert_eq!(factors.len(), self.n_items(), "factors [I]");
        match self {
            Self::Dense(dense) => dense.scale_columns(factors),
            Self::LowRank(low) => {
                for (values, factor) in low.scale.iter_mut().zip(&mut low.own).zip(factors) {
                    *values.0 *= factor;
                    *values.1 *= factor;
                }
            }
        }
    }
}

impl Recommender for ItemItem {
    fn n_items(&self) -> usize {
        match self {
            Self::Dense(dense) => dense.n_items,
            Self::LowRank(low) => low.scale.len(),
        }
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let n = self.n_items();
        assert_eq!(scores.len(), queries.len() * n, "scores [Q, I]");
        let histories = queries
            .iter()
            .map(|query| distinct(query.history, n))
            .collect::<Result<Vec<_>, _>>()?;
        histories
            .par_chunks(BLOCK)
            .zip(scores.par_chunks_mut(BLOCK * n.max(1)))
            .for_each(|(histories, scores)| match self {
                Self::Dense(dense) => dense.score(histories, scores),
                Self::LowRank(low) => low.score(histories, scores),
            });
        Ok(())
    }

    /// `B_ji` for each item `j` of the history; they sum to the score of `i`.
    fn explain(&self, query: &Query<'_>, item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        let n = self.n_items();
        let to = scored(item, n)?;
        each_once(query.history, n, |from| match self {
            Self::Dense(dense) => dense.entry(from, to),
            Self::LowRank(low) => low.entry(from, to),
        })
        .map(Some)
    }
}

impl Dense {
    /// The matrix with these entries by row and column.
    pub(super) fn new(n_items: usize, entry: impl Fn(usize, usize) -> f32 + Sync) -> Self {
        let mut panels = vec![0.0; n_items.div_ceil(PANEL) * n_items * PANEL];
        panels
            .par_chunks_mut((n_items * PANEL).max(1))
            .enumerate()
            .for_each(|(panel, entries)| {
                let first = panel * PANEL;
                let width = PANEL.min(n_items - first);
                // Squares, so that a source in columns is read a cache line at a time.
                for from in (0..n_items).step_by(PANEL) {
                    for column in 0..width {
                        for row in from..n_items.min(from + PANEL) {
                            entries[row * PANEL + column] = entry(row, first + column);
                        }
                    }
                }
            });
        Self { n_items, panels }
    }

    /// `B_jk` by row `j` and column `k`.
    fn entry(&self, row: usize, column: usize) -> f32 {
        let panel = column / PANEL;
        self.panels[(panel * self.n_items + row) * PANEL + column % PANEL]
    }

    fn scale_columns(&mut self, factors: &[f32]) {
        self.panels
            .par_chunks_mut((self.n_items * PANEL).max(1))
            .zip(factors.par_chunks(PANEL))
            .for_each(|(panel, factors)| {
                for row in panel.chunks_mut(PANEL) {
                    row.iter_mut().zip(factors).for_each(|(b, f)| *b *= f);
                }
            });
    }

    fn to_rows(&self) -> Vec<f32> {
        let n = self.n_items;
        let mut rows = vec![0.0; n * n];
        rows.par_chunks_mut(n.max(1))
            .enumerate()
            .for_each(|(row, out)| {
                for (panel, out) in out.chunks_mut(PANEL).enumerate() {
                    out.copy_from_slice(&self.panels[(panel * n + row) * PANEL..][..out.len()]);
                }
            });
        rows
    }

    fn score(&self, histories: &[Vec<u32>], scores: &mut [f32]) {
        let arch = pulp::Arch::new();
        let n = self.n_items;
        for (panel, entries) in self.panels.chunks(n * PANEL).enumerate() {
            let first = panel * PANEL;
            let width = PANEL.min(n - first);
            for (history, scores) in histories.iter().zip(scores.chunks_mut(n)) {
                let sums = arch.dispatch(|| sum_rows(entries, history));
                scores[first..first + width].copy_from_slice(&sums[..width]);
            }
        }
    }
}

/// The sum of some rows of a panel; the sums stay in registers.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled for the vector unit found at run time"
)]
fn sum_rows(panel: &[f32], rows: &[u32]) -> [f32; PANEL] {
    let (panel, _) = panel.as_chunks::<PANEL>();
    let mut sums = [0.0; PANEL];
    for &row in rows {
        let entries = &panel[row as usize];
        for lane in 0..PANEL {
            sums[lane] += entries[lane];
        }
    }
    sums
}

impl LowRank {
    /// Factors `[I, R]`, scale `[I]` and own part `[I]`.
    pub(super) fn new(rank: usize, factors: Vec<f32>, scale: Vec<f32>, own: Vec<f32>) -> Self {
        Self {
            rank,
            factors,
            scale,
            own,
        }
    }

    /// `B_jk` by row `j` and column `k`.
    fn entry(&self, row: usize, column: usize) -> f32 {
        let factors = |item: usize| &self.factors[item * self.rank..][..self.rank];
        let own = if row == column { self.own[row] } else { 0.0 };
        self.scale[column] * dot(factors(row), factors(column)) - own
    }

    fn score(&self, histories: &[Vec<u32>], scores: &mut [f32]) {
        let (n, rank) = (self.scale.len(), self.rank);
        let mut codes = vec![0.0; histories.len() * rank];
        for (history, code) in histories.iter().zip(codes.chunks_mut(rank.max(1))) {
            for &item in history {
                let factors = &self.factors[item as usize * rank..][..rank];
                code.iter_mut().zip(factors).for_each(|(c, f)| *c += f);
            }
        }
        let codes = MatRef::from_row_major_slice(&codes, histories.len(), rank);
        let factors = MatRef::from_row_major_slice(&self.factors, n, rank);
        let out = MatMut::from_row_major_slice_mut(scores, histories.len(), n);
        matmul(
            out,
            Accum::Replace,
            codes,
            factors.transpose(),
            1.0,
            Par::Seq,
        );
        for (history, scores) in histories.iter().zip(scores.chunks_mut(n.max(1))) {
            for (score, scale) in scores.iter_mut().zip(&self.scale) {
                *score *= scale;
            }
            for &item in history {
                scores[item as usize] -= self.own[item as usize];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(model: &ItemItem, history: &[ItemIx]) -> Vec<f32> {
        let mut scores = vec![f32::NAN; model.n_items()];
        model
            .score_into(&[Query::new_user(history)], &mut scores)
            .unwrap();
        scores
    }

    #[test]
    fn dense_scores_are_sums_of_rows_in_the_last_panel_too() {
        // B_jk = 1000 j + k over 70 items: rows 1 and 69 sum to 70,000 + 2k.
        let model = ItemItem::Dense(Dense::new(70, |row, column| {
            1000.0 * row as f32 + column as f32
        }));
        let scores = scores(&model, &[ItemIx(69), ItemIx(1), ItemIx(69)]);
        for (k, score) in scores.into_iter().enumerate() {
            assert!((score - 70_000.0 - 2.0 * k as f32).abs() < 0.1);
        }
        assert_eq!(ItemItem::from_weights(&model.weights()).unwrap(), model);
        // In the order of the history, the repeated item once.
        let history = Query::new_user(&[ItemIx(69), ItemIx(1), ItemIx(69)]);
        let told = model.explain(&history, ItemIx(67)).unwrap().unwrap();
        assert_eq!(told, [69_067.0, 1067.0, 0.0]);
        assert!(model.explain(&history, ItemIx(70)).is_err());
    }

    #[test]
    fn low_rank_by_hand() {
        // W = (1, 2, 3), scale (1, 1, 2), own (5, 6, 7), history {0, 2}: x W = 4,
        // scores (4 - 5, 8, 24 - 7).
        let model = ItemItem::LowRank(LowRank::new(
            1,
            vec![1.0, 2.0, 3.0],
            vec![1.0, 1.0, 2.0],
            vec![5.0, 6.0, 7.0],
        ));
        let history = [ItemIx(2), ItemIx(0)];
        assert_eq!(scores(&model, &history), [-1.0, 8.0, 17.0]);
        let told = |item| model.explain(&Query::new_user(&history), item).unwrap();
        assert_eq!(told(ItemIx(0)).unwrap(), [3.0, -4.0]);
        assert_eq!(told(ItemIx(1)).unwrap(), [6.0, 2.0]);
        assert_eq!(told(ItemIx(2)).unwrap(), [11.0, 6.0]);
        assert_eq!(ItemItem::from_weights(&model.weights()).unwrap(), model);
        assert!(
            model
                .score_into(&[Query::new_user(&[ItemIx(3)])], &mut [0.0; 3])
                .is_err()
        );
    }
}
