//! `sparring fidelity`: synthetic users beside real ones.

use std::path::Path;

use sparring::eval::Interval;
use sparring::experiment::{Comparands, RING, fidelity};
use sparring::fidelity::{Likeness, Logs, Resemblance, Utility};
use sparring::models::{ConfigError, ModelConfig};
use sparring::report::{Fidelity, in_percent};

use super::load;
use super::robustness::once;
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
        models: models(context, args)?,
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
    let lines = likeness(found)
        .into_iter()
        .chain(resemblance(found))
        .chain(copying(found));
    let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"));
    let rows: Vec<Vec<String>> = lines
        .map(|Line(name, of, floor)| vec![name.to_owned(), figure(of), figure(floor)])
        .collect();
    let head = ["beside the real users", "synthetic", "holdout"].map(str::to_owned);
    context.out.table(&head, &rows);
    if let Some(utility) = &found.utility {
        context.out.line("");
        show_utility(context, utility);
    }
    for note in &found.notes {
        context.out.line(note);
    }
}

fn likeness(found: &Fidelity) -> Vec<Line> {
    let line = |name, figure: fn(&Likeness) -> Option<f64>| {
        let floor = found.floor.as_ref().and_then(|f| figure(&f.likeness));
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
        line("pairs, top 200", |l| l.cooccurrence.counts_top_200),
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

fn resemblance(found: &Fidelity) -> Vec<Line> {
    let line = |name, figure: fn(&Resemblance) -> f64| {
        let floor = found.floor.as_ref().map(|f| figure(&f.resemblance));
        Line(name, Some(figure(&found.resemblance)), floor)
    };
    vec![
        line("classifier, AUC", |r| r.classifier.value),
        line("alpha precision", |r| r.alpha_precision),
        line("beta recall", |r| r.beta_recall),
        line("modes covered", |r| {
            r.modes.covered as f64 / r.modes.clusters as f64
        }),
    ]
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
