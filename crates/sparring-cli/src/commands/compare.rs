//! `sparring compare`: several models, tuned with the same budget, ranked with intervals.

use std::path::Path;

use sparring::experiment::{Arena, Contender, Outcome, compare};
use sparring::models::{Family, ModelConfig};
use sparring::report::{Leaderboard, Timings, leaderboard_page, to_csv};

use super::load::{self, Known};
use crate::cli::Compare;
use crate::context::Context;

/// Fits and ranks the models and writes the leaderboard as JSON, CSV and a page.
pub(crate) fn run(context: &Context, args: &Compare) -> anyhow::Result<()> {
    let (eval, watched) = context.measuring(&args.measuring)?;
    let contenders = contenders(context, &args.models, args.trials)?;
    let names = contenders.iter().map(|one| one.config.name());
    let known = Known::new(&args.parts.facts, names);
    let split = load::split(
        context,
        &args.parts,
        (load::candidates(&args.among)?, known),
    )?;
    let report = split.report();
    let arena = Arena {
        data: args.parts.train.clone(),
        protocol: protocol(args),
        tuning: split.tuning(),
        report: &report,
        eval,
        watched,
        seeds: context.seeds(args.seeds),
    };
    let outcome = compare(&arena, &contenders, context.host())?;
    context.bars.clear();
    write(&args.out, &outcome)?;
    show(context, &outcome.board, &outcome.timings);
    context.out.line(format!(
        "\nwritten to {}",
        args.out.join("leaderboard.html").display()
    ));
    context.out.json(&outcome.board)
}

/// The models to compare: named, or the config file's, or all but those of the next item, which need an
/// order of events and take long, and those that need facts of items. Those without settings in the config are tuned.
pub(crate) fn contenders(
    context: &Context,
    named: &[String],
    trials: usize,
) -> anyhow::Result<Vec<Contender>> {
    let config = &context.config;
    let all: Vec<String> = ModelConfig::NAMES
        .iter()
        .filter(|name| !ModelConfig::NEXT.contains(name) && !ModelConfig::COLD.contains(name))
        .map(|&name| name.to_owned())
        .collect();
    let names = match (named, &config.models[..]) {
        ([], []) => &all,
        ([], listed) => listed,
        (named, _) => named,
    };
    let contender = |name: &String| {
        let given = config.model.contains_key(name);
        let trials = if given { 0 } else { trials };
        Ok(Contender {
            config: config.model(name)?,
            trials,
        })
    };
    names.iter().map(contender).collect()
}

fn protocol(args: &Compare) -> String {
    let tuning = match &args.parts.valid {
        None => "a tenth of the training part".to_owned(),
        Some(_) => "the validation part given".to_owned(),
    };
    let refit = "fitted again on all that is known before the test";
    if args.trials == 0 {
        return format!("Parts as given, settings as given, {refit}.");
    }
    format!(
        "Parts as given. Models without given settings are tuned on {tuning}, {} settings each; then \
         {refit}. Nothing of the test part is looked at before.",
        args.trials
    )
}

/// Writes `leaderboard.json`, `.csv` and `.html`, and `timings.json`.
pub(crate) fn write(folder: &Path, outcome: &Outcome) -> anyhow::Result<()> {
    let board = &outcome.board;
    let mut json = serde_json::to_vec_pretty(board)?;
    json.push(b'\n');
    load::write(&folder.join("leaderboard.json"), &json)?;
    load::write(&folder.join("leaderboard.csv"), to_csv(board).as_bytes())?;
    let page = leaderboard_page(board, &outcome.timings);
    load::write(&folder.join("leaderboard.html"), page.as_bytes())?;
    load::write(
        &folder.join("timings.json"),
        &serde_json::to_vec_pretty(&outcome.timings)?,
    )
}

/// The leaderboard for a person.
pub(crate) fn show(context: &Context, board: &Leaderboard, timings: &Timings) {
    let metrics: Vec<&String> = shown(board);
    let mut head = vec!["model".to_owned()];
    head.extend(metrics.iter().map(|&metric| metric.clone()));
    let reference = board.reference.as_deref().unwrap_or("baseline");
    head.extend([
        format!("against {reference}"),
        "health".to_owned(),
        "fit s".to_owned(),
    ]);
    let rows: Vec<Vec<String>> = board
        .rows
        .iter()
        .map(|row| {
            let mark = if row.family == Family::Adversarial {
                " *"
            } else {
                ""
            };
            let mut cells = vec![format!("{}{mark}", row.model)];
            cells.extend(metrics.iter().map(|&metric| {
                row.metrics
                    .get(metric)
                    .map_or_else(|| "-".to_owned(), |e| format!("{:.4}", e.mean))
            }));
            cells.push(row.versus.map_or_else(String::new, |c| {
                format!("{:+.4} [{:+.4}, {:+.4}]", c.difference, c.low, c.high)
            }));
            cells.push(
                row.health
                    .last()
                    .map_or_else(String::new, |d| d.verdict.clone()),
            );
            let secs = timings
                .get(&row.model)
                .map_or(0.0, |timing| timing.fit_secs);
            cells.push(format!("{secs:.2}"));
            cells
        })
        .collect();
    context.out.table(&head, &rows);
    let facts = &board.facts;
    context.out.line(format!(
        "* adversarial. {} over {} users, means of up to {} seeds; differences to the best baseline \
         with 95 % paired bootstrap intervals.",
        facts.data, facts.evaluated, board.seeds.len()
    ));
    for row in &board.rows {
        if let Some(failure) = &row.failure {
            context.out.line(format!("{}: {failure}", row.model));
        }
    }
    for note in &board.notes {
        context.out.line(note);
    }
}

/// The columns that fit a terminal: the watched metric and the shortest lists of the best known.
fn shown(board: &Leaderboard) -> Vec<&String> {
    let mut columns: Vec<&String> = board
        .metrics
        .iter()
        .filter(|metric| **metric == board.watched)
        .collect();
    for name in ["precision", "recall", "coverage"] {
        let first = board
            .metrics
            .iter()
            .find(|metric| metric.split('@').next() == Some(name));
        columns.extend(first.filter(|metric| **metric != board.watched));
    }
    columns
}
