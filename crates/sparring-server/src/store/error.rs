//! What can be wrong with the storage.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use tokio_rustls::rustls;

/// Why the storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Someone else holds the lock of the database.
    #[error("the database is locked by someone else")]
    Locked,
    /// The disk is full.
    #[error("the disk of the database is full")]
    Full,
    /// The database can be read alone.
    #[error("the database cannot be written")]
    ReadOnly,
    /// Another server runs on the same folder.
    #[error("{}: another server is using this folder", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A cursor is not one of those that were given out.
    #[error("`{cursor}` is not a cursor of this list")]
    Cursor {
        /// What was given.
        cursor: String,
    },
    /// The database was written by another version.
    #[error("{}: schema {found}, this version reads schema {expected}", path.display())]
    Version {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The schema that is read.
        expected: i64,
    },
    /// A folder could not be made or opened.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// A stored value is not what was written.
    #[error("the database holds a value that does not fit: {finding}")]
    Damaged {
        /// What was seen.
        finding: String,
    },
    /// There is no room left for another index.
    #[error("there are too many {what}: {limit} at most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there can be.
        limit: usize,
    },
    /// Whoever writes has stopped.
    #[error("the server is shutting down")]
    Closed,
    /// The address of a database is none.
    #[error(
        "the address of the database is not of the form postgres://user:password@host/database"
    )]
    Address,
    /// A file holds nobody who could vouch for a database.
    #[error("{}: {finding}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        finding: String,
    },
    /// A database has no certificate that is good for its name, or none of whom is believed.
    #[error("the database cannot prove that it is the one that was named: {finding}")]
    Unproven {
        /// What is wrong with its certificate.
        finding: String,
    },
    /// Another server writes to the database.
    #[error("another server is using this database")]
    Taken,
    /// Anything else the database says.
    #[error("the database says: {0}")]
    Sqlite(rusqlite::Error),
    /// Anything else that a database elsewhere says, or why it cannot be reached.
    #[error("the database says: {finding}")]
    Postgres {
        /// What it says.
        finding: String,
    },
}

impl StoreError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Locked => "end the program that holds the database, then send the request again",
            Self::Full => "make room on the disk, then send the request again; reading goes on",
            Self::ReadOnly => "give the server's user the right to write to the data folder",
            Self::InUse { .. } => "stop the other server, or name another folder with --data-dir",
            Self::Cursor { .. } => "begin without a cursor, and pass on what each page returns",
            Self::Version { .. } => {
                "use the version that wrote it, or name another --data-dir or --database"
            }
            Self::Io { .. } => "check that the folder exists, is writable and has room",
            Self::Damaged { .. } => "restore the data folder from a copy",
            Self::TooMany { .. } => "send fewer kinds of feedback or fewer items",
            Self::Closed => "send the request again once the server is back",
            Self::Address => "mend the address given with --database",
            Self::Authority { .. } => {
                "name a file of certificates in PEM with --database-ca, or leave it out to trust whom the system trusts"
            }
            Self::Taken => "stop the other server, or name another database with --database",
            Self::Unproven { .. } => {
                "name the certificate of who signed the database's own with --database-ca, and the host as that has it"
            }
            Self::Postgres { .. } => {
                "check that the database runs and lets this user in; send the request again"
            }
            Self::Sqlite(_) => "look at the server's log; send the request again",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, ReadOnly};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Locked,
            Some(DiskFull) => Self::Full,
            Some(ReadOnly) => Self::ReadOnly,
            _ => Self::Sqlite(error),
        }
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState;
        match error.code() {
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => Self::Locked,
            Some(code) if *code == SqlState::DISK_FULL => Self::Full,
            Some(code) if *code == SqlState::READ_ONLY_SQL_TRANSACTION => Self::ReadOnly,
            _ if is_unproven(&error) => Self::Unproven {
                finding: told(&error),
            },
            _ => {
                let said = error.as_db_error().map(|said| said.message().to_owned());
                let finding = said.unwrap_or_else(|| told(&error));
                Self::Postgres { finding }
            }
        }
    }
}

/// An error and what caused it.
fn told(error: &postgres::Error) -> String {
    let cause = error.source().map(|cause| format!("{error}: {cause}"));
    cause.unwrap_or_else(|| error.to_string())
}

/// Whether a certificate was refused.
fn is_unproven(error: &postgres::Error) -> bool {
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<io::Error>());
    let inner = cause.and_then(|cause| cause.get_ref()?.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}
