//! Writing synthetic users: block by block, whole or not at all.
//!
//! The files are written beside the folder, which takes its place at the end. How a row looks only
//! [`Lines`] knows.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sparring_wide::Seed;
use tempfile::TempDir;

use super::error::SynthError;
use super::events::Layer;
use super::lines::{Lines, Text};
use super::profiles::Block;
use super::tally::Tally;
use super::traits::Synthesizer;
use crate::data::{Columns, PlantedConfig, Vocabulary};
use crate::recommend::{Cancel, Observer, Progress};

/// The file of the synthetic users' interactions.
pub const INTERACTIONS: &str = "interactions.csv";

/// The file of what the synthetic users are.
pub const USERS: &str = "users.csv";

/// Blocks that are drawn before they are written: what is held in memory.
const BLOCKS: u64 = 32;

/// Who the users are: how many, from which seed, and what the file calls things.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Number of users.
    pub users: u64,
    /// Seed of the users.
    pub seed: Seed,
    /// Names of the columns.
    pub columns: &'a Columns,
    /// External ids of the items.
    pub items: &'a Vocabulary,
    /// What stands beside the items.
    pub layer: &'a Layer,
}

/// A folder of synthetic users that is not in its place yet; dropped, it leaves nothing.
#[derive(Debug)]
pub struct Output {
    folder: PathBuf,
    beside: TempDir,
}

/// What draws the lines of a block of users.
type Draw<'a> = &'a (dyn Fn(Block) -> Text + Sync);

impl Output {
    /// Begins a folder.
    ///
    /// # Errors
    /// If it cannot be written, or holds something already.
    pub fn begin(folder: &Path) -> Result<Self, SynthError> {
        refuse_occupied(folder)?;
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(failed(parent, "create the folder"))?;
        let beside = tempfile::Builder::new()
            .prefix(".sparring-")
            .tempdir_in(parent)
            .map_err(failed(parent, "write in the folder"))?;
        Ok(Self {
            folder: folder.to_path_buf(),
            beside,
        })
    }

    /// Draws the users and writes their interactions, and who they are; what was counted meanwhile.
    ///
    /// Memory does not grow with the number of users.
    ///
    /// # Errors
    /// If the disk is full, or a stop is requested.
    pub fn interactions(
        &self,
        synthesizer: &dyn Synthesizer,
        order: Order<'_>,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> Result<Tally, SynthError> {
        let lines = Lines::of(order);
        let heads = (lines.head(), Some(Lines::head_of_users(order.layer)));
        let draw = |block| Text::of(block, synthesizer, &lines, order);
        let mut tally = Tally::new(synthesizer.n_items());
        let mut count = |text: &Text| tally.extend(&text.profiles);
        self.stream(order.users, heads, (&draw, &mut count), (observer, cancel))?;
        Ok(tally)
    }

    /// Writes the events of planted users; their number.
    ///
    /// Memory grows by the factors of the users alone, 24 bytes each.
    ///
    /// # Errors
    /// If the disk is full, or a stop is requested.
    pub fn planted(
        &self,
        config: &PlantedConfig,
        seed: Seed,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> Result<u64, SynthError> {
        let garden = config.garden(seed);
        let head: &[u8] = b"user,item,rating,timestamp\n";
        let users = config.n_users as u64;
        let draw = |block: Block| Text::planted(block, &garden, users);
        let mut events = 0;
        let mut count = |text: &Text| events += text.interactions;
        self.stream(users, (head, None), (&draw, &mut count), (observer, cancel))?;
        Ok(events)
    }

    /// Writes the lines of users, some blocks at a time.
    fn stream(
        &self,
        n_users: u64,
        (head, head_of_users): (&[u8], Option<Vec<u8>>),
        (draw, count): (Draw<'_>, &mut dyn FnMut(&Text)),
        (observer, cancel): (&dyn Observer, &Cancel),
    ) -> Result<(), SynthError> {
        let mut events = self.create(INTERACTIONS, head)?;
        let users = head_of_users.map(|head| self.create(USERS, &head));
        let mut users = users.transpose()?;
        let blocks = Block::of(&(0..n_users));
        let step = usize::try_from(BLOCKS).expect("a small number");
        for first in blocks.clone().step_by(step) {
            let done = (first * Block::SIZE).min(n_users);
            observer.progress(Progress {
                unit: "user",
                done,
                total: n_users,
            });
            if cancel.is_requested() {
                return Err(SynthError::Stopped {
                    folder: self.folder.clone(),
                    done,
                    users: n_users,
                });
            }
            let texts: Vec<Text> = (first..blocks.end.min(first + BLOCKS))
                .into_par_iter()
                .map(|block| draw(Block(block)))
                .collect();
            for text in texts {
                events.write(&text.events)?;
                if let Some(users) = &mut users {
                    users.write(&text.users)?;
                }
                count(&text);
            }
        }
        events.finish()?;
        users.map(Written::finish).transpose()?;
        Ok(())
    }

    /// Begins a file of the folder.
    fn create(&self, name: &str, head: &[u8]) -> Result<Written, SynthError> {
        let path = self.folder.join(name);
        let file = File::create(self.beside.path().join(name)).map_err(failed(&path, "write"))?;
        let mut file = Written { path, file };
        file.write(head)?;
        Ok(file)
    }

    /// Writes another file of the folder.
    ///
    /// # Errors
    /// If the disk is full.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Result<(), SynthError> {
        self.create(name, bytes)?.finish()
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// If something has come to stand there meanwhile.
    pub fn finish(self) -> Result<(), SynthError> {
        let Self { folder, beside } = self;
        refuse_occupied(&folder)?;
        make_readable(beside.path()).map_err(failed(&folder, "set permissions of"))?;
        if folder.exists() {
            fs::remove_dir(&folder).map_err(failed(&folder, "replace the empty folder"))?;
        }
        fs::rename(beside.path(), &folder).map_err(failed(&folder, "put the users in place"))?;
        // It is no longer where it would be deleted from.
        let _moved = beside.keep();
        Ok(())
    }
}

/// A file that is being written.
struct Written {
    /// Where it will stand.
    path: PathBuf,
    file: File,
}

impl Written {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SynthError> {
        let written = self.file.write_all(bytes);
        written.map_err(failed(&self.path, "write"))
    }

    fn finish(self) -> Result<(), SynthError> {
        let synced = self.file.sync_all();
        synced.map_err(failed(&self.path, "write"))
    }
}

/// Whatever stands in the place is not written over.
fn refuse_occupied(folder: &Path) -> Result<(), SynthError> {
    if !folder.exists() {
        return Ok(());
    }
    if !folder.is_dir() {
        return Err(SynthError::NoFolder {
            path: folder.to_path_buf(),
        });
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder, "read"))? {
        names.push(entry.map_err(failed(folder, "read"))?.file_name());
    }
    let Some(first) = names.iter().min() else {
        return Ok(());
    };
    let finding = if names.iter().any(|name| name == INTERACTIONS) {
        "synthetic users".to_owned()
    } else {
        format!("`{}`", first.to_string_lossy())
    };
    Err(SynthError::Occupied {
        folder: folder.to_path_buf(),
        finding,
    })
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> SynthError {
    let path = path.to_path_buf();
    move |source| SynthError::Io {
        path,
        action,
        source,
    }
}

/// A temporary folder is private; a finished one has the usual permissions.
#[cfg(unix)]
fn make_readable(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_readable(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, ItemIx, LoadOptions};
    use crate::recommend::Silent;
    use crate::synth::{Profiles, user_id};

    /// User `u` has the items 0 and `u mod 3 + 1`.
    #[derive(Debug)]
    struct Known;

    impl Synthesizer for Known {
        fn n_items(&self) -> usize {
            4
        }

        fn draw(&self, block: Block, _seed: Seed) -> Profiles {
            let mut profiles = Profiles::new();
            for user in block.users() {
                profiles.push([0, 1 + u32::try_from(user % 3).unwrap()].map(ItemIx));
            }
            profiles
        }
    }

    fn write(folder: &Path, users: u64, cancel: &Cancel) -> Result<u64, SynthError> {
        let output = Output::begin(folder)?;
        let items: Vocabulary = ["a", "b,c", "d", "e"].into_iter().collect();
        let order = Order {
            users,
            seed: Seed(1),
            columns: &Columns {
                user: "userId".to_owned(),
                item: "movieId".to_owned(),
                ..Columns::default()
            },
            items: &items,
            layer: &Layer::default(),
        };
        let written = output.interactions(&Known, order, &Silent, cancel)?;
        output.file("summary.json", b"{}")?;
        output.finish()?;
        Ok(written.interactions())
    }

    #[test]
    fn a_file_by_hand() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("deep/users");
        assert_eq!(write(&folder, 2, &Cancel::new()).unwrap(), 4);
        let text = fs::read_to_string(folder.join(INTERACTIONS)).unwrap();
        assert_eq!(
            text,
            "userId,movieId\ns000001,a\ns000001,\"b,c\"\ns000002,a\ns000002,d\n"
        );
        let users = fs::read_to_string(folder.join(USERS)).unwrap();
        assert_eq!(users, "user\ns000001\ns000002\n");
        assert!(folder.join("summary.json").exists());
    }

    #[test]
    fn all_users_are_written_across_blocks() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("users");
        fs::create_dir(&folder).unwrap();
        let users = 2 * BLOCKS * Block::SIZE + 45;
        assert_eq!(write(&folder, users, &Cancel::new()).unwrap(), 2 * users);
        let log = Dataset::load(&folder.join(INTERACTIONS), &LoadOptions::default()).unwrap();
        assert_eq!(log.n_users() as u64, users);
        assert!(
            log.users()
                .iter()
                .zip(0..)
                .all(|(id, user)| id == user_id(user))
        );
        assert_eq!(user_id(999_999), "s1000000");
    }

    #[test]
    fn an_occupied_place_is_refused_and_kept() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("users");
        write(&folder, 3, &Cancel::new()).unwrap();
        let before = fs::read(folder.join(INTERACTIONS)).unwrap();
        let error = write(&folder, 9, &Cancel::new()).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("users: holds synthetic users already"),
            "{error}"
        );
        assert!(error.hint().contains("--out"));
        assert_eq!(fs::read(folder.join(INTERACTIONS)).unwrap(), before);
        let other = place.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("notes.txt"), "mine").unwrap();
        let error = write(&other, 9, &Cancel::new()).unwrap_err();
        assert!(
            error.to_string().ends_with("holds `notes.txt` already"),
            "{error}"
        );
        let error = write(&other.join("notes.txt"), 9, &Cancel::new()).unwrap_err();
        assert!(matches!(error, SynthError::NoFolder { .. }), "{error}");
        assert_eq!(
            fs::read_dir(place.path()).unwrap().count(),
            2,
            "nothing half-written"
        );
    }

    #[test]
    fn a_stop_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let cancel = Cancel::new();
        cancel.request();
        let error = write(&place.path().join("users"), 9, &cancel).unwrap_err();
        assert!(
            error.to_string().contains("stopped after 0 of 9 users"),
            "{error}"
        );
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
