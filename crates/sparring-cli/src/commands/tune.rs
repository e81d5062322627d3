//! `sparring tune`: find good settings for one model on a validation part.

use sparring::experiment::{TuneOptions, tune};

use super::load::{self, Known};
use crate::cli::Tune;
use crate::context::Context;

/// Tries settings by successive halving and writes the best as a config file.
pub(crate) fn run(context: &Context, args: &Tune) -> anyhow::Result<()> {
    let base = context.config.model(&args.model)?;
    let (_, metric) = context.measuring(&args.measuring)?;
    let stage = load::tuning(
        context,
        &args.train,
        args.valid.as_deref(),
        (&args.reading, Known::new(&args.facts, [&*args.model])),
        load::candidates(&args.among)?,
    )?;
    let options = TuneOptions {
        trials: args.trials,
        metric: metric.clone(),
        seed: context.seed(),
    };
    let tuning = tune(&base, &stage, &options, context.host())?;
    context.bars.clear();
    let inner = |key: &str, value: toml::Table| {
        let mut outer = toml::Table::new();
        outer.insert(key.to_owned(), toml::Value::Table(value));
        outer
    };
    let table = inner("model", inner(&args.model, tuning.best.to_table()));
    let text = format!(
        "# {} settings tried, {metric} on validation {:.4}\n{}",
        tuning.trials.len(),
        tuning.value,
        toml::to_string(&table)?
    );
    load::write(&args.out, text.as_bytes())?;
    context.out.line(format!(
        "best of {} settings: {metric} {:.4} on validation; written to {}",
        tuning.trials.len(),
        tuning.value,
        args.out.display()
    ));
    context.out.line(text.trim_end());
    context.out.json(&serde_json::json!({
        "model": args.model, "metric": metric, "validation": tuning.value,
        "settings": tuning.best.to_table(), "trials": tuning.trials, "out": args.out,
    }))
}
