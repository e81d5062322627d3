use super::started::Database;
use super::*;
use crate::store::contract::{self, Home};

struct Place(Option<Database>);

impl Home for Place {
    type Store = Postgres;

    fn new() -> Self {
        Self(Database::new())
    }

    fn is_there(&self) -> bool {
        self.0.is_some()
    }

    fn open(&self) -> Postgres {
        let database = self.0.as_ref().expect("asked before");
        Postgres::open(&database.address).unwrap()
    }
}

contract::store_contract!(Place);

#[test]
fn a_database_has_one_server() {
    let Some(database) = Database::new() else {
        return;
    };
    let first = Postgres::open(&database.address).unwrap();
    let second = Postgres::open(&database.address);
    assert!(matches!(second, Err(StoreError::Taken)), "{second:?}");
    drop(first);
    Postgres::open(&database.address).unwrap();
}

#[test]
fn another_schema_is_refused() {
    let Some(database) = Database::new() else {
        return;
    };
    drop(Postgres::open(&database.address).unwrap());
    let config: Config = database.address.parse().unwrap();
    let mut other = config.connect(NoTls).unwrap();
    other
        .batch_execute("update sparring_schema set version = 99")
        .unwrap();
    let opened = Postgres::open(&database.address);
    assert!(
        matches!(opened, Err(StoreError::Version { found: 99, .. })),
        "{opened:?}"
    );
}

#[test]
fn a_connection_that_breaks_is_made_anew() {
    let Some(database) = Database::new() else {
        return;
    };
    let store = Postgres::open(&database.address).unwrap();
    let page = Page {
        n: 9,
        ..Page::default()
    };
    let user = |id: &str| Change::Users(vec![contract::user(id)]);
    store.commit(&[user("a")]).unwrap();
    assert_eq!(store.users(&page).unwrap().0.len(), 1);
    let config: Config = database.address.parse().unwrap();
    let mut other = config.connect(NoTls).unwrap();
    let others = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    other.batch_execute(others).unwrap();
    // A request that meets the broken connection may fail; those after it do not.
    let _ = store.commit(&[user("b")]);
    let _ = store.users(&page);
    store.commit(&[user("c")]).unwrap();
    let found = store.users(&page).unwrap().0;
    assert!(found.iter().any(|user| user.id == "c"), "{found:?}");
}

#[test]
fn what_cannot_be_reached_is_told_without_the_password() {
    let wrong = Postgres::open("mysql//nothing");
    assert!(matches!(wrong, Err(StoreError::Address)), "{wrong:?}");
    let error = Postgres::open("postgres://me:secret@127.0.0.1:1/none").unwrap_err();
    let text = format!("{error} {error:?} {}", error.hint());
    assert!(
        text.contains("connect") && !text.contains("secret"),
        "{text}"
    );
}
