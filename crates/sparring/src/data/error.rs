//! What can be wrong with data.

use std::path::PathBuf;

/// Why data could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is nobody to learn from, or nothing to choose from.
    #[error("{place}: {users} users and {items} items; a recommender needs two or more of each")]
    TooSmall {
        /// The log.
        place: String,
        /// Its users.
        users: usize,
        /// Its items.
        items: usize,
    },
    /// A file or folder could not be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is cut off or damaged inside its compression.
    #[error("{}: the gzip data end too early or are damaged after {lines} lines: {source}", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// Whole lines before the damage.
        lines: u64,
        /// What the decompressor found.
        source: std::io::Error,
    },
    /// There is nothing in the file.
    #[error("{}: the file has no interactions", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The folder has no file with interactions, or several.
    #[error("{}: {finding}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What was found.
        finding: String,
    },
    /// A needed column is missing.
    #[error("{}:1: there is no column for the {missing}, found: {found}", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// `user` or `item`.
        missing: &'static str,
        /// The columns there are.
        found: String,
    },
    /// The kinds of events are to be read, and there is no column for them.
    #[error("{}:1: there is no column for the kind of an event", path.display())]
    NoKinds {
        /// The file.
        path: PathBuf,
    },
    /// An event is of a kind that was not named.
    #[error("{}:{line}: column {position} (kind of event) should be one of {kinds}, found `{found}`", path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// The column, from 1.
        position: usize,
        /// The kinds that were named.
        kinds: String,
        /// The value, shortened.
        found: String,
    },
    /// The format could not be told from the content.
    #[error("{}:1: cannot tell the format from the line `{line}`", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// Its first line, shortened.
        line: String,
    },
    /// No format has this name.
    #[error("there is no format `{name}`")]
    NoFormat {
        /// The name given.
        name: String,
    },
    /// A line has another number of columns.
    #[error("{}:{line}: expected {expected} columns, found {found}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// Columns of the first line.
        expected: usize,
        /// Columns of this line.
        found: usize,
    },
    /// A value is not what its column should hold.
    #[error("{}:{line}: the {column} (column {position}) should be {expected}, found `{found}`", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// Name of the column.
        column: &'static str,
        /// Number of the column, from 1.
        position: usize,
        /// What is allowed.
        expected: &'static str,
        /// What stands there, shortened.
        found: String,
    },
    /// A user has an item twice.
    #[error("{}: user `{user}` has item `{item}` twice (lines {first} and {second}); {total} such duplicates in all", path.display())]
    Duplicate {
        /// The file.
        path: PathBuf,
        /// Its id.
        user: String,
        /// Its id.
        item: String,
        /// Line of the earlier one.
        first: u64,
        /// Line of the later one.
        second: u64,
        /// Number of duplicates in the file.
        total: usize,
    },
    /// A table of users' attributes is not one of the users of the log.
    #[error("{}:{line}: {finding}", path.display())]
    UserTable {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// What was found.
        finding: String,
    },
    /// A file does not say what items are.
    #[error("{}:{line}: {finding}", path.display())]
    ItemFacts {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// What was found.
        finding: String,
    },
    /// A user of a later part is not in training.
    #[error("{}:{line}: user `{user}` is not in the training part", path.display())]
    UnknownUser {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: u64,
        /// Its id.
        user: String,
    },
    /// No event is left after leaving out low ratings.
    #[error("{}: no event is rated {min_rating} or more", path.display())]
    NothingLeft {
        /// The file.
        path: PathBuf,
        /// The limit.
        min_rating: f32,
    },
    /// A setting of planted data is wrong.
    #[error("`{argument}`: {finding}")]
    Planted {
        /// The data argument.
        argument: String,
        /// What is wrong.
        finding: String,
    },
    /// A data argument is neither a named set, nor a file, nor a folder.
    #[error("`{argument}` is neither a file, nor a folder, nor a named set{}", near.as_ref().map_or_else(String::new, |n| format!(", did you mean `{n}`?")))]
    NoSuchData {
        /// The argument.
        argument: String,
        /// The nearest named set.
        near: Option<String>,
    },
    /// A named set is not on this machine yet.
    #[error("`{name}` is not on this machine yet")]
    NotFetched {
        /// The set.
        name: &'static str,
    },
    /// A named set holds pictures, not interactions.
    #[error("`{name}` is not an interaction log")]
    NotALog {
        /// The set.
        name: &'static str,
    },
    /// A named set could not be fetched.
    #[error("`{name}` could not be fetched: {tried}")]
    Fetch {
        /// The set.
        name: String,
        /// What was tried, and what came of it.
        tried: String,
    },
    /// A Parquet file could not be read.
    #[error("{}: not a readable Parquet file: {finding}", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What the reader found.
        finding: String,
    },
}

impl DataError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooSmall { .. } => {
                "give a log of more users and items, or let more of it pass --min-rating"
            }
            Self::Io { .. } => {
                "check that the path exists, that you may use it and that the disk has room"
            }
            Self::Gzip { .. } => "copy or download the file again",
            Self::Empty { .. } => {
                "give a file with one interaction a line: user,item[,rating][,timestamp]"
            }
            Self::Folder { .. } => "name the file itself",
            Self::MissingColumn { .. } => {
                "name the columns user, item, rating, timestamp in the header"
            }
            Self::NoKinds { .. } => {
                "call the column event, kind, action or behavior, or leave --scale out"
            }
            Self::UnknownKind { .. } => "name all kinds with --scale, the least telling first",
            Self::UnknownFormat { .. } | Self::NoFormat { .. } => {
                "name the format with --format: csv, tsv, udata, movielens, recbole, sequences, parquet"
            }
            Self::Columns { .. } => {
                "mend the line, or leave it out; for lines of `user item item ...` say --format sequences"
            }
            Self::Value { .. } => "mend the line, or leave it out",
            Self::UserTable { .. } => {
                "give a table with a header, the users of the log in a column `user`, each once, and \
                 one column an attribute"
            }
            Self::ItemFacts { .. } => {
                "give a table with the header item,genres,year (genres separated by |, a year may be \
                 missing), movies.dat or u.item, each item once"
            }
            Self::Duplicate { .. } => {
                "keep one of each with --duplicates last (or first), or all with --duplicates all"
            }
            Self::UnknownUser { .. } => "leave such users out with --unknown-users skip",
            Self::NothingLeft { .. } => "lower --min-rating",
            Self::Planted { .. } => {
                "write planted, or planted:users=2000,items=500,events=40,seed=3"
            }
            Self::NoSuchData { .. } => "`sparring data list` names the sets; a path must exist",
            Self::NotFetched { .. } => "run `sparring data fetch` with its name, or use `planted`",
            Self::NotALog { .. } => "`sparring data list` says which sets are logs",
            Self::Fetch { .. } => "fetch it by hand and name the file, or use `planted`",
            Self::Parquet { .. } => {
                "write it with columns user, item and perhaps rating, timestamp"
            }
        }
    }
}
