//! Serendipity: hits that popularity would not have found.

use super::{CorpusMetric, Shown, mean};
use crate::data::ItemIx;

/// Mean over lists of the mean over places of the lift of a hit above popularity.
///
/// ```text
/// place p, from 1, of item i: hit * max((I + 1 - p) / I - (I + 1 - q_i) / I, 0)
/// ```
/// `q_i` is the popularity rank of item `i` in training, 1 for the highest count, equal counts
/// sharing a rank and the next one following at once; an unseen item has 0 for the second term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serendipity {
    /// Length of the lists.
    pub k: usize,
}

impl CorpusMetric for Serendipity {
    fn label(&self) -> String {
        format!("serendipity@{}", self.k)
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let mut distinct: Vec<u32> = shown.counts.iter().copied().filter(|&n| n > 0).collect();
        distinct.sort_unstable_by(|a, b| b.cmp(a));
        distinct.dedup();
        let n_items = shown.counts.len() as f64;
        let chance = |rank: usize| (n_items - rank as f64) / n_items;
        let popular = |count: u32| distinct.binary_search_by(|other| count.cmp(other));
        let lift = |(place, item): (usize, &ItemIx)| {
            let expected = popular(shown.counts[item.at()]).map_or(0.0, chance);
            (chance(place) - expected).max(0.0)
        };
        let users = shown.users.iter().zip(shown.first(self.k));
        let of_list = |(&user, list): (_, &[ItemIx])| {
            let relevant = shown.holdout.relevant.history(user);
            let places = list.iter().enumerate();
            mean(places.map(|(place, item)| {
                if relevant.contains(item) {
                    lift((place, item))
                } else {
                    0.0
                }
            }))
        };
        mean(users.filter_map(of_list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        // Counts 2, 1, 1 for items 0 to 2: ranks 1, 2, 2; five items. What a user knows is
        // relevant here. User 0 with list 1 0: 1 at place 1 has 5/5 - 4/5; 0 at place 2 has
        // 4/5 - 5/5, at most 0: .2 / 2. User 1 hits nothing.
        let known: [&[u32]; 2] = [&[0, 1], &[0, 2]];
        let found = score(&Serendipity { k: 2 }, &known, &[&[1, 0], &[3]]);
        assert_close(found.unwrap(), 0.05);
    }
}
