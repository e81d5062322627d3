//! Changes of the storage, done to the state.

use super::{Blocked, Event, ItemFacts, MAX_ITEMS, MAX_KINDS, State, UserRow};
use crate::store::{Change, Feedback, Item, ItemPatch, StoreError};

impl State {
    /// Whether there is room for all that a change may bring, asked before it is committed.
    pub(crate) fn check(&self, change: &Change) -> Result<(), StoreError> {
        let Change::Feedback { events, .. } = change else {
            let more = change.weight();
            return room("items", self.items.len() + more, MAX_ITEMS);
        };
        room("items", self.items.len() + events.len(), MAX_ITEMS)?;
        let mut fresh: Vec<&str> = Vec::new();
        for event in events {
            let kind = event.kind.as_str();
            if !fresh.contains(&kind) && self.kinds.get(kind).is_none() {
                fresh.push(kind);
                room(
                    "kinds of feedback",
                    self.kinds.len() + fresh.len(),
                    MAX_KINDS,
                )?;
            }
        }
        Ok(())
    }

    /// Does what the storage has done.
    pub(crate) fn apply(&mut self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::Users(users) => {
                for user in users {
                    self.user(&user.id);
                }
            }
            // Nothing of it is asked while recommending.
            Change::PatchUser(..) => {}
            Change::DeleteUser(id) => self.delete_user(id),
            Change::Items(items) => items.iter().try_for_each(|item| self.put_item(item))?,
            Change::Catalogue(ids) => {
                for id in ids {
                    self.item(id)?;
                }
            }
            Change::PatchItem(id, patch) => self.patch_item(id, patch),
            Change::DeleteItem(id) => self.delete_item(id),
            Change::Feedback { events, overwrite } => {
                for event in events {
                    self.put_event(event, *overwrite)?;
                }
            }
            Change::DeleteFeedback { user, item, kind } => {
                self.delete_feedback(user, item, kind.as_deref());
            }
        }
        Ok(())
    }

    /// The index of a user, new or not, who is there from now on.
    pub(super) fn user(&mut self, id: &str) -> u32 {
        let user = self.users.intern(id);
        if user as usize == self.rows.len() {
            self.rows.push(UserRow::default());
            self.histories.add_user();
        }
        let row = &mut self.rows[user as usize];
        self.n_users += usize::from(!row.present);
        row.present = true;
        user
    }

    /// The index of an item, new or not.
    pub(super) fn item(&mut self, id: &str) -> Result<u32, StoreError> {
        if let Some(item) = self.items.get(id) {
            return Ok(item);
        }
        room("items", self.items.len() + 1, MAX_ITEMS)?;
        self.facts.push(ItemFacts::default());
        self.shelf += 1;
        Ok(self.items.intern(id))
    }

    /// The index of a kind of feedback, new or not.
    pub(super) fn kind(&mut self, id: &str) -> Result<u8, StoreError> {
        let kind = self.kinds.intern(id);
        if kind as usize == self.tastes.len() {
            self.tastes.push(self.is_taste(id));
        }
        u8::try_from(kind).map_err(|_| StoreError::TooMany {
            what: "kinds of feedback",
            limit: MAX_KINDS,
        })
    }

    /// The same, where most kinds are that of the event before.
    pub(super) fn kind_after(
        &mut self,
        before: &mut Option<(String, u8)>,
        id: &str,
    ) -> Result<u8, StoreError> {
        if let Some((_, kind)) = before.as_ref().filter(|(old, _)| old == id) {
            return Ok(*kind);
        }
        let kind = self.kind(id)?;
        *before = Some((id.to_owned(), kind));
        Ok(kind)
    }

    pub(super) fn named(&mut self, categories: &[&str]) -> Vec<u32> {
        let indices = categories.iter();
        indices.map(|name| self.categories.intern(name)).collect()
    }

    /// Adds all that was stored of a user, and leaves `events` empty.
    pub(super) fn load_events(&mut self, user: u32, events: &mut Vec<Event>) {
        for event in &*events {
            self.count(*event, 1);
        }
        self.histories.settle(user, events);
    }

    fn put_item(&mut self, item: &Item) -> Result<(), StoreError> {
        let index = self.item(&item.id)?;
        let names: Vec<&str> = item.categories.iter().map(String::as_str).collect();
        let categories = self.named(&names);
        let facts = &mut self.facts[index as usize];
        facts.blocked = item.hidden.then_some(Blocked::Hidden);
        (facts.time, facts.categories) = (item.time, categories);
        self.shelf += 1;
        Ok(())
    }

    fn patch_item(&mut self, id: &str, patch: &ItemPatch) {
        let Some(item) = self.find_item(id) else {
            return;
        };
        let categories = patch.categories.as_ref().map(|names| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            self.named(&names)
        });
        let facts = &mut self.facts[item as usize];
        if let Some(hidden) = patch.hidden {
            facts.blocked = hidden.then_some(Blocked::Hidden);
        }
        if let Some(categories) = categories {
            facts.categories = categories;
        }
        facts.time = patch.time.or(facts.time);
        self.shelf += 1;
    }

    fn put_event(&mut self, event: &Feedback, overwrite: bool) -> Result<(), StoreError> {
        let item = self.item(&event.item)?;
        let kind = self.kind(&event.kind)?;
        let user = self.user(&event.user);
        let facts = &mut self.facts[item as usize];
        if facts.blocked == Some(Blocked::Deleted) {
            facts.blocked = None;
            self.shelf += 1;
        }
        let event = Event::new(kind, item, event.time);
        if self.histories.each(user).any(|old| old.is_same(event)) {
            if !overwrite {
                return Ok(());
            }
            self.histories.retain(user, |old| !old.is_same(event));
        } else {
            self.count(event, 1);
        }
        self.histories.insert(user, event);
        self.rows[user as usize].touch();
        Ok(())
    }

    fn delete_user(&mut self, id: &str) {
        let Some(user) = self.find_user(id) else {
            return;
        };
        let row = &mut self.rows[user as usize];
        row.touch();
        row.present = false;
        self.n_users -= 1;
        self.departures += 1;
        for event in self.histories.retain(user, |_| false) {
            self.count(event, -1);
        }
    }

    fn delete_item(&mut self, id: &str) {
        let Some(item) = self.find_item(id) else {
            return;
        };
        for (row, user) in self.rows.iter_mut().zip(0..) {
            let gone = self.histories.retain(user, |event| event.item() != item);
            if !gone.is_empty() {
                row.touch();
                self.n_events -= gone.len();
            }
        }
        self.facts[item as usize] = ItemFacts {
            blocked: Some(Blocked::Deleted),
            ..ItemFacts::default()
        };
        self.shelf += 1;
    }

    fn delete_feedback(&mut self, user: &str, item: &str, kind: Option<&str>) {
        let (Some(user), Some(item)) = (self.find_user(user), self.items.get(item)) else {
            return;
        };
        let kind = match kind {
            None => None,
            Some(kind) => match self.kinds.get(kind) {
                None => return,
                some => some,
            },
        };
        let goes = |event: &Event| {
            event.item() == item && kind.is_none_or(|kind| u32::from(event.kind()) == kind)
        };
        self.rows[user as usize].touch();
        for event in self.histories.retain(user, |event| !goes(event)) {
            self.count(event, -1);
        }
    }

    /// Counts an event in or out.
    fn count(&mut self, event: Event, by: i32) {
        self.n_events = self.n_events.saturating_add_signed(by as isize);
        if self.tells_taste(event.kind()) {
            let popularity = &mut self.facts[event.item() as usize].popularity;
            *popularity = popularity.saturating_add_signed(by);
        }
    }
}

fn room(what: &'static str, wanted: usize, limit: usize) -> Result<(), StoreError> {
    if wanted <= limit {
        return Ok(());
    }
    Err(StoreError::TooMany { what, limit })
}
