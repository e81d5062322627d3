//! Users that are made to be found: many items drawn by lot, each user in the log by a coin.

use rand::RngExt;
use rand::seq::index;
use sparring_wide::Seed;

use super::crowd::crowd_of;
use super::error::AuditError;
use crate::data::Dataset;
use crate::fidelity::Crowd;
use crate::models::Profiles;

/// Items of a canary, fewer in a small catalogue.
const ITEMS: usize = 64;
/// Items of the catalogue for each of a canary's.
const ROOM: usize = 8;
/// The fewest items of a catalogue.
const LEAST_ITEMS: usize = 32;
/// The fewest canaries.
pub(super) const LEAST_CANARIES: usize = 100;

/// Canaries, and which of them are there.
///
/// Two canaries with `k` of `I` items share `k^2 / I` on average, so that they are nearly orthogonal
/// as profiles and more so as pairs of items: what one adds to a release is hardly seen by another.
#[derive(Debug, Clone)]
pub struct Canaries {
    /// All of them, over the catalogue of the log.
    pub(super) crowd: Crowd,
    /// Whether each is in the log.
    pub(super) there: Vec<bool>,
}

impl Canaries {
    /// So many, for the catalogue of a log; the coins are from the seed too.
    ///
    /// # Errors
    /// If there are too few, or the catalogue has no room for them.
    pub fn of(log: &Dataset, count: usize, seed: Seed) -> Result<Self, AuditError> {
        let (needed, n) = (LEAST_CANARIES, log.n_items());
        if count < needed {
            let found = count;
            return Err(AuditError::FewCanaries { found, needed });
        }
        if n < LEAST_ITEMS {
            let (found, needed) = (n, LEAST_ITEMS);
            return Err(AuditError::SmallCatalogue { found, needed });
        }
        let items = ITEMS.min(n / ROOM);
        let row = |canary: usize| {
            let mut stream = seed.stream_at("canary", canary as u64);
            let drawn = index::sample(&mut stream, n, items).into_iter();
            drawn.map(|item| u32::try_from(item).expect("an index"))
        };
        let mut stream = seed.stream("coins");
        Ok(Self {
            crowd: crowd_of((0..count).map(row), log.items()),
            there: (0..count).map(|_| stream.random()).collect(),
        })
    }

    /// Number of canaries.
    pub fn len(&self) -> usize {
        self.there.len()
    }

    /// Never: there are at least a hundred.
    pub fn is_empty(&self) -> bool {
        self.there.is_empty()
    }

    /// Items of each.
    pub fn n_items(&self) -> usize {
        self.crowd.profiles.row(0).len()
    }

    /// The log with those that are there, after its own users.
    pub(super) fn among(&self, log: &Dataset) -> Dataset {
        self.added(log, |canary| self.there[canary])
    }

    /// The log with all of them.
    pub(super) fn all_among(&self, log: &Dataset) -> Dataset {
        self.added(log, |_| true)
    }

    fn added(&self, log: &Dataset, which: impl Fn(usize) -> bool) -> Dataset {
        let rows = Profiles::of(log).without_empty_rows();
        let canaries = self.crowd.profiles.rows().enumerate();
        let canaries = canaries.filter(|(canary, _)| which(*canary));
        let all = rows.rows().chain(canaries.map(|(_, row)| row));
        crowd_of(all.map(|row| row.iter().copied()), log.items()).data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;

    #[test]
    fn half_of_them_are_there() {
        let real = log(2, 400, [(0, 1), (1, 0), (1, 7)]);
        let canaries = Canaries::of(&real, 1000, Seed(1)).unwrap();
        assert_eq!((canaries.len(), canaries.n_items()), (1000, 50));
        let inside = canaries.there.iter().filter(|there| **there).count();
        assert!((450..550).contains(&inside), "{inside}");
        let with = canaries.among(&real);
        assert_eq!(with.n_users(), 2 + inside);
        assert_eq!(canaries.all_among(&real).n_users(), 1002);
        let rows = Profiles::of(&with);
        assert_eq!(rows.row(1), [0, 7], "the log's own users come first");
        let first = canaries.there.iter().position(|there| *there).unwrap();
        assert_eq!(rows.row(2), canaries.crowd.profiles.row(first));
    }

    #[test]
    fn what_is_too_small() {
        let real = log(2, 31, [(0, 1), (1, 30)]);
        let error = Canaries::of(&real, 1000, Seed(1)).unwrap_err();
        assert!(
            error.to_string().contains("31 items, 32 are needed"),
            "{error}"
        );
        let error = Canaries::of(&real, 99, Seed(1)).unwrap_err();
        assert!(error.to_string().contains("99 canaries, 100"), "{error}");
    }
}
