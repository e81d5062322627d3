//! What every storage has to do, as tests that take any of them.

use serde_json::json;

use super::{Change, Feedback, Filter, Item, ItemPatch, Page, Row, Store, StoreError, User};
use super::{UserPatch, rows};
use crate::moment::Moment;

/// A place for a storage, which can be opened again and again.
pub(crate) trait Home {
    type Store: Store;
    fn new() -> Self;
    fn open(&self) -> Self::Store;

    /// Whether what it needs is installed; a test that has no place ends, having said so.
    fn is_there(&self) -> bool {
        true
    }
}

/// One test for each property.
macro_rules! store_contract {
    ($home:ty) => {
        $crate::store::contract::store_contract!($home:
            keeps_what_was_committed, patches_and_deletes, events_are_one_a_kind, a_group_is_whole_or_not_at_all,
            pages_show_everything_once, deleted_items_are_remembered, strange_ids_survive, cursors_are_checked);
    };
    ($home:ty: $($name:ident),*) => {
        $(#[test] fn $name() { $crate::store::contract::$name::<$home>(); })*
    };
}
pub(crate) use store_contract;

pub(crate) fn user(id: &str) -> User {
    User {
        id: id.to_owned(),
        labels: json!({"age": 7}),
        comment: format!("about {id}"),
    }
}

pub(crate) fn item(id: &str) -> Item {
    Item {
        id: id.to_owned(),
        hidden: false,
        categories: vec!["a".to_owned(), "b".to_owned()],
        time: Some(Moment(1_000_000)),
        labels: json!(["x"]),
        comment: format!("Title of {id}"),
    }
}

pub(crate) fn event(user: &str, item: &str, kind: &str, secs: i64) -> Feedback {
    Feedback {
        kind: kind.to_owned(),
        user: user.to_owned(),
        item: item.to_owned(),
        value: 1.5,
        time: Moment(secs * 1_000_000),
        comment: String::new(),
    }
}

fn added(events: Vec<Feedback>) -> Change {
    Change::Feedback {
        events,
        overwrite: false,
    }
}

fn page(n: usize) -> Page<'static> {
    Page {
        n,
        ..Page::default()
    }
}

fn only(id: &str) -> Page<'_> {
    Page {
        n: 1,
        id: Some(id),
        ..Page::default()
    }
}

fn of(user: &str) -> Filter<'_> {
    Filter {
        user: Some(user),
        ..Filter::default()
    }
}

pub(crate) fn keeps_what_was_committed<H: Home>() {
    let home = H::new();
    if !home.is_there() {
        return;
    }
    let (a, b) = (user("a"), item("b"));
    let likes = event("a", "b", "like", 5);
    let store = home.open();
    let touched = store.commit(&[
        Change::Users(vec![a.clone()]),
        Change::Items(vec![b.clone()]),
        added(vec![likes.clone()]),
    ]);
    assert_eq!(touched.unwrap(), [1, 1, 1]);
    drop(store);
    let store = home.open();
    assert_eq!(store.users(&page(9)).unwrap(), (vec![a], None));
    assert_eq!(store.items(&only("b")).unwrap().0, [b]);
    assert_eq!(store.feedback(&of("a"), &page(9)).unwrap().0, [likes]);
    let (mut users, mut items, mut events) = (0, 0, 0);
    let visit = &mut |row: Row<'_>| match row {
        Row::User { id, .. } => users += usize::from(id == "a"),
        Row::Item { id, categories, .. } => {
            items += usize::from(id == "b" && categories == ["a", "b"]);
        }
        Row::Event { kind, time, .. } => {
            events += usize::from(kind == "like" && time == Moment(5_000_000));
        }
    };
    store.load(visit).unwrap();
    assert_eq!((users, items, events), (1, 1, 1));
}

pub(crate) fn patches_and_deletes<H: Home>() {
    let home = H::new();
    if !home.is_there() {
        return;
    }
    let store = home.open();
    let patch = ItemPatch {
        hidden: Some(true),
        comment: Some("new".to_owned()),
        ..ItemPatch::default()
    };
    let about = UserPatch {
        labels: Some(json!(null)),
        ..UserPatch::default()
    };
    let touched = store.commit(&[
        Change::Users(vec![user("a")]),
        Change::Items(vec![item("b")]),
        Change::PatchItem("b".to_owned(), patch.clone()),
        Change::PatchItem("nobody".to_owned(), patch),
        Change::PatchUser("a".to_owned(), about.clone()),
        Change::PatchUser("nobody".to_owned(), about),
        added(vec![event("a", "b", "like", 1), event("a", "b", "read", 2)]),
        Change::DeleteFeedback {
            user: "a".to_owned(),
            item: "b".to_owned(),
            kind: Some("read".to_owned()),
        },
    ]);
    assert_eq!(touched.unwrap(), [1, 1, 1, 0, 1, 0, 2, 1]);
    let patched = &store.items(&only("b")).unwrap().0[0];
    assert!(patched.hidden && patched.comment == "new" && patched.categories.len() == 2);
    let patched = &store.users(&only("a")).unwrap().0[0];
    assert!(patched.labels.is_null() && patched.comment == "about a");
    assert_eq!(store.feedback(&of("a"), &page(9)).unwrap().0.len(), 1);
    let gone = [Change::DeleteUser("a".to_owned())];
    assert_eq!(store.commit(&gone).unwrap(), [1]);
    assert_eq!(store.commit(&gone).unwrap(), [0]);
    assert!(store.users(&only("a")).unwrap().0.is_empty());
    // Who comes back under the same id has nothing of the first.
    store.commit(&[Change::Users(vec![user("a")])]).unwrap();
    let all = store.feedback(&Filter::default(), &page(9)).unwrap();
    assert!(all.0.is_empty());
}

pub(crate) fn events_are_one_a_kind<H: Home>() {
    let home = H::new();
    if !home.is_there() {
        return;
    }
    let store = home.open();
    let first = event("a", "b", "like", 1);
    let second = event("a", "b", "like", 2);
    store.commit(&[added(vec![first.clone()])]).unwrap();
    store.commit(&[added(vec![second.clone()])]).unwrap();
    assert_eq!(store.feedback(&of("a"), &page(9)).unwrap().0, [first]);
    let overwritten = Change::Feedback {
        events: vec![second.clone()],
        overwrite: true,
    };
    store.commit(&[overwritten]).unwrap();
    let found = store.feedback(&of("a"), &page(9)).unwrap().0;
    assert_eq!(found, [second]);
    // Users and items of an event are there from then on.
    assert_eq!(store.users(&only("a")).unwrap().0[0].id, "a");
    assert_eq!(store.items(&only("b")).unwrap().0[0].id, "b");
    let early = Filter {
        until: Some(Moment(1_999_999)),
        ..of("a")
    };
    assert!(store.feedback(&early, &page(9)).unwrap().0.is_empty());
}

pub(crate) fn a_group_is_whole_or_not_at_all<H: Home>() {
    let home = H::new();
    if !home.is_there() {
        return;
    }
    let store = home.open();
    // No storage takes a value that is not a number where one has to stand.
    let wrong = Feedback {
        value: f64::NAN,
        ..event("a", "c", "like", 1)
    };
    let refused = store.commit(&[
        Change::Users(vec![user("a")]),
        added(vec![event("a", "b", "like", 1), wrong]),
    ]);
    assert!(refused.is_err());
    assert!(store.users(&page(9)).unwrap().0.is_empty());
    assert!(store.items(&page(9)).unwrap().0.is_empty());
}

pub(crate) fn pages_show_everything_once<H: Home>() {
    let home = H::new();
    if !home.is_there() {
        return;
    }
    let store = home.open();
    let events = (0..25).map(|n| {
        let kind = if n % 2 == 0 { "like" } else { "read" };
        event(&format!("u{}", n % 4), &format!("i{n}"), kind, n)
    });
    store.commit(&[added(events.collect())]).unwrap();
    for (kind, expected) in [(None, 25), (Some("like"), 13)] {
        let filter = Filter {
            kind,
            ..Filter::default()
        };
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let wanted = Page {
                after: after.as_deref(),
                n: 4,
                ..Page::default()
            };
            let (rows, next) = store.feedback(&filter, &wanted).unwrap();
            seen.extend(rows.into_iter().map(|row: rows::Feedback| row.item));
            match next {
                None => break,
                next => after = next,
            }
        }
        assert_eq!(seen.len(), expected);
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), expected);
    }
    let (first, next) = store.items(&page(20)).unwrap();
    let rest = Page {
        after: next.as_deref(),
        n: 20,
        ..Page::default()
    };
    let (second, end) = store.items(&rest).unwrap();
    assert_eq!((first.len(), second.len(), end), (20, 5, None));
    let found = Page {
        n: 9,
        text: Some("I2"),
        ..Page::default()
    };
    // i2 and i20 to i24.
    assert_eq!(store.items(&found).unwrap().0.len(), 6);
}

pub(crate) fn deleted_items_are_remembered<H: Home>() {
    let home = H::new();
    if !home.is_there() {
        return;
    }
    let store = home.open();
    store
        .commit(&[added(vec![event("a", "b", "like", 1)])])
        .unwrap();
    let ids = vec!["b".to_owned(), "c".to_owned()];
    let touched = store.commit(&[
        Change::DeleteItem("b".to_owned()),
        Change::DeleteItem("b".to_owned()),
        Change::Catalogue(ids),
    ]);
    assert_eq!(touched.unwrap(), [1, 0, 1]);
    assert!(store.items(&only("b")).unwrap().0.is_empty());
    assert_eq!(store.items(&page(9)).unwrap().0.len(), 1);
    assert!(store.feedback(&of("a"), &page(9)).unwrap().0.is_empty());
    let mut deleted = Vec::new();
    let visit = &mut |row: Row<'_>| {
        if let Row::Item {
            id, deleted: true, ..
        } = row
        {
            deleted.push(id.to_owned());
        }
    };
    store.load(visit).unwrap();
    assert_eq!(deleted, ["b"]);
    store.commit(&[Change::Items(vec![item("b")])]).unwrap();
    assert_eq!(store.items(&only("b")).unwrap().0, [item("b")]);
}

pub(crate) fn strange_ids_survive<H: Home>() {
    let home = H::new();
    if !home.is_there() {
        return;
    }
    let store = home.open();
    let ids = [
        "a/b",
        "it's \"quoted\"",
        "\u{1f94a}",
        "%_*?",
        "-1; drop table users",
    ];
    for id in ids {
        store.commit(&[added(vec![event(id, id, id, 1)])]).unwrap();
        let found = store.feedback(&of(id), &page(9)).unwrap().0;
        assert_eq!(found, [event(id, id, id, 1)]);
    }
    assert_eq!(store.users(&page(9)).unwrap().0.len(), ids.len());
}

pub(crate) fn cursors_are_checked<H: Home>() {
    let home = H::new();
    if !home.is_there() {
        return;
    }
    let store = home.open();
    for cursor in ["zzz", "1-2", "1-2-3-4", "'"] {
        let page = Page {
            after: Some(cursor),
            n: 1,
            ..Page::default()
        };
        let asked = store.feedback(&Filter::default(), &page);
        assert!(matches!(asked, Err(StoreError::Cursor { .. })), "{cursor}");
    }
}
