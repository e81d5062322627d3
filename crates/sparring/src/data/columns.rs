//! What a file calls its users and items.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::DataError;
use super::format::Format;
use super::sources;

/// Names of the columns of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The users' column.
    pub user: String,
    /// The items' column.
    pub item: String,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            user: "user".to_owned(),
            item: "item".to_owned(),
        }
    }
}

impl Columns {
    /// The names that the file of a log uses; `user` and `item` where it has no header.
    ///
    /// # Errors
    /// If there is no such file, or it is no log.
    pub fn of(path: &Path, format: Option<Format>) -> Result<Self, DataError> {
        let path = sources::find_file(path)?;
        Ok(sources::names(&path, format)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_header() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("log");
        for (text, user, item) in [
            ("ts,movieId,userId\n1,2,3\n", "userId", "movieId"),
            (
                "user_id:token\titem_id:token\n1\t2\n",
                "user_id:token",
                "item_id:token",
            ),
            ("\u{feff}\"User ID\";\"asin\"\n1;2\n", "User ID", "asin"),
            ("1\t2\t3\t880000000\n", "user", "item"),
            ("1::2::3::4\n", "user", "item"),
        ] {
            std::fs::write(&path, text).unwrap();
            let found = Columns::of(&path, None).unwrap();
            assert_eq!((found.user.as_str(), found.item.as_str()), (user, item));
        }
        assert!(Columns::of(&place.path().join("none"), None).is_err());
    }
}
