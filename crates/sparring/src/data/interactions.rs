//! Interactions in compressed rows: one row a user, in event order.

use super::clock::Clock;
use super::ids::{ItemIx, UserIx};

/// Interactions by user: 4 bytes for the item, 4 for a rating, 4 or 8 for a time.
///
/// Inside a row the events are in order of time, then of the source.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    starts: Vec<usize>,
    items: Vec<ItemIx>,
    ratings: Option<Vec<f32>>,
    times: Option<Times>,
}

/// Seconds since 1970: offsets from the earliest where 32 bits hold them, whole otherwise.
#[derive(Debug, Clone, PartialEq)]
enum Times {
    Narrow { base: i64, offsets: Vec<u32> },
    Wide(Vec<i64>),
}

impl Interactions {
    /// Number of rows.
    pub fn n_users(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of interactions.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no interaction.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items of a user, in event order.
    pub fn row(&self, user: UserIx) -> &[ItemIx] {
        &self.items[self.range(user)]
    }

    /// The ratings of a user, beside [`row`](Self::row), if the log has ratings.
    pub fn ratings(&self, user: UserIx) -> Option<&[f32]> {
        self.ratings
            .as_ref()
            .map(|ratings| &ratings[self.range(user)])
    }

    /// The time of the `position`-th event of a user, if the log has times.
    pub fn time(&self, user: UserIx, position: usize) -> Option<i64> {
        let at = self.starts[user.at()] + position;
        self.times.as_ref().map(|times| times.get(at))
    }

    /// Whether the log has ratings.
    pub fn has_ratings(&self) -> bool {
        self.ratings.is_some()
    }

    /// Whether the log has times.
    pub fn has_times(&self) -> bool {
        self.times.is_some()
    }

    /// What the times count; none if the log has none.
    pub fn clock(&self) -> Option<Clock> {
        let times = self.times.as_ref()?;
        let all = (0..self.len()).map(|at| times.get(at));
        let ends = all.map(|time| (time, time));
        let (first, last) = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        Some(Clock::of(first, last))
    }

    /// All items, row after row.
    pub fn items(&self) -> &[ItemIx] {
        &self.items
    }

    /// Bytes held on the heap.
    pub fn heap_bytes(&self) -> usize {
        let times = match &self.times {
            None => 0,
            Some(Times::Narrow { offsets, .. }) => offsets.capacity() * 4,
            Some(Times::Wide(times)) => times.capacity() * 8,
        };
        self.starts.capacity() * size_of::<usize>()
            + self.items.capacity() * 4
            + self
                .ratings
                .as_ref()
                .map_or(0, |ratings| ratings.capacity() * 4)
            + times
    }

    /// The part of the log for which `keep(user, position)` holds; rows keep their users.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(UserIx, usize) -> bool) -> Self {
        let mut starts = Vec::with_capacity(self.starts.len());
        let mut kept = Vec::new();
        starts.push(0);
        for user in 0..self.n_users() {
            let (from, to) = (self.starts[user], self.starts[user + 1]);
            let user = UserIx(u32::try_from(user).expect("fewer than 2^32 users"));
            kept.extend((from..to).filter(|at| keep(user, at - from)));
            starts.push(kept.len());
        }
        Self {
            starts,
            items: kept.iter().map(|&at| self.items[at]).collect(),
            ratings: self
                .ratings
                .as_ref()
                .map(|all| kept.iter().map(|&at| all[at]).collect()),
            times: self
                .times
                .as_ref()
                .map(|all| kept.iter().map(|&at| all.get(at)).collect()),
        }
    }

    fn range(&self, user: UserIx) -> std::ops::Range<usize> {
        self.starts[user.at()]..self.starts[user.at() + 1]
    }
}

impl Times {
    fn get(&self, at: usize) -> i64 {
        match self {
            Self::Narrow { base, offsets } => base + i64::from(offsets[at]),
            Self::Wide(times) => times[at],
        }
    }

    fn with_room(min: i64, max: i64, len: usize) -> Self {
        match max.checked_sub(min).map(u32::try_from) {
            Some(Ok(_)) => Self::Narrow {
                base: min,
                offsets: vec![0; len],
            },
            _ => Self::Wide(vec![0; len]),
        }
    }

    fn set(&mut self, at: usize, time: i64) {
        match self {
            Self::Narrow { base, offsets } => {
                offsets[at] = u32::try_from(time - *base).expect("within the range of times");
            }
            Self::Wide(times) => times[at] = time,
        }
    }
}

impl FromIterator<i64> for Times {
    fn from_iter<T: IntoIterator<Item = i64>>(times: T) -> Self {
        let times: Vec<i64> = times.into_iter().collect();
        let base = times.iter().copied().min().unwrap_or(0);
        let offsets: Option<Vec<u32>> = times
            .iter()
            .map(|&time| {
                time.checked_sub(base)
                    .and_then(|offset| u32::try_from(offset).ok())
            })
            .collect();
        match offsets {
            Some(offsets) => Self::Narrow { base, offsets },
            None => Self::Wide(times),
        }
    }
}

/// Events of a chunk of the builder.
const CHUNK: usize = 1 << 16;

/// Collects interactions in any order and sorts them into rows.
///
/// An event waits in at most 20 bytes, in chunks that are freed while the rows of 12 bytes are
/// filled, so that the peak is about 32 bytes an event (36 where times need 64 bits).
#[derive(Debug, Default)]
pub struct InteractionsBuilder {
    chunks: Vec<Chunk>,
    len: usize,
    has_ratings: bool,
    /// Earliest and latest time so far.
    times: Option<(i64, i64)>,
}

#[derive(Debug, Default)]
struct Chunk {
    users: Vec<u32>,
    items: Vec<ItemIx>,
    ratings: Vec<f32>,
    times: Vec<i64>,
}

impl Chunk {
    fn with_room(rated: bool, timed: bool) -> Self {
        Self {
            users: Vec::with_capacity(CHUNK),
            items: Vec::with_capacity(CHUNK),
            ratings: Vec::with_capacity(if rated { CHUNK } else { 0 }),
            times: Vec::with_capacity(if timed { CHUNK } else { 0 }),
        }
    }
}

impl InteractionsBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one event. Either every event has a rating or none has, and likewise a time.
    ///
    /// # Panics
    /// If an event has a rating or a time and an earlier one has not, or the other way round.
    pub fn push(&mut self, user: UserIx, item: ItemIx, rating: Option<f32>, time: Option<i64>) {
        if self.is_empty() {
            self.has_ratings = rating.is_some();
        }
        assert_eq!(self.has_ratings, rating.is_some(), "ratings: all or none");
        assert!(
            self.is_empty() || self.times.is_some() == time.is_some(),
            "times: all or none"
        );
        if let Some(time) = time {
            let (min, max) = self.times.unwrap_or((time, time));
            self.times = Some((min.min(time), max.max(time)));
        }
        if self.len.is_multiple_of(CHUNK) {
            // A small log has one chunk that grows; a large one allocates whole chunks.
            self.chunks.push(match self.len {
                0 => Chunk::default(),
                _ => Chunk::with_room(rating.is_some(), time.is_some()),
            });
        }
        let chunk = self.chunks.last_mut().expect("pushed with the first event");
        chunk.users.push(user.0);
        chunk.items.push(item);
        chunk.ratings.extend(rating);
        chunk.times.extend(time);
        self.len += 1;
    }

    /// Number of events so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no event yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sorts the events into `n_users` rows, each by time and then by order of arrival.
    pub fn build(self, n_users: usize) -> Interactions {
        let mut starts = vec![0_usize; n_users + 1];
        for &user in self.chunks.iter().flat_map(|chunk| &chunk.users) {
            starts[user as usize + 1] += 1;
        }
        for row in 0..n_users {
            starts[row + 1] += starts[row];
        }
        let mut log = Interactions {
            items: vec![ItemIx(0); self.len],
            ratings: self.has_ratings.then(|| vec![0.0; self.len]),
            times: self
                .times
                .map(|(min, max)| Times::with_room(min, max, self.len)),
            starts,
        };
        let mut next = log.starts.clone();
        for chunk in self.chunks {
            for (at, &user) in chunk.users.iter().enumerate() {
                let slot = next[user as usize];
                next[user as usize] += 1;
                log.items[slot] = chunk.items[at];
                if let Some(ratings) = &mut log.ratings {
                    ratings[slot] = chunk.ratings[at];
                }
                if let Some(times) = &mut log.times {
                    times.set(slot, chunk.times[at]);
                }
            }
        }
        log.sort_rows();
        log
    }
}

impl Interactions {
    /// Puts every row in order of time; events of the same time stay as they are.
    fn sort_rows(&mut self) {
        let Some(times) = &mut self.times else { return };
        let mut events: Vec<(i64, ItemIx, f32)> = Vec::new();
        for row in self.starts.windows(2) {
            let range = row[0]..row[1];
            if range.clone().is_sorted_by_key(|at| times.get(at)) {
                continue;
            }
            let rating = |at| self.ratings.as_ref().map_or(0.0, |all| all[at]);
            events.clear();
            events.extend(
                range
                    .clone()
                    .map(|at| (times.get(at), self.items[at], rating(at))),
            );
            events.sort_by_key(|event| event.0);
            for (at, &(time, item, rating)) in range.zip(&events) {
                times.set(at, time);
                self.items[at] = item;
                if let Some(ratings) = &mut self.ratings {
                    ratings[at] = rating;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Interactions {
        let mut builder = InteractionsBuilder::new();
        // user 1 saw item 2 at 20 and item 0 at 10; user 0 saw item 1 at 5.
        builder.push(UserIx(1), ItemIx(2), Some(4.0), Some(20));
        builder.push(UserIx(0), ItemIx(1), Some(3.0), Some(5));
        builder.push(UserIx(1), ItemIx(0), Some(5.0), Some(10));
        builder.build(3)
    }

    #[test]
    fn rows_are_in_order_of_time() {
        let log = small();
        assert_eq!(log.row(UserIx(0)), [ItemIx(1)]);
        assert_eq!(log.row(UserIx(1)), [ItemIx(0), ItemIx(2)]);
        assert_eq!(log.ratings(UserIx(1)), Some(&[5.0, 4.0][..]));
        assert_eq!(
            (log.time(UserIx(1), 0), log.time(UserIx(1), 1)),
            (Some(10), Some(20))
        );
        assert!(log.row(UserIx(2)).is_empty());
    }

    #[test]
    fn chunks_are_sorted_and_cost_what_they_should() {
        // More than two chunks, a hundred users in turn, times falling from 150,000 to 1.
        let (n, mut builder) = (150_000_u32, InteractionsBuilder::new());
        for at in 0..n {
            let time = Some(i64::from(n - at));
            builder.push(UserIx(at % 100), ItemIx(at), Some(at as f32), time);
        }
        let log = builder.build(100);
        assert_eq!(log.heap_bytes(), n as usize * 12 + 101 * size_of::<usize>());
        let row = log.row(UserIx(7));
        assert_eq!(
            (row.len(), row[0], row[1_499]),
            (1_500, ItemIx(149_907), ItemIx(7))
        );
        assert_eq!(log.ratings(UserIx(7)).unwrap()[..1], [149_907.0]);
        assert_eq!(log.time(UserIx(7), 0), Some(93));
    }

    #[test]
    fn filter_keeps_rows_in_place() {
        let log = small().filter(|user, position| user == UserIx(1) && position == 1);
        assert_eq!(log.n_users(), 3);
        assert_eq!((log.len(), log.row(UserIx(1))), (1, &[ItemIx(2)][..]));
        assert_eq!(log.time(UserIx(1), 0), Some(20));
    }

    #[test]
    fn distant_times_are_kept_whole() {
        let times: Times = [0, i64::MAX].into_iter().collect();
        assert_eq!(times, Times::Wide(vec![0, i64::MAX]));
        let times: Times = [-7, 5].into_iter().collect();
        assert_eq!((times.get(0), times.get(1)), (-7, 5));
    }
}
