//! `sparring playground`: the whole tour on real data, in a minute or so.

use std::sync::Arc;

use sparring::artifact::{Artifact, Provenance};
use sparring::data::{Dataset, ItemIx, PlantedConfig, UserIx};
use sparring::experiment::{Arena, Contender, compare};
use sparring::models::ModelConfig;
use sparring::recommend::{Query, Recommender, top_k};
use sparring::split::{RandomRatio, Splitter};

use super::{compare as board, load};
use crate::cli::Playground;
use crate::context::Context;

/// Settings for MovieLens-100K that `tune` found on a validation part; see the file's header.
const SETTINGS: &str = include_str!("../../../../configs/playground.toml");

/// The log to play with and what to call its items.
struct Playing {
    name: String,
    log: Dataset,
    titles: Option<sparring::data::SideTable>,
}

/// Fetches, splits, fits, ranks, draws, recommends.
pub(crate) fn run(context: &Context, args: &Playground) -> anyhow::Result<()> {
    let start = std::time::Instant::now();
    let playing = playing(context, args)?;
    let log = &playing.log;
    context.out.line(format!(
        "{}: {} users, {} items, {} interactions",
        playing.name, log.n_users(), log.n_items(), log.n_interactions()
    ));
    let split = RandomRatio { validation: 0.1, test: 0.2, per_user: false }.split(log, context.seed())?;
    let report = split.report();
    let (eval, watched) = context.measuring(&crate::cli::Measuring::default())?;
    let arena = Arena {
        data: playing.name.clone(),
        protocol: "A random tenth of the interactions for validation and a fifth for test; the \
                   models are fitted again on all but the test part. Settings come from earlier tuning \
                   on another split's validation part."
            .to_owned(),
        tuning: None,
        report: &report,
        eval,
        watched,
        seeds: vec![context.config.seed, context.config.seed + 1],
    };
    let outcome = compare(&arena, &contenders(context)?, context.listeners())?;
    context.bars.clear();
    board::write(&args.out, &outcome)?;
    board::show(context, &outcome.board, &outcome.timings);
    let best = outcome.board.rows.iter().find(|row| outcome.models.contains_key(&row.model));
    if let Some(best) = best.map(|row| row.model.clone()) {
        taste(context, &playing, &report.train, (&best, &*outcome.models[&best].1));
    }
    let models = args.out.join("models");
    for (name, (config, model)) in outcome.models {
        let artifact = Artifact {
            config,
            seed: context.config.seed,
            data: Provenance::of(&report.train, None, None),
            model,
            users: Arc::clone(log.users()),
            items: Arc::clone(log.items()),
        };
        artifact.save(&models.join(name))?;
    }
    context.out.line(format!(
        "\n{:.0} s. The page: {}  The models: {}",
        start.elapsed().as_secs_f64(), args.out.join("leaderboard.html").display(), models.display()
    ));
    context.out.line("Next: sparring compare --train F --test F --out DIR  on a log of your own.");
    context.out.json(&outcome.board)
}
