//! Readers, one file a kind of source; a new format is a file here and a line in [`read`].

mod bytes;
mod parquet;
mod rows;
mod text;

use std::io::Read;
use std::path::Path;

use super::columns::Columns;
use super::error::DataError;
use super::format::Format;
use super::sink::Event;

pub(super) use bytes::find_file;
pub(super) use rows::rows;

/// Reads all events of a file, in its order, into `sink`.
pub(super) fn read(
    path: &Path,
    wanted: Option<Format>,
    sink: &mut dyn FnMut(Event<'_>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    if bytes::is_parquet(path)? {
        return parquet::read(path, sink);
    }
    text::read(path, wanted, sink)
}

/// What a file calls its columns.
pub(super) fn names(path: &Path, wanted: Option<Format>) -> Result<Columns, DataError> {
    if bytes::is_parquet(path)? {
        return parquet::names(path);
    }
    text::names(path, wanted)
}

/// All bytes of a file, decompressed.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, DataError> {
    let (mut reader, _) = bytes::open(path)?;
    let mut bytes = Vec::new();
    reader
        .read_to_end(&mut bytes)
        .map_err(bytes::io(path, "read"))?;
    Ok(bytes)
}
