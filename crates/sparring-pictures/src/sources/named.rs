//! Sets by name, where `sparring data fetch` puts them.

use std::path::{Path, PathBuf};

use sparring::data::{SETS, named_set};

use crate::error::PictureError;

/// The file or folder that an argument means.
pub(super) fn resolve(argument: &str, cache: &Path) -> Result<PathBuf, PictureError> {
    let path = Path::new(argument);
    if path.exists() {
        return Ok(path.to_path_buf());
    }
    let Some(set) = named_set(argument).filter(|set| !set.is_log) else {
        let likely = |name: &str| {
            let start = argument.get(..4).unwrap_or(argument);
            name.starts_with(start) || name.contains(argument)
        };
        let mut sets = SETS.iter().filter(|set| !set.is_log).map(|set| set.name);
        return Err(PictureError::NoSuchSet {
            argument: argument.to_owned(),
            near: sets.find(|name| likely(name)).map(str::to_owned),
        });
    };
    let folder = cache.join(set.name);
    let all = |files: &&[&str]| files.iter().all(|file| folder.join(file).is_file());
    if set.files.iter().any(all) {
        return Ok(folder);
    }
    Err(PictureError::NotFetched {
        name: set.name.to_owned(),
    })
}
