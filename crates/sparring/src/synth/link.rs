//! The calibrated logistic link: from the logits of one user to chances, and to a set of items.
//!
//! ```text
//! p_i = sigmoid(x_i + b),  b such that sum_i p_i = the wanted length
//! profile = the L items with the largest x_i + logistic noise
//! ```
//!
//! The offset `b` moves all items alike, so that it plays no part in the cut.

use pulp::Arch;
use rand::Rng;
use sparring_wide::{Stream, exp};

use crate::data::ItemIx;

/// Chances that are summed side by side.
const LANES: usize = 16;
/// Chances that are summed in single precision.
const STRETCH: usize = 32 * LANES;
/// Logits further apart than this are certain: noise beyond has a chance of `e^-60`.
const WIDEST: f32 = 60.0;
/// Bits of a uniform draw.
const BITS: u32 = 24;

/// The offset with which the chances sum to `size`, within a relative error of 1e-4, sought from
/// `start`: Newton's method, by halves where it leaves the bracket.
///
/// No finite offset reaches all items, so that half an item less is enough.
pub(super) fn calibrate(logits: &[f32], size: f64, start: f32) -> f32 {
    let n = logits.len() as f64;
    let size = size.min(n - 0.5);
    let (least, most) = extremes(logits);
    let even = (size / (n - size)).ln();
    let (mut low, mut high) = (even - f64::from(most), even - f64::from(least));
    let mut offset = f64::from(start).clamp(low, high);
    for _ in 0..100 {
        let (sum, slope) = moments(logits, single(offset));
        if (sum - size).abs() <= 1e-4 * size || high - low < 1e-6 {
            break;
        }
        if sum < size {
            low = offset;
        } else {
            high = offset;
        }
        let step = offset + (size - sum) / slope;
        offset = if step > low && step < high {
            step
        } else {
            f64::midpoint(low, high)
        };
    }
    single(offset)
}

/// Replaces logits by chances.
pub(super) fn chances(logits: &mut [f32], offset: f32) {
    Arch::new().dispatch(|| {
        for x in logits {
            *x = chance(*x + offset);
        }
    });
}

/// Adds the chances of all items, and their variances `p (1 - p)`.
pub(super) fn add_chances(logits: &[f32], offset: f32, chances: &mut [f64], variances: &mut [f64]) {
    Arch::new().dispatch(|| {
        for ((x, sum), variance) in logits.iter().zip(chances).zip(variances) {
            let p = chance(x + offset);
            *sum += f64::from(p);
            *variance += f64::from(p * (1.0 - p));
        }
    });
}

/// Room for the cut of one user, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Cut {
    noise: Vec<f32>,
    keys: Vec<u64>,
}

impl Cut {
    /// `length` items drawn by their logits.
    ///
    /// Logistic noise is the logarithm of `u / (1 - u)` for a uniform `u`, so the order of
    /// `e^x u / (1 - u)` is that of the sums.
    pub(super) fn draw(
        &mut self,
        logits: &[f32],
        length: usize,
        stream: &mut Stream,
    ) -> impl Iterator<Item = ItemIx> {
        let Self { noise, keys } = self;
        let middle = middle(logits, length, noise);
        noise.clear();
        while noise.len() < logits.len() {
            let word = stream.next_u64();
            noise.push(odds(word >> 40));
            noise.push(odds(word & 0xFF_FFFF));
        }
        Arch::new().dispatch(|| {
            for (noise, x) in noise.iter_mut().zip(logits) {
                *noise *= exp((x - middle).min(WIDEST));
            }
        });
        // Numbers above 0 are ordered as their bits; of equal ones the first item wins.
        keys.clear();
        let packed = (0_u32..).zip(noise.iter().take(logits.len()));
        keys.extend(packed.map(|(item, key)| u64::from(key.to_bits()) << 32 | u64::from(!item)));
        let length = length.min(keys.len());
        if length < keys.len() {
            keys.select_nth_unstable_by(length, |a, b| b.cmp(a));
        }
        #[expect(clippy::cast_possible_truncation, reason = "the lower half of a key")]
        let item = |key: &u64| ItemIx(!(*key as u32));
        keys[..length].iter().map(item)
    }
}

/// What logits are compared with, so that no power of `e` that matters runs out of range: the
/// largest of them, or, if they lie far apart, the one that would be the last of the profile.
fn middle(logits: &[f32], length: usize, room: &mut Vec<f32>) -> f32 {
    let (least, most) = extremes(logits);
    if most - least < WIDEST || length == 0 || length >= logits.len() {
        return most;
    }
    room.clear();
    room.extend_from_slice(logits);
    *room
        .select_nth_unstable_by(length - 1, |a, b| b.total_cmp(a))
        .1
}

/// `u / (1 - u)` of `u = (2 k + 1) / 2^24` for the upper 23 bits `k` of 24.
fn odds(bits: u64) -> f32 {
    let whole = 1_u32 << BITS;
    let above = u32::try_from(bits).expect("24 bits") | 1;
    above as f32 / (whole - above) as f32
}

/// Sum of the chances and of their variances.
fn moments(logits: &[f32], offset: f32) -> (f64, f64) {
    Arch::new().dispatch(|| {
        let (mut sum, mut variance) = (0.0, 0.0);
        for stretch in logits.chunks(STRETCH) {
            let (mut chances, mut variances) = ([0.0_f32; LANES], [0.0_f32; LANES]);
            let (whole, rest) = stretch.as_chunks::<LANES>();
            for lanes in whole {
                for at in 0..LANES {
                    let p = chance(lanes[at] + offset);
                    chances[at] += p;
                    variances[at] += p * (1.0 - p);
                }
            }
            for (at, x) in rest.iter().enumerate() {
                let p = chance(x + offset);
                chances[at] += p;
                variances[at] += p * (1.0 - p);
            }
            sum += f64::from(chances.iter().sum::<f32>());
            variance += f64::from(variances.iter().sum::<f32>());
        }
        (sum, variance)
    })
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "compiled for the vector unit found at run time"
)]
fn chance(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

fn extremes(logits: &[f32]) -> (f32, f32) {
    let start = (f32::INFINITY, f32::NEG_INFINITY);
    logits
        .iter()
        .fold(start, |(least, most), &x| (least.min(x), most.max(x)))
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sparring_wide::Seed;

    use super::*;

    #[test]
    fn offsets_by_hand() {
        // Three equal items, one wanted: sigmoid(b) = 1/3, b = -ln 2.
        let offset = calibrate(&[0.0; 3], 1.0, 0.0);
        assert!((offset + 2.0_f32.ln()).abs() < 1e-3, "{offset}");
        // Odds 1 and 9 before: at e^b = 1/3 they are 1/3 and 3, chances 1/4 and 3/4.
        let offset = calibrate(&[0.0, 9.0_f32.ln()], 1.0, 5.0);
        assert!((offset + 3.0_f32.ln()).abs() < 1e-3, "{offset}");
        // All of four items: half an item may be missing, sigmoid(b) = 3.5 / 4, b = ln 7.
        let offset = calibrate(&[0.0; 4], 4.0, 0.0);
        assert!((offset - 7.0_f32.ln()).abs() < 1e-3, "{offset}");
    }

    #[test]
    fn chances_by_hand() {
        let (mut chances, mut variances) = ([1.0, 0.0], [0.0; 2]);
        // sigmoid(0) = .5, sigmoid(ln 3) = .75.
        add_chances(
            &[-1.0, 3.0_f32.ln() - 1.0],
            1.0,
            &mut chances,
            &mut variances,
        );
        for (found, expected) in chances
            .iter()
            .chain(&variances)
            .zip([1.5, 0.75, 0.25, 0.1875])
        {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn noise_is_standard_logistic() {
        // Quartiles of the odds: 1/3, 1, 3; the two ends are finite and mirror each other.
        let mut stream = Seed(1).stream("odds");
        let mut drawn: Vec<f32> = (0..40_000).map(|_| odds(stream.next_u64() >> 40)).collect();
        drawn.sort_by(f32::total_cmp);
        for (at, expected) in [(10_000, 1.0 / 3.0), (20_000, 1.0), (30_000, 3.0)] {
            assert!((drawn[at] / expected - 1.0).abs() < 0.05, "{}", drawn[at]);
        }
        let (low, high) = (odds(0), odds((1 << 24) - 1));
        assert!((low * high - 1.0).abs() < 1e-6 && high > 1.6e7);
    }

    #[test]
    fn a_cut_draws_by_the_logits() {
        // Two of four items. Without noise 2 and 3 would win; item 0 has no chance.
        let (mut cut, mut stream) = (Cut::default(), Seed(2).stream("cut"));
        let mut counts = [0_u32; 4];
        for _ in 0..4000 {
            let items: Vec<ItemIx> = cut.draw(&[-60.0, 0.0, 1.0, 1.0], 2, &mut stream).collect();
            assert_eq!(items.len(), 2);
            for item in items {
                counts[item.at()] += 1;
            }
        }
        assert_eq!((counts[0], counts.iter().sum::<u32>()), (0, 8000));
        assert!(
            counts[1] < counts[2] && counts[2].abs_diff(counts[3]) < 200,
            "{counts:?}"
        );
        let all: Vec<ItemIx> = cut.draw(&[0.0; 3], 9, &mut stream).collect();
        assert_eq!(all.len(), 3, "no more than there are");
    }

    #[test]
    fn a_cut_draws_by_the_logits_however_far_they_lie_apart() {
        // Item 0 is certain; of the others, far below it, one is drawn: 1 has odds e^8 beside 2 and
        // 3, although e^-120 is no number of single precision.
        let (mut cut, mut stream) = (Cut::default(), Seed(4).stream("cut"));
        let mut counts = [0_u32; 4];
        for _ in 0..1000 {
            for item in cut.draw(&[120.0, 8.0, 0.0, 0.0], 2, &mut stream) {
                counts[item.at()] += 1;
            }
        }
        assert_eq!(counts[0], 1000);
        // Of the logistic differences with 1, two in a thousand and more pass 8.
        assert!(counts[1] > 950, "{counts:?}");
    }

    proptest! {
        #[test]
        fn the_chances_sum_to_the_length(
            logits in prop::collection::vec(-90.0_f32..90.0, 2..700),
            share in 0.01_f64..0.99,
            start in -50.0_f32..50.0,
        ) {
            let n = logits.len() as f64;
            let size = (share * n).min(n - 0.5);
            let offset = calibrate(&logits, size, start);
            let exact: f64 = logits
                .iter()
                .map(|x| (1.0 + (-f64::from(*x) - f64::from(offset)).exp()).recip())
                .sum();
            prop_assert!((exact - size).abs() <= 1e-3 * size + 1e-3, "{exact} {size}");
        }

        #[test]
        fn a_cut_has_the_length_and_nothing_twice(
            logits in prop::collection::vec(-30.0_f32..30.0, 1..300),
            length in 1_usize..300,
        ) {
            let mut stream = Seed(3).stream("cut");
            let mut items: Vec<ItemIx> = Cut::default().draw(&logits, length, &mut stream).collect();
            items.sort_unstable();
            items.dedup();
            prop_assert_eq!(items.len(), length.min(logits.len()));
        }
    }
}
