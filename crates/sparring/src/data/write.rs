//! Writing files whole or not at all.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use super::dataset::Dataset;
use super::error::DataError;

/// Writes a file beside its place and then renames it, so that an earlier file stays whole until
/// the new one is complete.
///
/// # Errors
/// [`DataError::Io`] if the folder cannot be written or the disk is full.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let failed = |at: &Path, action| {
        let path = at.to_path_buf();
        move |source| DataError::Io {
            path,
            action,
            source,
        }
    };
    if path.exists() && !path.is_file() {
        // A device or a pipe has no place beside it.
        return std::fs::write(path, bytes).map_err(failed(path, "write"));
    }
    std::fs::create_dir_all(parent).map_err(failed(parent, "create the folder"))?;
    let mut file = tempfile::Builder::new()
        .prefix(".sparring-")
        .tempfile_in(parent)
        .map_err(failed(parent, "write in the folder"))?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed(path, "write"))?;
    make_readable(file.path()).map_err(failed(path, "set permissions of"))?;
    file.persist(path)
        .map_err(|error| failed(path, "put in place")(error.error))?;
    Ok(())
}

/// A temporary file is private; a finished one has the usual permissions.
#[cfg(unix)]
fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// A field of a CSV file, quoted where it has to be.
pub fn csv_field(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\n', '\r']) {
        return Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")));
    }
    Cow::Borrowed(text)
}

impl Dataset {
    /// The log as CSV: `user,item[,rating][,timestamp]`, rows by user in event order.
    pub fn to_csv(&self) -> String {
        let log = self.interactions();
        let mut text = String::from("user,item");
        text.push_str(if log.has_ratings() { ",rating" } else { "" });
        text.push_str(if log.has_times() {
            ",timestamp\n"
        } else {
            "\n"
        });
        for user in self.user_indices() {
            let id = csv_field(self.users().id(user.0));
            for (position, item) in self.history(user).iter().enumerate() {
                let written = write!(text, "{id},{}", csv_field(self.items().id(item.0)));
                let rating = log.ratings(user).map(|ratings| ratings[position]);
                let fields = [
                    rating.map(|rating| rating.to_string()),
                    log.time(user, position).map(|time| time.to_string()),
                ];
                for field in fields.into_iter().flatten() {
                    text.push(',');
                    text.push_str(&field);
                }
                text.push('\n');
                written.expect("writing to a string cannot fail");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{LoadOptions, PlantedConfig};
    use sparring_wide::Seed;

    #[test]
    fn a_log_survives_csv() {
        let planted = PlantedConfig {
            n_users: 20,
            n_items: 30,
            mean_events: 5.0,
            ..Default::default()
        };
        let data = planted.generate(Seed(1)).data;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep/log.csv");
        write_atomically(&path, data.to_csv().as_bytes()).unwrap();
        let loaded = Dataset::load(&path, &LoadOptions::default()).unwrap();
        assert_eq!(loaded.to_csv(), data.to_csv());
        assert_eq!(csv_field("a\"b,c"), "\"a\"\"b,c\"");
    }

    #[test]
    fn a_full_disk_and_a_wrong_folder_are_named() {
        let error = write_atomically(Path::new("/dev/full"), &[0; 9000]).unwrap_err();
        assert!(
            error.to_string().starts_with("/dev/full: cannot write"),
            "{error}"
        );
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        std::fs::write(&file, "kept").unwrap();
        let error = write_atomically(&file.join("below"), b"x").unwrap_err();
        assert!(
            error.to_string().contains("cannot create the folder"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
