//! The guarantee that is claimed for synthetic users.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::AuditError;
use crate::privacy::{Delta, Epsilon, PrivacyError, Statement};

const LEDGER: &str = "ledger.json";
const SUMMARY: &str = "summary.json";

/// A claimed guarantee, which lower bounds must not pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Where it stands.
    pub source: String,
    /// When a user is added or removed.
    pub epsilon: f64,
    /// The chance with which it may fail.
    pub delta: f64,
    /// When a user is replaced by another.
    pub replace_one: f64,
    /// The delta of that.
    pub replace_delta: f64,
}

impl Claim {
    /// A claim that is named. Replacing a user is removing one and adding another, so that
    ///
    /// ```text
    /// epsilon' = 2 epsilon,   delta' = (1 + e^epsilon) delta
    /// ```
    ///
    /// # Errors
    /// If there is no such guarantee.
    pub fn named(epsilon: f64, delta: f64) -> Result<Self, PrivacyError> {
        let (epsilon, delta) = (Epsilon::new(epsilon)?.get(), Delta::insisted(delta)?.get());
        Ok(Self {
            source: "--epsilon".to_owned(),
            epsilon,
            delta,
            replace_one: 2.0 * epsilon,
            replace_delta: ((1.0 + epsilon.exp()) * delta).min(1.0),
        })
    }

    /// The claim of the ledger in the folder of synthetic users, or in that of their file; none without
    /// a guarantee. The ledger must cover what its events cost, and be the one that was told.
    ///
    /// # Errors
    /// If a guarantee is told without a ledger, or the ledger is broken or another one.
    pub fn beside(users: &Path) -> Result<Option<Self>, AuditError> {
        let folder = match users.parent() {
            Some(parent) if !users.is_dir() => parent,
            _ => users,
        };
        let (ledger, summary) = (folder.join(LEDGER), folder.join(SUMMARY));
        let told = if summary.is_file() {
            guarantee(&summary)?
        } else {
            None
        };
        if !ledger.is_file() {
            return match told {
                Some(_) => Err(AuditError::NoLedger { summary }),
                None => Ok(None),
            };
        }
        let text = read(&ledger)?;
        let path = || ledger.clone();
        let statement = Statement::read(&text).map_err(|source| AuditError::Ledger {
            path: path(),
            source,
        })?;
        let said = statement.guarantee();
        if let Some(summary) = told.filter(|told| *told != said) {
            let (path, ledger) = (path(), said);
            return Err(AuditError::OtherLedger {
                path,
                ledger,
                summary,
            });
        }
        let delta = statement.delta.get();
        let both = statement
            .composed
            .epsilon
            .zip(statement.composed.replace_one);
        Ok(both.map(|(epsilon, replace_one)| Self {
            source: ledger.display().to_string(),
            epsilon,
            delta,
            replace_one,
            replace_delta: delta,
        }))
    }
}

fn read(path: &Path) -> Result<String, AuditError> {
    fs::read_to_string(path).map_err(|error| AuditError::Unreadable {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })
}

/// The guarantee that a summary tells of.
fn guarantee(summary: &Path) -> Result<Option<String>, AuditError> {
    let text = read(summary)?;
    let found: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| AuditError::Unreadable {
            path: summary.to_path_buf(),
            reason: error.to_string(),
        })?;
    Ok(found["guarantee"].as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::{DpEvent, Ledger};
    use std::fs::write;

    fn statement() -> Statement {
        let mut ledger = Ledger::new(Delta::new(1e-5).unwrap(), None);
        ledger.book("sums", DpEvent::gaussian(4.0)).unwrap();
        ledger.statement()
    }

    #[test]
    fn the_ledger_beside_the_users_is_the_claim() {
        let place = tempfile::tempdir().unwrap();
        let claim = || Claim::beside(place.path());
        assert_eq!(claim().unwrap(), None);
        let said = statement();
        write(
            place.path().join(LEDGER),
            serde_json::to_string(&said).unwrap(),
        )
        .unwrap();
        let told = serde_json::json!({ "guarantee": said.guarantee() });
        write(place.path().join(SUMMARY), told.to_string()).unwrap();
        let found = claim().unwrap().unwrap();
        let close = |found: f64, said: Option<f64>| (found - said.unwrap()).abs() < 1e-12;
        assert!(close(found.epsilon, said.composed.epsilon));
        assert!(close(found.replace_one, said.composed.replace_one));
        let file = place.path().join("interactions.csv");
        write(&file, "user,item\n").unwrap();
        assert_eq!(Claim::beside(&file).unwrap(), Some(found));
    }

    #[test]
    fn ledgers_that_do_not_fit_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let error = || Claim::beside(place.path()).unwrap_err();
        let said = statement();
        let told = serde_json::json!({ "guarantee": "epsilon 0.1000" });
        write(place.path().join(SUMMARY), told.to_string()).unwrap();
        assert!(matches!(error(), AuditError::NoLedger { .. }));
        let ledger = place.path().join(LEDGER);
        write(&ledger, serde_json::to_string(&said).unwrap()).unwrap();
        let text = error().to_string();
        assert!(
            text.contains("summary.json beside it says `epsilon 0.1000`"),
            "{text}"
        );
        let mut less = said;
        less.events[0].event = DpEvent::gaussian(3.0);
        write(&ledger, serde_json::to_string(&less).unwrap()).unwrap();
        assert!(
            error().to_string().contains("its events cost"),
            "{}",
            error()
        );
        write(&ledger, "[]").unwrap();
        assert!(error().to_string().contains("not a ledger"), "{}", error());
        write(place.path().join(SUMMARY), "{").unwrap();
        assert!(matches!(error(), AuditError::Unreadable { .. }));
    }

    #[test]
    fn a_named_claim_covers_replacing() {
        let claim = Claim::named(1.0, 1e-5).unwrap();
        assert!((claim.replace_one - 2.0).abs() < 1e-12);
        assert!((claim.replace_delta - 3.718_281_8e-5).abs() < 1e-11);
        assert!(Claim::named(0.0, 1e-5).is_err() && Claim::named(1.0, 0.0).is_err());
    }
}
