//! What is stored, and what can be done to it.

use serde_json::Value;

use crate::moment::Moment;

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// External id.
    pub id: String,
    /// Whatever the client keeps here; `null` if nothing.
    pub labels: Value,
    /// Free text.
    pub comment: String,
}

/// An item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// External id.
    pub id: String,
    /// Never recommended while this holds.
    pub hidden: bool,
    /// Names of the lists it belongs to.
    pub categories: Vec<String>,
    /// When it appeared.
    pub time: Option<Moment>,
    /// Whatever the client keeps here; `null` if nothing.
    pub labels: Value,
    /// Free text, by custom the title.
    pub comment: String,
}

/// One event: a user did something to an item. There is one for each kind, user and item.
#[derive(Debug, Clone, PartialEq)]
pub struct Feedback {
    /// What was done: `like`, `read`.
    pub kind: String,
    /// Who.
    pub user: String,
    /// To what.
    pub item: String,
    /// How much.
    pub value: f64,
    /// When.
    pub time: Moment,
    /// Free text.
    pub comment: String,
}

/// What changes of a user; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserPatch {
    /// New labels.
    pub labels: Option<Value>,
    /// New text.
    pub comment: Option<String>,
}

/// What changes of an item; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ItemPatch {
    /// Whether it is hidden from now on.
    pub hidden: Option<bool>,
    /// New categories.
    pub categories: Option<Vec<String>>,
    /// New time.
    pub time: Option<Moment>,
    /// New labels.
    pub labels: Option<Value>,
    /// New text.
    pub comment: Option<String>,
}

/// One thing to be made durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Users as they are from now on.
    Users(Vec<User>),
    /// Some of a user; touches no row if there is none.
    PatchUser(String, UserPatch),
    /// A user is gone, with all events.
    DeleteUser(String),
    /// Items as they are from now on.
    Items(Vec<Item>),
    /// Items a model knows: added if they are new, left alone if they are there or were deleted.
    Catalogue(Vec<String>),
    /// Some of an item; touches no row if there is none.
    PatchItem(String, ItemPatch),
    /// An item is gone, with its events, and is not recommended until it is inserted again.
    DeleteItem(String),
    /// Events, with their users and items where these are new. An event that is there already stays as it is, or is
    /// overwritten.
    Feedback {
        /// The events.
        events: Vec<Feedback>,
        /// Whether they replace those with the same kind, user and item.
        overwrite: bool,
    },
    /// The events between a user and an item, of one kind or of all.
    DeleteFeedback {
        /// Who.
        user: String,
        /// To what.
        item: String,
        /// Of which kind; all if `None`.
        kind: Option<String>,
    },
}

impl Change {
    /// How many events or rows it brings, for limits and counters.
    pub fn weight(&self) -> usize {
        match self {
            Self::Users(users) => users.len(),
            Self::Items(items) => items.len(),
            Self::Catalogue(ids) => ids.len(),
            Self::Feedback { events, .. } => events.len(),
            _ => 1,
        }
    }
}

/// Which rows of a list are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page<'a> {
    /// What an earlier page gave; `None` to begin.
    pub after: Option<&'a str>,
    /// How many at most.
    pub n: usize,
    /// Only the one with this id.
    pub id: Option<&'a str>,
    /// Only those with this text in the id or the comment.
    pub text: Option<&'a str>,
}

/// Which events are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Of this user.
    pub user: Option<&'a str>,
    /// On this item.
    pub item: Option<&'a str>,
    /// Of this kind.
    pub kind: Option<&'a str>,
    /// Not later than this.
    pub until: Option<Moment>,
}

/// One row as it is loaded at the start; keys are the storage's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Row<'a> {
    /// A user.
    User {
        /// Key in the storage.
        key: i64,
        /// External id.
        id: &'a str,
    },
    /// An item, without what only clients read.
    Item {
        /// Key in the storage.
        key: i64,
        /// External id.
        id: &'a str,
        /// Never recommended while this holds.
        hidden: bool,
        /// Deleted, and remembered as such.
        deleted: bool,
        /// When it appeared.
        time: Option<Moment>,
        /// Names of the lists it belongs to.
        categories: &'a [String],
    },
    /// An event.
    Event {
        /// Key of the user.
        user: i64,
        /// Key of the item.
        item: i64,
        /// What was done.
        kind: &'a str,
        /// When.
        time: Moment,
    },
}
