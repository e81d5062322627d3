//! Any bytes are either a log or an error with a remedy: the readers never panic.
//!
//! The first byte picks the format and the rule for duplicates, the rest is the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sparring::data::{Dataset, Duplicates, Format, LoadOptions, Summary};

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else {
        return;
    };
    let format = match choice % 7 {
        0 => None,
        1 => Some(Format::Table),
        2 => Some(Format::Bare),
        3 => Some(Format::MovieLens),
        4 => Some(Format::RecBole),
        5 => Some(Format::Sequences),
        _ => Some(Format::Parquet),
    };
    let duplicates = match choice / 7 % 4 {
        0 => Duplicates::Refuse,
        1 => Duplicates::First,
        2 => Duplicates::Last,
        _ => Duplicates::All,
    };
    let file = tempfile::NamedTempFile::new().expect("the temporary folder can be written");
    std::fs::write(file.path(), bytes).expect("the file was just made");
    let options = LoadOptions {
        format,
        duplicates,
        ..LoadOptions::default()
    };
    match Dataset::load(file.path(), &options) {
        Ok(data) => {
            let _summary = Summary::of(&data);
            let _text = data.to_csv();
        }
        Err(error) => assert!(!error.hint().is_empty() && !error.to_string().is_empty()),
    }
});
