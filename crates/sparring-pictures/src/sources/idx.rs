//! IDX files, as MNIST has them, gzipped or not.
//!
//! ```text
//! 00 00 08 D    type: bytes; D axes
//! D lengths of 4 bytes, the most significant first; then the bytes
//! ```
//! Pictures have the axes pictures, rows, columns and, in colour, channels; labels have one.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::{Raw, entries};
use crate::error::PictureError;

/// A file's bytes, decompressed.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, PictureError> {
    let raw = fs::read(path).map_err(|source| PictureError::Io {
        path: path.to_path_buf(),
        action: "read",
        source,
    })?;
    if !raw.starts_with(&[0x1f, 0x8b]) {
        return Ok(raw);
    }
    let mut bytes = Vec::new();
    match MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(damaged(
            path,
            bytes.len(),
            format!("the gzip data end too early or are damaged: {error}"),
        )),
    }
}

fn damaged(path: &Path, offset: usize, finding: String) -> PictureError {
    PictureError::Damaged {
        path: path.to_path_buf(),
        offset,
        finding,
    }
}

/// The lengths of the axes, and where the bytes begin.
fn header(path: &Path, bytes: &[u8]) -> Result<(Vec<usize>, usize), PictureError> {
    let Some(&[0, 0, kind, axes]) = bytes.first_chunk::<4>() else {
        let finding = "is not IDX, which begins with two zeros".to_owned();
        return Err(damaged(path, 0, finding));
    };
    if kind != 8 {
        let finding = format!("holds numbers of type {kind:#04x}, expected bytes (0x08)");
        return Err(damaged(path, 2, finding));
    }
    let start = 4 + 4 * usize::from(axes);
    let Some(lengths) = bytes.get(4..start) else {
        let finding = format!("ends within its {axes} lengths");
        return Err(damaged(path, bytes.len(), finding));
    };
    let (words, _) = lengths.as_chunks::<4>();
    let lengths = words.iter().map(|word| u32::from_be_bytes(*word) as usize);
    Ok((lengths.collect(), start))
}

/// The bytes behind a header, as many as it says.
fn body<'a>(
    path: &Path,
    bytes: &'a [u8],
    (lengths, start): (&[usize], usize),
) -> Result<&'a [u8], PictureError> {
    let expected = lengths
        .iter()
        .try_fold(1_usize, |product, length| product.checked_mul(*length));
    let found = bytes.len() - start;
    match expected {
        Some(expected) if expected == found => Ok(&bytes[start..]),
        _ => {
            let axes: Vec<String> = lengths.iter().map(ToString::to_string).collect();
            let expected = expected.map_or("too many".to_owned(), |n| n.to_string());
            let finding = format!(
                "has {found} bytes behind its header, expected {expected} ({})",
                axes.join(" x ")
            );
            Err(damaged(path, bytes.len(), finding))
        }
    }
}

/// The pictures of an IDX file, with the labels of the file beside.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Raw, PictureError> {
    let (lengths, start) = header(path, bytes)?;
    let (n, height, width, channels) = match lengths[..] {
        [n, height, width] => (n, height, width, 1),
        [n, height, width, channels @ (1 | 3)] => (n, height, width, channels),
        _ => {
            let finding = format!("has the axes {lengths:?}, expected pictures, rows, columns");
            return Err(damaged(path, 3, finding));
        }
    };
    let body = body(path, bytes, (&lengths, start))?;
    let labels = match labels_beside(path) {
        Some(file) => Some(labels(&file, n)?),
        None => None,
    };
    Ok(Raw {
        width,
        height,
        channels,
        bytes: body.to_vec(),
        labels,
    })
}

/// The file of labels that belongs to a file of pictures.
fn labels_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let other = name.replace("images-idx3", "labels-idx1");
    let stem = other.strip_suffix(".gz").unwrap_or(&other);
    let names = [other.clone(), stem.to_owned(), format!("{stem}.gz")];
    let beside = names.iter().map(|name| path.with_file_name(name));
    beside
        .filter(|file| file != path)
        .find(|file| file.is_file())
}

fn labels(path: &Path, n: usize) -> Result<Vec<u32>, PictureError> {
    let bytes = bytes(path)?;
    let (lengths, start) = header(path, &bytes)?;
    if lengths != [n] {
        let finding =
            format!("has the axes {lengths:?}, expected one label for each of {n} pictures");
        return Err(damaged(path, 3, finding));
    }
    let body = body(path, &bytes, (&lengths, start))?;
    Ok(body.iter().map(|label| u32::from(*label)).collect())
}

/// The file of pictures of a folder: that of a training part, or the only one.
pub(super) fn in_folder(path: &Path) -> Result<Option<PathBuf>, PictureError> {
    let mut found: Vec<PathBuf> = entries(path)?;
    found.retain(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
        let npy = Path::new(&name).extension().is_some_and(|end| end == "npy");
        file.is_file() && (npy || name.contains("images-idx3"))
    });
    let training = found.iter().find(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("train")
    });
    match (training, &found[..]) {
        (Some(file), _) => Ok(Some(file.clone())),
        (None, [one]) => Ok(Some(one.clone())),
        (None, []) => Ok(None),
        (None, several) => {
            let names: Vec<_> = several
                .iter()
                .map(|file| file.file_name().unwrap_or_default().to_string_lossy())
                .collect();
            Err(PictureError::Empty {
                path: path.to_path_buf(),
                finding: format!(
                    "several files hold pictures, name one: {}",
                    names.join(", ")
                ),
            })
        }
    }
}
