//! `sparring augment`: generated users or interactions in a training log, if they help.

use sparring::data::{Columns, Dataset, UnknownUsers, load_aligned, resolve};
use sparring::eval::{EvalConfig, Interval};
use sparring::experiment::{Augmented, Config, ExperimentError, Generator, Ground, augment};
use sparring::models::ModelConfig;
use sparring::report::{Augmentation, Branch, augment_page, in_percent};
use sparring::split::{Candidates, Stage};
use sparring::synth::{INTERACTIONS, Output};

use super::load::{self, Known};
use super::robustness::once;
use crate::cli::{Augment, Facts, Parts};
use crate::context::Context;
use crate::failure::WrongUse;

/// What the amount is chosen on, and what is reported on.
type Stages = (Stage, Option<Stage>);

/// Tries amounts of additions on the validation part and writes what came of it.
pub(crate) fn run(context: &Context, args: &Augment) -> anyhow::Result<()> {
    let model = context.config.model(&args.model)?;
    let generators = generators(&context.config, args)?;
    let (eval, watched) = context.measuring(&args.measuring)?;
    // Before the work, not after it.
    drop(Output::begin(&args.out)?);
    let (tuning, report) = stages(context, args)?;
    let ground = Ground {
        data: args.train.clone(),
        tuning: &tuning,
        report: report.as_ref(),
        eval: EvalConfig {
            corpus: false,
            ..eval
        },
        watched,
        seed: context.config.seed,
    };
    let settings = (&generators[..], &context.config.augment);
    let found = augment(&ground, &model, settings, context.host())?;
    context.bars.clear();
    let columns = columns(context, args)?;
    write(args, &found, &columns)?;
    show(context, &found.report);
    context
        .out
        .line(format!("\nwritten to {}", args.out.display()));
    context.out.json(&found.report)
}

/// The generators named, each once, or the usual ones.
fn generators(config: &Config, args: &Augment) -> anyhow::Result<Vec<Generator>> {
    type Named = fn(&str, &Config) -> Result<Generator, ExperimentError>;
    let (usual, named): (&[&str], Named) = match args.with.as_str() {
        "completion" => (&Generator::COMPLETIONS, Generator::completion),
        "users" => (&["gaussian"], Generator::users),
        "sequences" => (&Generator::SEQUENCES, Generator::sequences),
        other => {
            let finding = format!("--with: there is nothing `{other}` to add");
            let hint = "use completion, users or sequences";
            return Err(WrongUse { finding, hint }.into());
        }
    };
    let given: Vec<&str> = args.synth.iter().map(|name| name.trim()).collect();
    let names = if given.is_empty() { usual } else { &given[..] };
    let names = once(names.iter().copied().filter(|name| !name.is_empty()));
    Ok(names
        .into_iter()
        .map(|name| named(name, config))
        .collect::<Result<_, _>>()?)
}

/// The stages of users of the training part, or of new users where their known events are given.
fn stages(context: &Context, args: &Augment) -> anyhow::Result<Stages> {
    let wrong = |finding: &str, hint| {
        let finding = finding.to_owned();
        Err(WrongUse { finding, hint }.into())
    };
    let Some(known) = &args.valid_known else {
        if args.test_known.is_some() {
            let hint = "give --valid-known too, or leave both out for users of the training part";
            return wrong("--test-known: the validation users are not new", hint);
        }
        return known_users(context, args);
    };
    let Some(valid) = &args.valid else {
        let hint = "name what the users of --valid-known are to be ranked for";
        return wrong("--valid-known: there is no --valid", hint);
    };
    let mut files = vec![&args.train, known, valid];
    match (&args.test_known, &args.test) {
        (Some(known), Some(test)) => files.extend([known, test]),
        (None, None) => {}
        _ => {
            let hint = "give --test-known and --test, or neither";
            return wrong(
                "--test: new users need both their known and held-out events",
                hint,
            );
        }
    }
    let logs = new_users(context, args, &files)?;
    let stage = |at: usize| Stage::of_new_users(&logs[0], &logs[at], &logs[at + 1]);
    let report = (logs.len() > 3).then(|| stage(3)).transpose()?;
    Ok((stage(1)?, report))
}

fn known_users(context: &Context, args: &Augment) -> anyhow::Result<Stages> {
    let Some(test) = &args.test else {
        let valid = args.valid.as_deref();
        let tuning = load::tuning(
            context,
            &args.train,
            valid,
            (&args.reading, Known::new(&Facts::default(), [])),
            Candidates::All,
        )?;
        return Ok((tuning, None));
    };
    let parts = Parts {
        train: args.train.clone(),
        valid: args.valid.clone(),
        test: test.clone(),
        facts: Facts::default(),
        reading: args.reading.clone(),
    };
    let split = load::split(
        context,
        &parts,
        (Candidates::All, Known::new(&parts.facts, [])),
    )?;
    let report = split.report();
    // A validation part is carved out where none is given.
    let tuning = split.tuning().unwrap_or_else(|| report.clone());
    Ok((tuning, Some(report)))
}

/// Several files over one vocabulary, whose users may be new to the first of them.
fn new_users(context: &Context, args: &Augment, files: &[&String]) -> anyhow::Result<Vec<Dataset>> {
    let paths = files
        .iter()
        .map(|file| resolve(file, &context.cache))
        .collect::<Result<Vec<_>, _>>()?;
    let options = sparring::data::LoadOptions {
        unknown_users: UnknownUsers::Add,
        ..load::options(&args.reading)?
    };
    Ok(load_aligned(&paths, &options)?)
}

/// What the training file calls its users and items.
fn columns(context: &Context, args: &Augment) -> anyhow::Result<Columns> {
    let path = resolve(&args.train, &context.cache)?;
    Ok(Columns::of(&path, load::options(&args.reading)?.format)?)
}

/// Writes the report, the chosen settings and, if adding helps, the log.
fn write(args: &Augment, found: &Augmented, columns: &Columns) -> anyhow::Result<()> {
    let output = Output::begin(&args.out)?;
    let mut json = serde_json::to_vec_pretty(&found.report)?;
    json.push(b'\n');
    output.file("augment.json", &json)?;
    output.file("augment.html", augment_page(&found.report).as_bytes())?;
    output.file("best.toml", settings(&found.model)?.as_bytes())?;
    if let Some(csv) = found.to_csv(columns) {
        output.file(INTERACTIONS, csv.as_bytes())?;
    }
    Ok(output.finish()?)
}

/// A config file with the recommender at the strength that was chosen.
fn settings(model: &ModelConfig) -> anyhow::Result<String> {
    let name = model.name().to_owned();
    let inner = toml::Table::from_iter([(name, toml::Value::Table(model.to_table()))]);
    let table = toml::Table::from_iter([("model".to_owned(), toml::Value::Table(inner))]);
    Ok(toml::to_string(&table)?)
}

/// The figures for a person.
fn show(context: &Context, found: &Augmentation) {
    let strength = found.varied.as_deref().unwrap_or("strength");
    let head = [
        "added by",
        "amount",
        strength,
        "validation",
        "gain %",
        "test",
        "gain %",
    ];
    let rows: Vec<Vec<String>> = found.branches().map(line).collect();
    context.out.table(&head.map(str::to_owned), &rows);
    context.out.line("");
    for text in found.verdict.iter().chain(&found.notes) {
        context.out.line(text);
    }
}

fn line(branch: &Branch) -> Vec<String> {
    let dash = || "-".to_owned();
    let Some(chosen) = &branch.chosen else {
        let mut row = vec![branch.name.clone()];
        row.extend((0..6).map(|_| dash()));
        return row;
    };
    let mean = |interval: Interval| format!("{:.4}", interval.mean);
    let gain = |gain: Option<Interval>| {
        gain.map_or_else(dash, |i| {
            let [mean, low, high] = [i.mean, i.low, i.high].map(in_percent);
            format!("{mean} [{low}, {high}]")
        })
    };
    let test = chosen.test.as_ref();
    vec![
        branch.name.clone(),
        chosen.amount.to_string(),
        chosen.strength.map_or_else(dash, |s| s.to_string()),
        mean(chosen.validation.value),
        gain(chosen.validation.uplift),
        test.map_or_else(dash, |test| mean(test.value)),
        gain(test.and_then(|test| test.uplift)),
    ]
}
