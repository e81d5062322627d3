//! From data arguments to the parts of a log.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use sparring::artifact::Artifact;
use sparring::data::{
    DataError, Dataset, Duplicates, Format, ItemFacts, ItemFeatures, ItemIx, LoadOptions,
    UnknownUsers, Vocabulary, csv_field, load_aligned, resolve, write_atomically,
};
use sparring::models::ModelConfig;
use sparring::split::{Candidates, ColdItems, RandomRatio, Split, Splitter, Stage};

use crate::cli::{Among, Facts, Parts, Reading};
use crate::context::Context;
use crate::failure::WrongUse;

/// What is held out of training where no validation part is given.
const INSIDE: RandomRatio = RandomRatio {
    validation: 0.0,
    test: 0.1,
    per_user: false,
};

/// The same for items that nobody has in training.
const COLD_INSIDE: ColdItems = ColdItems {
    validation: 0.0,
    test: 0.1,
};

/// What is held out of training for lists of these candidates.
fn inside(candidates: Candidates) -> &'static dyn Splitter {
    match candidates {
        Candidates::Cold => &COLD_INSIDE,
        _ => &INSIDE,
    }
}

/// Which items are ranked, from the arguments.
pub(crate) fn candidates(among: &Among) -> Result<Candidates, WrongUse> {
    match among.among.as_deref() {
        None | Some("all") => Ok(Candidates::All),
        Some("cold") => Ok(Candidates::Cold),
        Some("warm") => Ok(Candidates::Warm),
        Some(other) => Err(WrongUse {
            finding: format!("--among: there are no items `{other}`"),
            hint: "use all, cold or warm",
        }),
    }
}

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

/// The items of `--history`, all of which the model must know.
pub(crate) fn history(artifact: &Artifact, ids: &[String]) -> Result<Vec<ItemIx>, WrongUse> {
    let item = |id: &String| {
        artifact.items.get(id).map(ItemIx).ok_or_else(|| WrongUse {
            finding: format!("--history: the model does not know the item `{id}`"),
            hint: "use item ids of the training data",
        })
    };
    ids.iter().map(item).collect()
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

/// What is known of items, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    facts: &'a Facts,
    /// A model that places items which nobody has, so that those of the file join the catalogue.
    placing: Option<&'static str>,
}

impl<'a> Known<'a> {
    pub(crate) fn new<'b>(facts: &'a Facts, models: impl IntoIterator<Item = &'b str>) -> Self {
        let cold = |name| ModelConfig::COLD.iter().find(|model| **model == name);
        Self {
            facts,
            placing: models.into_iter().find_map(cold).copied(),
        }
    }
}

/// One log with enough in it to learn from, and what is known of its items.
pub(crate) fn training_log(
    context: &Context,
    argument: &str,
    (reading, known): (&Reading, Known<'_>),
) -> anyhow::Result<Dataset> {
    let log = log(context, argument, reading)?;
    enough(argument, &log)?;
    let [log] = described(context, [log], known)?;
    Ok(log)
}

/// Logs of one catalogue with the features of its items, if a file tells them.
fn described<L: AsMut<[Dataset]>>(
    context: &Context,
    mut logs: L,
    known: Known<'_>,
) -> anyhow::Result<L> {
    let Some(file) = &known.facts.facts else {
        let Some(model) = known.placing else {
            return Ok(logs);
        };
        return Err(WrongUse {
            finding: format!("{model} places items by what is known of them, and nothing is"),
            hint: "name a table of the items with --facts",
        }
        .into());
    };
    let parts = logs.as_mut();
    if known.placing.is_some() {
        let catalogue = placing_catalogue(&parts[0], ItemFacts::ids(file)?);
        let new = catalogue.len() - parts[0].n_items();
        context.out.note(format!(
            "{new} items of {} are in no log and join the catalogue",
            file.display()
        ));
        for log in &mut *parts {
            *log = log.over(catalogue.clone());
        }
    }
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
    Ok(logs)
}

/// The items that somebody has in training, then those of the table in its order, then what is left.
///
/// Equal scores are ranked by this order, and the order in which a test part names its items says which of
/// them are popular.
fn placing_catalogue(train: &Dataset, table: Vec<String>) -> Vocabulary {
    let counts = train.item_counts();
    let each = train.items().iter().zip(counts);
    let had = each.filter(|(_, count)| *count > 0).map(|(id, _)| id);
    let mut catalogue: Vocabulary = had.collect();
    for id in table {
        catalogue.intern(&id);
    }
    for id in train.items().iter() {
        catalogue.intern(id);
    }
    catalogue
}

/// A log over the catalogue of a model that places items which are in no log, in its order, and over what
/// else the log has.
pub(crate) fn over_all_of(artifact: &Artifact, log: Dataset) -> Dataset {
    if !ModelConfig::COLD.contains(&artifact.config.name()) {
        return log;
    }
    let mut catalogue = (*artifact.items).clone();
    for id in log.items().iter() {
        catalogue.intern(id);
    }
    log.over(catalogue)
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
pub(crate) fn split(
    context: &Context,
    parts: &Parts,
    (candidates, known): (Candidates, Known<'_>),
) -> anyhow::Result<Split> {
    let files: Vec<&str> = [Some(&parts.train), parts.valid.as_ref(), Some(&parts.test)]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let logs = described(context, aligned(context, &files, &parts.reading)?, known)?;
    let valid = parts.valid.as_ref().map(|_| &logs[1]);
    let split = Split::official(&logs[0], valid, &logs[logs.len() - 1])?;
    let split = split.validate_inside(inside(candidates), context.seed())?;
    Ok(split.among(candidates))
}

/// What to fit on and what to validate on: the validation part given, taken out of training where
/// it lies in it, or a tenth of training.
pub(crate) fn tuning(
    context: &Context,
    train: &str,
    valid: Option<&str>,
    (reading, known): (&Reading, Known<'_>),
    candidates: Candidates,
) -> anyhow::Result<Stage> {
    let files: Vec<&str> = [Some(train), valid].into_iter().flatten().collect();
    let logs = described(context, aligned(context, &files, reading)?, known)?;
    let Some(valid) = logs.get(1) else {
        let split = inside(candidates).split(&logs[0], context.seed().derive("inside"))?;
        return Ok(split.report().among(candidates));
    };
    Ok(Stage::official(&logs[0], valid)?.among(candidates))
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
