//! What is counted of users for a picture of them: how often each item, how many of each length.

use std::collections::BTreeMap;

use super::profiles::Profiles;
use crate::data::{Dataset, ItemIx};

/// Points of a curve at most.
const POINTS: usize = 200;

/// Counts over users; memory grows by the items alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    users: u64,
    interactions: u64,
    /// Users of each item.
    items: Vec<u64>,
    /// Users of each number of items.
    lengths: BTreeMap<usize, u64>,
}

impl Tally {
    /// Nobody yet, over `n_items` items.
    pub fn new(n_items: usize) -> Self {
        Self {
            items: vec![0; n_items],
            ..Self::default()
        }
    }

    /// Of the users of a log who have an item.
    pub fn of(log: &Dataset) -> Self {
        let mut tally = Self::new(log.n_items());
        for user in log.user_indices() {
            tally.add(log.history(user));
        }
        tally
    }

    /// One user more; without items it does not count.
    pub(super) fn add(&mut self, profile: &[ItemIx]) {
        if profile.is_empty() {
            return;
        }
        self.users += 1;
        self.interactions += profile.len() as u64;
        *self.lengths.entry(profile.len()).or_default() += 1;
        for item in profile {
            self.items[item.at()] += 1;
        }
    }

    /// Some users more.
    pub(super) fn extend(&mut self, profiles: &Profiles) {
        for profile in profiles.iter() {
            self.add(profile);
        }
    }

    /// Number of users.
    pub fn users(&self) -> u64 {
        self.users
    }

    /// Number of their interactions.
    pub fn interactions(&self) -> u64 {
        self.interactions
    }

    /// Users of each item.
    pub fn items(&self) -> &[u64] {
        &self.items
    }

    /// Items that anybody has.
    pub fn items_seen(&self) -> usize {
        self.items.iter().filter(|&&users| users > 0).count()
    }

    /// Rank of an item, from 1, and the share of the users who have it, at most 200 ranks evenly
    /// spread over logarithms.
    pub fn popularity(&self) -> Vec<(f64, f64)> {
        let mut counts: Vec<u64> = self.items.iter().copied().filter(|&n| n > 0).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let mut ranks: Vec<usize> = (0..POINTS)
            .map(|at| {
                let place = at as f64 / (POINTS - 1) as f64;
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a rank of an item"
                )]
                let rank = (counts.len() as f64).powf(place).round() as usize;
                rank
            })
            .filter(|rank| (1..=counts.len()).contains(rank))
            .collect();
        ranks.dedup();
        let share = |rank: usize| counts[rank - 1] as f64 / self.users as f64;
        ranks
            .into_iter()
            .map(|rank| (rank as f64, share(rank)))
            .collect()
    }

    /// Share of the users with so many items, by octaves of half a step: the least number of each and
    /// the share.
    pub fn lengths(&self) -> Vec<(f64, f64)> {
        let mut shares: BTreeMap<usize, u64> = BTreeMap::new();
        for (&length, &users) in &self.lengths {
            *shares.entry(first_of_half_octave(length)).or_default() += users;
        }
        let share = |users: u64| users as f64 / self.users as f64;
        shares
            .into_iter()
            .map(|(first, users)| (first as f64, share(users)))
            .collect()
    }
}

/// The least length with the same `2 log2 n`, rounded down.
fn first_of_half_octave(length: usize) -> usize {
    let octave: usize = 1 << length.max(1).ilog2();
    // 2^(k + 1/2) rounded up, exactly: the least n with n^2 >= 2^(2 k + 1).
    let root = (octave..2 * octave).find(|n| n * n >= 2 * octave * octave);
    root.filter(|&root| root <= length).unwrap_or(octave)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;

    #[test]
    fn counts_by_hand() {
        // {0, 1}, {0, 1, 2}, {0}, nobody.
        let pairs = [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0)];
        let tally = Tally::of(&log(4, 5, pairs));
        assert_eq!((tally.users(), tally.interactions()), (3, 6));
        assert_eq!(
            (tally.items(), tally.items_seen()),
            (&[3, 2, 1, 0, 0][..], 3)
        );
        assert_eq!(
            tally.popularity(),
            [(1.0, 1.0), (2.0, 2.0 / 3.0), (3.0, 1.0 / 3.0)]
        );
        let third = 1.0 / 3.0;
        assert_eq!(tally.lengths(), [(1.0, third), (2.0, third), (3.0, third)]);
        let nobody = Tally::new(3);
        assert!(nobody.popularity().is_empty() && nobody.lengths().is_empty());
    }

    #[test]
    fn half_octaves() {
        let found = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16].map(first_of_half_octave);
        assert_eq!(found, [1, 2, 3, 4, 4, 6, 6, 8, 8, 12, 12, 16]);
    }

    #[test]
    fn many_items_are_few_points() {
        let pairs = (0..300).flat_map(|user| (0..=user).map(move |item| (user, item)));
        let points = Tally::of(&log(300, 300, pairs)).popularity();
        assert!(points.len() <= POINTS && points[points.len() - 1].0 >= 300.0);
        assert!(
            points
                .windows(2)
                .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 >= pair[1].1)
        );
    }
}
