//! Pictures laid out on one sheet, and sheets as PNG.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use sparring_deep::PictureShape;

/// A sheet of bytes, grey or RGB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canvas {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
}

/// Places between two pictures.
const GAP: usize = 2;
/// The colour of the gaps.
const PAPER: u8 = 255;

/// A sheet of pictures, `columns` in a row, each drawn `zoom` times as large.
///
/// # Panics
/// If there is no picture, or bytes are left over.
pub fn grid(pictures: &[u8], shape: PictureShape, columns: usize, zoom: usize) -> Canvas {
    let size = shape.size();
    let n = pictures.len() / size;
    assert!(n > 0 && pictures.len() == n * size, "whole pictures");
    let (side, channels) = (shape.side * zoom, shape.channels);
    let columns = columns.min(n);
    let (width, height) = (
        columns * (side + GAP) + GAP,
        n.div_ceil(columns) * (side + GAP) + GAP,
    );
    let mut bytes = vec![PAPER; width * height * channels];
    for (at, picture) in pictures.chunks(size).enumerate() {
        let (top, left) = (
            GAP + at / columns * (side + GAP),
            GAP + at % columns * (side + GAP),
        );
        for y in 0..side {
            for x in 0..side {
                let from = (y / zoom * shape.side + x / zoom) * channels;
                let to = ((top + y) * width + left + x) * channels;
                bytes[to..to + channels].copy_from_slice(&picture[from..from + channels]);
            }
        }
    }
    Canvas {
        width,
        height,
        channels,
        bytes,
    }
}

impl Canvas {
    /// A sheet of one picture and nothing else.
    pub(crate) fn of(picture: &[u8], shape: PictureShape) -> Self {
        Self {
            width: shape.side,
            height: shape.side,
            channels: shape.channels,
            bytes: picture.to_vec(),
        }
    }

    /// The sheet as a PNG file of eight bits a channel (ISO/IEC 15948).
    ///
    /// # Panics
    /// If a side does not fit into 32 bits.
    pub fn to_png(&self) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let number = |n: usize| u32::try_from(n).expect("sides fit u32").to_be_bytes();
        let mut header = [number(self.width), number(self.height)].concat();
        let colour = if self.channels == 1 { 0 } else { 2 };
        header.extend([8, colour, 0, 0, 0]);
        chunk(&mut file, *b"IHDR", &header);
        let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
        for row in self.bytes.chunks(self.width * self.channels) {
            // No filter: sheets of small pictures gain little by one.
            let written = deflated
                .write_all(&[0])
                .and_then(|()| deflated.write_all(row));
            written.expect("memory takes all");
        }
        let deflated = deflated.finish().expect("memory takes all");
        chunk(&mut file, *b"IDAT", &deflated);
        chunk(&mut file, *b"IEND", &[]);
        file
    }
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).expect("sheets are small");
    file.extend(length.to_be_bytes());
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(data);
    file.extend(kind);
    file.extend(data);
    file.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use zune_core::bytestream::ZCursor;

    #[test]
    fn a_sheet_comes_back_from_its_png() {
        let shape = PictureShape {
            side: 2,
            channels: 3,
        };
        let pictures: Vec<u8> = (0..36).collect();
        let canvas = grid(&pictures, shape, 2, 1);
        // Two columns and two rows of 2 with gaps of 2.
        assert_eq!((canvas.width, canvas.height), (10, 10));
        let mut decoder = zune_png::PngDecoder::new(ZCursor::new(canvas.to_png()));
        let pixels = decoder.decode_raw().unwrap();
        assert_eq!(decoder.dimensions(), Some((10, 10)));
        assert_eq!(pixels, canvas.bytes);
        // The second place of the second picture's first row.
        assert_eq!(pixels[(2 * 10 + 7) * 3..][..3], [15, 16, 17]);
        assert_eq!(pixels[..3], [PAPER; 3]);
    }
}
