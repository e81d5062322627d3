//! `sparring fidelity`: synthetic users beside real ones.

use std::path::Path;

use sparring::experiment::{Comparands, fidelity};
use sparring::fidelity::{Likeness, Logs};
use sparring::report::Fidelity;

use super::load;
use crate::cli;
use crate::context::Context;

/// Compares the logs and writes what came of it.
pub(crate) fn run(context: &Context, args: &cli::Fidelity) -> anyhow::Result<()> {
    let load = |argument: &str| load::log(context, argument, &args.reading);
    let real = load(&args.real)?;
    let synthetic = load(&args.synthetic)?;
    let holdout = args.holdout.as_deref().map(load).transpose()?;
    let logs = Logs::align(&real, &synthetic, holdout.as_ref())?;
    let comparands = Comparands {
        logs: &logs,
        names: [
            args.real.clone(),
            args.synthetic.clone(),
            args.holdout.clone().unwrap_or_default(),
        ],
        seed: context.config.seed,
    };
    let found = fidelity(&comparands, context.host())?;
    context.bars.clear();
    write(&args.out, &found)?;
    show(context, &found);
    let place = args.out.join("fidelity.json");
    context
        .out
        .line(format!("\nwritten to {}", place.display()));
    context.out.json(&found)
}

/// Writes `fidelity.json`.
fn write(folder: &Path, found: &Fidelity) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(found)?;
    json.push(b'\n');
    load::write(&folder.join("fidelity.json"), &json)
}

/// A line of the table: what is measured, of the synthetic users, and of the held-out ones.
struct Line(&'static str, Option<f64>, Option<f64>);

/// The figures for a person.
fn show(context: &Context, found: &Fidelity) {
    let lines = likeness(found).into_iter().chain(copying(found));
    let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"));
    let rows: Vec<Vec<String>> = lines
        .map(|Line(name, of, floor)| vec![name.to_owned(), figure(of), figure(floor)])
        .collect();
    let head = ["beside the real users", "synthetic", "holdout"].map(str::to_owned);
    context.out.table(&head, &rows);
    for note in &found.notes {
        context.out.line(note);
    }
}

fn likeness(found: &Fidelity) -> Vec<Line> {
    let line = |name, figure: fn(&Likeness) -> Option<f64>| {
        let floor = found.floor.as_ref().and_then(figure);
        Line(name, figure(&found.likeness), floor)
    };
    vec![
        line("popularity, JS in bits", |l| Some(l.popularity.js_bits)),
        line("popularity of the head, Spearman", |l| {
            l.popularity.spearman_head
        }),
        line("popularity of the tail, Spearman", |l| {
            l.popularity.spearman_tail
        }),
        line("share of the items", |l| Some(l.popularity.coverage)),
        line("lengths, KS", |l| Some(l.activity.ks)),
        line("co-occurrence, top 200", |l| l.cooccurrence.top_200),
        line("co-occurrence, ranks 200 to 400", |l| {
            l.cooccurrence.ranks_200_to_400
        }),
        line("ratings, TV", |l| {
            l.ratings.as_ref().map(|ratings| ratings.total_variation)
        }),
        line("gaps, KS", |l| l.times.and_then(|times| times.gap_ks)),
        line("hours of the week, TV", |l| {
            l.times.and_then(|times| times.week_tv)
        }),
        line("transitions, JS in bits", |l| {
            l.times.and_then(|times| times.transition_js)
        }),
    ]
}

fn copying(found: &Fidelity) -> Vec<Line> {
    let copying = &found.copying;
    let shares = copying.of_holdout;
    let membership = copying.membership;
    vec![
        Line("exact copies", Some(copying.exact), shares.map(|s| s.exact)),
        Line("near copies", Some(copying.near), shares.map(|s| s.near)),
        Line("membership, AUC", membership.map(|m| m.auc.value), None),
    ]
}
