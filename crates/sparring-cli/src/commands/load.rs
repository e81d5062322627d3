//! From data arguments to the parts of a log.

use sparring::data::{
    DataError, Dataset, Duplicates, Format, LoadOptions, Role, UnknownUsers, load_aligned, resolve,
};
use sparring::split::{RandomRatio, Split, Splitter, Stage};

use crate::cli::{Parts, Reading};
use crate::context::Context;
use crate::failure::WrongUse;

/// Share of training that is held out where no validation part is given.
const INSIDE: RandomRatio = RandomRatio { validation: 0.0, test: 0.1, per_user: false };

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
    let format = reading.format.as_deref().map(str::parse::<Format>).transpose()?;
    Ok(LoadOptions { format, duplicates, unknown_users, min_rating: reading.min_rating, ..LoadOptions::default() })
}

/// One log.
pub(crate) fn log(context: &Context, argument: &str, reading: &Reading) -> anyhow::Result<Dataset> {
    let source = resolve(argument, &context.cache)?;
    Ok(source.load(&options(reading)?)?)
}

/// Training, perhaps validation, and test over one vocabulary, with a validation part in any case.
pub(crate) fn split(context: &Context, parts: &Parts) -> anyhow::Result<Split> {
    let logs = aligned(context, &parts.train, parts.valid.as_deref(), Some(&parts.test), &parts.reading)?;
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
    reading: &Reading,
) -> anyhow::Result<Stage> {
    let logs = aligned(context, train, valid, None, reading)?;
    let Some(valid) = logs.get(1) else {
        return Ok(INSIDE.split(&logs[0], context.seed().derive("inside"))?.report());
    };
    let split = Split::official(&logs[0], Some(valid), valid)?;
    Ok(split.tuning().expect("a validation part was given"))
}

/// Several files over one vocabulary: training, validation, test.
pub(crate) fn aligned(
    context: &Context,
    train: &str,
    valid: Option<&str>,
    test: Option<&str>,
    reading: &Reading,
) -> anyhow::Result<Vec<Dataset>> {
    let mut files = vec![(resolve(train, &context.cache)?, Role::Train)];
    for part in [valid, test].into_iter().flatten() {
        files.push((resolve(part, &context.cache)?, Role::Holdout));
    }
    Ok(load_aligned(&files, &options(reading)?)?)
}
