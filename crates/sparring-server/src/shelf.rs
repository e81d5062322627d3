//! Saved models that lie in one folder, to be loaded by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use sparring::artifact::{Kind, Manifest};

use crate::moment::Moment;

/// Folders that are looked at.
const MOST: usize = 1000;

/// A saved recommender.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shelved {
    /// The name of its folder; what to ask for.
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) seed: u64,
    pub(crate) interactions: usize,
    pub(crate) modified: String,
    #[serde(skip)]
    pub(crate) folder: PathBuf,
}

/// The recommenders in a folder, by name. What is damaged is left out; loading it would be refused.
pub(crate) fn list(place: &Path) -> Vec<Shelved> {
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new();
    };
    let folders = entries.flatten().take(MOST);
    let mut found: Vec<Shelved> = folders.filter_map(|entry| one(&entry.path())).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn one(folder: &Path) -> Option<Shelved> {
    let about = fs::metadata(folder.join("manifest.json")).ok()?;
    let manifest = Manifest::read(folder).ok()?;
    if manifest.kind != Kind::Recommender {
        return None;
    }
    let since = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Some(Shelved {
        name: folder.file_name()?.to_str()?.to_owned(),
        model: manifest.model,
        seed: manifest.seed,
        interactions: manifest.data.interactions,
        modified: Moment::of(since).to_string(),
        folder: folder.to_path_buf(),
    })
}
