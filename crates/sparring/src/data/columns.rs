//! What a file calls its users and items.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::DataError;
use super::format::{Format, Layout};
use super::sources;

/// Names of the columns of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The users' column.
    pub user: String,
    /// The items' column.
    pub item: String,
    /// The ratings' column, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<String>,
    /// The times' column, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Whether whole ratings are written with a point, as `4.0`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub decimal: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            user: "user".to_owned(),
            item: "item".to_owned(),
            rating: None,
            time: None,
            decimal: false,
        }
    }
}

impl Columns {
    /// The columns that a layout tells, by the names of a header.
    pub(super) fn named(layout: &Layout, names: &[String]) -> Self {
        let name = |at: usize| names[at].clone();
        Self {
            user: name(layout.user),
            item: name(layout.item),
            rating: layout.rating.map(name),
            time: layout.time.map(name),
            decimal: false,
        }
    }

    /// The columns that a layout tells where there is no header.
    pub(super) fn unnamed(layout: &Layout) -> Self {
        Self {
            rating: layout.rating.map(|_| "rating".to_owned()),
            time: layout.time.map(|_| "timestamp".to_owned()),
            ..Self::default()
        }
    }

    /// The names that the file of a log uses; `user`, `item`, `rating` and `timestamp` where it has
    /// no header.
    ///
    /// # Errors
    /// If there is no such file, or it is no log.
    pub fn of(path: &Path, format: Option<Format>) -> Result<Self, DataError> {
        let path = sources::find_file(path)?;
        sources::names(&path, format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_header() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("log");
        for (text, names) in [
            (
                "ts,movieId,userId\n1,2,3\n",
                ["userId", "movieId", "", "ts"],
            ),
            (
                "user_id:token\titem_id:token\trating:float\n1\t2\t3\n",
                ["user_id:token", "item_id:token", "rating:float", ""],
            ),
            (
                "\u{feff}\"User ID\";\"asin\"\n1;2\n",
                ["User ID", "asin", "", ""],
            ),
            (
                "1\t2\t3\t880000000\n",
                ["user", "item", "rating", "timestamp"],
            ),
            ("1::2::3\n", ["user", "item", "rating", ""]),
            ("1 5 6 7\n2 5\n", ["user", "item", "", ""]),
        ] {
            std::fs::write(&path, text).unwrap();
            let found = Columns::of(&path, None).unwrap();
            let [rating, time] = [found.rating, found.time].map(Option::unwrap_or_default);
            assert_eq!([found.user, found.item, rating, time], names);
        }
        assert!(Columns::of(&place.path().join("none"), None).is_err());
    }

    #[test]
    fn ratings_are_decimal_where_all_have_a_point() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("log");
        for (text, decimal) in [
            ("user,item,rating\na,b,4.0\na,c,3.5\n", true),
            ("user,item,rating\na,b,4\na,c,3.5\n", false),
            ("user,item\na,4.0\n", false),
            ("1\t2\t3.0\t880000000\n", true),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(Columns::of(&path, None).unwrap().decimal, decimal, "{text}");
        }
    }
}
