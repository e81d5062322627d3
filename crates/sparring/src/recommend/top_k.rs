//! The best items of a row of scores.

use crate::data::ItemIx;

/// Scores that are looked at together.
const BLOCK: usize = 64;

/// The `k` best items that are not excluded, best first; equal scores by lower index.
///
/// `exclude` need not be sorted. A score of `NaN` or minus infinity is never listed. Fewer than
/// `k` items come back when no more are left.
pub fn top_k(scores: &[f32], exclude: &[ItemIx], k: usize) -> Vec<ItemIx> {
    let mut excluded = vec![false; scores.len()];
    for item in exclude {
        excluded[item.at()] = true;
    }
    let mut best: Vec<(f32, u32)> = Vec::with_capacity(2 * k.min(scores.len()) + 1);
    let order = |a: &(f32, u32), b: &(f32, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    let mut floor = f32::NEG_INFINITY;
    for (block, own) in scores.chunks(BLOCK).enumerate() {
        // Most blocks have nothing to add, which is seen for many scores at once.
        #[expect(
            clippy::needless_bitwise_bool,
            reason = "a loop without branches is vectorised"
        )]
        let any = own.iter().fold(false, |any, score| any | (*score > floor));
        if !any {
            continue;
        }
        for (item, &score) in (block * BLOCK..).zip(own) {
            if score <= floor || excluded[item] || score.is_nan() {
                continue;
            }
            best.push((score, u32::try_from(item).expect("index fits u32")));
            if best.len() == best.capacity().max(2 * k) {
                best.select_nth_unstable_by(k.saturating_sub(1), order);
                best.truncate(k);
                let kept = best.iter().map(|entry| entry.0);
                floor = kept.fold(f32::INFINITY, f32::min);
            }
        }
    }
    best.sort_unstable_by(order);
    best.truncate(k);
    best.into_iter().map(|(_, item)| ItemIx(item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_lower_index_and_seen_items_are_left_out() {
        let scores = [0.5, 2.0, 1.0, 2.0, f32::NAN, 1.5, f32::NEG_INFINITY];
        let list = top_k(&scores, &[ItemIx(5)], 3);
        assert_eq!(list, [ItemIx(1), ItemIx(3), ItemIx(2)]);
        assert_eq!(top_k(&scores, &[], 99).len(), 5);
        assert!(top_k(&scores, &[], 0).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn equals_a_full_sort(scores in proptest::collection::vec(-9_i8..9, 0..400), k in 0_usize..20) {
            let scores: Vec<f32> = scores.into_iter().map(f32::from).collect();
            let mut all: Vec<u32> = (0..u32::try_from(scores.len()).unwrap()).collect();
            all.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
            let expected: Vec<ItemIx> = all.into_iter().take(k).map(ItemIx).collect();
            proptest::prop_assert_eq!(top_k(&scores, &[], k), expected);
        }
    }
}
