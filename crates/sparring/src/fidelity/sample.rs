//! Users drawn by lot.

use rand::seq::SliceRandom;
use sparring_wide::Seed;

use super::logs::Crowd;

/// All users, or `most` of them, in their order.
pub(crate) fn at_most(crowd: &Crowd, most: usize, seed: Seed) -> Crowd {
    if crowd.n_users() <= most {
        return crowd.clone();
    }
    let mut users = drawn(crowd.n_users(), most, seed);
    users.sort_unstable();
    crowd.only(&users)
}

/// `most` of the numbers below `n`, or all, in the order in which they are drawn.
pub(crate) fn drawn(n: usize, most: usize, seed: Seed) -> Vec<usize> {
    let mut users: Vec<usize> = (0..n).collect();
    users.shuffle(&mut seed.stream("users"));
    users.truncate(most);
    users
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::logs::tests::crowd;

    #[test]
    fn a_sample_keeps_the_order_and_the_seed_decides() {
        let rows: Vec<[u32; 1]> = (0..40).map(|user| [user]).collect();
        let rows: Vec<&[u32]> = rows.iter().map(<[u32; 1]>::as_slice).collect();
        let all = crowd(&rows, 40);
        let some = at_most(&all, 9, Seed(1));
        let items: Vec<u32> = some.profiles.rows().map(|row| row[0]).collect();
        assert!(items.len() == 9 && items.is_sorted());
        assert_eq!(some.data, at_most(&all, 9, Seed(1)).data);
        assert_ne!(some.data, at_most(&all, 9, Seed(2)).data);
        assert_eq!(at_most(&all, 40, Seed(1)).data, all.data);
    }
}
