//! Files and folders as streams of bytes; gzip is undone on the way.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::data::error::DataError;

const BUFFER: usize = 1 << 16;

pub(super) fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> DataError {
    let path = path.to_path_buf();
    move |source| DataError::Io {
        path,
        action,
        source,
    }
}

/// A file's bytes, decompressed, and whether they were compressed.
pub(super) fn open(path: &Path) -> Result<(Box<dyn BufRead>, bool), DataError> {
    let file = File::open(path).map_err(io(path, "open"))?;
    let mut raw = BufReader::with_capacity(BUFFER, file);
    let gzip = raw
        .fill_buf()
        .map_err(io(path, "read"))?
        .starts_with(&[0x1f, 0x8b]);
    if gzip {
        let decoder = MultiGzDecoder::new(raw);
        return Ok((Box::new(BufReader::with_capacity(BUFFER, decoder)), true));
    }
    Ok((Box::new(raw), false))
}

/// Whether a file begins as Parquet files do.
pub(super) fn is_parquet(path: &Path) -> Result<bool, DataError> {
    let mut magic = Vec::with_capacity(4);
    let file = File::open(path).map_err(io(path, "open"))?;
    file.take(4)
        .read_to_end(&mut magic)
        .map_err(io(path, "read"))?;
    Ok(magic == b"PAR1")
}

/// The file itself, or the one file of a folder that looks like interactions.
pub(in crate::data) fn find_file(path: &Path) -> Result<PathBuf, DataError> {
    if !path.is_dir() {
        return Ok(path.to_path_buf());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(io(path, "read the folder"))? {
        let file = entry.map_err(io(path, "read the folder"))?.path();
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        let stem = name.strip_suffix(".gz").unwrap_or(&name);
        let likely = Path::new(stem)
            .extension()
            .is_some_and(|end| end == "inter")
            || stem == "u.data"
            || stem == "ratings.dat"
            || stem == "user_artists.dat"
            || stem.starts_with("interactions.")
            || stem.starts_with("ratings.");
        if likely && file.is_file() {
            found.push(file);
        }
    }
    found.sort();
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => Err(DataError::Folder {
            path: path.to_path_buf(),
            finding: "no file of interactions (interactions.csv, ratings.csv, u.data, *.inter)"
                .to_owned(),
        }),
        several => {
            let names: Vec<_> = several
                .iter()
                .map(|file| {
                    file.file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned()
                })
                .collect();
            let finding = format!(
                "several files may hold the interactions: {}",
                names.join(", ")
            );
            Err(DataError::Folder {
                path: path.to_path_buf(),
                finding,
            })
        }
    }
}
