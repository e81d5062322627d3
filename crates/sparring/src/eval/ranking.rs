//! Where the relevant items are in the order of all candidates.

use super::metric::Ranking;
use crate::data::ItemIx;

/// Compares the scores of the relevant items with those of all other candidates.
///
/// `known` (sorted, distinct) are no candidates; `relevant` (distinct, with ratings) are none of them. A
/// score of `NaN` counts as minus infinity.
pub(super) fn ranking(scores: &[f32], known: &[ItemIx], relevant: &[(ItemIx, f32)]) -> Ranking {
    let score = |item: &ItemIx| finite(scores[item.at()]);
    let mut wanted: Vec<f32> = relevant.iter().map(|(item, _)| score(item)).collect();
    wanted.sort_unstable_by(f32::total_cmp);
    let points = |score: f32| {
        let lower = wanted.partition_point(|&wanted| wanted < score);
        // Ties are rare, so the second search is.
        let ties = match wanted.get(lower) {
            Some(&next) if next <= score => wanted[lower..].partition_point(|&w| w <= score),
            _ => 0,
        };
        (2 * (wanted.len() - lower) - ties) as u64
    };
    let all: u64 = scores.iter().map(|&score| points(finite(score))).sum();
    let no_rivals = known.iter().chain(relevant.iter().map(|(item, _)| item));
    let theirs: u64 = no_rivals.map(|item| points(score(item))).sum();
    Ranking {
        won_pairs: (all - theirs) as f64 / 2.0,
    }
}

fn finite(score: f32) -> f32 {
    if score.is_nan() {
        f32::NEG_INFINITY
    } else {
        score
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        // Relevant 1 (.8) and 4 (.3); known 0; rivals 2 (.8), 3 (.1) and 5 (NaN).
        // Item 1 ties with 2 and beats two; item 4 beats two: 2.5 + 2.
        let scores = [9.0, 0.8, 0.8, 0.1, 0.3, f32::NAN];
        let found = ranking(&scores, &[ItemIx(0)], &[(ItemIx(1), 1.0), (ItemIx(4), 1.0)]);
        assert!((found.won_pairs - 4.5).abs() < 1e-12);
    }

    proptest::proptest! {
        #[test]
        fn equals_the_count_of_all_pairs(
            rows in proptest::collection::vec((-3_i8..3, 0_u8..3), 1..40),
        ) {
            let scores: Vec<f32> = rows.iter().map(|row| f32::from(row.0)).collect();
            let of = |kind: u8| -> Vec<ItemIx> {
                let rows = (0_u32..).zip(&rows).filter(|(_, row)| row.1 == kind);
                rows.map(|(item, _)| ItemIx(item)).collect()
            };
            let mut expected = 0.0;
            for a in of(1) {
                for b in of(0) {
                    let (a, b) = (scores[a.at()], scores[b.at()]);
                    expected += f64::from(u8::from(a > b)) + f64::from(u8::from(a >= b));
                }
            }
            let wanted: Vec<(ItemIx, f32)> = of(1).into_iter().map(|item| (item, 1.0)).collect();
            let found = ranking(&scores, &of(2), &wanted).won_pairs;
            proptest::prop_assert!((found - expected / 2.0).abs() < 1e-9);
        }
    }
}
