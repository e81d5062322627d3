//! What each user did, by time: what was there at the start side by side, what came later in lists of its own.
//!
//! Most events of a large log are there at the start. Lists that can grow would take an eighth more than they
//! hold, and a stranger's allocation between any two of them.

use std::borrow::Cow;

use super::Event;

/// Events side by side, half a MiB; a block is never moved.
const BLOCK: usize = 1 << 16;

/// Events by user.
#[derive(Debug, Default)]
pub(crate) struct Histories {
    /// Those of the start, user after user.
    blocks: Vec<Vec<Event>>,
    /// Those that came later, for users who have some.
    later: Vec<Vec<Event>>,
    rows: Vec<Row>,
}

/// Where a user's events are.
#[derive(Debug, Default, Clone, Copy)]
struct Row {
    /// Position among all blocks.
    begin: u32,
    len: u32,
    /// One more than the place in `later`; 0 for none.
    later: u32,
}

impl Row {
    /// The block, and the place in it.
    fn place(self) -> (usize, std::ops::Range<usize>) {
        let begin = self.begin as usize;
        let at = begin % BLOCK;
        (begin / BLOCK, at..at + self.len as usize)
    }
}

impl Histories {
    /// One more user, who has done nothing.
    pub(super) fn add_user(&mut self) {
        self.rows.push(Row::default());
    }

    /// Number of users, those who left among them.
    pub(super) fn n_users(&self) -> usize {
        self.rows.len()
    }

    /// Takes all that a user did, in any order, and leaves `events` empty.
    pub(super) fn settle(&mut self, user: u32, events: &mut Vec<Event>) {
        events.sort_by_key(|event| event.secs);
        if self.rows[user as usize].len > 0 || !self.fits(events.len()) {
            for event in events.drain(..) {
                self.insert(user, event);
            }
            return;
        }
        let block = self.blocks.len() - 1;
        let row = &mut self.rows[user as usize];
        let begin = block * BLOCK + self.blocks[block].len();
        row.begin = u32::try_from(begin).expect("blocks that 32 bits count");
        row.len = u32::try_from(events.len()).expect("at most a block");
        self.blocks[block].append(events);
    }

    /// Whether so many can lie side by side; the last block has room for them then.
    fn fits(&mut self, wanted: usize) -> bool {
        let room = self.blocks.last().map_or(0, |last| BLOCK - last.len());
        if wanted > BLOCK || (wanted > room && self.blocks.len() == u32::MAX as usize / BLOCK) {
            return false;
        }
        if wanted > room || self.blocks.is_empty() {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        true
    }

    /// Ends a start: the last block takes no more than it needs.
    pub(super) fn settled(&mut self) {
        if let Some(last) = self.blocks.last_mut() {
            last.shrink_to_fit();
        }
    }

    /// Lays later events side by side with those of the start, where they are the most.
    pub(super) fn gather(&mut self) {
        let later: usize = self.later.iter().map(Vec::len).sum();
        let all: usize = self.blocks.iter().map(Vec::len).sum();
        if later <= all {
            return;
        }
        let mut gathered = Self {
            rows: vec![Row::default(); self.rows.len()],
            ..Self::default()
        };
        for user in 0..self.rows.len() {
            let user = u32::try_from(user).expect("users fit 32 bits");
            let mut events = self.by_time(user).into_owned();
            if let Some(later) = self.later_of(user) {
                *later = Vec::new();
            }
            gathered.settle(user, &mut events);
        }
        gathered.settled();
        *self = gathered;
    }

    /// What a user did, oldest first.
    pub(crate) fn by_time(&self, user: u32) -> Cow<'_, [Event]> {
        let [first, later] = self.parts(user);
        if later.is_empty() {
            return Cow::Borrowed(first);
        }
        if first.is_empty() {
            return Cow::Borrowed(later);
        }
        let mut merged = Vec::with_capacity(first.len() + later.len());
        let mut rest = first;
        for event in later {
            let before = rest.partition_point(|old| old.secs <= event.secs);
            merged.extend_from_slice(&rest[..before]);
            merged.push(*event);
            rest = &rest[before..];
        }
        merged.extend_from_slice(rest);
        Cow::Owned(merged)
    }

    /// What a user did, in no order.
    pub(super) fn each(&self, user: u32) -> impl Iterator<Item = &Event> {
        self.parts(user).into_iter().flatten()
    }

    /// What is of the start, and what came later, each by time.
    fn parts(&self, user: u32) -> [&[Event]; 2] {
        let row = self.rows[user as usize];
        let (block, place) = row.place();
        let first = self.blocks.get(block).map_or(&[][..], |all| &all[place]);
        let later = row.later.checked_sub(1);
        let later = later.map_or(&[][..], |at| &self.later[at as usize]);
        [first, later]
    }

    fn later_of(&mut self, user: u32) -> Option<&mut Vec<Event>> {
        let at = self.rows[user as usize].later.checked_sub(1)?;
        self.later.get_mut(at as usize)
    }

    /// Adds what a user did, behind what happened in the same second.
    pub(super) fn insert(&mut self, user: u32, event: Event) {
        let row = &mut self.rows[user as usize];
        if row.later == 0 {
            self.later.push(Vec::new());
            row.later = u32::try_from(self.later.len()).expect("users fit 32 bits");
        }
        let later = &mut self.later[row.later as usize - 1];
        let at = later.partition_point(|old| old.secs <= event.secs);
        if later.len() == later.capacity() {
            // A quarter more instead of twice as much.
            later.reserve_exact(4 + later.len() / 4);
        }
        later.insert(at, event);
    }

    /// Takes away what `keep` does not want; what was taken. Nothing of it is left in memory.
    pub(super) fn retain(&mut self, user: u32, keep: impl Fn(&Event) -> bool) -> Vec<Event> {
        let gone: Vec<Event> = self.each(user).copied().filter(|it| !keep(it)).collect();
        if gone.is_empty() {
            return gone;
        }
        let (block, place) = self.rows[user as usize].place();
        if let Some(first) = self.blocks.get_mut(block).map(|all| &mut all[place]) {
            let kept = keep_in_front(first, &keep);
            self.rows[user as usize].len = u32::try_from(kept).expect("fewer than before");
        }
        if let Some(later) = self.later_of(user) {
            let kept = keep_in_front(later, &keep);
            later.truncate(kept);
        }
        gone
    }

    /// Bytes that all of it takes.
    pub(super) fn bytes(&self) -> usize {
        let lists = self.blocks.iter().chain(&self.later);
        let events: usize = lists.map(Vec::capacity).sum();
        events * size_of::<Event>()
            + self.later.capacity() * size_of::<Vec<Event>>()
            + self.rows.capacity() * size_of::<Row>()
    }
}

/// Moves what is wanted to the front, in order, and overwrites the rest; how many are wanted.
fn keep_in_front(events: &mut [Event], keep: impl Fn(&Event) -> bool) -> usize {
    let mut kept = 0;
    for at in 0..events.len() {
        if keep(&events[at]) {
            events[kept] = events[at];
            kept += 1;
        }
    }
    events[kept..].fill(Event::default());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Moment;

    fn event(item: u32, secs: i64) -> Event {
        Event::new(0, item, Moment(secs * 1_000_000))
    }

    fn items(histories: &Histories, user: u32) -> Vec<u32> {
        let events = histories.by_time(user);
        events.iter().map(|event| event.item()).collect()
    }

    /// Two users: of 3 and of 2 events at the start.
    fn two() -> Histories {
        let mut histories = Histories::default();
        histories.add_user();
        histories.add_user();
        histories.settle(0, &mut vec![event(3, 30), event(1, 10), event(2, 20)]);
        histories.settle(1, &mut vec![event(1, 5), event(9, 6)]);
        histories.settled();
        histories
    }

    #[test]
    fn later_events_stand_where_their_time_is() {
        let mut histories = two();
        for (item, secs) in [(7, 25), (8, 5), (6, 20), (5, 99)] {
            histories.insert(0, event(item, secs));
        }
        assert_eq!(items(&histories, 0), [8, 1, 2, 6, 7, 3, 5]);
        assert_eq!(items(&histories, 1), [1, 9]);
        assert_eq!(histories.each(0).count(), 7);
        // Four of nine came later: they stay where they are. With two more they do not.
        histories.gather();
        assert_eq!(histories.later.len(), 1);
        histories.insert(1, event(4, 1));
        histories.insert(1, event(4, 7));
        histories.gather();
        assert!(histories.later.is_empty());
        assert_eq!(items(&histories, 0), [8, 1, 2, 6, 7, 3, 5]);
        assert_eq!(items(&histories, 1), [4, 1, 9, 4]);
    }

    #[test]
    fn what_is_taken_away_is_nowhere() {
        let mut histories = two();
        histories.insert(0, event(9, 15));
        assert_eq!(histories.retain(0, |it| it.item() < 9), [event(9, 15)]);
        assert_eq!(histories.retain(0, |it| it.item() != 1), [event(1, 10)]);
        assert_eq!(items(&histories, 0), [2, 3]);
        assert_eq!(histories.retain(0, |_| false).len(), 2);
        assert_eq!(items(&histories, 0), [0; 0]);
        assert_eq!(histories.blocks[0][..3], [Event::default(); 3]);
        assert_eq!(items(&histories, 1), [1, 9]);
    }

    #[test]
    fn the_rest_is_overwritten() {
        let mut events = [1, 2, 3, 4].map(|item| event(item, 1));
        let kept = keep_in_front(&mut events, |it| it.item() % 2 == 0);
        let nothing = Event::default();
        assert_eq!(kept, 2);
        assert_eq!(events, [event(2, 1), event(4, 1), nothing, nothing]);
    }

    #[test]
    fn a_user_who_comes_twice_or_does_not_fit_has_all() {
        let mut histories = two();
        histories.settle(1, &mut vec![event(2, 1)]);
        assert_eq!(items(&histories, 1), [2, 1, 9]);
        histories.add_user();
        let mut many = vec![event(1, 1); BLOCK + 1];
        histories.settle(2, &mut many);
        assert!(many.is_empty());
        assert_eq!(histories.by_time(2).len(), BLOCK + 1);
        histories.add_user();
        let mut one = vec![event(1, 1); BLOCK];
        histories.settle(3, &mut one);
        assert_eq!(
            (histories.blocks.len(), histories.by_time(3).len()),
            (2, BLOCK)
        );
    }
}
