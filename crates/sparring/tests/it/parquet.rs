//! Parquet files are read like CSV, and damaged ones are refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use sparring::data::{DataError, Dataset, LoadOptions, UserIx};

/// Three events: ann rated 007 4 stars at 20 and x 5 stars at 10, bob rated 007 1 star at 5.
fn write(path: &Path, names: [&str; 4], last_rating: f64) {
    let [user, item, rating, time] = names;
    let schema = format!(
        "message log {{ required binary {user} (UTF8); required int64 {item}; \
         required double {rating}; required int64 {time}; }}"
    );
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    macro_rules! column {
        ($kind:ty, $values:expr) => {
            let mut column = group.next_column().unwrap().unwrap();
            column
                .typed::<$kind>()
                .write_batch(&$values, None, None)
                .unwrap();
            column.close().unwrap();
        };
    }
    column!(ByteArrayType, ["ann", "ann", "bob"].map(ByteArray::from));
    column!(Int64Type, [7, 8, 7]);
    column!(DoubleType, [4.0, 5.0, last_rating]);
    column!(Int64Type, [20, 10, 5]);
    group.close().unwrap();
    writer.close().unwrap();
}

const NAMES: [&str; 4] = ["user", "item", "rating", "timestamp"];

fn file(names: [&str; 4], last_rating: f64) -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("log.parquet");
    write(&path, names, last_rating);
    (place, path)
}

fn load(path: &Path) -> Result<Dataset, DataError> {
    Dataset::load(path, &LoadOptions::default())
}

#[test]
fn columns_of_text_and_numbers_are_read() {
    let (_place, path) = file(NAMES, 1.0);
    let data = load(&path).unwrap();
    assert_eq!(data.users().iter().collect::<Vec<_>>(), ["ann", "bob"]);
    assert_eq!(data.items().iter().collect::<Vec<_>>(), ["7", "8"]);
    // In order of time: 8 at 10, then 7 at 20.
    assert_eq!(data.interactions().ratings(UserIx(0)).unwrap(), [5.0, 4.0]);
    assert_eq!(data.interactions().time(UserIx(0), 0), Some(10));
}

#[test]
fn wrong_columns_and_values_are_named() {
    let (_place, path) = file(["user", "genre", "rating", "timestamp"], 1.0);
    let error = load(&path).unwrap_err().to_string();
    assert!(
        error.contains("no column for the item, found: user, genre"),
        "{error}"
    );
    for (rating, found) in [(-1.0, "`-1E0`"), (f64::NAN, "`NaN`")] {
        let (_place, path) = file(NAMES, rating);
        let error = load(&path).unwrap_err().to_string();
        let finding = ":3: the rating (column 3) should be a number of 0 or more, found ";
        assert!(error.contains(finding) && error.ends_with(found), "{error}");
    }
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    let (_place, path) = file(NAMES, 1.0);
    let whole = std::fs::read(&path).unwrap();
    for length in [5, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = load(&path).unwrap_err();
        assert!(matches!(error, DataError::Parquet { .. }), "{error}");
    }
    // Parquet has no checksum here, so a flip may go unnoticed: but it is a log or an error.
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x41;
        std::fs::write(&path, &flipped).unwrap();
        if let Err(error) = load(&path) {
            assert!(!error.hint().is_empty());
        }
    }
}
