//! Pictures in memory.

use sha2::{Digest, Sha256};
use sparring::data::hex;
use sparring_deep::PictureShape;
use sparring_wide::Matrix;

use crate::canvas::Canvas;

/// Pictures of one size, a byte a channel, with a class each where there are labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// Their size.
    pub shape: PictureShape,
    /// All bytes: pictures, rows, columns, channels.
    pub bytes: Vec<u8>,
    /// A class a picture.
    pub labels: Option<Vec<u32>>,
}

impl Pictures {
    /// Number of pictures.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.shape.size().max(1)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Number of classes, 0 without labels.
    pub fn classes(&self) -> usize {
        let highest = self.labels.iter().flatten().max();
        highest.map_or(0, |highest| *highest as usize + 1)
    }

    /// The bytes of a picture.
    pub fn picture(&self, at: usize) -> &[u8] {
        &self.bytes[at * self.shape.size()..][..self.shape.size()]
    }

    /// Some pictures as rows of numbers between -1 and 1.
    pub fn rows(&self, which: &[u32]) -> Matrix {
        let size = self.shape.size();
        let mut rows = Matrix::zeros(which.len(), size);
        for (to, &at) in rows.data.chunks_mut(size).zip(which) {
            let from = self.picture(at as usize);
            to.iter_mut()
                .zip(from)
                .for_each(|(to, from)| *to = f32::from(*from) / 127.5 - 1.0);
        }
        rows
    }

    /// The classes of some pictures.
    pub fn labels_of(&self, which: &[u32]) -> Option<Vec<u32>> {
        let labels = self.labels.as_ref()?;
        Some(which.iter().map(|&at| labels[at as usize]).collect())
    }

    /// Some of the pictures.
    #[must_use]
    pub fn some(&self, which: &[u32]) -> Self {
        let bytes = which.iter().flat_map(|&at| self.picture(at as usize));
        Self {
            shape: self.shape,
            bytes: bytes.copied().collect(),
            labels: self.labels_of(which),
        }
    }

    /// SHA-256 of sizes, bytes and labels.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for number in [self.shape.side, self.shape.channels, self.len()] {
            hash.update((number as u64).to_le_bytes());
        }
        hash.update(&self.bytes);
        for label in self.labels.iter().flatten() {
            hash.update(label.to_le_bytes());
        }
        hex(&hash.finalize())
    }

    /// One picture as a PNG file.
    pub fn png(&self, at: usize) -> Vec<u8> {
        Canvas::of(self.picture(at), self.shape).to_png()
    }

    /// Their size in words.
    pub fn kind(&self) -> String {
        kind(self.shape)
    }
}

/// A size in words.
pub(crate) fn kind(shape: PictureShape) -> String {
    let colour = if shape.channels == 1 {
        "grey"
    } else {
        "colour"
    };
    format!("{0} x {0}, {colour}", shape.side)
}

/// Numbers between -1 and 1 as bytes.
pub(crate) fn to_bytes(numbers: &[f32]) -> Vec<u8> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to a byte"
    )]
    let byte = |v: &f32| ((v + 1.0) * 127.5).round().clamp(0.0, 255.0) as u8;
    numbers.iter().map(byte).collect()
}
