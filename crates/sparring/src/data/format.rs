//! Which format a file has, told from its beginning.

use std::path::Path;
use std::str::FromStr;

use super::error::DataError;

/// How interactions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Columns with a header, separated by comma, semicolon, bar, tab or space.
    Table,
    /// `user item [rating [timestamp]]` without a header, by tab, comma or space.
    Bare,
    /// `user::item::rating::timestamp`.
    MovieLens,
    /// `RecBole` atomic file: tabs, header with types (`user_id:token`).
    RecBole,
    /// `user item item item`, a line a user, in event order.
    Sequences,
    /// Parquet.
    Parquet,
}

/// How the fields of a line are told apart, and which field is which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) format: Format,
    pub(super) separator: Separator,
    pub(super) user: usize,
    pub(super) item: usize,
    pub(super) rating: Option<usize>,
    pub(super) time: Option<usize>,
    pub(super) kind: Option<usize>,
    /// Whether the times are places in an order, of which negative ones say that there is none.
    pub(super) places: bool,
    /// Number of fields of a line; 0 where it varies.
    pub(super) width: usize,
}

/// What stands between fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// One byte, with quotes allowed around fields.
    Byte(u8),
    /// Two colons.
    Colons,
    /// Any run of white space.
    Space,
}

const USER: [&str; 9] = [
    "user",
    "userid",
    "uid",
    "u",
    "customer",
    "customerid",
    "reviewerid",
    "visitorid",
    "sessionid",
];
const ITEM: [&str; 12] = [
    "item",
    "itemid",
    "iid",
    "i",
    "movie",
    "movieid",
    "product",
    "productid",
    "artist",
    "artistid",
    "asin",
    "song",
];
const RATING: [&str; 7] = [
    "rating",
    "score",
    "stars",
    "weight",
    "value",
    "overall",
    "preference",
];
const TIME: [&str; 8] = [
    "timestamp",
    "time",
    "ts",
    "date",
    "unixreviewtime",
    "datetime",
    "seqpos",
    "position",
];
const KIND: [&str; 8] = [
    "event",
    "eventtype",
    "kind",
    "action",
    "behavior",
    "behaviour",
    "interactiontype",
    "type",
];
/// Of the columns of times those that hold places in an order.
const PLACES: [&str; 2] = ["seqpos", "position"];

impl FromStr for Format {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        match name {
            "csv" | "tsv" | "table" => Ok(Self::Table),
            "udata" | "bare" | "pairs" => Ok(Self::Bare),
            "movielens" => Ok(Self::MovieLens),
            "recbole" | "inter" => Ok(Self::RecBole),
            "sequences" => Ok(Self::Sequences),
            "parquet" => Ok(Self::Parquet),
            _ => Err(DataError::NoFormat {
                name: name.to_owned(),
            }),
        }
    }
}

/// Tells the layout from the first lines of a file; `wanted` overrides what is seen.
///
/// The rules: a header that names a user and an item column is a table (a `RecBole` file if the
/// names carry types). Without one, lines that hold two colons are `MovieLens` lines, lines of 2 to
/// 4 fields, always the same number, are bare events, and lines of varying length are sequences. So
/// that a damaged file of events is not taken for sequences, a line that ends like an event decides
/// for events, and a number of fields that most lines share for nothing.
pub(super) fn layout(
    path: &Path,
    lines: &[&str],
    wanted: Option<Format>,
) -> Result<Layout, DataError> {
    let first = lines.first().ok_or_else(|| DataError::Empty {
        path: path.to_path_buf(),
    })?;
    let separator = if first.contains("::") {
        Separator::Colons
    } else {
        guess_separator(first)
    };
    let bare = |format, width| Layout {
        format,
        separator,
        user: 0,
        item: 1,
        rating: (width > 2 && format != Format::Sequences).then_some(2),
        time: (width > 3 && format != Format::Sequences).then_some(3),
        kind: None,
        places: false,
        width: if format == Format::Sequences {
            0
        } else {
            width
        },
    };
    let widths: Vec<usize> = lines
        .iter()
        .map(|line| split(line, separator).len())
        .collect();
    let even = widths.iter().all(|width| *width == widths[0]);
    let header = split(first, separator);
    match wanted {
        Some(Format::Sequences) => return Ok(bare(Format::Sequences, 0)),
        Some(format @ (Format::Bare | Format::MovieLens)) if widths[0] >= 2 => {
            return Ok(bare(format, widths[0]));
        }
        Some(Format::Bare | Format::MovieLens) => {
            return Err(DataError::UnknownFormat {
                path: path.to_path_buf(),
                line: short(first),
            });
        }
        Some(Format::Table | Format::RecBole) => return table(path, &header, separator),
        Some(Format::Parquet) | None => {}
    }
    let named = header.iter().filter(|name| role(name).is_some()).count();
    let numeric = header.iter().all(|field| field.parse::<f64>().is_ok());
    if named > 0 && !numeric {
        return table(path, &header, separator);
    }
    let rated = |line: &&str| {
        split(line, separator)
            .get(2)
            .is_none_or(|rating| rating.trim().parse::<f64>().is_ok())
    };
    if separator == Separator::Colons && widths[0] >= 2 {
        return Ok(bare(Format::MovieLens, widths[0]));
    }
    if even && (2..=4).contains(&widths[0]) && lines.iter().skip(1).all(rated) {
        if !rated(first) {
            return table(path, &header, separator);
        }
        return Ok(bare(Format::Bare, widths[0]));
    }
    if !even && matches!(separator, Separator::Space | Separator::Byte(b'\t')) {
        if lines.iter().any(|line| is_timed(&split(line, separator))) {
            return Ok(bare(Format::Bare, 4));
        }
        let few = (2..=4).any(|width| 2 * count(&widths, width) > widths.len());
        if !few {
            return Ok(bare(Format::Sequences, 0));
        }
    }
    if header.len() > 1 && !numeric {
        return table(path, &header, separator);
    }
    Err(DataError::UnknownFormat {
        path: path.to_path_buf(),
        line: short(first),
    })
}

/// Whether a line ends in a rating and a time after 1973.
fn is_timed(fields: &[String]) -> bool {
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    fields.len() == 4
        && number(2).is_some_and(|rating| rating <= 100.0)
        && number(3).is_some_and(|time| time >= 1e8)
}

fn count(widths: &[usize], width: usize) -> usize {
    widths.iter().filter(|other| **other == width).count()
}

fn table(path: &Path, header: &[String], separator: Separator) -> Result<Layout, DataError> {
    let find = |wanted: Role| header.iter().position(|name| role(name) == Some(wanted));
    let missing = |missing| DataError::MissingColumn {
        path: path.to_path_buf(),
        missing,
        found: header
            .iter()
            .map(|name| short(name))
            .collect::<Vec<_>>()
            .join(", "),
    };
    let typed = header.iter().any(|name| name.ends_with(":token"));
    Ok(Layout {
        format: if typed {
            Format::RecBole
        } else {
            Format::Table
        },
        separator,
        user: find(Role::User).ok_or_else(|| missing("user"))?,
        item: find(Role::Item).ok_or_else(|| missing("item"))?,
        rating: find(Role::Rating),
        time: find(Role::Time),
        kind: find(Role::Kind),
        places: find(Role::Time).is_some_and(|at| PLACES.contains(&plain(&header[at]).as_str())),
        width: header.len(),
    })
}

/// The columns of a table by name, for Parquet.
pub(super) fn columns(path: &Path, names: &[String]) -> Result<Layout, DataError> {
    table(path, names, Separator::Space).map(|layout| Layout {
        format: Format::Parquet,
        ..layout
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    User,
    Item,
    Rating,
    Time,
    Kind,
}

/// Whether a column of this name is that of the users.
pub(super) fn is_user(name: &str) -> bool {
    role(name) == Some(Role::User)
}

/// What a column is, by its name; case, underscores and a type after a colon do not count.
fn role(name: &str) -> Option<Role> {
    let name = plain(name);
    let is = |names: &[&str]| names.contains(&name.as_str());
    match () {
        () if is(&USER) => Some(Role::User),
        () if is(&ITEM) => Some(Role::Item),
        () if is(&RATING) => Some(Role::Rating),
        () if is(&TIME) => Some(Role::Time),
        () if is(&KIND) => Some(Role::Kind),
        () => None,
    }
}

/// A name without case, separators and a type after a colon.
fn plain(name: &str) -> String {
    let name = name.trim_start_matches('\u{feff}').trim().to_lowercase();
    name.split(':')
        .next()
        .unwrap_or_default()
        .replace(['_', '-', ' ', '"'], "")
}

pub(super) fn guess_separator(line: &str) -> Separator {
    let found = [b'\t', b',', b';', b'|']
        .into_iter()
        .find(|&byte| line.contains(byte as char));
    found.map_or(Separator::Space, Separator::Byte)
}

/// The fields of a line, quotes taken off.
pub(super) fn split(line: &str, separator: Separator) -> Vec<String> {
    let plain = |field: &str| field.trim().trim_matches('"').to_owned();
    match separator {
        Separator::Byte(byte) => line.split(byte as char).map(plain).collect(),
        Separator::Colons => line.split("::").map(plain).collect(),
        Separator::Space => line.split_whitespace().map(plain).collect(),
    }
}

/// Enough of a text to recognise it.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(40) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Result<Layout, DataError> {
        layout(Path::new("f"), &text.lines().collect::<Vec<_>>(), None)
    }

    #[test]
    fn formats_are_told_by_content() {
        let table = seen("ts,movieId,x,userId\n1,2,3,4").unwrap();
        assert_eq!(
            (table.format, table.user, table.item),
            (Format::Table, 3, 1)
        );
        assert_eq!((table.time, table.rating), (Some(0), None));
        let udata = seen("196\t242\t3\t881250949\n186\t302\t3\t891717742").unwrap();
        assert_eq!((udata.format, udata.time), (Format::Bare, Some(3)));
        assert_eq!(
            seen("1::1193::5::978300760").unwrap().format,
            Format::MovieLens
        );
        let inter = seen("user_id:token\titem_id:token\trating:float\n1\t2\t3").unwrap();
        assert_eq!((inter.format, inter.rating), (Format::RecBole, Some(2)));
        assert_eq!(seen("1 5 6 7\n2 5").unwrap().format, Format::Sequences);
        assert_eq!(seen("1 5\n1 6").unwrap().format, Format::Bare);
        assert_eq!(seen("a b 3\nc d 4").unwrap().rating, Some(2));
    }

    #[test]
    fn a_wish_that_does_not_fit_is_refused() {
        for wanted in [Format::Bare, Format::MovieLens] {
            let error = layout(Path::new("f"), &["hello"], Some(wanted)).unwrap_err();
            assert!(matches!(error, DataError::UnknownFormat { .. }), "{error}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = seen("user,genre\n1,2").unwrap_err().to_string();
        assert_eq!(
            error,
            "f:1: there is no column for the item, found: user, genre"
        );
        assert!(matches!(
            seen("hello").unwrap_err(),
            DataError::UnknownFormat { .. }
        ));
        assert!("cvs".parse::<Format>().is_err());
    }
}
