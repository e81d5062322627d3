//! Text formats: tables, bare events, `MovieLens`, `RecBole`, sequences.

use std::io::{BufRead, Read};
use std::path::Path;

use super::bytes::{io, open};
use crate::data::columns::Columns;
use crate::data::error::DataError;
use crate::data::format::{Format, Layout, Separator, layout, split};
use crate::data::sink::Event;

/// Bytes that the format is told from.
const PEEK: u64 = 1 << 16;

type Take<'a> = &'a mut dyn FnMut(Event<'_>) -> Result<(), DataError>;

/// Reads a text file line by line.
pub(super) fn read(path: &Path, wanted: Option<Format>, sink: Take<'_>) -> Result<(), DataError> {
    let (layout, _) = peek(path, wanted)?;
    let header = matches!(layout.format, Format::Table | Format::RecBole);
    match layout.separator {
        Separator::Byte(byte) if layout.format != Format::Sequences => {
            delimited(path, byte, header, &layout, sink)
        }
        _ => lines(path, header, &layout, sink),
    }
}

/// What the file calls its columns.
pub(super) fn names(path: &Path, wanted: Option<Format>) -> Result<Columns, DataError> {
    let (layout, lines) = peek(path, wanted)?;
    let header = matches!(layout.format, Format::Table | Format::RecBole);
    let columns = if header {
        let first = lines.first().map_or("", |line| line);
        let names = split(first.trim_start_matches('\u{feff}'), layout.separator);
        Columns::named(&layout, &names)
    } else {
        Columns::unnamed(&layout)
    };
    let mut ratings = layout.rating.into_iter().flat_map(|at| {
        let events = lines.iter().skip(usize::from(header));
        events.filter_map(move |line| split(line, layout.separator).get(at).cloned())
    });
    let first = ratings.next();
    Ok(Columns {
        decimal: first.is_some_and(|rating| rating.contains('.'))
            && ratings.all(|rating| rating.contains('.')),
        ..columns
    })
}

/// The layout of a file and its first lines.
fn peek(path: &Path, wanted: Option<Format>) -> Result<(Layout, Vec<String>), DataError> {
    let (reader, gzip) = open(path)?;
    let mut start = Vec::new();
    let outcome = reader.take(PEEK).read_to_end(&mut start);
    // A file that is damaged later on is told from what could be read.
    if let Err(source) = outcome
        && start.is_empty()
    {
        return Err(broken(path, gzip, 0, source));
    }
    let whole = (start.len() as u64) < PEEK;
    let text = String::from_utf8_lossy(&start);
    let mut all: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    if !whole && all.len() > 1 {
        all.pop();
    }
    let layout = layout(path, &all, wanted)?;
    Ok((layout, all.into_iter().map(str::to_owned).collect()))
}

/// Fields separated by one byte, quotes allowed.
fn delimited(
    path: &Path,
    byte: u8,
    header: bool,
    layout: &Layout,
    sink: Take<'_>,
) -> Result<(), DataError> {
    let (reader, gzip) = open(path)?;
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(byte)
        .has_headers(false)
        .flexible(true)
        .quoting(header || byte == b',')
        .from_reader(reader);
    let mut row = csv::ByteRecord::new();
    let mut first = header;
    loop {
        let more = rows.read_byte_record(&mut row).map_err(|error| {
            let line = rows_line(&error);
            match error.into_kind() {
                csv::ErrorKind::Io(source) => broken(path, gzip, line, source),
                _ => unreachable_kind(path, line),
            }
        })?;
        if !more {
            return Ok(());
        }
        if std::mem::take(&mut first) {
            continue;
        }
        let line = row.position().map_or(0, csv::Position::line);
        let fields: Vec<&[u8]> = row.iter().collect();
        emit(path, line, &fields, layout, sink)?;
    }
}

fn rows_line(error: &csv::Error) -> u64 {
    error.position().map_or(0, csv::Position::line)
}

/// The csv crate reports nothing but input errors for byte records of any length.
fn unreachable_kind(path: &Path, line: u64) -> DataError {
    let expected = "a row of fields";
    DataError::Value {
        path: path.to_path_buf(),
        line,
        column: "line",
        position: 1,
        expected,
        found: String::new(),
    }
}

/// Fields separated by two colons or white space, and sequences.
fn lines(path: &Path, header: bool, layout: &Layout, sink: Take<'_>) -> Result<(), DataError> {
    let (mut reader, gzip) = open(path)?;
    let mut buffer = Vec::new();
    let mut line = 0;
    loop {
        buffer.clear();
        let read = reader.read_until(b'\n', &mut buffer);
        if read.map_err(|source| broken(path, gzip, line, source))? == 0 {
            return Ok(());
        }
        line += 1;
        let text = buffer.trim_ascii();
        if text.is_empty() || (header && line == 1) {
            continue;
        }
        let fields: Vec<&[u8]> = match layout.separator {
            Separator::Colons => fields_by_colons(text),
            _ => text
                .split(u8::is_ascii_whitespace)
                .filter(|field| !field.is_empty())
                .collect(),
        };
        if layout.format == Format::Sequences {
            for item in 1..fields.len() {
                emit(path, line, &fields, &Layout { item, ..*layout }, sink)?;
            }
        } else {
            emit(path, line, &fields, layout, sink)?;
        }
    }
}

fn fields_by_colons(mut text: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::with_capacity(4);
    while let Some(at) = text.windows(2).position(|pair| pair == b"::") {
        fields.push(&text[..at]);
        text = &text[at + 2..];
    }
    fields.push(text);
    fields
}

fn emit(
    path: &Path,
    line: u64,
    fields: &[&[u8]],
    layout: &Layout,
    sink: Take<'_>,
) -> Result<(), DataError> {
    if layout.width > 0 && fields.len() != layout.width {
        let (expected, found) = (layout.width, fields.len());
        return Err(DataError::Columns {
            path: path.to_path_buf(),
            line,
            expected,
            found,
        });
    }
    let field = |at: usize, column| {
        let raw = fields[at].trim_ascii();
        std::str::from_utf8(raw).map_err(|_| DataError::Value {
            path: path.to_path_buf(),
            line,
            column,
            position: at + 1,
            expected: "UTF-8 text",
            found: crate::data::format::short(&String::from_utf8_lossy(raw)),
        })
    };
    sink(Event {
        line,
        layout,
        user: field(layout.user, "user id")?,
        item: field(layout.item, "item id")?,
        rating: layout.rating.map(|at| field(at, "rating")).transpose()?,
        time: layout.time.map(|at| field(at, "timestamp")).transpose()?,
        kind: layout
            .kind
            .map(|at| field(at, "kind of event"))
            .transpose()?,
    })
}

/// An input error, told apart by whether the file is compressed.
fn broken(path: &Path, gzip: bool, lines: u64, source: std::io::Error) -> DataError {
    if gzip {
        return DataError::Gzip {
            path: path.to_path_buf(),
            lines,
            source,
        };
    }
    io(path, "read")(source)
}
