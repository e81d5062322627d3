//! Rows that a look at the health of a recommender takes.
//!
//! Scores are no profiles: to be compared with real ones, what is generated for a user counts as the
//! `n` items with the highest entries, where `n` is the number of items in the user's own profile.

use rand::seq::SliceRandom;
use sparring_wide::Stream;

use crate::data::{Dataset, UserIx};

/// Real rows of a look at most.
const REAL: usize = 64;

/// Rows of a log: some that are shown to the discriminator, and others that rows are made for.
#[derive(Debug, Clone)]
pub(super) struct Probed {
    /// An even number of rows.
    pub(super) real: Vec<UserIx>,
    /// Half as many; other rows, where there are enough.
    pub(super) fake: Vec<UserIx>,
}

impl Probed {
    pub(super) fn draw(rows: &Dataset, stream: &mut Stream) -> Self {
        let mut users: Vec<UserIx> = rows.user_indices().collect();
        users.shuffle(stream);
        let real = REAL.min(users.len() - users.len() % 2);
        let fake = users.iter().rev().take(REAL / 2).copied().collect();
        users.truncate(real);
        Self { real: users, fake }
    }

    /// Whether there is enough to tell a collapse from a small log.
    pub(super) fn is_enough(&self, rows: &Dataset) -> bool {
        self.real.len() >= 8 && rows.n_items() >= 2
    }

    /// The real profiles in ones and zeros, `[B, I]`.
    pub(super) fn profiles(&self, rows: &Dataset) -> Vec<f32> {
        let width = rows.n_items();
        let mut ones = vec![0.0; self.real.len() * width];
        for (row, &user) in ones.chunks_mut(width.max(1)).zip(&self.real) {
            for item in rows.history(user) {
                row[item.at()] = 1.0;
            }
        }
        ones
    }

    /// Turns generated entries, `[B, I]` in the order of `fake`, into profiles of ones and zeros.
    pub(super) fn binarise(&self, rows: &Dataset, generated: &mut [f32]) {
        let width = rows.n_items().max(1);
        for (row, &user) in generated.chunks_mut(width).zip(&self.fake) {
            let n = rows.history(user).len();
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
            let finite = row.iter().all(|value| value.is_finite());
            // What is not finite stays so, since it tells of a divergence.
            row.fill(if finite { 0.0 } else { f32::NAN });
            for at in order.into_iter().take(n).filter(|_| finite) {
                row[at] = 1.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;

    #[test]
    fn generated_rows_become_profiles_as_long_as_the_users_own() {
        let data = crate::models::contract::planted();
        let probed = Probed::draw(&data, &mut Seed(1).stream("probe"));
        let width = data.n_items();
        let count = |row: &[f32]| row.iter().filter(|&&x| x > 0.5).count();
        let real = probed.profiles(&data);
        for (row, &user) in real.chunks(width).zip(&probed.real) {
            assert_eq!(count(row), data.history(user).len());
        }
        // Entries that fall from item to item: the first n items are the profile.
        let falling = |at: usize| -((at % width) as f32);
        let mut made: Vec<f32> = (0..probed.fake.len() * width).map(falling).collect();
        made[0] = f32::NAN;
        probed.binarise(&data, &mut made);
        assert!(made[..width].iter().all(|x| x.is_nan()));
        let row = &made[width..2 * width];
        let n = data.history(probed.fake[1]).len();
        assert!(row[..n].iter().all(|&x| x > 0.5) && count(row) == n);
    }
}
