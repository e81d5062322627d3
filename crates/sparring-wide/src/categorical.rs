//! One draw by weights or by logits.

use rand::RngExt;

use crate::Stream;
use crate::math::exp;
use crate::simd::vectorised;

/// Entries whose sum is kept, to find a draw without adding up the whole row again.
const BLOCK: usize = 64;

/// An index drawn from the softmax of logits, which are used up; minus infinity is never drawn.
pub fn draw_by_logits(logits: &mut [f32], stream: &mut Stream) -> usize {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    vectorised(|| {
        for logit in &mut *logits {
            *logit = exp(*logit - most);
        }
    });
    draw_by_weights(logits, stream)
}

/// An index drawn with a chance in proportion to its weight, `>= 0`; 0 is never drawn unless all are.
pub fn draw_by_weights(weights: &[f32], stream: &mut Stream) -> usize {
    let sums: Vec<f32> = weights
        .chunks(BLOCK)
        .map(|block| block.iter().sum())
        .collect();
    let mut place = stream.random::<f32>() * sums.iter().sum::<f32>();
    let mut last = 0;
    for (block, sum) in sums.iter().enumerate() {
        if place >= *sum {
            place -= sum;
            continue;
        }
        for (at, weight) in weights[block * BLOCK..].iter().take(BLOCK).enumerate() {
            if *weight > 0.0 {
                last = block * BLOCK + at;
            }
            place -= weight;
            if place < 0.0 {
                return last;
            }
        }
    }
    // Rounding: the last one that can be drawn.
    let drawable = weights.iter().rposition(|weight| *weight > 0.0);
    drawable.unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    #[test]
    fn indices_are_drawn_by_their_weights() {
        let mut stream = Seed(3).stream("draw");
        let mut counts = [0; 100];
        for _ in 0..30_000 {
            let mut logits = [f32::NEG_INFINITY; 100];
            (logits[2], logits[70], logits[99]) = (0.0, 2.0_f32.ln(), 3.0_f32.ln());
            counts[draw_by_logits(&mut logits, &mut stream)] += 1;
        }
        assert_eq!(counts[2] + counts[70] + counts[99], 30_000);
        for (at, expected) in [(2, 5_000_i32), (70, 10_000), (99, 15_000)] {
            assert!((counts[at] - expected).abs() < 400, "{at}: {}", counts[at]);
        }
    }
}
