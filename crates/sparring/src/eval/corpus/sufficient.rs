//! Whether there are lists, and as long as asked.

use super::{CorpusMetric, Shown, mean};

/// The share of lists with at least `k` items, of those that are not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sufficient {
    /// Length of the lists.
    pub k: usize,
}

/// The share of users with held-out items who have a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoveredUsers {
    /// Length of the lists.
    pub k: usize,
}

impl CorpusMetric for Sufficient {
    fn label(&self) -> String {
        format!("sufficient@{}", self.k)
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let lengths = shown
            .lists
            .iter()
            .map(Vec::len)
            .filter(|&length| length > 0);
        mean(lengths.map(|length| f64::from(u8::from(length >= self.k))))
    }
}

impl CorpusMetric for CoveredUsers {
    fn label(&self) -> String {
        format!("covered_users@{}", self.k)
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let relevant = &shown.holdout.relevant;
        let mut listed = vec![false; relevant.n_users()];
        for (user, list) in shown.users.iter().zip(shown.lists) {
            listed[user.at()] = !list.is_empty();
        }
        let wanted = relevant.user_indices();
        let wanted = wanted.filter(|&user| !relevant.history(user).is_empty());
        mean(wanted.map(|user| f64::from(u8::from(listed[user.at()]))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        // One of two lists has two items; two of four users with held-out items have a list.
        let known: [&[u32]; 4] = [&[0], &[1], &[2], &[3]];
        let lists: [&[u32]; 3] = [&[0, 1], &[1], &[]];
        let found = score(&Sufficient { k: 2 }, &known, &lists);
        assert_close(found.unwrap(), 0.5);
        let found = score(&CoveredUsers { k: 2 }, &known, &lists);
        assert_close(found.unwrap(), 0.5);
    }
}
