//! What is known of users and items while the server runs: who did what, in a few bytes an event.
//!
//! The state follows the storage: it is loaded from it at the start, and the one thread that commits ([`Writer`])
//! applies the same changes here before anyone is told that they are durable.
//!
//! [`Writer`]: crate::writer::Writer

mod apply;
mod events;
mod histories;
mod rankings;

use hashbrown::HashMap;
use sparring::data::Vocabulary;

use crate::moment::Moment;
use crate::store::{Row, Store, StoreError};

pub(crate) use events::{Event, MAX_ITEMS, MAX_KINDS};
pub(crate) use rankings::Rankings;

use histories::Histories;

/// Kinds of feedback that hide an item from a user, and say nothing about taste.
#[derive(Debug, Clone)]
pub struct Reads(pub Vec<String>);

impl Default for Reads {
    fn default() -> Self {
        Self(vec!["read".to_owned()])
    }
}

/// Users, items and events by dense indices, which are never given to anyone else.
#[derive(Debug, Default)]
pub(crate) struct State {
    reads: Vec<String>,
    pub(crate) users: Vocabulary,
    pub(crate) items: Vocabulary,
    kinds: Vocabulary,
    /// Whether feedback of each kind tells a taste.
    tastes: Vec<bool>,
    categories: Vocabulary,
    rows: Vec<UserRow>,
    histories: Histories,
    facts: Vec<ItemFacts>,
    n_users: usize,
    n_events: usize,
    departures: u64,
    /// Changes whenever what may be recommended does.
    pub(crate) shelf: u64,
}

/// Whether a user is there, and how often the events changed.
#[derive(Debug, Default, Clone)]
struct UserRow {
    version: u32,
    present: bool,
}

impl UserRow {
    fn touch(&mut self) {
        self.version = self.version.wrapping_add(1);
    }
}

/// What is asked about an item while recommending.
#[derive(Debug, Default, Clone)]
pub(crate) struct ItemFacts {
    pub(crate) blocked: Option<Blocked>,
    pub(crate) categories: Vec<u32>,
    pub(crate) time: Option<Moment>,
    /// Events that tell a taste.
    pub(crate) popularity: u32,
}

/// Why an item is not recommended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocked {
    Hidden,
    Deleted,
}

/// What a user did, as far as recommending goes.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct History {
    /// Items that tell a taste, oldest first, each once.
    pub(crate) taste: Vec<u32>,
    /// Other items that the user has seen.
    pub(crate) seen: Vec<u32>,
    /// Changes with every event.
    pub(crate) version: u32,
    /// Whether more is to come without another change, since an event lies ahead.
    pub(crate) unsettled: bool,
}

impl State {
    /// Reads everything that a storage holds.
    pub(crate) fn load(store: &dyn Store, reads: &Reads) -> Result<Self, StoreError> {
        let mut state = Self {
            reads: reads.0.clone(),
            ..Self::default()
        };
        // Users come by key, so a million of them need no map, and their place is their index.
        let (mut users, mut items) = (Vec::new(), HashMap::new());
        // The user whose events come, by key and index, and those that came.
        let (mut whose, mut events) = (None, Vec::new());
        let mut told = None;
        let mut failed = None;
        store.load(&mut |row| {
            let loaded = match row {
                Row::User { key, id } => {
                    users.push(key);
                    state.user(id);
                    Ok(())
                }
                Row::Item {
                    key,
                    id,
                    hidden,
                    deleted,
                    time,
                    categories,
                } => state.item(id).map(|item| {
                    items.insert(key, item);
                    let names: Vec<&str> = categories.iter().map(String::as_str).collect();
                    let categories = state.named(&names);
                    let facts = &mut state.facts[item as usize];
                    facts.blocked = match (deleted, hidden) {
                        (true, _) => Some(Blocked::Deleted),
                        (false, true) => Some(Blocked::Hidden),
                        (false, false) => None,
                    };
                    (facts.time, facts.categories) = (time, categories);
                }),
                Row::Event {
                    user,
                    item,
                    kind,
                    time,
                } => state.kind_after(&mut told, kind).map(|kind| {
                    if whose.is_none_or(|(key, _)| key != user) {
                        if let Some((_, Some(before))) = whose {
                            state.load_events(before, &mut events);
                        }
                        let index = users.binary_search(&user).ok();
                        whose = Some((user, index.and_then(|at| u32::try_from(at).ok())));
                    }
                    if let (Some((_, Some(_))), Some(&item)) = (whose, items.get(&item)) {
                        events.push(Event::new(kind, item, time));
                    }
                }),
            };
            if let (Err(error), None) = (loaded, &failed) {
                failed = Some(error);
            }
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if let Some((_, Some(last))) = whose {
            state.load_events(last, &mut events);
        }
        state.histories.settled();
        Ok(state)
    }

    /// Lays events that came since the start as close as those of the start, if they are the most.
    pub(crate) fn gather(&mut self) {
        self.histories.gather();
    }

    pub(crate) fn n_users(&self) -> usize {
        self.n_users
    }

    pub(crate) fn n_events(&self) -> usize {
        self.n_events
    }

    pub(crate) fn n_items(&self) -> usize {
        let deleted = |facts: &&ItemFacts| facts.blocked == Some(Blocked::Deleted);
        self.facts.len() - self.facts.iter().filter(deleted).count()
    }

    /// The index of a user who is there.
    pub(crate) fn find_user(&self, id: &str) -> Option<u32> {
        let user = self.users.get(id)?;
        self.rows[user as usize].present.then_some(user)
    }

    /// The index of an item that is there, hidden or not.
    pub(crate) fn find_item(&self, id: &str) -> Option<u32> {
        let item = self.items.get(id)?;
        (self.facts[item as usize].blocked != Some(Blocked::Deleted)).then_some(item)
    }

    pub(crate) fn facts(&self, item: u32) -> &ItemFacts {
        &self.facts[item as usize]
    }

    /// All items by index.
    pub(crate) fn all_facts(&self) -> &[ItemFacts] {
        &self.facts
    }

    /// The indices of categories; `None` if there is one that no item has.
    pub(crate) fn find_categories(&self, names: &[String]) -> Option<Vec<u32>> {
        let each = names.iter().map(|name| self.categories.get(name));
        each.collect()
    }

    /// Whether an item is in all of these categories.
    pub(crate) fn in_all(&self, item: u32, categories: &[u32]) -> bool {
        let own = &self.facts[item as usize].categories;
        categories.iter().all(|category| own.contains(category))
    }

    /// How many users were deleted since the start.
    pub(crate) fn departures(&self) -> u64 {
        self.departures
    }

    /// What tells a taste: user, item and seconds, by user and oldest first, each item once.
    pub(crate) fn told(&self, now: Moment) -> Vec<(u32, u32, u32)> {
        let mut told = Vec::with_capacity(self.n_events);
        for user in self.all_users() {
            let begin = told.len();
            let events = self.histories.by_time(user);
            let past = events.iter().filter(|event| event.secs <= now.secs());
            let mut met = hashbrown::HashSet::new();
            let latest = past
                .rev()
                .filter(|event| self.tells_taste(event.kind()) && met.insert(event.item()));
            told.extend(latest.map(|event| (user, event.item(), event.secs)));
            told[begin..].reverse();
        }
        told
    }

    /// Those who did something to an item, by id. All events are looked at.
    pub(crate) fn users_of(&self, item: u32) -> Vec<String> {
        let met = |user: &u32| self.histories.each(*user).any(|event| event.item() == item);
        let mut found: Vec<String> = self
            .all_users()
            .filter(|&user| self.rows[user as usize].present)
            .filter(met)
            .map(|user| self.users.id(user).to_owned())
            .collect();
        found.sort();
        found
    }

    /// What a user did until now.
    pub(crate) fn history(&self, user: u32, now: Moment) -> History {
        let row = &self.rows[user as usize];
        let mut history = History {
            version: row.version,
            ..History::default()
        };
        let until = now.secs();
        for event in &*self.histories.by_time(user) {
            if event.secs > until {
                history.unsettled = true;
            } else if self.tells_taste(event.kind()) {
                history.taste.push(event.item());
            } else {
                history.seen.push(event.item());
            }
        }
        once(&mut history.taste);
        history
    }

    fn tells_taste(&self, kind: u8) -> bool {
        self.tastes[usize::from(kind)]
    }

    /// Whether feedback of this kind tells a taste.
    pub(crate) fn is_taste(&self, kind: &str) -> bool {
        !self.reads.iter().any(|read| read == kind)
    }

    /// Bytes of the events, for the statistics.
    pub(crate) fn event_bytes(&self) -> usize {
        self.histories.bytes() + self.rows.capacity() * size_of::<UserRow>()
    }

    /// Users by index, those who left among them.
    fn all_users(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.histories.n_users()).expect("users fit 32 bits")
    }
}

/// Keeps the last of each item, in order.
fn once(items: &mut Vec<u32>) {
    if items.len() < 2 {
        return;
    }
    let mut met = hashbrown::HashSet::with_capacity(items.len());
    items.reverse();
    items.retain(|item| met.insert(*item));
    items.reverse();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::{event, item};
    use crate::store::{Change, Sqlite, SqliteOptions};

    fn added(events: Vec<crate::store::Feedback>, overwrite: bool) -> Change {
        Change::Feedback { events, overwrite }
    }

    fn taste(state: &State, user: &str, secs: i64) -> Vec<String> {
        let user = state.find_user(user).unwrap();
        let history = state.history(user, Moment(secs * 1_000_000));
        let names = history.taste.iter();
        names.map(|item| state.items.id(*item).to_owned()).collect()
    }

    #[test]
    fn what_is_applied_is_what_is_loaded_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(folder.path(), SqliteOptions::default()).unwrap();
        let mut state = State::load(&store, &Reads::default()).unwrap();
        let changes = [
            added(
                vec![
                    event("u", "late", "like", 30),
                    event("u", "early", "like", 10),
                    event("u", "seen", "read", 20),
                    event("u", "ahead", "like", 90),
                    event("v", "early", "like", 1),
                    event("w", "gone", "like", 1),
                ],
                false,
            ),
            // Ignored, then overwritten.
            added(vec![event("u", "early", "like", 40)], false),
            added(vec![event("u", "late", "like", 5)], true),
            Change::Items(vec![item("seen")]),
            Change::DeleteItem("gone".to_owned()),
            Change::DeleteUser("v".to_owned()),
            Change::DeleteUser("nobody".to_owned()),
            Change::Catalogue(vec!["gone".to_owned(), "new".to_owned()]),
        ];
        store.commit(&changes).unwrap();
        for change in &changes {
            state.apply(change).unwrap();
        }
        let again = State::load(&store, &Reads::default()).unwrap();
        for state in [&state, &again] {
            assert_eq!(taste(state, "u", 50), ["late", "early"]);
            assert_eq!(taste(state, "u", 90), ["late", "early", "ahead"]);
            let user = state.find_user("u").unwrap();
            let history = state.history(user, Moment(50_000_000));
            assert!(history.unsettled && history.seen.len() == 1);
            assert_eq!(state.find_user("v"), None);
            assert_eq!(state.find_item("gone"), None);
            assert_eq!(
                (state.n_users(), state.n_items(), state.n_events()),
                (2, 5, 4)
            );
            let popularity = |id| state.facts(state.find_item(id).unwrap()).popularity;
            assert_eq!(
                (popularity("early"), popularity("seen"), popularity("new")),
                (1, 0, 0)
            );
        }
    }

    #[test]
    fn a_user_who_comes_back_has_nothing_of_the_first() {
        let mut state = State::default();
        state
            .apply(&added(vec![event("u", "i", "like", 1)], false))
            .unwrap();
        state.apply(&Change::DeleteUser("u".to_owned())).unwrap();
        assert_eq!(state.n_events(), 0);
        state
            .apply(&added(vec![event("u", "j", "like", 1)], false))
            .unwrap();
        assert_eq!(taste(&state, "u", 9), ["j"]);
        assert_eq!(state.facts(state.find_item("i").unwrap()).popularity, 0);
    }

    #[test]
    fn the_last_of_each_item_counts() {
        let mut items = vec![3, 1, 3, 2, 1];
        once(&mut items);
        assert_eq!(items, [3, 2, 1]);
    }
}
