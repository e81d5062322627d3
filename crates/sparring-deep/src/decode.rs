//! One event after the other with cached keys and values.

use rayon::prelude::*;
use sparring_wide::{Beta, Matrix, add_to_rows, exp, gemm, vectorised};

use crate::attention::slope_of;
use crate::body::Body;
use crate::head::add_scaled;
use crate::transformer::{EPSILON, PER_LAYER, Transformer};

/// Sequences that one thread attends to at least: fewer are not worth another.
const AT_ONCE: usize = 16;

/// Keys and values of the last events of several sequences.
#[derive(Debug, Clone)]
pub struct Cache {
    /// Of a layer, sequence by sequence: keys `[K, longest]`, so that the scores of all events are
    /// counted side by side, then values `[longest, K]`; the oldest event is overwritten.
    layers: Vec<Vec<f32>>,
    /// Events so far of each sequence.
    lengths: Vec<usize>,
    longest: usize,
}

impl Cache {
    /// Forgets a sequence, so that its place serves another.
    pub fn reset(&mut self, sequence: usize) {
        self.lengths[sequence] = 0;
    }

    /// Keeps what was looked at last for these sequences: the next event comes after it.
    pub fn advance(&mut self, sequences: &[usize]) {
        for &sequence in sequences {
            self.lengths[sequence] += 1;
        }
    }
}

impl Transformer {
    /// Room for so many sequences, each looking back at its last `longest` events.
    pub fn cache(&self, sequences: usize, longest: usize) -> Cache {
        let sizes = self.sizes();
        Cache {
            layers: vec![vec![0.0; sequences * longest * 2 * sizes.width]; sizes.layers],
            lengths: vec![0; sequences],
            longest,
        }
    }

    /// What is known after one more event of some sequences `[rows, K]`; the same as
    /// [`infer`](crate::Body::infer) gives for their last event, as long as they are no longer than
    /// the cache.
    ///
    /// # Panics
    /// If there is not one row for each of `sequences`, or one of them stands there twice.
    pub fn step(&self, x: Matrix, sequences: &[usize], cache: &mut Cache) -> Matrix {
        let found = self.peek(x, sequences, cache);
        cache.advance(sequences);
        found
    }

    /// The same, but the next event will take the place of this one unless the cache
    /// [advances](Cache::advance).
    ///
    /// # Panics
    /// As [`step`](Self::step).
    pub fn peek(&self, mut x: Matrix, sequences: &[usize], cache: &mut Cache) -> Matrix {
        assert_eq!(x.rows, sequences.len(), "one event a sequence");
        let (sizes, weights) = (self.sizes(), self.weights());
        let k = sizes.width;
        let [mut qkv, mut out, mut up] = [(); 3].map(|()| Matrix::default());
        for layer in 0..sizes.layers {
            let w = &weights[layer * PER_LAYER..];
            linear(&normed(&x, &w[0], &w[1]), &w[2], &w[3], &mut qkv);
            let stored = &mut cache.layers[layer];
            let room = cache.longest * 2 * k;
            for (row, &sequence) in sequences.iter().enumerate() {
                let slot = cache.lengths[sequence] % cache.longest;
                let (keys, values) =
                    stored[sequence * room..(sequence + 1) * room].split_at_mut(room / 2);
                let (key, value) = qkv.row(row)[k..].split_at(k);
                for (keys, key) in keys.chunks_mut(cache.longest).zip(key) {
                    keys[slot] = *key;
                }
                values[slot * k..(slot + 1) * k].copy_from_slice(value);
            }
            let mut found = Matrix::zeros(x.rows, k);
            found
                .data
                .par_chunks_mut(k)
                .zip(sequences)
                .zip(qkv.data.par_chunks(3 * k))
                .with_min_len(AT_ONCE)
                .for_each(|((found, &sequence), qkv)| {
                    let kept = &stored[sequence * room..(sequence + 1) * room];
                    let newest = cache.lengths[sequence];
                    vectorised(|| self.attend(&qkv[..k], kept, (newest, cache.longest), found));
                });
            linear(&found, &w[4], &w[5], &mut out);
            add(&mut x, &out);
            linear(&normed(&x, &w[6], &w[7]), &w[8], &w[9], &mut up);
            up.data.iter_mut().for_each(|value| *value = value.max(0.0));
            linear(&up, &w[10], &w[11], &mut out);
            add(&mut x, &out);
        }
        let last = &weights[sizes.layers * PER_LAYER..];
        normed(&x, &last[0], &last[1])
    }

    /// Attention of the newest event over what is kept.
    #[expect(
        clippy::inline_always,
        reason = "it has to be compiled for the processor's vectors"
    )]
    #[inline(always)]
    fn attend(&self, q: &[f32], kept: &[f32], (newest, longest): (usize, usize), out: &mut [f32]) {
        let sizes = self.sizes();
        let (k, size) = (sizes.width, sizes.width / sizes.heads);
        let (keys, values) = kept.split_at(k * longest);
        let seen = (newest + 1).min(longest);
        let latest = newest % longest;
        let scale = (size as f32).sqrt().recip();
        let mut scores = vec![0.0_f32; seen];
        for head in 0..sizes.heads {
            let part = head * size..(head + 1) * size;
            scores.fill(0.0);
            for d in part.clone() {
                add_scaled(&mut scores, scale * q[d], &keys[d * longest..][..seen]);
            }
            // Events up to the latest one's slot are the newest, those behind it a round older.
            let slope = slope_of(sizes.recency, head, sizes.heads);
            for (slot, score) in scores.iter_mut().enumerate() {
                let age = latest as f32 - slot as f32;
                *score -= slope
                    * if slot > latest {
                        age + longest as f32
                    } else {
                        age
                    };
            }
            let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for score in &mut scores {
                *score = exp(*score - most);
            }
            let sum: f32 = scores.iter().sum();
            for (score, value) in scores.iter().zip(values.chunks(k)) {
                add_scaled(&mut out[part.clone()], score / sum, &value[part.clone()]);
            }
        }
    }
}

fn linear(x: &Matrix, weight: &Matrix, bias: &Matrix, out: &mut Matrix) {
    gemm(x, weight, Beta::Replace, out);
    add_to_rows(out, &bias.data);
}

fn add(x: &mut Matrix, more: &Matrix) {
    for (x, more) in x.data.iter_mut().zip(&more.data) {
        *x += more;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounded to f32")]
fn normed(x: &Matrix, gain: &Matrix, bias: &Matrix) -> Matrix {
    let mut out = x.clone();
    for row in out.data.chunks_mut(x.cols) {
        let mean = row.iter().sum::<f32>() / row.len() as f32;
        let square = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / row.len() as f32;
        let scale = (square + EPSILON as f32).sqrt().recip();
        for ((x, g), b) in row.iter_mut().zip(&gain.data).zip(&bias.data) {
            *x = (*x - mean) * scale * g + b;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, Device, Packed, TransformerSizes};
    use sparring_wide::{Seed, normal};

    #[test]
    fn cached_steps_give_what_the_whole_pass_gives() {
        let sizes = TransformerSizes {
            width: 6,
            heads: 2,
            layers: 2,
            feedforward: 8,
            dropout: 0.0,
            recency: true,
        };
        let network = Transformer::new(sizes, Device::Cpu, Seed(3));
        let x = normal(7, 6, 1.0, Seed(1));
        let whole = network.infer(x.clone(), &Packed::of([4, 3]));
        let mut cache = network.cache(2, 9);
        for step in 0..4 {
            let rows: Vec<usize> = if step < 3 { vec![1, 0] } else { vec![0] };
            let mut event = Matrix::zeros(rows.len(), 6);
            for (at, sequence) in rows.iter().enumerate() {
                event
                    .row_mut(at)
                    .copy_from_slice(x.row(sequence * 4 + step));
            }
            let found = network.step(event, &rows, &mut cache);
            for (at, sequence) in rows.iter().enumerate() {
                for (a, b) in found.row(at).iter().zip(whole.row(sequence * 4 + step)) {
                    assert!((a - b).abs() < 1e-5, "step {step}: {a} {b}");
                }
            }
        }
        assert_eq!(cache.lengths, [4, 3]);
    }

    #[test]
    fn a_full_cache_forgets_the_oldest_event() {
        let sizes = TransformerSizes {
            width: 6,
            heads: 2,
            layers: 1,
            feedforward: 8,
            dropout: 0.0,
            recency: true,
        };
        let network = Transformer::new(sizes, Device::Cpu, Seed(3));
        let x = normal(7, 6, 1.0, Seed(1));
        let mut cache = network.cache(1, 3);
        for step in 0..7 {
            let event = Matrix::from_vec(1, 6, x.row(step).to_vec());
            let found = network.step(event, &[0], &mut cache);
            // With one layer nothing is left of what was forgotten.
            let from = (step + 1).saturating_sub(3);
            let last = x.data[from * 6..(step + 1) * 6].to_vec();
            let last = Matrix::from_vec(step + 1 - from, 6, last);
            let whole = network.infer(last, &Packed::of([step + 1 - from]));
            for (a, b) in found.row(0).iter().zip(whole.row(step - from)) {
                assert!((a - b).abs() < 1e-5, "step {step}: {a} {b}");
            }
        }
    }
}
