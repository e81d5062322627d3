//! Where readers put events: ids interned, values checked.

use std::path::Path;
use std::sync::Arc;

use super::dataset::Dataset;
use super::error::DataError;
use super::format::{Layout, short};
use super::ids::{ItemIx, UserIx, Vocabulary};
use super::interactions::InteractionsBuilder;

/// The longest id, in bytes; a longer one is a broken file.
pub(super) const MAX_ID: usize = 1024;

/// One event as it stands in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event<'a> {
    pub(super) line: u64,
    /// Which field is which.
    pub(super) layout: &'a Layout,
    pub(super) user: &'a str,
    pub(super) item: &'a str,
    pub(super) rating: Option<&'a str>,
    pub(super) time: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
}

/// Takes events of one file.
#[derive(Debug)]
pub(super) struct Sink<'a> {
    pub(super) path: &'a Path,
    pub(super) users: &'a mut Vocabulary,
    pub(super) items: &'a mut Vocabulary,
    pub(super) min_rating: Option<f32>,
    /// The kinds of events that stand for ratings, the first for 1; none for ratings as they are.
    pub(super) kinds: &'a [String],
    /// Whether users that are not in the vocabulary are added, refused or skipped.
    pub(super) new_users: NewUsers,
    pub(super) builder: InteractionsBuilder,
    pub(super) seen: u64,
    pub(super) skipped: usize,
    /// Events that have no place in the order.
    pub(super) unplaced: usize,
}

/// What happens to a user that is not in the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewUsers {
    Add,
    Refuse,
    Skip,
}

/// A field: its line, the name of its column and the place of that from 0.
type Field = (u64, &'static str, usize);

impl Sink<'_> {
    /// Checks an event and keeps it.
    pub(super) fn push(&mut self, event: Event<'_>) -> Result<(), DataError> {
        self.seen += 1;
        let layout = event.layout;
        let place = |column, at| (event.line, column, at);
        self.check_id(place("user id", layout.user), event.user)?;
        self.check_id(place("item id", layout.item), event.item)?;
        let column = |at: Option<usize>| at.unwrap_or_default();
        let rating = if self.kinds.is_empty() {
            event
                .rating
                .map(|text| self.rating(place("rating", column(layout.rating)), text))
                .transpose()?
        } else {
            Some(self.kind(event)?)
        };
        let time = event
            .time
            .map(|text| self.time(place("timestamp", column(layout.time)), text))
            .transpose()?;
        if layout.places && time.is_some_and(|place| place < 0) {
            self.unplaced += 1;
            return Ok(());
        }
        if rating
            .zip(self.min_rating)
            .is_some_and(|(rating, least)| rating < least)
        {
            return Ok(());
        }
        let user = match (self.users.get(event.user), self.new_users) {
            (Some(user), _) => user,
            (None, NewUsers::Add) => self.users.intern(event.user),
            (None, NewUsers::Skip) => {
                self.skipped += 1;
                return Ok(());
            }
            (None, NewUsers::Refuse) => {
                let (path, user) = (self.path.to_path_buf(), short(event.user));
                return Err(DataError::UnknownUser {
                    path,
                    line: event.line,
                    user,
                });
            }
        };
        let item = self.items.intern(event.item);
        self.builder.push(UserIx(user), ItemIx(item), rating, time);
        Ok(())
    }

    fn check_id(&self, place: Field, id: &str) -> Result<(), DataError> {
        if id.is_empty() {
            return Err(self.value(place, "some text", id));
        }
        if id.len() > MAX_ID {
            return Err(self.value(place, "at most 1,024 bytes long", id));
        }
        Ok(())
    }

    fn rating(&self, place: Field, text: &str) -> Result<f32, DataError> {
        let rating: Option<f32> = text.trim().parse().ok();
        rating
            .filter(|rating| rating.is_finite() && *rating >= 0.0)
            .ok_or_else(|| self.value(place, "a number of 0 or more", text))
    }

    /// The rating that the kind of an event stands for.
    fn kind(&self, event: Event<'_>) -> Result<f32, DataError> {
        let (path, kinds) = (self.path.to_path_buf(), self.kinds);
        let (Some(kind), Some(at)) = (event.kind, event.layout.kind) else {
            return Err(DataError::NoKinds { path });
        };
        let found = kinds.iter().position(|known| known == kind.trim());
        let found = found.ok_or_else(|| DataError::UnknownKind {
            path,
            line: event.line,
            position: at + 1,
            kinds: kinds.join(", "),
            found: short(kind),
        })?;
        Ok(found as f32 + 1.0)
    }

    fn time(&self, place: Field, text: &str) -> Result<i64, DataError> {
        let text = text.trim();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be within range"
        )]
        let from_real = |real: f64| (real.abs() < 9e15).then_some(real as i64);
        text.parse()
            .ok()
            .or_else(|| text.parse().ok().and_then(from_real))
            .ok_or_else(|| self.value(place, "a number of seconds since 1970", text))
    }

    fn value(&self, (line, column, at): Field, expected: &'static str, found: &str) -> DataError {
        let (path, found) = (self.path.to_path_buf(), short(found));
        DataError::Value {
            path,
            line,
            column,
            position: at + 1,
            expected,
            found,
        }
    }
}

/// The log of a sink's events over finished vocabularies.
pub(super) fn finish(
    builder: InteractionsBuilder,
    users: &Arc<Vocabulary>,
    items: &Arc<Vocabulary>,
) -> Dataset {
    Dataset::new(
        Arc::clone(users),
        Arc::clone(items),
        builder.build(users.len()),
    )
}
