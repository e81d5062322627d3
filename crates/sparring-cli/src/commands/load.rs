//! From data arguments to the parts of a log.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use sparring::data::{
    DataError, Dataset, Duplicates, Format, ItemFacts, ItemFeatures, LoadOptions, UnknownUsers,
    csv_field, load_aligned, resolve, write_atomically,
};
use sparring::split::{RandomRatio, Split, Splitter, Stage};

use crate::cli::{Facts, Parts, Reading};
use crate::context::Context;
use crate::failure::WrongUse;

/// What is held out of training where no validation part is given.
const INSIDE: RandomRatio = RandomRatio {
    validation: 0.0,
    test: 0.1,
    per_user: false,
};

/// How to read files, from the arguments.
pub(crate) fn options(reading: &Reading) -> anyhow::Result<LoadOptions> {
    let wrong = |finding: String, hint| WrongUse { finding, hint };
    let duplicates = match reading.duplicates.as_str() {
        "refuse" => Duplicates::Refuse,
        "first" => Duplicates::First,
        "last" => Duplicates::Last,
        "all" => Duplicates::All,
        other => {
            let finding = format!("--duplicates: there is no rule `{other}`");
            return Err(wrong(finding, "use refuse, first, last or all").into());
        }
    };
    let unknown_users = match reading.unknown_users.as_str() {
        "refuse" => UnknownUsers::Refuse,
        "skip" => UnknownUsers::Skip,
        other => {
            let finding = format!("--unknown-users: there is no rule `{other}`");
            return Err(wrong(finding, "use refuse or skip").into());
        }
    };
    let format = reading
        .format
        .as_deref()
        .map(str::parse::<Format>)
        .transpose()?;
    Ok(LoadOptions {
        format,
        duplicates,
        min_rating: reading.min_rating,
        kinds: reading.scale.clone(),
        unknown_users,
    })
}

/// One log.
pub(crate) fn log(context: &Context, argument: &str, reading: &Reading) -> anyhow::Result<Dataset> {
    let path = resolve(argument, &context.cache)?;
    Ok(Dataset::load(&path, &options(reading)?)?)
}

/// The ids of a public list of items, one in a line.
pub(crate) fn catalogue(file: &Path) -> Result<Vec<String>, WrongUse> {
    let text = std::fs::read_to_string(file).map_err(|error| WrongUse {
        finding: format!("--catalogue {}: {error}", file.display()),
        hint: "name a text file with the id of an item in each line",
    })?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect())
}

/// One log with enough in it to learn from, and what is known of its items.
pub(crate) fn training_log(
    context: &Context,
    argument: &str,
    (reading, facts): (&Reading, &Facts),
) -> anyhow::Result<Dataset> {
    let log = log(context, argument, reading)?;
    enough(argument, &log)?;
    let [log] = described(context, [log], facts)?;
    Ok(log)
}

/// Logs of one catalogue with the features of its items, if a file tells them.
fn described<L: AsMut<[Dataset]>>(
    context: &Context,
    mut logs: L,
    facts: &Facts,
) -> Result<L, DataError> {
    if let Some(file) = &facts.facts {
        let parts = logs.as_mut();
        let found = ItemFacts::load(file, parts[0].items())?;
        let features = Arc::new(ItemFeatures::of(&found));
        context.out.note(format!(
            "{} of {} items are in {}, with {} features",
            found.known,
            features.n_items(),
            file.display(),
            features.n_features()
        ));
        for log in parts {
            *log = log.clone().with_features(Arc::clone(&features));
        }
    }
    Ok(logs)
}

fn enough(argument: &str, log: &Dataset) -> Result<(), DataError> {
    let (users, items) = (log.n_users(), log.n_items());
    if users >= 2 && items >= 2 {
        return Ok(());
    }
    let place = argument.to_owned();
    Err(DataError::TooSmall {
        place,
        users,
        items,
    })
}

/// Training, validation and test over one vocabulary; validation is a tenth of training where none
/// is given.
pub(crate) fn split(context: &Context, parts: &Parts) -> anyhow::Result<Split> {
    let files: Vec<&str> = [Some(&parts.train), parts.valid.as_ref(), Some(&parts.test)]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let logs = described(
        context,
        aligned(context, &files, &parts.reading)?,
        &parts.facts,
    )?;
    let valid = parts.valid.as_ref().map(|_| &logs[1]);
    let split = Split::official(&logs[0], valid, &logs[logs.len() - 1])?;
    Ok(split.validate_inside(&INSIDE, context.seed())?)
}

/// What to fit on and what to validate on: the validation part given, taken out of training where
/// it lies in it, or a tenth of training.
pub(crate) fn tuning(
    context: &Context,
    train: &str,
    valid: Option<&str>,
    (reading, facts): (&Reading, &Facts),
) -> anyhow::Result<Stage> {
    let files: Vec<&str> = [Some(train), valid].into_iter().flatten().collect();
    let logs = described(context, aligned(context, &files, reading)?, facts)?;
    let Some(valid) = logs.get(1) else {
        return Ok(INSIDE
            .split(&logs[0], context.seed().derive("inside"))?
            .report());
    };
    Ok(Stage::official(&logs[0], valid)?)
}

/// Several files over one vocabulary, training first.
pub(crate) fn aligned(
    context: &Context,
    files: &[&str],
    reading: &Reading,
) -> anyhow::Result<Vec<Dataset>> {
    let paths = files
        .iter()
        .map(|file| resolve(file, &context.cache))
        .collect::<Result<Vec<_>, _>>()?;
    let logs = load_aligned(&paths, &options(reading)?)?;
    if let (Some(name), Some(train)) = (files.first(), logs.first()) {
        enough(name, train)?;
    }
    Ok(logs)
}

/// Writes a file whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    Ok(write_atomically(path, bytes)?)
}

/// A field of a CSV file.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    csv_field(text)
}
