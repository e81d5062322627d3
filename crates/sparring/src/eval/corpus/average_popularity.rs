//! Average popularity of the listed items.

use super::{CorpusMetric, Shown, mean};
use crate::data::ItemIx;
use crate::eval::metric::Direction;

/// Mean over lists of the mean number of training interactions of their items.
///
/// ```text
/// popularity@k = mean over lists of mean over items of n_i
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AveragePopularity {
    /// Length of the lists.
    pub k: usize,
    /// Whether `n_i` is the share of all training interactions.
    pub normalized: bool,
}

impl CorpusMetric for AveragePopularity {
    fn label(&self) -> String {
        let suffix = if self.normalized { "_normalized" } else { "" };
        format!("popularity{suffix}@{}", self.k)
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let total = if self.normalized {
            shown.counts.iter().map(|&count| f64::from(count)).sum()
        } else {
            1.0
        };
        let popularity =
            |list: &[ItemIx]| mean(list.iter().map(|item| f64::from(shown.counts[item.at()])));
        mean(shown.first(self.k).filter_map(popularity)).map(|mean| mean / total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        // Counts 2, 1, 1; lists 0 1 (mean 1.5) and 3 (0); of 4 interactions.
        let (known, lists): ([&[u32]; 2], [&[u32]; 2]) = ([&[0, 1], &[0, 2]], [&[0, 1, 2], &[3]]);
        let with = |normalized| AveragePopularity { k: 2, normalized };
        assert_close(score(&with(false), &known, &lists).unwrap(), 0.75);
        assert_close(score(&with(true), &known, &lists).unwrap(), 0.75 / 4.0);
    }
}
