//! Clipping by the norm of a whole gradient.

use crate::parallel::{in_blocks, sum_of_squares};

/// Scales all parts of a gradient by `min(1, max_norm / |g|)` (Pascanu et al., 2013, algorithm 1),
/// and returns `|g|`, the Euclidean norm of all parts together before the scaling.
pub fn clip_by_global_norm(parts: &mut [&mut [f32]], max_norm: f32) -> f32 {
    let squares: f64 = parts.iter().map(|part| sum_of_squares(part)).sum();
    #[expect(clippy::cast_possible_truncation, reason = "a norm, rounded to f32")]
    let norm = squares.sqrt() as f32;
    if norm > max_norm {
        let factor = max_norm / norm;
        for part in parts {
            in_blocks(part, |x| x * factor);
        }
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_gradients_are_shortened_and_short_ones_kept() {
        // |(3, 0; 4)| = 5
        let (mut a, mut b) = ([3.0, 0.0], [4.0]);
        assert!((clip_by_global_norm(&mut [&mut a, &mut b], 6.0) - 5.0).abs() < 1e-6);
        assert_eq!((a, b), ([3.0, 0.0], [4.0]));
        assert!((clip_by_global_norm(&mut [&mut a, &mut b], 2.5) - 5.0).abs() < 1e-6);
        assert_eq!((a, b), ([1.5, 0.0], [2.0]));
    }
}
