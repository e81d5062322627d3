//! Popularity bias: whether users are shown more popular items than they chose themselves.

use super::{CorpusMetric, Shown, mean};
use crate::data::ItemIx;
use crate::eval::metric::Direction;

/// Lift of the group average popularity (Abdollahpouri et al., 2019): 0 if lists are as popular as
/// histories, 1 if twice as popular.
///
/// ```text
/// popularity_bias@k = (gap(lists) - gap(histories)) / gap(histories)
/// gap(x) = mean over users of mean over their items of n_i
/// ```
/// `n_i` training interactions of item `i`. Users without a history or a list do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PopularityBias {
    /// Length of the lists.
    pub k: usize,
}

impl CorpusMetric for PopularityBias {
    fn label(&self) -> String {
        format!("popularity_bias@{}", self.k)
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let popularity =
            |items: &[ItemIx]| mean(items.iter().map(|item| f64::from(shown.counts[item.at()])));
        let users = shown.users.iter().zip(shown.first(self.k));
        let (mut chosen, mut listed) = (0.0, 0.0);
        for (&user, list) in users {
            let history = shown.holdout.known.history(user);
            if let (Some(history), Some(list)) = (popularity(history), popularity(list)) {
                chosen += history;
                listed += list;
            }
        }
        (chosen > 0.0).then(|| (listed - chosen) / chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        // Counts: item 0 has 2, items 1 and 2 have 1. Histories 0 1 and 0 2 average 1.5 each.
        // Lists 0 (2) and 1 (1) average 1.5: no lift; 0 and 0 average 2: a third more.
        let known: [&[u32]; 2] = [&[0, 1], &[0, 2]];
        let metric = PopularityBias { k: 1 };
        assert_close(score(&metric, &known, &[&[0], &[1]]).unwrap(), 0.0);
        assert_close(score(&metric, &known, &[&[0], &[0]]).unwrap(), 1.0 / 3.0);
        assert_eq!(score(&metric, &known, &[&[], &[]]), None);
    }
}
