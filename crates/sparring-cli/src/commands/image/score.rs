//! `sparring image score`: how like real pictures generated ones are.

use sparring::data::write_atomically;
use sparring::experiment::Audience;
use sparring_pictures::{PictureError, Saved, Scoring, read};

use super::options;
use crate::context::Context;
use crate::image_args::ImageScore;

/// Scores a generator, or pictures in files, beside real pictures of the same number.
pub(crate) fn run(context: &Context, args: &ImageScore) -> anyhow::Result<()> {
    let real = read(&args.real, &context.cache, options(&args.reading))?;
    let n = args.n.min(real.len() / 2);
    let generated = match (&args.model, &args.pictures) {
        (Some(model), _) => Saved::load(model)?.sample(n, None, context.seed())?,
        (None, Some(pictures)) => read(pictures, &context.cache, options(&args.reading))?,
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
    if let Some(out) = &args.out {
        let json = serde_json::to_vec_pretty(&report)?;
        write_atomically(&out.join("score.json"), &json)?;
        let sheet = scoring.nearest(&generated, 16);
        write_atomically(&out.join("copies.png"), &sheet.to_png())?;
    }
    context.out.json(&report)
}
