//! `sparring train`: fit one model and save it.

use std::sync::Arc;

use sparring::artifact::{Artifact, Provenance};
use sparring::eval::Watch;
use sparring::experiment::{Host, fit};
use sparring::recommend::Monitor;

use super::load::{self, Known};
use crate::cli::Train;
use crate::context::Context;

/// Fits the model, with the best weights on the validation part if there is one, and saves it.
pub(crate) fn run(context: &Context, args: &Train) -> anyhow::Result<()> {
    let config = context.config.model(&args.model)?;
    let (_, watched) = context.measuring(&args.measuring)?;
    let known = Known::new(&args.facts, [&*args.model]);
    let candidates = load::candidates(&args.among)?;
    let stage = match &args.valid {
        Some(valid) => Some(load::tuning(
            context,
            &args.data,
            Some(valid),
            (&args.reading, known),
            candidates,
        )?),
        None => None,
    };
    let train = match &stage {
        Some(stage) => stage.train.clone(),
        None => load::training_log(context, &args.data, (&args.reading, known))?,
    };
    let train = &train;
    let watch = stage
        .as_ref()
        .map(|stage| Watch::new(stage.holdout.clone(), &watched))
        .transpose()?;
    let monitor = watch.as_ref().map(|watch| watch as &dyn Monitor);
    sparring::experiment::Audience::stage(&context.bars, &format!("fit {}", config.name()));
    let host = Host {
        checkpoint: args.checkpoint.as_deref(),
        ..context.host()
    };
    let fitted = fit(&config, train, context.seed(), monitor, host)?;
    context.bars.clear();
    let value = watch.as_ref().map(|watch| watch.score(&*fitted.model));
    let artifact = Artifact {
        config,
        seed: context.config.seed,
        data: Provenance {
            scale: args.reading.scale.clone(),
            ..Provenance::of(train, Some(args.data.clone()), args.reading.min_rating)
        },
        model: fitted.model,
        users: Arc::clone(train.users()),
        items: Arc::clone(train.items()),
    };
    artifact.save(&args.out)?;
    if fitted.stopped {
        context
            .out
            .note("stopped on request: the best weights so far were kept");
    }
    let verdict = fitted
        .health
        .last()
        .map(|diagnosis| diagnosis.verdict.clone());
    context.out.line(format!(
        "{} fitted in {:.2} s on {} users, {} items, {} interactions; saved in {}",
        args.model,
        fitted.secs,
        train.n_users(),
        train.n_items(),
        train.n_interactions(),
        args.out.display()
    ));
    if let Some(value) = value {
        context
            .out
            .line(format!("{watched} on validation: {value:.4}"));
    }
    if let Some(verdict) = &verdict {
        context
            .out
            .line(format!("health of the adversarial training: {verdict}"));
    }
    context.out.json(&serde_json::json!({
        "model": args.model, "out": args.out, "secs": fitted.secs, "stopped": fitted.stopped,
        "validation": value.map(|value| serde_json::json!({ watched: value })),
        "health": fitted.health,
    }))
}
