//! What the network sees of a history in training, and what it must find.

use rand::RngExt;
use rand::seq::SliceRandom;
use sparring_wide::{Seed, SparseRows};

use crate::models::profiles::Profiles;

/// Users of a step, each history cut in two.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// What the network sees, each row of Euclidean length one, `[B, I]`.
    pub(crate) input: SparseRows,
    /// What it must find, ones, `[B, I]`.
    pub(crate) held: SparseRows,
    /// Both, sorted, ones, `[B, I]`.
    pub(crate) known: SparseRows,
}

impl Batch {
    /// Cuts the histories of `users`: each item is held out with probability `mask`, and at least
    /// one of a history is.
    pub(crate) fn cut(&mut self, profiles: &Profiles, users: &[usize], mask: f32, seed: Seed) {
        self.input.clear();
        self.held.clear();
        self.known.clear();
        for (row, &user) in users.iter().enumerate() {
            let items = profiles.row(user);
            let mut stream = seed.stream_at("mask", row as u64);
            let (mut held, mut seen): (Vec<u32>, Vec<u32>) =
                items.iter().partition(|_| stream.random::<f32>() < mask);
            if held.is_empty() && !seen.is_empty() {
                held.push(seen.swap_remove(stream.random_range(0..seen.len())));
            }
            self.input.push_row(seen);
            self.held.push_row(held);
            self.known.push_row(items.iter().copied());
        }
        self.input.l2_normalise();
    }
}

/// Users in an order drawn anew for each pass, batch by batch without end.
#[derive(Debug)]
pub(super) struct Rota {
    users: Vec<usize>,
    next: usize,
    pass: u64,
    seed: Seed,
}

impl Rota {
    pub(super) fn new(users: Vec<usize>, seed: Seed) -> Self {
        let next = users.len();
        Self {
            users,
            next,
            pass: 0,
            seed,
        }
    }

    /// The next `size` users, fewer at the end of a pass.
    pub(super) fn batch(&mut self, size: usize) -> &[usize] {
        if self.next >= self.users.len() {
            self.users.sort_unstable();
            self.users
                .shuffle(&mut self.seed.stream_at("order", self.pass));
            (self.next, self.pass) = (0, self.pass + 1);
        }
        let from = self.next;
        self.next = self.users.len().min(from + size);
        &self.users[from..self.next]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::profiles::tests::log;

    fn profiles() -> Profiles {
        let pairs = (0..6).flat_map(|user| (0..=user).map(move |item| (user, item)));
        Profiles::of(&log(6, 6, pairs))
    }

    #[test]
    fn a_history_is_cut_into_two_parts_of_which_one_is_never_empty() {
        let profiles = profiles();
        for (at, mask) in [0.0, 0.5, 0.9].into_iter().enumerate() {
            let mut batch = Batch::default();
            batch.cut(&profiles, &[0, 3, 5], mask, Seed(at as u64));
            for (row, user) in [0, 3, 5].into_iter().enumerate() {
                let (seen, values) = batch.input.row(row);
                let held = batch.held.row(row).0;
                assert!(!held.is_empty());
                let mut both = [seen, held].concat();
                both.sort_unstable();
                assert_eq!(both, profiles.row(user));
                assert_eq!(batch.known.row(row).0, profiles.row(user));
                let length: f32 = values.iter().map(|v| v * v).sum();
                assert!(seen.is_empty() || (length - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn every_user_comes_once_a_pass() {
        let mut rota = Rota::new(vec![4, 7, 9, 11, 20], Seed(1));
        let mut orders = Vec::new();
        for _ in 0..2 {
            let mut pass = Vec::new();
            while pass.len() < 5 {
                pass.extend_from_slice(rota.batch(2));
            }
            orders.push(pass.clone());
            pass.sort_unstable();
            assert_eq!(pass, [4, 7, 9, 11, 20]);
        }
        assert_ne!(orders[0], orders[1]);
    }
}
