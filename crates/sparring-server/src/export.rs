//! All events as a log: CSV or Parquet, page by page, so that memory does not grow with them.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use sparring::data::csv_field;

use crate::store::{
    DatabaseAddress, Feedback, Filter, Page, Postgres, Sqlite, SqliteOptions, Store, StoreError,
};

/// Events that are read at once, and of a row group.
const ROWS: usize = 20_000;
/// Columns, named so that `sparring train --data` reads the file.
const COLUMNS: [&str; 6] = ["user", "item", "rating", "timestamp", "kind", "comment"];

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Text with a header.
    Csv,
    /// Columns, compressed.
    Parquet,
}

impl ExportFormat {
    /// By the end of the name; `None` if it is neither.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// Why not all events were written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The storage cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("{place}: cannot write: {source}")]
    Write {
        /// Where.
        place: String,
        /// Why not.
        source: io::Error,
    },
}

impl ExportError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Write { .. } => "check that the folder exists, is writable and has room",
        }
    }
}

/// Writes the events of a data folder, or of a `PostgreSQL` database, that no server uses into a file, whole or not at
/// all; how many there are.
///
/// # Errors
/// [`ExportError`] if the storage cannot be read or the file not be written.
pub fn export_to(
    (data, database): (&Path, Option<&DatabaseAddress>),
    file: &Path,
    format: ExportFormat,
) -> Result<u64, ExportError> {
    let store: Box<dyn Store> = match database {
        Some(address) => Box::new(Postgres::open(address)?),
        None => Box::new(Sqlite::open(data, SqliteOptions::default())?),
    };
    let failed = |source| ExportError::Write {
        place: file.display().to_string(),
        source,
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.part"));
    let mut out = io::BufWriter::new(std::fs::File::create(&beside).map_err(failed)?);
    let written = write_to(&*store, format, &mut out).and_then(|count| {
        out.flush().map_err(failed)?;
        out.get_ref().sync_all().map_err(failed)?;
        std::fs::rename(&beside, file).map_err(failed)?;
        Ok(count)
    });
    if written.is_err() {
        // It is of no use, and may be why the disk is full.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// Writes all events that have been stored so far; how many there are.
pub(crate) fn write_to(
    store: &dyn Store,
    format: ExportFormat,
    out: &mut (impl Write + Send),
) -> Result<u64, ExportError> {
    match format {
        ExportFormat::Csv => csv(store, out),
        ExportFormat::Parquet => parquet(store, out),
    }
}

/// Calls back with the events, page by page.
fn pages(
    store: &dyn Store,
    mut each: impl FnMut(&[Feedback]) -> io::Result<()>,
) -> Result<u64, ExportError> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = Page {
            after: after.as_deref(),
            n: ROWS,
            ..Page::default()
        };
        let (events, next) = store.feedback(&Filter::default(), &page)?;
        count += events.len() as u64;
        each(&events).map_err(failed)?;
        match next {
            Some(cursor) => after = Some(cursor),
            None => return Ok(count),
        }
    }
}

fn failed(source: io::Error) -> ExportError {
    ExportError::Write {
        place: "the export".to_owned(),
        source,
    }
}

fn csv(store: &dyn Store, out: &mut impl Write) -> Result<u64, ExportError> {
    writeln!(out, "{}", COLUMNS.join(",")).map_err(failed)?;
    pages(store, |events| {
        for event in events {
            let field = csv_field;
            writeln!(
                out,
                "{},{},{},{},{},{}",
                field(&event.user),
                field(&event.item),
                event.value,
                event.time.0,
                field(&event.kind),
                field(&event.comment)
            )?;
        }
        Ok(())
    })
}

fn parquet(store: &dyn Store, out: &mut (impl Write + Send)) -> Result<u64, ExportError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    let schema = schema().expect("the schema is sound");
    let mut writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))
        .map_err(|error| failed(spoken(error)))?;
    let count = pages(store, |events| group(&mut writer, events).map_err(spoken))?;
    writer.close().map_err(|error| failed(spoken(error)))?;
    Ok(count)
}

fn spoken(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

fn schema() -> Result<Type, ParquetError> {
    let column = |name: &str, physical, logical| {
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()
            .map(Arc::new)
    };
    let time = LogicalType::timestamp(true, TimeUnit::MICROS);
    let text = || Some(LogicalType::String);
    let columns = vec![
        column(COLUMNS[0], Physical::BYTE_ARRAY, text())?,
        column(COLUMNS[1], Physical::BYTE_ARRAY, text())?,
        column(COLUMNS[2], Physical::DOUBLE, None)?,
        column(COLUMNS[3], Physical::INT64, Some(time))?,
        column(COLUMNS[4], Physical::BYTE_ARRAY, text())?,
        column(COLUMNS[5], Physical::BYTE_ARRAY, text())?,
    ];
    Type::group_type_builder("events")
        .with_fields(columns)
        .build()
}

/// One row group.
fn group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    events: &[Feedback],
) -> Result<(), ParquetError> {
    let texts = |of: fn(&Feedback) -> &str| -> Vec<ByteArray> {
        events
            .iter()
            .map(|event| ByteArray::from(of(event)))
            .collect()
    };
    let mut group = writer.next_row_group()?;
    let mut at = 0;
    while let Some(mut column) = group.next_column()? {
        match at {
            2 => {
                let values: Vec<f64> = events.iter().map(|event| event.value).collect();
                column
                    .typed::<DoubleType>()
                    .write_batch(&values, None, None)?;
            }
            3 => {
                let values: Vec<i64> = events.iter().map(|event| event.time.0).collect();
                column
                    .typed::<Int64Type>()
                    .write_batch(&values, None, None)?;
            }
            _ => {
                let values = texts(match at {
                    0 => |event| &event.user,
                    1 => |event| &event.item,
                    4 => |event| &event.kind,
                    _ => |event| &event.comment,
                });
                column
                    .typed::<ByteArrayType>()
                    .write_batch(&values, None, None)?;
            }
        }
        column.close()?;
        at += 1;
    }
    group.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use sparring::data::{Dataset, LoadOptions};

    use super::*;
    use crate::store::Change;
    use crate::store::contract::event;

    #[test]
    fn both_files_are_read_back_as_a_log() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let store = Sqlite::open(&data, SqliteOptions::default()).unwrap();
        let mut events = vec![
            event("a,\"b\"", "x", "like", 1_600_000_000),
            event("a,\"b\"", "y", "like", 1_600_000_100),
            event("c", "x", "like", 1_600_000_050),
        ];
        events[0].value = 4.5;
        let overwrite = false;
        store
            .commit(&[Change::Feedback { events, overwrite }])
            .unwrap();
        assert!(
            export_to(
                (&data, None),
                &folder.path().join("busy.csv"),
                ExportFormat::Csv
            )
            .is_err()
        );
        assert!(!folder.path().join("busy.csv").exists());
        drop(store);
        for name in ["log.csv", "log.parquet"] {
            let file = folder.path().join(name);
            let format = ExportFormat::of(&file).unwrap();
            assert_eq!(export_to((&data, None), &file, format).unwrap(), 3);
            let log = Dataset::load(&file, &LoadOptions::default()).unwrap();
            let user = sparring::data::UserIx(log.users().get("a,\"b\"").unwrap());
            assert_eq!(
                (log.n_users(), log.n_items(), log.n_interactions()),
                (2, 2, 3),
                "{name}"
            );
            let items: Vec<&str> = log
                .history(user)
                .iter()
                .map(|i| log.items().id(i.0))
                .collect();
            assert_eq!(items, ["x", "y"]);
            let rating = log.interactions().ratings(user).unwrap()[0];
            assert!((rating - 4.5).abs() < 1e-6, "{rating}");
        }
        assert_eq!(ExportFormat::of(Path::new("log.txt")), None);
    }
}
