//! Results of other commands that lie in folders: found by their names, shown as they are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::moment::Moment;

/// Files that are shown, and the command that makes each.
const KNOWN: [(&str, &str); 13] = [
    ("leaderboard.json", "sparring compare"),
    ("leaderboard.html", "sparring compare"),
    ("robustness.json", "sparring robustness"),
    ("robustness.html", "sparring robustness"),
    ("report.html", "sparring synthesize"),
    ("summary.json", "sparring synthesize"),
    ("ledger.json", "sparring synthesize --epsilon"),
    ("fidelity.json", "sparring fidelity"),
    ("fidelity.html", "sparring fidelity"),
    ("audit.json", "sparring audit"),
    ("audit.html", "sparring audit"),
    ("augment.json", "sparring augment"),
    ("augment.html", "sparring augment"),
];
/// Folders in folders that are looked into.
const DEPTH: usize = 2;
/// Files that are listed at most.
const MOST: usize = 500;
/// Bytes of a file that is shown, at most.
const LARGEST: u64 = 32 << 20;

/// Where results are looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reports {
    places: Vec<PathBuf>,
}

/// A result that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Found {
    /// Which it is; what to ask for.
    pub(crate) id: String,
    /// Where it lies.
    pub(crate) folder: String,
    pub(crate) name: &'static str,
    /// The command that makes such files.
    pub(crate) made_by: &'static str,
    pub(crate) bytes: u64,
    pub(crate) modified: String,
    #[serde(skip)]
    path: PathBuf,
}

impl Reports {
    /// Looks into these folders; a name of a file stands for its folder.
    pub(crate) fn new(places: &[PathBuf]) -> Self {
        let folder = |place: &PathBuf| match place.parent() {
            Some(parent) if place.is_file() => parent.to_path_buf(),
            _ => place.clone(),
        };
        Self {
            places: places.iter().map(folder).collect(),
        }
    }

    /// The folders that are looked into.
    pub(crate) fn places(&self) -> &[PathBuf] {
        &self.places
    }

    /// All results, the latest first.
    pub(crate) fn list(&self) -> Vec<Found> {
        let mut found = Vec::new();
        for (at, place) in self.places.iter().enumerate() {
            look(place, &at.to_string(), DEPTH, &mut found);
        }
        found.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.id.cmp(&b.id)));
        found
    }

    /// A result by its id, if it is one of those listed: no address leads elsewhere.
    pub(crate) fn find(&self, id: &str) -> Option<Found> {
        self.list().into_iter().find(|found| found.id == id)
    }
}

impl Found {
    /// The file.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        if self.bytes > LARGEST {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{} bytes, {LARGEST} are shown at most", self.bytes),
            ));
        }
        fs::read(&self.path)
    }
}

fn look(folder: &Path, id: &str, deeper: usize, found: &mut Vec<Found>) {
    for (name, made_by) in KNOWN {
        let path = folder.join(name);
        let Ok(about) = fs::symlink_metadata(&path) else {
            continue;
        };
        if !about.is_file() || found.len() >= MOST {
            continue;
        }
        let since = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        found.push(Found {
            id: format!("{id}/{name}"),
            folder: folder.display().to_string(),
            name,
            made_by,
            bytes: about.len(),
            modified: Moment::of(since).to_string(),
            path,
        });
    }
    if deeper == 0 {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten().take(MOST) {
        // A link could lead anywhere.
        let real = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let (true, Some(name)) = (real, entry.file_name().to_str()) {
            look(&entry.path(), &format!("{id}/{name}"), deeper - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("made");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("ledger.json"), "{}").unwrap();
        fs::write(inner.join("secret.txt"), "no").unwrap();
        fs::write(folder.path().join("leaderboard.json"), "{\"rows\":[]}").unwrap();
        let reports = Reports::new(&[folder.path().to_path_buf()]);
        let mut ids: Vec<String> = reports.list().into_iter().map(|found| found.id).collect();
        ids.sort();
        assert_eq!(ids, ["0/leaderboard.json", "0/made/ledger.json"]);
        let ledger = reports.find("0/made/ledger.json").unwrap();
        assert_eq!(ledger.read().unwrap(), b"{}");
        for id in [
            "0/made/secret.txt",
            "0/../ledger.json",
            "1/leaderboard.json",
            "0/made/../leaderboard.json",
            "",
        ] {
            assert_eq!(reports.find(id), None, "{id}");
        }
        // The file itself may be named.
        let reports = Reports::new(&[folder.path().join("leaderboard.json")]);
        assert!(reports.find("0/leaderboard.json").is_some());
    }
}
