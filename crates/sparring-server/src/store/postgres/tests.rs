use std::path::Path;

use postgres::NoTls;

use super::started::{self, Database};
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
        Postgres::open(&database.place()).unwrap()
    }
}

contract::store_contract!(Place);

#[test]
fn a_database_has_one_server() {
    let Some(database) = Database::new() else {
        return;
    };
    let first = Postgres::open(&database.place()).unwrap();
    let second = Postgres::open(&database.place());
    assert!(matches!(second, Err(StoreError::Taken)), "{second:?}");
    drop(first);
    Postgres::open(&database.place()).unwrap();
}

#[test]
fn another_schema_is_refused() {
    let Some(database) = Database::new() else {
        return;
    };
    drop(Postgres::open(&database.place()).unwrap());
    let config: Config = database.address.parse().unwrap();
    let mut other = config.connect(NoTls).unwrap();
    other
        .batch_execute("update sparring_schema set version = 99")
        .unwrap();
    let opened = Postgres::open(&database.place());
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
    let store = Postgres::open(&database.place()).unwrap();
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
    let open = |url: &str| {
        Postgres::open(&DatabaseAddress {
            url: url.to_owned(),
            authority: None,
        })
    };
    let wrong = open("mysql//nothing");
    assert!(matches!(wrong, Err(StoreError::Address)), "{wrong:?}");
    let error = open("postgres://me:secret@127.0.0.1:1/none").unwrap_err();
    let text = format!("{error} {error:?} {}", error.hint());
    assert!(
        text.contains("connect") && !text.contains("secret"),
        "{text}"
    );
}

/// The same database by TCP, where it shows a certificate; none, and told so, where it has none.
fn by_tcp(database: &Database, authority: Option<&Path>) -> Option<DatabaseAddress> {
    let Some(url) = &database.tcp else {
        eprintln!("not run: the certificate of this PostgreSQL is not known");
        return None;
    };
    Some(DatabaseAddress {
        url: format!("{url} sslmode=require"),
        authority: authority.map(Path::to_path_buf),
    })
}

#[test]
fn a_connection_can_be_encrypted() {
    let Some(database) = Database::new() else {
        return;
    };
    let signed = started::certificate();
    let Some(address) = by_tcp(&database, signed.as_deref()) else {
        return;
    };
    let encrypted = |address: &DatabaseAddress| {
        let store = Postgres::open(address).unwrap();
        let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
        let asked = store.reading(|client| Ok(client.query_one(sql, &[])?.get::<_, bool>(0)));
        asked.unwrap()
    };
    assert!(encrypted(&address));
    assert!(!encrypted(&database.place()));
    // Who is to be believed is named: then it is encrypted without another word.
    let url = database.tcp.clone().unwrap();
    assert!(encrypted(&DatabaseAddress { url, ..address }));
}

#[test]
fn a_database_that_cannot_prove_who_it_is_is_refused() {
    let Some(database) = Database::new() else {
        return;
    };
    let Some(address) = by_tcp(&database, None) else {
        return;
    };
    let told = |address: &DatabaseAddress| {
        let refused = Postgres::open(address).unwrap_err();
        assert!(
            matches!(refused, StoreError::Unproven { .. }),
            "{refused:?}"
        );
        (refused.to_string(), refused.hint())
    };
    let (told_of, hint) = told(&address);
    assert!(told_of.contains("invalid peer certificate"), "{told_of}");
    assert!(hint.contains("--database-ca"), "{hint}");
    // The right signer, another name.
    let url = address.url.replace("localhost", "127.0.0.1");
    let authority = started::certificate();
    let (told_of, _) = told(&DatabaseAddress { url, authority });
    assert!(told_of.contains("not valid for name"), "{told_of}");
}

#[test]
fn who_vouches_has_to_be_told_in_pem() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let open = |text: &str| {
        std::fs::write(&file, text).unwrap();
        Postgres::open(&DatabaseAddress {
            url: "postgres://localhost/nowhere".to_owned(),
            authority: Some(file.clone()),
        })
        .unwrap_err()
        .to_string()
    };
    assert!(open("not a certificate").contains("there is no certificate in PEM in it"));
    let garbage = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
    assert!(open(garbage).contains("ca.pem: "), "{}", open(garbage));
}
