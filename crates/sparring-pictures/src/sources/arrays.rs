//! The forms in which two named sets come: `npy` files, and digits as JSON.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::Raw;
use crate::error::PictureError;

/// Side of the pictures of both forms.
const SIDE: usize = 28;

fn damaged(path: &Path, offset: usize, finding: String) -> PictureError {
    PictureError::Damaged {
        path: path.to_path_buf(),
        offset,
        finding,
    }
}

/// Bytes `[N, 784]` or `[N, 28, 28]` in the format of `NumPy`, version 1 or 2.
pub(super) fn npy(path: &Path, bytes: &[u8]) -> Result<Raw, PictureError> {
    let cut = || damaged(path, bytes.len(), "ends within its header".to_owned());
    let (start, length) = if bytes.get(6) == Some(&1) {
        let field = bytes.get(8..10).ok_or_else(cut)?;
        (10, usize::from(field[0]) | usize::from(field[1]) << 8)
    } else {
        let field = bytes.get(8..12).and_then(|field| field.first_chunk::<4>());
        (12, u32::from_le_bytes(*field.ok_or_else(cut)?) as usize)
    };
    let header = bytes.get(start..start + length).ok_or_else(cut)?;
    let header = String::from_utf8_lossy(header);
    if !header.contains("|u1") || header.contains("'fortran_order': True") {
        let finding = format!("holds {}, expected rows of bytes (|u1)", header.trim());
        return Err(damaged(path, start, finding));
    }
    let body = &bytes[start + length..];
    let shape = header
        .split_once("'shape': (")
        .and_then(|(_, rest)| rest.split_once(')'));
    let lengths: Vec<usize> = shape
        .map(|(shape, _)| {
            shape
                .split(',')
                .filter_map(|n| n.trim().parse().ok())
                .collect()
        })
        .unwrap_or_default();
    let whole = match lengths[..] {
        [_, size] => size == SIDE * SIDE,
        [_, height, width] => height == SIDE && width == SIDE,
        _ => false,
    };
    if !whole || lengths.iter().product::<usize>() != body.len() {
        let finding = format!(
            "has the shape {lengths:?} and {} bytes, expected 784 bytes a picture",
            body.len()
        );
        return Err(damaged(path, start + length, finding));
    }
    Ok(Raw {
        width: SIDE,
        height: SIDE,
        channels: 1,
        bytes: body.to_vec(),
        labels: None,
    })
}

#[derive(Deserialize)]
struct Digits {
    data: Vec<f32>,
}

/// `0.json` to `9.json`, each the numbers of its pictures between 0 and 1, one after the other.
pub(super) fn digits(path: &Path) -> Result<Raw, PictureError> {
    let (mut bytes, mut labels) = (Vec::new(), Vec::new());
    for digit in 0..10_u32 {
        let file = path.join(format!("{digit}.json"));
        let text = fs::read(&file).map_err(|source| PictureError::Io {
            path: file.clone(),
            action: "read",
            source,
        })?;
        let digits: Digits = serde_json::from_slice(&text)
            .map_err(|error| damaged(&file, error.column(), error.to_string()))?;
        if !digits.data.len().is_multiple_of(SIDE * SIDE) {
            let finding = format!("has {} numbers, expected 784 a picture", digits.data.len());
            return Err(damaged(&file, text.len(), finding));
        }
        labels.resize(labels.len() + digits.data.len() / (SIDE * SIDE), digit);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        bytes.extend(
            digits
                .data
                .iter()
                .map(|v| (v * 255.0).round().clamp(0.0, 255.0) as u8),
        );
    }
    Ok(Raw {
        width: SIDE,
        height: SIDE,
        channels: 1,
        bytes,
        labels: Some(labels),
    })
}
