//! Tables of any columns as rows of text.

use std::io::Read;
use std::path::Path;

use super::bytes::{io, open};
use crate::data::error::DataError;
use crate::data::format::{Separator, guess_separator, short};

/// A line and its fields.
pub(in crate::data) type Row = (u64, Vec<String>);

/// The rows of a text file whose fields are separated by comma, semicolon, bar, tab or two colons;
/// empty lines are left out.
pub(in crate::data) fn rows(path: &Path) -> Result<Vec<Row>, DataError> {
    let (mut reader, _) = open(path)?;
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(io(path, "read"))?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count() as u64;
        let start = good
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let rest = &bytes[start..bytes.len().min(start + 60)];
        DataError::Value {
            path: path.to_path_buf(),
            line,
            column: "line",
            position: 1,
            expected: "UTF-8 text",
            found: short(&String::from_utf8_lossy(rest)),
        }
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().next().unwrap_or_default();
    if first.contains("::") {
        let lines = (1..).zip(text.lines());
        let fields = |line: &str| {
            line.split("::")
                .map(|field| field.trim().to_owned())
                .collect()
        };
        return Ok(lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| (at, fields(line)))
            .collect());
    }
    let separator = match guess_separator(first) {
        Separator::Byte(byte) => byte,
        _ => b',',
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let row = |row: Result<csv::StringRecord, csv::Error>| {
        let row = row.expect("text in memory is read as it is");
        let line = row.position().map_or(0, csv::Position::line);
        (line, row.iter().map(str::to_owned).collect())
    };
    Ok(reader.records().map(row).collect())
}
