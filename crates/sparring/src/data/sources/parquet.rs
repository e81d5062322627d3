//! Parquet files with a user, an item and perhaps a rating and a time column.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::basic::Type;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

use super::bytes::io;
use crate::data::columns::Columns;
use crate::data::error::DataError;
use crate::data::format::columns;
use crate::data::sink::Event;

/// Reads the rows one by one; ids may be strings or integers.
pub(super) fn read(
    path: &Path,
    sink: &mut dyn FnMut(Event<'_>) -> std::result::Result<(), DataError>,
) -> std::result::Result<(), DataError> {
    let damaged = damaged(path);
    let (reader, names) = open(path)?;
    let layout = columns(path, &names)?;
    let mut rows = guarded(|| reader.get_row_iter(None)).map_err(&damaged)?;
    for line in 1_u64.. {
        let Some(row) = guarded(|| rows.next().transpose()).map_err(&damaged)? else {
            break;
        };
        let row = row.into_columns();
        let text = |column: usize| {
            row.get(column)
                .map(|(_, field)| shown(field))
                .unwrap_or_default()
        };
        let (user, item) = (text(layout.user), text(layout.item));
        let (rating, time) = (layout.rating.map(text), layout.time.map(text));
        let kind = layout.kind.map(text);
        sink(Event {
            line,
            layout: &layout,
            user: &user,
            item: &item,
            rating: rating.as_deref(),
            time: time.as_deref(),
            kind: kind.as_deref(),
        })?;
    }
    Ok(())
}

/// What the file calls its columns.
pub(super) fn names(path: &Path) -> std::result::Result<Columns, DataError> {
    let (reader, names) = open(path)?;
    let layout = columns(path, &names)?;
    let schema = reader.metadata().file_metadata().schema();
    let real = |at: usize| {
        let field = &schema.get_fields()[at];
        let physical = field.is_primitive().then(|| field.get_physical_type());
        matches!(physical, Some(Type::FLOAT | Type::DOUBLE))
    };
    Ok(Columns {
        decimal: layout.rating.is_some_and(real),
        ..Columns::named(&layout, &names)
    })
}

/// A reader and the names of the columns.
fn open(path: &Path) -> std::result::Result<(SerializedFileReader<File>, Vec<String>), DataError> {
    let file = File::open(path).map_err(io(path, "open"))?;
    let reader = guarded(|| SerializedFileReader::new(file)).map_err(damaged(path))?;
    let schema = reader.metadata().file_metadata().schema();
    let fields = schema.get_fields().iter();
    let names = fields.map(|field| field.name().to_owned()).collect();
    Ok((reader, names))
}

fn damaged(path: &Path) -> impl Fn(ParquetError) -> DataError {
    let path = path.to_path_buf();
    move |error| DataError::Parquet {
        path: path.clone(),
        finding: error.to_string(),
    }
}

/// The reader's answer; it panics on some damaged files, which is an answer too.
fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(ParquetError::General(
            "the data contradict themselves".into(),
        ))
    })
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
