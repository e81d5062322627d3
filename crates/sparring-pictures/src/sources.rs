//! Readers of pictures, one format a file.

mod arrays;
mod folder;
mod idx;
mod named;
mod resize;
mod stacked;

use std::fs;
use std::path::Path;

use sparring_deep::PictureShape;

use crate::captions::Names;
use crate::error::PictureError;
use crate::set::Pictures;

/// How pictures are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOptions {
    /// Side that all pictures are brought to.
    pub resize: Option<usize>,
    /// Pictures that are read at most, the first ones.
    pub limit: Option<usize>,
    /// Colour pictures to be made of three grey ones each.
    pub stacked: Option<usize>,
}

/// Sides that the networks are made for.
const SIDES: [usize; 3] = [28, 32, 64];

/// Pictures of any sizes, as files hold them.
struct Raw {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
    labels: Option<Vec<u32>>,
}

/// Reads an IDX or `npy` file, a folder of one of them or of PNG or JPEG files, or a set that was
/// fetched into `cache`.
///
/// Labels are read from the file beside (`labels-idx1` for `images-idx3`), or are the sub-folders.
///
/// # Errors
/// [`PictureError`] with the file, where in it, what was found and what to do.
pub fn read(argument: &str, cache: &Path, options: ReadOptions) -> Result<Pictures, PictureError> {
    let pictures = as_they_are(argument, cache, options)?;
    match options.stacked {
        Some(n) => stacked::stacked(&pictures, n, argument),
        None => Ok(pictures),
    }
}

fn as_they_are(
    argument: &str,
    cache: &Path,
    options: ReadOptions,
) -> Result<Pictures, PictureError> {
    if let Some(side) = options.resize
        && !SIDES.contains(&side)
    {
        return Err(PictureError::Setting {
            key: "resize",
            expected: "28, 32 or 64",
            found: side.to_string(),
        });
    }
    let path = named::resolve(argument, cache)?;
    let raw = if path.is_dir() {
        match idx::in_folder(&path)? {
            Some(file) => file_of_pictures(&file)?,
            None if path.join("0.json").is_file() => arrays::digits(&path)?,
            None => return folder::read(&path, options),
        }
    } else {
        file_of_pictures(&path)?
    };
    finish(raw, &path, options)
}

/// What the classes and pictures of `read` are called: files and sub-folders of a folder of files, else
/// numbers from 0.
///
/// # Errors
/// [`PictureError`] if the folder cannot be read.
pub fn names(argument: &str, cache: &Path, pictures: &Pictures) -> Result<Names, PictureError> {
    let path = named::resolve(argument, cache)?;
    let is_set = |path: &Path| -> Result<bool, PictureError> {
        Ok(idx::in_folder(path)?.is_some() || path.join("0.json").is_file())
    };
    if path.is_dir() && !is_set(&path)? {
        return folder::names(&path);
    }
    let numbers = |n: usize| (0..n).map(|at| at.to_string()).collect();
    Ok(Names {
        classes: numbers(pictures.classes()),
        pictures: numbers(pictures.len()),
    })
}

fn file_of_pictures(path: &Path) -> Result<Raw, PictureError> {
    let bytes = idx::bytes(path)?;
    if bytes.starts_with(b"\x93NUMPY") {
        return arrays::npy(path, &bytes);
    }
    if folder::is_picture(&bytes) {
        return Err(PictureError::Empty {
            path: path.to_path_buf(),
            finding: "is one picture; a GAN needs a folder of them".to_owned(),
        });
    }
    idx::parse(path, &bytes)
}

/// Checks the size and cuts to what is wanted.
fn finish(mut raw: Raw, path: &Path, options: ReadOptions) -> Result<Pictures, PictureError> {
    let size = raw.width * raw.height * raw.channels;
    if let Some(limit) = options.limit {
        raw.bytes.truncate(limit.saturating_mul(size));
        if let Some(labels) = &mut raw.labels {
            labels.truncate(limit);
        }
    }
    if raw.bytes.is_empty() {
        return Err(PictureError::Empty {
            path: path.to_path_buf(),
            finding: "has no pictures".to_owned(),
        });
    }
    let side = match options.resize {
        Some(side) => side,
        None if raw.width == raw.height && SIDES.contains(&raw.width) => raw.width,
        None => {
            return Err(PictureError::Size {
                path: path.to_path_buf(),
                width: raw.width,
                height: raw.height,
                expected: "networks are made for squares of 28, 32 or 64".to_owned(),
            });
        }
    };
    let shape = PictureShape {
        side,
        channels: raw.channels,
    };
    if (raw.width, raw.height) != (side, side) {
        let grid = (raw.width, raw.height, raw.channels);
        let pictures = raw.bytes.chunks(size);
        raw.bytes = pictures
            .flat_map(|picture| resize::resized(picture, grid, side))
            .collect();
    }
    Ok(Pictures {
        shape,
        bytes: raw.bytes,
        labels: raw.labels,
    })
}

/// The files and folders of a folder, in order of their names.
fn entries(path: &Path) -> Result<Vec<std::path::PathBuf>, PictureError> {
    let io = |source| PictureError::Io {
        path: path.to_path_buf(),
        action: "read the folder",
        source,
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(io)? {
        found.push(entry.map_err(io)?.path());
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
