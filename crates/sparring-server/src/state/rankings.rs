//! The most popular and the latest items, sorted anew when they are asked for and too old.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::State;

/// Items by popularity and by time, best first; blocked ones among them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sorted {
    pub(crate) popular: Vec<u32>,
    pub(crate) latest: Vec<u32>,
}

/// Sorted lists that are at most so old.
#[derive(Debug)]
pub(crate) struct Rankings {
    oldest: Duration,
    kept: Mutex<Option<(Instant, u64, Arc<Sorted>)>>,
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
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, shelf, sorted)) = &*kept
            && *shelf == state.shelf
            && made.elapsed() < self.oldest
        {
            return Arc::clone(sorted);
        }
        let sorted = Arc::new(sorted(state));
        *kept = Some((Instant::now(), state.shelf, Arc::clone(&sorted)));
        sorted
    }
}

fn sorted(state: &State) -> Sorted {
    let facts = state.all_facts();
    let all = 0..u32::try_from(facts.len()).expect("items fit 24 bits");
    let mut popular: Vec<u32> = all.clone().collect();
    popular.sort_by_key(|&item| std::cmp::Reverse(facts[item as usize].popularity));
    let mut latest: Vec<u32> = all
        .filter(|&item| facts[item as usize].time.is_some())
        .collect();
    latest.sort_by_key(|&item| std::cmp::Reverse(facts[item as usize].time));
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
        let others = 0..u32::try_from(self.rows.len()).expect("users fit 32 bits");
        let each = others.filter(|other| *other != user).filter_map(|other| {
            let theirs = self.liked(other);
            let shared = theirs.iter().filter(|item| liked[**item as usize]).count();
            let size = (mine.len() * theirs.len()) as f64;
            (shared > 0).then(|| (other, shared as f64 / size.sqrt()))
        });
        each.collect()
    }

    /// What a user liked, each item once, in no order.
    fn liked(&self, user: u32) -> Vec<u32> {
        let events = self.rows[user as usize].events.iter();
        let mut items: Vec<u32> = events
            .filter(|event| self.tells_taste(event.kind()))
            .map(|event| event.item())
            .collect();
        items.sort_unstable();
        items.dedup();
        items
    }
}
