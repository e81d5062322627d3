//! Elementwise work on fixed blocks.

use rayon::prelude::*;

use crate::simd::vectorised;

/// Entries of a block: its result never depends on the number of threads.
pub(crate) const BLOCK: usize = 1 << 14;

/// Rows of `width` entries that make about a block.
pub(crate) fn row_blocks(width: usize) -> usize {
    (BLOCK / width.max(1)).max(1)
}

/// Entries up to which work stays on its thread: waking another takes as long.
pub(crate) const SMALL: usize = 2 * BLOCK;

/// `value = f(value)` everywhere; `f` goes by value, since what it reads behind a reference keeps a
/// loop from being vectorised.
pub(crate) fn in_blocks(values: &mut [f32], f: impl Fn(f32) -> f32 + Copy + Send + Sync) {
    let block = move |values: &mut [f32]| {
        vectorised(move || values.iter_mut().for_each(|value| *value = f(*value)));
    };
    if values.len() <= SMALL {
        block(values);
    } else {
        values.par_chunks_mut(BLOCK).for_each(block);
    }
}

/// `value = f(value, other)` everywhere.
pub(crate) fn in_blocks2(
    values: &mut [f32],
    other: &[f32],
    f: impl Fn(f32, f32) -> f32 + Copy + Send + Sync,
) {
    let block = move |(values, other): (&mut [f32], &[f32])| {
        vectorised(move || {
            for (value, other) in values.iter_mut().zip(other) {
                *value = f(*value, *other);
            }
        });
    };
    if values.len() <= SMALL {
        block((values, other));
    } else {
        let blocks = values.par_chunks_mut(BLOCK).zip(other.par_chunks(BLOCK));
        blocks.for_each(block);
    }
}

/// The sum of `f` over blocks of entries, in order, each block a sum in double precision.
pub(crate) fn sum_of_squares(values: &[f32]) -> f64 {
    let blocks: Vec<f64> = values.par_chunks(BLOCK).map(block_squares).collect();
    blocks.iter().sum()
}

fn block_squares(values: &[f32]) -> f64 {
    vectorised(|| {
        let mut sums = [0.0_f64; 8];
        for eight in values.chunks(8) {
            for (sum, value) in sums.iter_mut().zip(eight) {
                *sum += f64::from(*value) * f64::from(*value);
            }
        }
        sums.iter().sum()
    })
}
