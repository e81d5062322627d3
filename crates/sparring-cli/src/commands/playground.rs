//! `sparring playground`: the whole tour on real data, in a minute or so.

use std::sync::Arc;

use sparring::artifact::{Artifact, Provenance};
use sparring::data::{Dataset, ItemIx, PlantedConfig};
use sparring::experiment::{Arena, Contender, compare};
use sparring::models::ModelConfig;
use sparring::recommend::{Query, Recommender, top_k};
use sparring::split::{RandomRatio, Splitter};

use super::{compare as board, load};
use crate::cli::{Measuring, Playground, Reading};
use crate::context::Context;

/// Settings for MovieLens-100K; the file's header says how they were found.
const SETTINGS: &str = include_str!("../../../../configs/playground.toml");

/// The log to play with and what to call its items.
struct Playing {
    name: String,
    log: Dataset,
    /// By item; empty where there are none.
    titles: Vec<String>,
}

/// Fetches, splits, fits, ranks, draws, recommends.
pub(crate) fn run(context: &Context, args: &Playground) -> anyhow::Result<()> {
    let start = std::time::Instant::now();
    let playing = playing(context, args)?;
    let log = &playing.log;
    context.out.line(format!(
        "{}: {} users, {} items, {} interactions",
        playing.name,
        log.n_users(),
        log.n_items(),
        log.n_interactions()
    ));
    let split = RandomRatio {
        validation: 0.1,
        test: 0.2,
        per_user: false,
    }
    .split(log, context.seed())?;
    let report = split.report();
    let (eval, watched) = context.measuring(&Measuring::default())?;
    let arena = Arena {
        data: playing.name.clone(),
        protocol: "A random fifth of the interactions is the test part; the models are fitted to \
                   the rest, with settings that were found earlier on a validation part of it \
                   (configs/playground.toml says how)."
            .to_owned(),
        tuning: None,
        report: &report,
        eval,
        watched,
        seeds: context.seeds(2),
    };
    let outcome = compare(&arena, &contenders(context)?, context.host())?;
    context.bars.clear();
    board::write(&args.out, &outcome)?;
    board::show(context, &outcome.board, &outcome.timings);
    let best = outcome
        .board
        .rows
        .iter()
        .find(|row| outcome.models.contains_key(&row.model));
    if let Some(best) = best.map(|row| row.model.clone()) {
        taste(
            context,
            &playing,
            &report.train,
            (&best, &*outcome.models[&best].1),
        );
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
        start.elapsed().as_secs_f64(),
        args.out.join("leaderboard.html").display(),
        models.display()
    ));
    context
        .out
        .line("Next: sparring compare --train F --test F --out DIR  on a log of your own.");
    context.out.json(&outcome.board)
}

/// MovieLens-100K, fetched if need be; planted data where it cannot be had.
fn playing(context: &Context, args: &Playground) -> anyhow::Result<Playing> {
    let reading = Reading::lenient(None, &[]);
    if let Some(argument) = &args.data {
        let log = load::log(context, argument, &reading)?;
        return Ok(Playing {
            name: argument.clone(),
            log,
            titles: Vec::new(),
        });
    }
    match sparring::data::fetch("ml-100k", &context.cache) {
        Ok(fetched) => {
            let log = load::log(context, "ml-100k", &reading)?;
            let titles = sparring::data::titles(&fetched.folder, log.items());
            Ok(Playing {
                name: "MovieLens 100K".to_owned(),
                log,
                titles,
            })
        }
        Err(error) => {
            context.out.note(format!("{error}"));
            context
                .out
                .note("the tour goes on with planted data, which are simulated");
            let planted = PlantedConfig {
                n_users: 900,
                n_items: 1_200,
                mean_events: 60.0,
                ..Default::default()
            };
            let log = planted.generate(context.seed()).data;
            Ok(Playing {
                name: "planted data (simulated)".to_owned(),
                log,
                titles: Vec::new(),
            })
        }
    }
}

/// The models of the tour, with the settings found for MovieLens-100K.
fn contenders(context: &Context) -> anyhow::Result<Vec<Contender>> {
    let shipped: sparring::experiment::Config = toml::from_str(SETTINGS)?;
    shipped
        .models
        .iter()
        .map(|name| {
            // What the user sets wins over what is shipped.
            let mut table = shipped.model.get(name).cloned().unwrap_or_default();
            table.extend(context.config.model.get(name).cloned().unwrap_or_default());
            Ok(Contender {
                config: ModelConfig::from_table(name, table)?,
                trials: 0,
            })
        })
        .collect()
}

/// What one user liked and what the best model recommends.
fn taste(
    context: &Context,
    playing: &Playing,
    train: &Dataset,
    (name, model): (&str, &dyn Recommender),
) {
    let busy = train
        .user_indices()
        .find(|&user| (15..40).contains(&train.history(user).len()));
    let Some(user) = busy.or_else(|| train.user_indices().next()) else {
        return;
    };
    let mut scores = vec![0.0; model.n_items()];
    if model
        .score_into(&[Query::known(train, user)], &mut scores)
        .is_err()
    {
        return;
    }
    let called = |item: &ItemIx| playing.called(*item);
    let history = train.history(user);
    let recent: Vec<String> = history.iter().rev().take(5).map(called).collect();
    let best: Vec<String> = top_k(&scores, history, 5).iter().map(called).collect();
    context.out.line(format!(
        "\nUser {} lately: {}",
        train.users().id(user.0),
        recent.join("; ")
    ));
    context
        .out
        .line(format!("{name} recommends: {}", best.join("; ")));
}

impl Playing {
    fn called(&self, item: ItemIx) -> String {
        let title = self.titles.get(item.at()).filter(|title| !title.is_empty());
        title
            .cloned()
            .unwrap_or_else(|| self.log.items().id(item.0).to_owned())
    }
}
