//! Popularity of the listed items as a quantile.

use super::{CorpusMetric, Shown, mean};
use crate::data::ItemIx;
use crate::eval::metric::Direction;

/// Mean over lists of the mean popularity quantile of their items: 1 for the most popular item, 0
/// for one that nobody has.
///
/// ```text
/// q_i = (rank of n_i among the items with n_i > 0, from 1, ties averaged) / number of them
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PopularityRank {
    /// Length of the lists.
    pub k: usize,
}

impl CorpusMetric for PopularityRank {
    fn label(&self) -> String {
        format!("popularity_rank@{}", self.k)
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let mut sorted: Vec<u32> = shown.counts.iter().copied().filter(|&n| n > 0).collect();
        sorted.sort_unstable();
        let quantile = |count: u32| {
            let below = sorted.partition_point(|&other| other < count);
            let upto = sorted.partition_point(|&other| other <= count);
            // The ranks of the ties are below + 1 to upto.
            (below + upto + 1) as f64 / 2.0 / sorted.len() as f64
        };
        let of_item = |item: &ItemIx| match shown.counts[item.at()] {
            0 => 0.0,
            count => quantile(count),
        };
        let of_list = |list: &[ItemIx]| mean(list.iter().map(of_item));
        mean(shown.first(self.k).filter_map(of_list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        // Counts 3, 1, 1 for items 0 to 2: ranks 3, 1.5, 1.5 of 3. Lists 0 1 (.75) and 3 (0).
        let known: [&[u32]; 3] = [&[0, 1], &[0, 2], &[0]];
        let found = score(&PopularityRank { k: 2 }, &known, &[&[0, 1], &[3]]);
        assert_close(found.unwrap(), 0.375);
    }
}
