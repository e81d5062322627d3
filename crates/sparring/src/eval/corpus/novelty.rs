//! Novelty: how surprising the listed items are (Zhou et al., 2010).

use super::{CorpusMetric, Shown, mean};

/// Mean self-information of the listed items, in bits.
///
/// ```text
/// novelty@k = mean over lists of mean over items of -log2(max(n_i, 1) / U)
/// ```
/// `n_i` training interactions of item `i`, `U` users with a training history. Departure: an item
/// that nobody has counts like one that a single user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Novelty {
    /// Length of the lists.
    pub k: usize,
}

impl CorpusMetric for Novelty {
    fn label(&self) -> String {
        format!("novelty@{}", self.k)
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let train = shown.holdout.train();
        let users = train.user_indices();
        let n_users = users
            .filter(|&user| !train.history(user).is_empty())
            .count() as f64;
        let information: Vec<f64> = shown
            .counts
            .iter()
            .map(|&count| -(f64::from(count.max(1)) / n_users).log2())
            .collect();
        let of_list = |list: &[_]| {
            mean(
                list.iter()
                    .map(|item: &crate::data::ItemIx| information[item.at()]),
            )
        };
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
        // Four users; item 0 has 4, item 1 has 2, item 2 has 1, item 3 none: 0, 1, 2, 2 bits.
        // Lists 0 1 (mean .5) and 3 (mean 2): 1.25.
        let known: [&[u32]; 4] = [&[0, 1], &[0, 1], &[0, 2], &[0]];
        let lists: [&[u32]; 2] = [&[0, 1, 3], &[3]];
        let found = score(&Novelty { k: 2 }, &known, &lists);
        assert_close(found.unwrap(), 1.25);
    }
}
