//! Loading logs: one file, or several parts over one vocabulary.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dataset::Dataset;
use super::error::DataError;
use super::format::Format;
use super::ids::{ItemIx, UserIx, Vocabulary};
use super::interactions::InteractionsBuilder;
use super::sink::{NewUsers, Sink, finish};
use super::sources;

/// How files are read.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// The format; told by content if not given.
    pub format: Option<Format>,
    /// What to do when a user has an item twice.
    pub duplicates: Duplicates,
    /// Keep only events rated at least this; without effect on a log without ratings.
    pub min_rating: Option<f32>,
    /// Kinds of events, the least telling first: each is read as a rating, the first as 1, instead of a
    /// column of ratings. None for ratings as they are.
    pub kinds: Vec<String>,
    /// What to do with users of later parts that the first part does not have.
    pub unknown_users: UnknownUsers,
}

/// What to do when a user has an item twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// Refuse the file.
    #[default]
    Refuse,
    /// Keep the first in event order.
    First,
    /// Keep the last in event order.
    Last,
    /// Keep all.
    All,
}

/// What to do with users of a later part that the first part does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownUsers {
    /// Refuse the file.
    #[default]
    Refuse,
    /// Leave them out.
    Skip,
    /// Add them to the ids: they are new to training.
    Add,
}

impl Dataset {
    /// Loads one log from a file or a folder.
    ///
    /// # Errors
    /// [`DataError`] that names the line.
    pub fn load(path: &Path, options: &LoadOptions) -> Result<Self, DataError> {
        let mut parts = load_aligned(&[path.to_path_buf()], options)?;
        Ok(parts.remove(0))
    }
}

/// Loads the parts of a log, training first, over one vocabulary of users and items.
///
/// Users come from the first part, unless new ones are [added](UnknownUsers::Add). Items of later parts are added: they count as relevant even
/// where no model can know them.
///
/// # Errors
/// [`DataError`] that names file and line.
pub fn load_aligned(paths: &[PathBuf], options: &LoadOptions) -> Result<Vec<Dataset>, DataError> {
    let (mut users, mut items) = (Vocabulary::new(), Vocabulary::new());
    let mut builders: Vec<(PathBuf, InteractionsBuilder)> = Vec::new();
    for path in paths {
        let path = sources::find_file(path)?;
        let new_users = match (builders.is_empty(), options.unknown_users) {
            (true, _) | (false, UnknownUsers::Add) => NewUsers::Add,
            (false, UnknownUsers::Refuse) => NewUsers::Refuse,
            (false, UnknownUsers::Skip) => NewUsers::Skip,
        };
        let mut sink = Sink {
            path: &path,
            users: &mut users,
            items: &mut items,
            min_rating: options.min_rating,
            kinds: &options.kinds,
            new_users,
            builder: InteractionsBuilder::new(),
            seen: 0,
            skipped: 0,
            unplaced: 0,
        };
        sources::read(&path, options.format, &mut |event| sink.push(event))?;
        if sink.skipped > 0 {
            tracing::warn!(
                "{}: {} events of users unknown in training left out",
                path.display(),
                sink.skipped
            );
        }
        if sink.unplaced > 0 {
            tracing::warn!(
                "{}: {} events with a negative place in the order left out",
                path.display(),
                sink.unplaced
            );
        }
        if sink.seen == 0 {
            return Err(DataError::Empty { path });
        }
        if let Some(min_rating) = options.min_rating.filter(|_| sink.builder.is_empty()) {
            return Err(DataError::NothingLeft { path, min_rating });
        }
        let builder = std::mem::take(&mut sink.builder);
        builders.push((path, builder));
    }
    let (users, items) = (Arc::new(users), Arc::new(items));
    builders
        .into_iter()
        .map(|(path, builder)| settle(finish(builder, &users, &items), &path, options))
        .collect()
}

/// Deals with duplicate pairs.
fn settle(data: Dataset, path: &Path, options: &LoadOptions) -> Result<Dataset, DataError> {
    if options.duplicates == Duplicates::All {
        return Ok(data);
    }
    let (first, total) = duplicates(&data);
    let Some((user, item)) = first else {
        return Ok(data);
    };
    match options.duplicates {
        Duplicates::Refuse => Err(refusal(&data, path, options, (user, item, total))),
        Duplicates::First => Ok(keep_one(&data, false)),
        _ => Ok(keep_one(&data, true)),
    }
}

/// The first or the last of each pair.
fn keep_one(data: &Dataset, last: bool) -> Dataset {
    let (mut starts, mut kept) = (Vec::new(), Vec::new());
    let mut row = HashSet::new();
    for user in data.user_indices() {
        let (history, start) = (data.history(user), kept.len());
        starts.push(start);
        kept.resize(start + history.len(), false);
        row.clear();
        for at in 0..history.len() {
            let at = if last { history.len() - 1 - at } else { at };
            kept[start + at] = row.insert(history[at]);
        }
    }
    data.filter(|user, position| kept[starts[user.at()] + position])
}

/// The first pair that stands twice, and how many events repeat an earlier pair.
pub(super) fn duplicates(data: &Dataset) -> (Option<(UserIx, ItemIx)>, usize) {
    let (mut first, mut total) = (None, 0);
    let mut row = HashSet::new();
    for user in data.user_indices() {
        row.clear();
        for &item in data.history(user) {
            if !row.insert(item) {
                total += 1;
                first = first.or(Some((user, item)));
            }
        }
    }
    (first, total)
}

/// Reads the file once more for the lines of a duplicate.
fn refusal(
    data: &Dataset,
    path: &Path,
    options: &LoadOptions,
    (user, item, total): (UserIx, ItemIx, usize),
) -> DataError {
    let (user, item) = (
        data.users().id(user.0).to_owned(),
        data.items().id(item.0).to_owned(),
    );
    let mut lines = Vec::new();
    let again = sources::read(path, options.format, &mut |event| {
        if event.user == user && event.item == item {
            lines.push(event.line);
        }
        Ok(())
    });
    if let Err(error) = again {
        return error;
    }
    let line = |at: usize| lines.get(at).copied().unwrap_or(0);
    DataError::Duplicate {
        path: path.to_path_buf(),
        user,
        item,
        first: line(0),
        second: line(1),
        total,
    }
}
