//! Parquet files with a user, an item and perhaps a rating and a time column.

use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::bytes::io;
use crate::data::error::DataError;
use crate::data::format::columns;
use crate::data::sink::Event;

/// Reads the rows one by one; ids may be strings or integers.
pub(super) fn read(
    path: &Path,
    sink: &mut dyn FnMut(Event<'_>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let damaged = |error: parquet::errors::ParquetError| DataError::Parquet {
        path: path.to_path_buf(),
        finding: error.to_string(),
    };
    let file = File::open(path).map_err(io(path, "open"))?;
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let schema = reader.metadata().file_metadata().schema();
    let names: Vec<String> = schema
        .get_fields()
        .iter()
        .map(|f| f.name().to_owned())
        .collect();
    let layout = columns(path, &names)?;
    for (at, row) in reader.get_row_iter(None).map_err(damaged)?.enumerate() {
        let row = row.map_err(damaged)?.into_columns();
        let text = |column: usize| {
            row.get(column)
                .map(|(_, field)| shown(field))
                .unwrap_or_default()
        };
        let (user, item) = (text(layout.user), text(layout.item));
        let (rating, time) = (layout.rating.map(text), layout.time.map(text));
        sink(Event {
            line: at as u64 + 1,
            layout: &layout,
            user: &user,
            item: &item,
            rating: rating.as_deref(),
            time: time.as_deref(),
        })?;
    }
    Ok(())
}

/// A value as the text that a CSV file would hold; empty for null.
fn shown(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
        Field::TimestampMillis(ms) => ms.div_euclid(1_000).to_string(),
        Field::TimestampMicros(us) => us.div_euclid(1_000_000).to_string(),
        other => other.to_string(),
    }
}
