//! What is known about users: a table of attributes.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::error::DataError;
use super::format::is_user;
use super::ids::Vocabulary;
use super::sources::rows;

/// The attributes of the users of a log, one column each.
#[derive(Debug, Clone, PartialEq)]
pub struct UserTable {
    /// Name of the users' column.
    pub user: String,
    /// The attributes.
    pub columns: Vec<UserColumn>,
    /// Users of the log that are not in the table.
    pub absent: usize,
    /// Users of the table that are not in the log.
    pub strangers: usize,
}

/// One attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct UserColumn {
    /// Its name.
    pub name: String,
    /// The values that occur, as they stand in the table: an empty text first, if any is missing,
    /// then rising numbers if all are numbers, by letters otherwise.
    pub values: Vec<String>,
    /// Whether all values that are there are numbers.
    pub numeric: bool,
    /// Which value each user of the log has; none for one that is not in the table.
    pub of: Vec<Option<u32>>,
}

/// Files without a header whose columns are known: how they begin, and the columns.
const KNOWN: [(&str, [&str; 4]); 2] = [
    ("u.user", ["age", "gender", "occupation", "zip"]),
    ("users.dat", ["gender", "age", "occupation", "zip"]),
];

impl UserTable {
    /// Reads the table of the users of a log: text with a header that names the users' column, or
    /// without one if the users' ids come first.
    ///
    /// # Errors
    /// If it cannot be read, is no such table, has a user twice, or none of the log.
    pub fn load(path: &Path, users: &Vocabulary) -> Result<Self, DataError> {
        let refused = |line, finding| DataError::UserTable {
            path: path.to_path_buf(),
            line,
            finding,
        };
        let mut rows = rows(path)?;
        let Some((_, first)) = rows.first() else {
            return Err(refused(1, "the table is empty".to_owned()));
        };
        let (at, names) = match first.iter().position(|name| is_user(name)) {
            Some(at) => (at, rows.remove(0).1),
            None if users.get(&first[0]).is_some() || known(path, first.len()).is_some() => {
                (0, unnamed(path, first.len()))
            }
            None => {
                let finding = format!(
                    "no column is that of the users, found: {}",
                    first.join(", ")
                );
                return Err(refused(1, finding));
            }
        };
        if names.len() < 2 {
            return Err(refused(1, "there is no column beside the users".to_owned()));
        }
        let (mut lines, mut strangers) = (HashMap::new(), 0);
        let mut cells: Vec<Option<Vec<String>>> = vec![None; users.len()];
        for (line, row) in rows {
            if row.len() != names.len() {
                return Err(DataError::Columns {
                    path: path.to_path_buf(),
                    line,
                    expected: names.len(),
                    found: row.len(),
                });
            }
            if let Some(earlier) = lines.insert(row[at].clone(), line) {
                let finding = format!("user `{}` stands in line {earlier} already", row[at]);
                return Err(refused(line, finding));
            }
            match users.get(&row[at]) {
                Some(user) => cells[user as usize] = Some(row),
                None => strangers += 1,
            }
        }
        let absent = cells.iter().filter(|row| row.is_none()).count();
        if absent == users.len() {
            return Err(refused(1, "no user of the log is in the table".to_owned()));
        }
        let columns = names.iter().enumerate().filter(|(column, _)| *column != at);
        Ok(Self {
            columns: columns
                .map(|(column, name)| UserColumn::of(name, column, &cells))
                .collect(),
            user: names[at].clone(),
            absent,
            strangers,
        })
    }
}

impl UserColumn {
    fn of(name: &str, column: usize, cells: &[Option<Vec<String>>]) -> Self {
        let mut index: BTreeMap<&str, u32> = BTreeMap::new();
        for row in cells.iter().flatten() {
            index.insert(&row[column], 0);
        }
        let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
        let numeric = index
            .keys()
            .all(|text| text.is_empty() || number(text).is_some());
        let mut values: Vec<&str> = index.keys().copied().collect();
        if numeric {
            let place = |text: &str| number(text).unwrap_or(f64::NEG_INFINITY);
            values.sort_by(|a, b| place(a).total_cmp(&place(b)));
        }
        for (at, value) in (0..).zip(&values) {
            index.insert(value, at);
        }
        let of = |row: &Option<Vec<String>>| row.as_ref().map(|row| index[row[column].as_str()]);
        Self {
            name: name.to_owned(),
            numeric,
            of: cells.iter().map(of).collect(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        }
    }
}

/// The columns beside the users of a file that has no header, if it is one of those.
fn known(path: &Path, width: usize) -> Option<&'static [&'static str; 4]> {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let known =
        |(start, names): &&(&str, [&str; 4])| file.starts_with(start) && width == names.len() + 1;
    KNOWN.iter().find(known).map(|(_, names)| names)
}

/// The names of columns without a header, the users first.
fn unnamed(path: &Path, width: usize) -> Vec<String> {
    let known = known(path, width);
    let name = |at: usize| match (at, known) {
        (0, _) => "user".to_owned(),
        (at, Some(names)) => names[at - 1].to_owned(),
        (at, None) => format!("attribute{at}"),
    };
    (0..width).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(name: &str, text: &str) -> Result<UserTable, DataError> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(name);
        std::fs::write(&path, text).unwrap();
        UserTable::load(&path, &["a", "b", "c"].into_iter().collect())
    }

    #[test]
    fn values_are_in_their_order_and_missing_ones_first() {
        let text = "age;User ID;job\n30;b;\"x; y\"\n9;a;\n;d;z\n";
        let table = load("t.csv", text).unwrap();
        assert_eq!(
            (table.user.as_str(), table.absent, table.strangers),
            ("User ID", 1, 1)
        );
        let [age, job] = &table.columns[..] else {
            panic!("two attributes")
        };
        assert_eq!((age.name.as_str(), age.numeric), ("age", true));
        assert_eq!(
            (&age.values[..], &age.of[..]),
            (
                &["9", "30"].map(str::to_owned)[..],
                &[Some(0), Some(1), None][..]
            )
        );
        assert_eq!(
            (&job.values[..], job.numeric),
            (&["", "x; y"].map(str::to_owned)[..], false)
        );
        assert_eq!(job.of, [Some(0), Some(1), None]);
    }

    #[test]
    fn known_files_may_begin_with_another_user() {
        let table = load("users.dat", "z::F::1::10::48067\nb::M::56::16::70072\n").unwrap();
        assert_eq!((table.strangers, table.absent), (1, 2));
        assert_eq!(table.columns[1].values, ["56"]);
    }

    #[test]
    fn known_files_need_no_header() {
        let table = load("users.dat", "a::F::1::10::48067\nb::M::56::16::70072\n").unwrap();
        let names: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, ["gender", "age", "occupation", "zip"]);
        let table = load("other", "a|24|M\nc|7|F\n").unwrap();
        assert_eq!(
            (table.user.as_str(), table.columns[1].name.as_str()),
            ("user", "attribute2")
        );
        assert_eq!(table.columns[0].values, ["7", "24"]);
    }

    #[test]
    fn what_is_no_table_of_these_users_is_refused() {
        for (text, words) in [
            ("", "the table is empty"),
            (
                "id,age\nx,3\n",
                "no column is that of the users, found: id, age",
            ),
            ("user\na\n", "there is no column beside the users"),
            ("user,age\na,3\nb\n", "expected 2 columns, found 1"),
            ("user,age\na,3\na,4\n", "user `a` stands in line 2 already"),
            ("user,age\nx,3\n", "no user of the log is in the table"),
        ] {
            let error = load("t.csv", text).unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert!(!error.hint().is_empty());
        }
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("t.csv");
        std::fs::write(&path, b"user,job\na,x\nb,caf\xe9\n").unwrap();
        let error = UserTable::load(&path, &["a"].into_iter().collect()).unwrap_err();
        assert!(error.to_string().contains("t.csv:3"), "{error}");
    }
}
