//! A folder of PNG and JPEG files; sub-folders, if there are any, are the classes.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sparring_deep::PictureShape;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;
use zune_png::PngDecoder;

use super::{Raw, ReadOptions, entries, finish, resize};
use crate::captions::Names;
use crate::error::PictureError;
use crate::set::Pictures;

/// Longest side that is read.
const LONGEST: usize = 8192;

/// A decoded file.
struct Decoded {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

/// Whether a file begins as PNG or JPEG files do.
pub(super) fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG") || bytes.starts_with(&[0xff, 0xd8, 0xff])
}

fn is_named_so(path: &Path) -> bool {
    let end = path.extension().unwrap_or_default().to_string_lossy();
    ["png", "jpg", "jpeg"].contains(&end.to_lowercase().as_str())
}

/// Reads all pictures of a folder, of one size or brought to one.
pub(super) fn read(path: &Path, options: ReadOptions) -> Result<Pictures, PictureError> {
    let (files, labels) = files(path)?;
    let files = &files[..options.limit.unwrap_or(usize::MAX).min(files.len())];
    let decoded: Vec<Decoded> = files
        .par_iter()
        .map(|file| decode(file))
        .collect::<Result<_, _>>()?;
    let Some(first) = decoded.first() else {
        return Err(PictureError::Empty {
            path: path.to_path_buf(),
            finding: "has no PNG or JPEG files, and no IDX file".to_owned(),
        });
    };
    let (width, height) = (first.width, first.height);
    let channels = decoded.iter().map(|one| one.channels).max().unwrap_or(1);
    let mut bytes = Vec::new();
    for (file, one) in files.iter().zip(&decoded) {
        let coloured = coloured(one, channels);
        match options.resize {
            Some(side) => {
                let grid = (one.width, one.height, channels);
                bytes.extend(resize::resized(&coloured, grid, side));
            }
            None if (one.width, one.height) == (width, height) => bytes.extend(coloured),
            None => {
                return Err(PictureError::Size {
                    path: file.clone(),
                    width: one.width,
                    height: one.height,
                    expected: format!("{} has {width} x {height}", files[0].display()),
                });
            }
        }
    }
    let labels = labels.map(|labels| labels[..files.len()].to_vec());
    if let Some(side) = options.resize {
        return Ok(Pictures {
            shape: PictureShape { side, channels },
            bytes,
            labels,
        });
    }
    let raw = Raw {
        width,
        height,
        channels,
        bytes,
        labels,
    };
    finish(raw, path, options)
}

/// What the classes and pictures of a folder are called: sub-folders, and files without their endings.
pub(super) fn names(path: &Path) -> Result<Names, PictureError> {
    let (files, labels) = files(path)?;
    let text =
        |name: Option<&std::ffi::OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
    let folders = entries(path)?.into_iter().filter(|entry| entry.is_dir());
    let classes = folders.map(|folder| text(folder.file_name()));
    Ok(Names {
        classes: labels.map(|_| classes.collect()).unwrap_or_default(),
        pictures: files.iter().map(|file| text(file.file_stem())).collect(),
    })
}

/// The files, and the number of the sub-folder of each where there are sub-folders alone.
fn files(path: &Path) -> Result<(Vec<PathBuf>, Option<Vec<u32>>), PictureError> {
    let inside = entries(path)?;
    let own: Vec<PathBuf> = inside
        .iter()
        .filter(|file| file.is_file() && is_named_so(file))
        .cloned()
        .collect();
    if !own.is_empty() {
        return Ok((own, None));
    }
    let (mut files, mut labels) = (Vec::new(), Vec::new());
    for (class, folder) in (0_u32..).zip(inside.iter().filter(|entry| entry.is_dir())) {
        let pictures = entries(folder)?;
        let pictures = pictures
            .into_iter()
            .filter(|file| file.is_file() && is_named_so(file));
        files.extend(pictures);
        labels.resize(files.len(), class);
    }
    Ok((files, Some(labels)))
}

/// The pixels with as many channels as all have: grey as it is or repeated.
fn coloured(one: &Decoded, channels: usize) -> Vec<u8> {
    if one.channels == channels {
        return one.bytes.clone();
    }
    one.bytes.iter().flat_map(|byte| [*byte; 3]).collect()
}

fn decode(path: &Path) -> Result<Decoded, PictureError> {
    let bytes = fs::read(path).map_err(|source| PictureError::Io {
        path: path.to_path_buf(),
        action: "read",
        source,
    })?;
    let damaged = |finding: String| PictureError::Damaged {
        path: path.to_path_buf(),
        offset: 0,
        finding,
    };
    if !is_picture(&bytes) {
        return Err(damaged("is neither PNG nor JPEG".to_owned()));
    }
    let options = DecoderOptions::default()
        .set_max_width(LONGEST)
        .set_max_height(LONGEST)
        .set_strict_mode(true)
        .png_set_strip_to_8bit(true)
        .png_set_confirm_crc(true);
    let (pixels, size, space) = if bytes.starts_with(b"\x89PNG") {
        let mut decoder = PngDecoder::new_with_options(ZCursor::new(&bytes), options);
        let pixels = decoder
            .decode_raw()
            .map_err(|e| damaged(format!("damaged PNG: {e:?}")))?;
        (pixels, decoder.dimensions(), decoder.colorspace())
    } else {
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes), options);
        let pixels = decoder
            .decode()
            .map_err(|e| damaged(format!("damaged JPEG: {e:?}")))?;
        let size = decoder.dimensions();
        (pixels, size, decoder.output_colorspace())
    };
    let (width, height) = size.ok_or_else(|| damaged("has no size".to_owned()))?;
    let each = pixels.len() / (width * height).max(1);
    // Transparency is left out.
    let (channels, bytes) = match (space, each) {
        (Some(ColorSpace::Luma), 1) => (1, pixels),
        (_, 2) => (1, pixels.chunks(2).map(|p| p[0]).collect()),
        (_, 3) => (3, pixels),
        (_, 4) => (
            3,
            pixels.chunks(4).flat_map(|p| [p[0], p[1], p[2]]).collect(),
        ),
        _ => return Err(damaged(format!("has {each} channels of {space:?}"))),
    };
    Ok(Decoded {
        width,
        height,
        channels,
        bytes,
    })
}
