//! `sparring image score`: how like real pictures generated ones are.

use std::path::Path;

use sparring::data::write_atomically;
use sparring::experiment::Audience;
use sparring_pictures::{
    Captions, Judge, Modes, PictureError, Pictures, Prompted, ReadOptions, Saved, Score, Scoring,
    names, read,
};

use super::options;
use crate::commands::imagine::said;
use crate::context::Context;
use crate::image_args::ImageScore;

/// Stacked pictures whose modes are counted, as in the literature.
const STACKED: usize = 25_600;

/// Scores a generator, or pictures in files, beside real pictures of the same number.
pub(crate) fn run(context: &Context, args: &ImageScore) -> anyhow::Result<()> {
    let real = read(&args.real, &context.cache, options(&args.reading))?;
    let n = args.n.min(real.len() / 2);
    let generated = match (&args.model, &args.pictures) {
        (Some(model), _) => Saved::load(model)?.sample(n, None, context.seed())?,
        (None, Some(pictures)) => read(pictures, &context.cache, unstacked(args))?,
        (None, None) => unreachable!("one of both is required"),
    };
    if generated.shape != real.shape {
        return Err(PictureError::Apart {
            real: real.kind(),
            other: generated.kind(),
        }
        .into());
    }
    context.bars.stage("the network of features");
    let scoring = Scoring::new(&real, n, &context.cache.join("features"), &context.cancel)?;
    context.bars.stage("score");
    let report = scoring.score(&generated);
    context.bars.clear();
    context.out.line(format!(
        "{} generated pictures beside {} real ones, {} features of a network that is right on {:.1} % of \
         held-out {}",
        report.n,
        report.n,
        report.features,
        100.0 * report.accuracy,
        report.task
    ));
    let head = ["", "generated", "real against real"].map(str::to_owned);
    let rows: Vec<Vec<String>> = report
        .figures
        .iter()
        .map(|figure| {
            let cell = |value: f64| format!("{value:.4}");
            vec![
                figure.name.to_owned(),
                cell(figure.generated),
                cell(figure.real),
            ]
        })
        .collect();
    context.out.table(&head, &rows);
    let prompted = match (&args.prompts, &args.model) {
        (Some(prompts), Some(model)) => Some(prompted(context, args, &real, (prompts, model))?),
        _ => None,
    };
    let modes = match args.reading.stacked {
        Some(_) => Some(modes(context, args)?),
        None => None,
    };
    let report = Report {
        likeness: &report,
        prompted,
        modes,
    };
    if let Some(out) = &args.out {
        let json = serde_json::to_vec_pretty(&report)?;
        write_atomically(&out.join("score.json"), &json)?;
        let sheet = scoring.nearest(&generated, 16);
        write_atomically(&out.join("copies.png"), &sheet.to_png())?;
    }
    context.out.json(&report)
}

/// How pictures are read that are not to be stacked.
fn unstacked(args: &ImageScore) -> ReadOptions {
    ReadOptions {
        stacked: None,
        ..options(&args.reading)
    }
}

/// All that was found.
#[derive(serde::Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    likeness: &'a Score,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompted: Option<Prompted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modes: Option<Modes>,
}

/// Draws from prompts and says how many pictures show what was asked for.
fn prompted(
    context: &Context,
    args: &ImageScore,
    real: &Pictures,
    (prompts, model): (&String, &Path),
) -> anyhow::Result<Prompted> {
    let names = names(&args.real, &context.cache, real)?;
    let prompts = Captions::kept(prompts, &names)?;
    let saved = Saved::load(model)?;
    let kind = saved.table.as_ref().map(|table| &table.kind);
    let texts: Vec<&str> = prompts.texts.iter().map(String::as_str).collect();
    let vectors = said(context, kind, (&args.encoding, &texts))?;
    context.bars.stage("the judge of prompts");
    let judge = Judge::new(real, &context.cache.join("features"), &context.cancel)?;
    let sizes = ((args.each, args.candidates), names.classes.as_slice());
    let found = judge.prompts(
        &saved,
        (&prompts, &vectors),
        (sizes.0, sizes.1, context.seed()),
    )?;
    context.bars.clear();
    context.out.line(format!(
        "{} prompts, {} pictures each: {:.1} % show what was asked for, by a judge that is right on {:.1} % of \
         held-out real pictures; variety within a class {}",
        prompts.texts.len(),
        found.each,
        100.0 * found.right,
        100.0 * found.accuracy,
        found.recall.map_or(
            "not measured: fewer than ten pictures a class".to_owned(),
            |recall| format!("{recall:.2}")
        )
    ));
    let head = ["class", "right", "recall", "of real ones"].map(str::to_owned);
    let rows: Vec<Vec<String>> = found
        .classes
        .iter()
        .map(|class| {
            let cell = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.3}"));
            let [recall, floor] = [0, 1].map(|at| class.recall.map(|both| both[at]));
            let cells = [Some(class.right), recall, floor].map(cell);
            std::iter::once(class.class.clone()).chain(cells).collect()
        })
        .collect();
    context.out.table(&head, &rows);
    let mut worst = found.prompts.clone();
    worst.sort_by(|a, b| a.1.total_cmp(&b.1));
    for (prompt, right) in worst.iter().take(3).filter(|(_, right)| *right < 0.8) {
        context.out.line(format!(
            "understood least: \"{prompt}\", {:.0} %",
            100.0 * right
        ));
    }
    Ok(found)
}

/// Counts the modes of stacked pictures by a judge of single ones.
fn modes(context: &Context, args: &ImageScore) -> anyhow::Result<Modes> {
    let single = read(&args.real, &context.cache, unstacked(args))?;
    let pictures = if let Some(model) = &args.model {
        Saved::load(model)?.sample(STACKED, None, context.seed())?
    } else {
        let argument = args.pictures.as_ref().expect("one of both is required");
        read(argument, &context.cache, unstacked(args))?
    };
    context.bars.stage("the judge of modes");
    let judge = Judge::new(&single, &context.cache.join("features"), &context.cancel)?;
    let modes = Modes::of(&judge, &single, &pictures)?;
    context.bars.clear();
    context.out.line(format!(
        "{} of {} modes among {} pictures ({:.0} if all were as likely), divergence {:.3} nats; the judge is \
         right on {:.1} % of held-out single pictures",
        modes.covered,
        modes.all,
        modes.n,
        modes.expected,
        modes.divergence,
        100.0 * modes.accuracy
    ));
    Ok(modes)
}
