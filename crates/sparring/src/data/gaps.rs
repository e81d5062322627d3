//! Gaps between events, in classes.
//!
//! A class holds the gaps from `2^(k - 1)` to `2^k - 1`, the first those of 0. Within a class a gap is
//! drawn between the quantiles of the real ones.

use rand::RngExt;
use sparring_wide::Stream;

/// Classes of gaps: 0, and one for each bit of a number.
pub(crate) const GAP_CLASSES: usize = 65;
/// Knots within a class.
pub(crate) const GAP_KNOTS: usize = 9;

/// The class of a gap.
pub(crate) fn gap_class(gap: u64) -> usize {
    (u64::BITS - gap.leading_zeros()) as usize
}

/// The least gap of a class.
pub(crate) fn least_gap(class: usize) -> u64 {
    match class {
        0 => 0,
        class => 1 << (class - 1),
    }
}

/// The gaps of a class at their quantiles; zeros where it has none.
pub(crate) fn gap_quantiles(class: usize, gaps: &mut [u64]) -> [f32; GAP_KNOTS] {
    gaps.sort_unstable();
    let mut knots = [0.0; GAP_KNOTS];
    for (at, knot) in knots.iter_mut().enumerate() {
        let Some(last) = gaps.len().checked_sub(1) else {
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "kept in single precision")]
        let gap = gaps[at * last / (GAP_KNOTS - 1)] as f32;
        debug_assert!(class > 0 || gap == 0.0, "the first class is that of no gap");
        *knot = gap;
    }
    knots
}

/// A gap of a class, given its quantiles.
pub(crate) fn gap_within(knots: &[f32], stream: &mut Stream) -> u64 {
    let last = GAP_KNOTS - 1;
    if knots[0] >= knots[last] {
        return whole(f64::from(knots[0]));
    }
    let place = stream.random::<f64>() * last as f64;
    let at = usize::try_from(whole(place.floor())).expect("below the number of knots");
    let at = at.min(last - 1);
    let (low, high) = (f64::from(knots[at]), f64::from(knots[at + 1]));
    whole((low + (place - at as f64) * (high - low)).round())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of real numbers saturate"
)]
fn whole(x: f64) -> u64 {
    x as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_by_hand() {
        let found = [0, 1, 2, 3, 4, 7, 8, u64::MAX].map(gap_class);
        assert_eq!(found, [0, 1, 2, 2, 3, 3, 4, 64]);
        assert_eq!([0, 1, 2, 3].map(least_gap), [0, 1, 2, 4]);
    }
}
