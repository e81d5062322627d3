//! `sparring robustness`: what attacks on the training part, short histories and the long tail cost.

use std::path::Path;

use sparring::data::{Attack, AttackError, Rate};
use sparring::eval::Interval;
use sparring::experiment::{Arena, Threats, robustness};
use sparring::models::{ConfigError, ModelConfig};
use sparring::report::{Attacked, Endurance, Robustness, in_percent, robustness_page};
use sparring::split::Candidates;

use super::load::{self, Known};
use crate::cli;
use crate::context::Context;

/// Fits the models on clean and on spoiled training parts and writes what came of it as JSON, CSV
/// and a page.
pub(crate) fn run(context: &Context, args: &cli::Robustness) -> anyhow::Result<()> {
    let (eval, watched) = context.measuring(&args.measuring)?;
    let models = models(context, &args.models)?;
    let threats = threats(args)?;
    let names = models.iter().map(ModelConfig::name);
    let known = Known::new(&args.parts.facts, names);
    let report = load::split(context, &args.parts, (Candidates::All, known))?.report();
    let arena = Arena {
        data: args.parts.train.clone(),
        protocol: "Parts and settings as given; nothing is tuned.".to_owned(),
        tuning: None,
        report: &report,
        eval,
        watched,
        seeds: context.seeds(args.seeds),
    };
    let found = robustness(&arena, &models, &threats, context.host())?;
    context.bars.clear();
    write(&args.out, &found)?;
    show(context, &found);
    context.out.line(format!(
        "\nwritten to {}",
        args.out.join("robustness.html").display()
    ));
    context.out.json(&found)
}

/// The models named, or those of the config file, each once.
fn models(context: &Context, named: &[String]) -> Result<Vec<ModelConfig>, ConfigError> {
    let named = if named.is_empty() {
        &context.config.models
    } else {
        named
    };
    let given = named.iter().filter(|name| !name.trim().is_empty());
    once(given.map(String::as_str))
        .into_iter()
        .map(|name| context.config.model(name))
        .collect()
}

fn threats(args: &cli::Robustness) -> Result<Threats, AttackError> {
    let attacks = args.attacks.iter().map(|name| Attack::named(name));
    let rates = args.rates.iter().map(|&rate| Rate::new(rate));
    Ok(Threats {
        attacks: once(attacks.collect::<Result<Vec<_>, _>>()?),
        rates: once(rates.collect::<Result<Vec<_>, _>>()?),
        targets: args.targets,
    })
}

/// Each of them once, in the order in which they came first.
pub(super) fn once<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// Writes `robustness.json`, `.csv` and `.html`.
fn write(folder: &Path, found: &Robustness) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(found)?;
    json.push(b'\n');
    load::write(&folder.join("robustness.json"), &json)?;
    load::write(&folder.join("robustness.csv"), found.to_csv().as_bytes())?;
    let page = robustness_page(found);
    load::write(&folder.join("robustness.html"), page.as_bytes())
}

/// Both halves for a person: fairness of the clean fits, then the attacks.
fn show(context: &Context, found: &Robustness) {
    let (watched, list) = (&found.watched, found.list);
    let head = [
        "model".to_owned(),
        watched.clone(),
        "short histories".to_owned(),
        "worst quarter".to_owned(),
        format!("tail recall@{list}"),
    ];
    let rows: Vec<Vec<String>> = found.rows.iter().map(clean).collect();
    context.out.table(&head, &rows);
    context.out.line("");
    let head = [
        "model".to_owned(),
        "attack".to_owned(),
        "rate".to_owned(),
        watched.clone(),
        "loss %".to_owned(),
        format!("targets in top {list} %"),
    ];
    let under = |row: &Endurance| {
        let model = row.model.clone();
        let line = move |attacked: &Attacked| attack(&model, attacked);
        row.attacks.iter().map(line).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = found.rows.iter().flat_map(under).collect();
    context.out.table(&head, &rows);
    context.out.line(format!(
        "{}: clean and attacked over the same {} test users, loss with 95 % paired bootstrap \
         intervals.",
        found.facts.data, found.facts.evaluated
    ));
    for row in &found.rows {
        if let Some(failure) = &row.failure {
            context.out.line(format!("{}: {failure}", row.model));
        }
        for a in &row.attacks {
            if let Some(failure) = &a.failure {
                let text = format!("{} under {} {}: {failure}", row.model, a.attack, a.rate);
                context.out.line(text);
            }
        }
    }
    for note in &found.notes {
        context.out.line(note);
    }
}

fn clean(row: &Endurance) -> Vec<String> {
    let mean = |interval: Option<Interval>| {
        interval.map_or_else(|| "-".to_owned(), |i| format!("{:.4}", i.mean))
    };
    let fairness = row.fairness;
    vec![
        row.model.clone(),
        mean(row.clean),
        mean(fairness.map(|f| f.short_histories)),
        fairness.map_or_else(|| "-".to_owned(), |f| format!("{:.4}", f.worst_quarter)),
        mean(fairness.and_then(|f| f.tail_recall)),
    ]
}

fn attack(model: &str, attacked: &Attacked) -> Vec<String> {
    let value = attacked.value.map(|v| format!("{:.4}", v.mean));
    let loss = attacked.loss.map(|l| {
        let [mean, low, high] = [l.mean, l.low, l.high].map(in_percent);
        format!("{mean} [{low}, {high}]")
    });
    let targets = attacked
        .targets
        .map(|t| format!("{} -> {}", in_percent(t.before), in_percent(t.after)));
    let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    vec![
        model.to_owned(),
        attacked.attack.clone(),
        attacked.rate.to_string(),
        or_dash(value),
        or_dash(loss),
        or_dash(targets),
    ]
}
