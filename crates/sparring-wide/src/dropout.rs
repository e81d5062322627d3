//! Dropout of hidden units.

use rand::Rng;
use rayon::prelude::*;

use crate::{Matrix, Seed};

/// Inverted dropout (Srivastava et al., 2014, section 10): each entry becomes zero with probability
/// `rate`, the others are divided by `1 - rate`.
///
/// The entries depend on seed, step and row alone, so the backward pass is the same call on the
/// derivatives, and no mask is kept. The rate is rounded to a multiple of `2^-32`.
///
/// ```
/// use sparring_wide::{Matrix, Seed, dropout};
/// let mut hidden = Matrix::from_vec(1, 100, vec![1.0; 100]);
/// let mut gradient = hidden.clone();
/// dropout(&mut hidden, 0.5, Seed(1), 7);
/// dropout(&mut gradient, 0.5, Seed(1), 7);
/// assert_eq!(hidden, gradient);
/// assert!(hidden.data.iter().all(|x| *x == 0.0 || *x == 2.0));
/// ```
///
/// # Panics
/// If `rate` is not in `[0, 1)`.
pub fn dropout(values: &mut Matrix, rate: f32, seed: Seed, step: u64) {
    assert!((0.0..1.0).contains(&rate), "dropout rate {rate}");
    if rate == 0.0 {
        return;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the rate is in [0, 1)"
    )]
    let threshold = (f64::from(rate) * 2.0_f64.powi(32)) as u64;
    let (seed, scale) = (seed.derive("dropout").at(step), 1.0 / (1.0 - rate));
    let rows = values.data.par_chunks_mut(values.cols.max(1)).enumerate();
    rows.for_each(|(row, values)| {
        let mut stream = seed.stream_at("row", row as u64);
        for pair in values.chunks_mut(2) {
            let bits = stream.next_u64();
            for (value, bits) in pair.iter_mut().zip([bits >> 32, bits & 0xffff_ffff]) {
                // Not a product: what is dropped may be infinite.
                *value = if bits < threshold {
                    0.0
                } else {
                    *value * scale
                };
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ones(rows: usize) -> Matrix {
        Matrix::from_vec(rows, 10_001, vec![1.0; rows * 10_001])
    }

    #[test]
    fn the_rate_is_kept_and_rows_and_steps_differ() {
        let mut a = ones(2);
        dropout(&mut a, 0.2, Seed(1), 3);
        for row in a.rows_iter() {
            // 2000 expected, standard deviation 40.
            let dropped = row.iter().filter(|x| **x == 0.0).count();
            assert!((1_800..2_200).contains(&dropped), "{dropped}");
            assert!(row.iter().all(|x| [0.0, 1.25].contains(x)));
        }
        assert_ne!(a.row(0), a.row(1));
        let mut b = ones(1);
        dropout(&mut b, 0.2, Seed(1), 3);
        assert_eq!(a.row(0), b.row(0));
        b = ones(1);
        dropout(&mut b, 0.2, Seed(1), 4);
        assert_ne!(a.row(0), b.row(0));
    }

    #[test]
    fn nothing_is_dropped_at_rate_zero_and_infinities_can_be() {
        let mut a = ones(1);
        dropout(&mut a, 0.0, Seed(1), 3);
        assert_eq!(a, ones(1));
        a.fill(f32::INFINITY);
        dropout(&mut a, 0.5, Seed(1), 3);
        assert!(a.data.iter().all(|x| !x.is_nan()));
    }
}
