//! Negatives drawn by how well they are scored.

use rand::RngExt;
use rayon::prelude::*;

use crate::math::exp;
use crate::simd::vectorised;
use crate::{Matrix, Seed, SparseRows};

/// Entries whose sum is kept, to find a draw without adding up the whole row again.
const BLOCK: usize = 64;

/// Draws items from the softmax of each row's logits, less the items that the row knows:
///
/// ```text
/// P(i | b) ~ exp(z_bi / temperature)  for i not known to b
/// ```
///
/// This is the best answer of an adversary that picks an item to maximise its score plus
/// `temperature` times the entropy of its choice. Draws are with replacement, and the same for the
/// same seed. `draws` takes the shape `[B, count]`, row-major; a row that knows all items, or whose
/// logits are not finite, gets none of its own choice: all its draws are [`NO_ITEM`].
///
/// # Shapes
/// `logits [B, I]`; `known [B, I]` sparse, its values are not read.
///
/// # Panics
/// If the numbers of rows differ, an index is not below `I` or `temperature` is not above 0.
pub fn softmax_draws(
    logits: &Matrix,
    known: &SparseRows,
    (count, temperature): (usize, f32),
    seed: Seed,
    draws: &mut Vec<u32>,
) {
    assert_eq!(logits.rows, known.n_rows(), "known items for each row");
    assert!(temperature > 0.0, "temperature {temperature}");
    draws.clear();
    draws.resize(logits.rows * count, NO_ITEM);
    let rows = draws.par_chunks_mut(count.max(1)).enumerate();
    rows.for_each_init(Scratch::default, |scratch, (row, draws)| {
        let total = scratch.weigh(logits.row(row), known.row(row).0, temperature);
        if total > 0.0 && total.is_finite() {
            let mut stream = seed.stream_at("negatives", row as u64);
            draws.fill_with(|| scratch.find(stream.random::<f64>() * total));
        }
    });
}

/// What stands for a draw where there was nothing to draw.
pub const NO_ITEM: u32 = u32::MAX;

#[derive(Default)]
struct Scratch {
    /// `exp((z - max) / temperature)`, 0 for known items.
    weights: Vec<f32>,
    /// Sums of the weights up to and with each block.
    sums: Vec<f64>,
}

impl Scratch {
    /// Fills the weights of a row and their sums; returns the sum of all.
    fn weigh(&mut self, logits: &[f32], known: &[u32], temperature: f32) -> f64 {
        let scale = 1.0 / temperature;
        self.weights.clear();
        self.weights.extend_from_slice(logits);
        for &item in known {
            self.weights[item as usize] = f32::NEG_INFINITY;
        }
        vectorised(|| exponentials(&mut self.weights, scale));
        for &item in known {
            self.weights[item as usize] = 0.0;
        }
        self.sums.clear();
        let mut sum = 0.0;
        for block in self.weights.chunks(BLOCK) {
            sum += f64::from(vectorised(|| total(block)));
            self.sums.push(sum);
        }
        sum
    }

    /// The item at which the running sum of the weights passes `mass`.
    fn find(&self, mass: f64) -> u32 {
        let block = self.sums.partition_point(|sum| *sum <= mass);
        let block = block.min(self.sums.len() - 1);
        let before = if block == 0 {
            0.0
        } else {
            self.sums[block - 1]
        };
        let first = block * BLOCK;
        let weights = &self.weights[first..self.weights.len().min(first + BLOCK)];
        #[expect(
            clippy::cast_possible_truncation,
            reason = "weights are single precision"
        )]
        let mut left = (mass - before) as f32;
        let mut found = 0;
        for (at, weight) in weights.iter().enumerate() {
            // Rounding may leave something at the end of a block: then its last item that counts.
            if *weight > 0.0 {
                found = at;
                if left < *weight {
                    break;
                }
                left -= weight;
            }
        }
        u32::try_from(first + found).expect("fewer than 2^32 items")
    }
}

/// `exp((z - max z) scale)`.
#[inline]
fn exponentials(values: &mut [f32], scale: f32) {
    const LANES: usize = 8;
    let mut most = [f32::NEG_INFINITY; LANES];
    for eight in values.chunks(LANES) {
        for (most, value) in most.iter_mut().zip(eight) {
            *most = if *value > *most { *value } else { *most };
        }
    }
    let most = most.into_iter().fold(f32::NEG_INFINITY, f32::max);
    for value in values {
        *value = exp((*value - most) * scale);
    }
}

/// The sum by eight running sums.
#[inline]
fn total(block: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for eight in block.chunks(8) {
        sums.iter_mut()
            .zip(eight)
            .for_each(|(sum, value)| *sum += value);
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(logits: Vec<f32>, known: &[u32], temperature: f32, count: usize) -> Vec<u32> {
        let mut rows = SparseRows::new();
        rows.push_row(known.iter().copied());
        let logits = Matrix::from_vec(1, logits.len(), logits);
        let mut draws = Vec::new();
        softmax_draws(&logits, &rows, (count, temperature), Seed(7), &mut draws);
        draws
    }

    #[test]
    fn frequencies_are_those_of_the_softmax() {
        // Over 300 items: item 100 weighs 4, item 299 weighs 2, item 0 weighs 2, of 8 in all.
        let mut logits = vec![-1e4; 300];
        (logits[100], logits[299], logits[0]) = (4.0_f32.ln(), 2.0_f32.ln(), 2.0_f32.ln());
        let draws = draw(logits, &[], 1.0, 40_000);
        let share = |item| draws.iter().filter(|&&draw| draw == item).count() as f64 / 40_000.0;
        for (item, expected) in [(100, 0.5), (299, 0.25), (0, 0.25)] {
            assert!(
                (share(item) - expected).abs() < 0.01,
                "{item}: {}",
                share(item)
            );
        }
    }

    #[test]
    fn temperature_flattens() {
        // Weights 1 and 9; at temperature 2 they are 1 and 3.
        let draws = draw(vec![0.0, 9.0_f32.ln()], &[], 2.0, 40_000);
        let share = draws.iter().filter(|&&draw| draw == 1).count() as f64 / 40_000.0;
        assert!((share - 0.75).abs() < 0.01, "{share}");
    }

    #[test]
    fn known_items_are_never_drawn() {
        let draws = draw(vec![50.0, 0.0, 49.0, 0.0], &[0, 2], 1.0, 500);
        assert!(draws.iter().all(|draw| [1, 3].contains(draw)));
        assert!(draws.contains(&1) && draws.contains(&3));
    }

    #[test]
    fn where_nothing_can_be_drawn_nothing_is() {
        assert_eq!(draw(vec![1.0, 2.0], &[0, 1], 1.0, 3), [NO_ITEM; 3]);
        assert_eq!(draw(vec![1.0, f32::NAN], &[], 1.0, 2), [NO_ITEM; 2]);
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let logits: Vec<f32> = (0..64 * 500)
            .map(|at| ((at * 37) % 101) as f32 / 20.0)
            .collect();
        let logits = Matrix::from_vec(64, 500, logits);
        let mut known = SparseRows::new();
        (0..64).for_each(|row| known.push_row([row, row + 1, 400]));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let mut draws = Vec::new();
            pool.install(|| softmax_draws(&logits, &known, (16, 1.0), Seed(3), &mut draws));
            draws
        };
        assert_eq!(on(1), on(4));
    }
}
