//! Replacing a folder whole.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::error::ArtifactError;
use super::manifest::{LEDGER_FILE, MANIFEST_FILE, MODEL_FILE, VOCABULARY_FILE};

/// Writes the files beside the folder and then puts them in its place.
pub(super) fn replace(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), ArtifactError> {
    refuse_strangers(folder)?;
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let beside = || {
        tempfile::Builder::new()
            .prefix(".sparring-")
            .tempdir_in(parent)
    };
    fs::create_dir_all(parent).map_err(failed(parent, "create the folder"))?;
    let fresh = beside().map_err(failed(parent, "write in the folder"))?;
    for (name, bytes) in files {
        let path = fresh.path().join(name);
        fs::File::create(&path)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .map_err(failed(&path, "write"))?;
    }
    make_readable(fresh.path())?;
    if folder.exists() {
        let old = beside().map_err(failed(parent, "write in the folder"))?;
        let aside = old.path().join("old");
        fs::rename(folder, &aside).map_err(failed(folder, "move the earlier model aside"))?;
        if let Err(source) = fs::rename(fresh.path(), folder) {
            fs::rename(&aside, folder).map_err(failed(folder, "put the earlier model back"))?;
            return Err(failed(folder, "put the model in place")(source));
        }
        return Ok(());
    }
    fs::rename(fresh.path(), folder).map_err(failed(folder, "put the model in place"))
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> ArtifactError {
    let path = path.to_path_buf();
    move |source| ArtifactError::Io {
        path,
        action,
        source,
    }
}

/// A temporary folder is private; a finished one has the usual permissions.
#[cfg(unix)]
fn make_readable(folder: &Path) -> Result<(), ArtifactError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
        .map_err(failed(folder, "set permissions"))
}

#[cfg(not(unix))]
fn make_readable(_folder: &Path) -> Result<(), ArtifactError> {
    Ok(())
}

/// Only an earlier artifact or an empty folder may be replaced.
fn refuse_strangers(folder: &Path) -> Result<(), ArtifactError> {
    if !folder.exists() {
        return Ok(());
    }
    if !folder.is_dir() {
        return Err(ArtifactError::NoFolder {
            path: folder.to_path_buf(),
        });
    }
    for entry in fs::read_dir(folder).map_err(failed(folder, "read"))? {
        let name = entry.map_err(failed(folder, "read"))?.file_name();
        let ours = [MANIFEST_FILE, MODEL_FILE, VOCABULARY_FILE, LEDGER_FILE]
            .iter()
            .any(|file| name == *file);
        if !ours {
            let found = name.to_string_lossy().into_owned();
            return Err(ArtifactError::Occupied {
                folder: folder.to_path_buf(),
                found,
            });
        }
    }
    Ok(())
}
