//! Intra-list diversity (Ziegler et al., 2005).

use rayon::prelude::*;

use super::{CorpusMetric, Shown, mean};
use crate::data::{Dataset, ItemIx, UserIx};

/// How little the items of one list resemble each other.
///
/// ```text
/// diversity@k = mean over lists of mean over pairs i < j of 1 - cos(i, j)
/// cos(i, j)   = |U_i and U_j| / sqrt(|U_i| |U_j|)
/// ```
/// `U_i` are the users with item `i` in training; an item that nobody has resembles none. Lists of
/// one item do not count. Departure: of more than 2,000 lists, 2,000 at even distances count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Diversity {
    /// Length of the lists.
    pub k: usize,
}

/// How many lists are looked at.
const MAX_LISTS: usize = 2_000;

impl CorpusMetric for Diversity {
    fn label(&self) -> String {
        format!("diversity@{}", self.k)
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let lists: Vec<&[ItemIx]> = shown.first(self.k).filter(|list| list.len() > 1).collect();
        let n = lists.len().min(MAX_LISTS);
        let chosen: Vec<&[ItemIx]> = (0..n).map(|at| lists[at * lists.len() / n]).collect();
        let train = shown.holdout.train();
        let audience = audience(&chosen, train);
        let similarity: Vec<f64> = chosen
            .par_chunks(16)
            .flat_map_iter(|lists| {
                let mut weight = vec![0.0; train.n_users()];
                let audience = &audience;
                lists
                    .iter()
                    .map(move |list| mean_cosine(list, audience, &mut weight))
            })
            .collect();
        mean(similarity).map(|similarity| 1.0 - similarity)
    }
}

/// The distinct users of each listed item; empty for other items.
fn audience(lists: &[&[ItemIx]], train: &Dataset) -> Vec<Vec<UserIx>> {
    let mut listed = vec![false; train.n_items()];
    for item in lists.iter().copied().flatten() {
        listed[item.at()] = true;
    }
    let mut audience = vec![Vec::new(); train.n_items()];
    for user in train.user_indices() {
        for item in train.history(user).iter().filter(|item| listed[item.at()]) {
            let users: &mut Vec<UserIx> = &mut audience[item.at()];
            if users.last() != Some(&user) {
                users.push(user);
            }
        }
    }
    audience
}

/// The mean cosine of the pairs of a list. `weight` is `[U]`, zero before and after.
///
/// With `w_i = 1 / sqrt(|U_i|)` the cosines of all pairs sum to the products `w_i w_j` over the
/// users who have both items, so one pass over the audiences is enough.
fn mean_cosine(list: &[ItemIx], audience: &[Vec<UserIx>], weight: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for item in list {
        let users = &audience[item.at()];
        let own = (users.len().max(1) as f64).sqrt().recip();
        for user in users {
            let others = &mut weight[user.at()];
            sum += *others * own;
            *others += own;
        }
    }
    for item in list {
        for user in &audience[item.at()] {
            weight[user.at()] = 0.0;
        }
    }
    sum / (list.len() * (list.len() - 1) / 2) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        // U_0 = {0, 1, 2}, U_1 = {0, 1}, U_2 = {2}, U_3 = {}.
        // cos(0, 1) = 2 / sqrt(6) = .8164966, cos(0, 2) = 1 / sqrt(3) = .5773503, cos(1, 2) = 0.
        let known: [&[u32]; 4] = [&[0, 1], &[0, 1, 0], &[0, 2], &[4]];
        let found = score(&Diversity { k: 2 }, &known, &[&[0, 1, 2], &[3, 0], &[1]]);
        // Lists 0 1 and 3 0: 1 - (.8164966 + 0) / 2.
        assert_close(found.unwrap(), 0.591_751_7);
        let found = score(&Diversity { k: 3 }, &known, &[&[0, 1, 2]]);
        assert_close(found.unwrap(), 1.0 - (0.816_496_58 + 0.577_350_27) / 3.0);
        assert_eq!(score(&Diversity { k: 1 }, &known, &[&[0, 1]]), None);
    }
}
