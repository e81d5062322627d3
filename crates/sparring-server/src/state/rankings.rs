//! The most popular and the latest items, sorted anew when they are asked for and too old.

use std::cmp::Reverse;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::State;

/// Items by popularity and by time, best first; blocked ones among them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sorted {
    pub(crate) popular: Vec<u32>,
    pub(crate) latest: Vec<u32>,
}

/// Items up to which lists are sorted anew as soon as the shelf changes.
const SMALL: usize = 10_000;
/// How long lists of more items may be behind the shelf.
const BEHIND: Duration = Duration::from_millis(100);

/// Sorted lists that are at most so old. A new item is in them at once where sorting takes no time, and
/// soon where it does: a stream of new items shall not sort a large catalogue again and again.
#[derive(Debug)]
pub(crate) struct Rankings {
    oldest: Duration,
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    made: Instant,
    shelf: u64,
    sorted: Arc<Sorted>,
}

impl Rankings {
    pub(crate) fn new(oldest: Duration) -> Self {
        Self {
            oldest,
            kept: Mutex::new(None),
        }
    }

    /// The lists of a state.
    pub(crate) fn of(&self, state: &State) -> Arc<Sorted> {
        let large = state.all_facts().len() > SMALL;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = kept.as_mut() {
            let age = kept.made.elapsed();
            let behind = kept.shelf != state.shelf && !(large && age < BEHIND);
            if !behind && age < self.oldest {
                return Arc::clone(&kept.sorted);
            }
        }
        if let Some(old) = kept.as_mut().filter(|_| large) {
            // Who comes meanwhile takes the old ones instead of waiting.
            (old.made, old.shelf) = (Instant::now(), state.shelf);
            drop(kept);
            let sorted = Arc::new(sorted(state));
            kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(kept) = kept.as_mut() {
                kept.sorted = Arc::clone(&sorted);
            }
            return sorted;
        }
        let sorted = Arc::new(sorted(state));
        *kept = Some(Kept {
            made: Instant::now(),
            shelf: state.shelf,
            sorted: Arc::clone(&sorted),
        });
        sorted
    }
}

fn sorted(state: &State) -> Sorted {
    let facts = state.all_facts();
    let all = 0..u32::try_from(facts.len()).expect("items fit 24 bits");
    let mut popular: Vec<(Reverse<u32>, u32)> = all
        .clone()
        .map(|item| (Reverse(facts[item as usize].popularity), item))
        .collect();
    popular.sort_unstable();
    let popular = popular.into_iter().map(|(_, item)| item).collect();
    let mut latest: Vec<u32> = all
        .filter(|&item| facts[item as usize].time.is_some())
        .collect();
    latest.sort_unstable_by_key(|&item| (Reverse(facts[item as usize].time), item));
    Sorted { popular, latest }
}

impl State {
    /// Users who liked some of what a user liked, with the cosine of their likes. It looks at all users.
    pub(crate) fn alike(&self, user: u32) -> Vec<(u32, f64)> {
        let mut liked = vec![false; self.facts.len()];
        let mine = self.liked(user);
        for &item in &mine {
            liked[item as usize] = true;
        }
        let each = self
            .all_users()
            .filter(|other| *other != user)
            .filter_map(|other| {
                let theirs = self.liked(other);
                let shared = theirs.iter().filter(|item| liked[**item as usize]).count();
                let size = (mine.len() * theirs.len()) as f64;
                (shared > 0).then(|| (other, shared as f64 / size.sqrt()))
            });
        each.collect()
    }

    /// What a user liked, each item once, in no order.
    fn liked(&self, user: u32) -> Vec<u32> {
        let events = self.histories.each(user);
        let mut items: Vec<u32> = events
            .filter(|event| self.tells_taste(event.kind()))
            .map(|event| event.item())
            .collect();
        items.sort_unstable();
        items.dedup();
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state of so many items.
    fn state(items: usize) -> State {
        let mut state = State::default();
        for item in 0..items {
            state.item(&item.to_string()).unwrap();
        }
        state
    }

    /// Moves when the kept lists were made.
    fn made(rankings: &Rankings, at: Instant) {
        rankings.kept.lock().unwrap().as_mut().unwrap().made = at;
    }

    #[test]
    fn a_new_item_is_listed_at_once_or_soon() {
        let now = Instant::now();
        for (items, at_once) in [(SMALL - 1, true), (SMALL, false)] {
            let mut state = state(items);
            let rankings = Rankings::new(Duration::from_secs(3600));
            assert_eq!(rankings.of(&state).popular.len(), items);
            made(&rankings, now + Duration::from_secs(60));
            state.item("new").unwrap();
            let listed = rankings.of(&state).popular.len() > items;
            assert_eq!(listed, at_once, "{items} items");
            // The lists of a moment ago are as good, and those of before are not.
            made(&rankings, now.checked_sub(2 * BEHIND).unwrap());
            assert_eq!(rankings.of(&state).popular.len(), items + 1);
        }
    }
}
