//! The events so far as a log, cut before the latest.

use std::collections::BTreeMap;
use std::sync::Arc;

use sparring::data::{Clock, Dataset, InteractionsBuilder, ItemIx, UserIx, Vocabulary};

use super::tail::{Asked, Tail};
use crate::api::App;
use crate::engine::{Loaded, stamp};
use crate::moment::Moment;
use crate::state::State;

/// The share of events that are the latest.
const TAIL: f64 = 0.1;
/// Users whose latest events decide, at least and at most.
const USERS: (usize, usize) = (5, 2000);
/// Events since the old model was saved that are enough to decide by them alone.
const FRESH: usize = 100;

/// What is trained on and what decides.
pub(super) struct Gathered {
    pub(super) all: Dataset,
    /// Without the tail.
    pub(super) head: Dataset,
    pub(super) tail: Tail,
    /// Whether the old model may have been trained on the tail.
    pub(super) seen: bool,
    /// How many users had been deleted when this was read.
    pub(super) departures: u64,
}

/// An event that tells a taste, by the state's indices.
type Told = (u32, u32, u32);

/// Reads the state. What is wrong is said as it follows `Not trained:`.
pub(super) fn gather(app: &App, old: &Loaded) -> Result<Gathered, String> {
    let state = app.engine.read();
    let events = state.told(Moment::now());
    if events.is_empty() {
        return Err("there are no events that tell a taste".to_owned());
    }
    let saved = stamp(&old.folder).map_or(0, |(time, _)| Moment::of(time).secs());
    let (mut late, mut seen) = latest(&events, saved);
    let mut tail = tail_of(&state, &events, &late);
    if tail.users() < USERS.0 {
        // Few users go on for long: each one's last event decides.
        (late, seen) = (ends(&events), true);
        tail = tail_of(&state, &events, &late);
    }
    let items = catalogue(&state);
    let all = log(&state, &items, events.iter());
    let early = events.iter().zip(&late).filter(|(_, late)| !**late);
    let head = log(&state, &items, early.map(|(event, _)| event));
    if tail.users() < USERS.0 {
        return Err(format!(
            "{} users have both earlier and latest events, {} are needed to decide",
            tail.users(),
            USERS.0
        ));
    }
    Ok(Gathered {
        all,
        head,
        tail,
        seen,
        departures: state.departures(),
    })
}

/// Which events are the latest, and whether the old model may have been trained on some of them: the last tenth, or,
/// where there are enough, those since the old model was saved; each user's last where the times are no dates.
fn latest(events: &[Told], saved: u32) -> (Vec<bool>, bool) {
    let mut times: Vec<u32> = events.iter().map(|event| event.2).collect();
    times.sort_unstable();
    let (first, last) = (times[0], times[times.len() - 1]);
    if Clock::of(i64::from(first), i64::from(last)) == Clock::Positions {
        return (ends(events), true);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a length"
    )]
    let cut = times[(times.len() as f64 * (1.0 - TAIL)) as usize];
    let fresh = times.len() - times.partition_point(|time| *time <= saved);
    let seen = fresh < FRESH;
    let cut = if seen { cut } else { cut.max(saved + 1) };
    (events.iter().map(|event| event.2 >= cut).collect(), seen)
}

/// Whether each event is its user's last.
fn ends(events: &[Told]) -> Vec<bool> {
    let next = events.iter().skip(1).map(Some).chain([None]);
    let pairs = events.iter().zip(next);
    pairs
        .map(|(event, next)| next.is_none_or(|next| next.0 != event.0))
        .collect()
}

/// The items that are there, and their indices by those of the state.
fn catalogue(state: &State) -> (Arc<Vocabulary>, Vec<Option<u32>>) {
    let mut items = Vocabulary::new();
    let index = state
        .items
        .iter()
        .map(|id| state.find_item(id).map(|_| items.intern(id)))
        .collect();
    (Arc::new(items), index)
}

fn log<'a>(
    state: &State,
    (items, index): &(Arc<Vocabulary>, Vec<Option<u32>>),
    events: impl Iterator<Item = &'a Told>,
) -> Dataset {
    let mut users = Vocabulary::new();
    let mut log = InteractionsBuilder::new();
    for &(user, item, secs) in events {
        if let Some(item) = index[item as usize] {
            let user = UserIx(users.intern(state.users.id(user)));
            log.push(user, ItemIx(item), None, Some(i64::from(secs)));
        }
    }
    let log = log.build(users.len());
    Dataset::new(Arc::new(users), Arc::clone(items), log)
}

/// Users with events before and after the cut; of many, some at equal distances.
fn tail_of(state: &State, events: &[Told], late: &[bool]) -> Tail {
    let mut by_user: BTreeMap<u32, Asked> = BTreeMap::new();
    for (&(user, item, _), late) in events.iter().zip(late) {
        let asked = by_user.entry(user).or_default();
        let list = if *late {
            &mut asked.wanted
        } else {
            &mut asked.history
        };
        list.push(state.items.id(item).to_owned());
    }
    let both = |(user, asked): (u32, Asked)| {
        let whole = !asked.history.is_empty() && !asked.wanted.is_empty();
        let user = state.users.id(user).to_owned();
        whole.then_some(Asked { user, ..asked })
    };
    let asked: Vec<Asked> = by_user.into_iter().filter_map(both).collect();
    let step = asked.len().div_ceil(USERS.1).max(1);
    Tail::new(asked.into_iter().step_by(step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_a_tenth_or_what_came_since_or_each_users_last() {
        let at = |secs: &[u32]| -> Vec<Told> { secs.iter().map(|secs| (0, 0, *secs)).collect() };
        let flags = |late: &[bool]| late.iter().filter(|late| **late).count();
        let day = 1_600_000_000;
        let dated: Vec<u32> = (0..200).map(|n| day + n).collect();
        // The model was saved after all of them: a tenth, which it may know.
        let (late, seen) = latest(&at(&dated), day + 1000);
        assert!(seen && flags(&late) == 20 && late[199]);
        // Before the last 150: the tenth is younger.
        let (late, seen) = latest(&at(&dated), day + 49);
        assert!(!seen && flags(&late) == 20);
        let (late, seen) = latest(&[(0, 0, 0), (0, 1, 1), (1, 0, 0)], day);
        assert!(seen && late == [false, true, true]);
    }
}
