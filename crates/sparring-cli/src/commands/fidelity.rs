//! `sparring fidelity`: synthetic users beside real ones.

use std::path::Path;

use sparring::data::{resolve, titles};
use sparring::eval::Interval;
use sparring::experiment::{Comparands, Compared, RING, fidelity};
use sparring::fidelity::{Logs, Utility};
use sparring::models::{ConfigError, ModelConfig};
use sparring::report::{Fidelity, Figure, fidelity_page, in_percent};

use super::load;
use super::robustness::once;
use crate::cli;
use crate::context::Context;
use crate::failure::WrongUse;

/// The file of the figures.
const JSON: &str = "fidelity.json";

/// Compares the logs and writes what came of it.
pub(crate) fn run(context: &Context, args: &cli::Fidelity) -> anyhow::Result<()> {
    let beside = args.beside.iter().map(|folder| earlier(folder));
    let beside = beside.collect::<Result<Vec<_>, _>>()?;
    let load = |argument: &str| load::log(context, argument, &args.reading);
    let real = load(&args.real)?;
    let synthetic = load(&args.synthetic)?;
    let holdout = args.holdout.as_deref().map(load).transpose()?;
    let public = args.catalogue.as_deref().map(load::catalogue).transpose()?;
    let public = public.unwrap_or_default();
    let logs = Logs::align(&real, &synthetic, holdout.as_ref(), &public)?;
    let comparands = Comparands {
        logs: &logs,
        names: [
            args.real.clone(),
            args.synthetic.clone(),
            args.holdout.clone().unwrap_or_default(),
        ],
        models: models(context, args)?,
        beside,
        titles: item_titles(context, args, &logs)?,
        seed: context.config.seed,
    };
    let compared = fidelity(&comparands, context.host())?;
    context.bars.clear();
    write(&args.out, &compared)?;
    let found = &compared.found;
    show(context, found);
    let place = args.out.join("fidelity.html");
    context
        .out
        .line(format!("\nwritten to {}", place.display()));
    context.out.json(found)
}

/// The models named, or the ring.
fn models(context: &Context, args: &cli::Fidelity) -> Result<Vec<ModelConfig>, ConfigError> {
    let ring: Vec<String> = RING.map(str::to_owned).to_vec();
    let named = if args.models.is_empty() {
        &ring
    } else {
        &args.models
    };
    let given = named.iter().filter(|name| !name.trim().is_empty());
    once(given.map(String::as_str))
        .into_iter()
        .map(|name| context.config.model(name))
        .collect()
}

/// What items are called, from the folder named or the one of the real log.
fn item_titles(
    context: &Context,
    args: &cli::Fidelity,
    logs: &Logs,
) -> anyhow::Result<Vec<String>> {
    let folder = match &args.titles {
        Some(folder) => folder.clone(),
        None => resolve(&args.real, &context.cache)?,
    };
    let folder = match folder.parent() {
        Some(parent) if !folder.is_dir() => parent,
        _ => &folder,
    };
    Ok(titles(folder, logs.real.data.items()))
}

/// The report in a folder.
fn earlier(folder: &Path) -> Result<Fidelity, WrongUse> {
    let place = folder.join(JSON);
    let wrong = |why: String| WrongUse {
        finding: format!("--beside: {}: {why}", place.display()),
        hint: "name folders that `sparring fidelity --out` has written",
    };
    let text = std::fs::read(&place).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))
}

/// Writes `fidelity.json` and `.html`.
fn write(folder: &Path, compared: &Compared) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(&compared.found)?;
    json.push(b'\n');
    load::write(&folder.join(JSON), &json)?;
    let page = fidelity_page(&compared.found, &compared.pictures);
    load::write(&folder.join("fidelity.html"), page.as_bytes())
}

/// The figures for a person.
fn show(context: &Context, found: &Fidelity) {
    let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"));
    let line = |f: &Figure| vec![f.name.to_owned(), figure(f.value), figure(f.floor)];
    let rows: Vec<Vec<String>> = found.figures().iter().map(line).collect();
    let head = ["beside the real users", "synthetic", "holdout"].map(str::to_owned);
    context.out.table(&head, &rows);
    if let Some(utility) = &found.utility {
        context.out.line("");
        show_utility(context, utility);
    }
    if !found.beside.is_empty() {
        context.out.line("");
        show_beside(context, found);
    }
    context.out.line("");
    for text in found.verdict.iter().chain(&found.notes) {
        context.out.line(text);
    }
}

/// Other synthetic users of the same real ones.
fn show_beside(context: &Context, found: &Fidelity) {
    let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"));
    let (names, lines) = found.side_by_side();
    let head: Vec<String> = std::iter::once("of the same real users")
        .chain(names)
        .map(str::to_owned)
        .collect();
    let line = |(name, values): (String, Vec<Option<f64>>)| {
        let values = values.into_iter().map(figure);
        std::iter::once(name).chain(values).collect()
    };
    let rows: Vec<Vec<String>> = lines.into_iter().map(line).collect();
    context.out.table(&head, &rows);
}

/// Recommenders trained on both, tested on the holdout.
fn show_utility(context: &Context, utility: &Utility) {
    let head = [
        "trained on".to_owned(),
        format!("real {}", utility.metric),
        "synthetic".to_owned(),
        "share %".to_owned(),
    ];
    let cell = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    let rows: Vec<Vec<String>> = utility
        .models
        .iter()
        .map(|row| {
            let mean =
                |interval: Option<Interval>| cell(interval.map(|i| format!("{:.4}", i.mean)));
            let share = row.share.map(|share| {
                let [mean, low, high] = [share.mean, share.low, share.high].map(in_percent);
                format!("{mean} [{low}, {high}]")
            });
            vec![
                row.model.clone(),
                mean(row.real),
                mean(row.synthetic),
                cell(share),
            ]
        })
        .collect();
    context.out.table(&head, &rows);
    let kendall = cell(utility.kendall.map(|tau| format!("{tau:.2}")));
    context.out.line(format!(
        "{} held-out users, new to both; Kendall's tau of the two rankings of models {kendall}.",
        utility.users
    ));
    for row in &utility.models {
        if let Some(failure) = &row.failure {
            context.out.line(format!("{}: {failure}", row.model));
        }
    }
}
