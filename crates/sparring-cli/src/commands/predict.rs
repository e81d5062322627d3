//! `sparring predict`: what users do next, by a model of the next item.

use std::fmt::Write;

use anyhow::Context as _;
use sparring::artifact::Artifact;
use sparring::data::{ItemIx, UserIx};
use sparring::models::ModelConfig;
use sparring::recommend::Query;

use super::load;
use super::recommend::{read_users, training_log};
use crate::context::Context;
use crate::failure::WrongUse;
use crate::predict_args::Predict;

/// One event to come.
#[derive(serde::Serialize)]
struct Event {
    user: String,
    step: usize,
    item: String,
    /// Place among the items that the user has not had and the one asked for, by probability, from 1.
    rank: usize,
    /// Among the same items.
    probability: f64,
}

/// Predicts the next events of the users or of the history, prints or writes them.
pub(crate) fn run(context: &Context, args: &Predict) -> anyhow::Result<()> {
    let artifact = Artifact::load(&args.whose.model)?;
    let name = artifact.config.name();
    if !ModelConfig::NEXT.contains(&name) {
        return Err(WrongUse {
            finding: format!(
                "{}: `{name}` ranks items, but knows no chances of the next one",
                args.whose.model.display()
            ),
            hint: "train markov, gru4rec or sasrec, or use `sparring recommend`",
        }
        .into());
    }
    let asked = args
        .item
        .as_ref()
        .map(|id| known(&artifact, id))
        .transpose()?;
    let mut events = Vec::new();
    for (user, history) in histories(context, args, &artifact)? {
        events.extend(ahead(&artifact, &user, history, (args.steps, asked))?);
    }
    let text = csv(&events);
    match &args.out {
        Some(path) => {
            load::write(path, text.as_bytes())?;
            let (count, place) = (events.len(), path.display());
            context
                .out
                .line(format!("{count} events written to {place}"));
        }
        None => context.out.line(text.trim_end()),
    }
    context.out.json(&events)
}

fn known(artifact: &Artifact, id: &str) -> Result<ItemIx, WrongUse> {
    artifact.items.get(id).map(ItemIx).ok_or_else(|| WrongUse {
        finding: format!("--item: the model does not know the item `{id}`"),
        hint: "use item ids of the training data",
    })
}

/// The histories by user; items that the model does not know are named and left out.
fn histories(
    context: &Context,
    args: &Predict,
    artifact: &Artifact,
) -> anyhow::Result<Vec<(String, Vec<ItemIx>)>> {
    let Some(file) = &args.whose.users else {
        let (found, unknown) = apart(artifact, args.whose.history.iter().map(String::as_str));
        told(context, args, "--history", &unknown)?;
        return Ok(vec![("new".to_owned(), found)]);
    };
    let wanted = read_users(file)?;
    let data = training_log(context, args.whose.data.as_ref(), artifact)?;
    let mut histories = Vec::new();
    for (line, id) in wanted {
        let place = format!("{}:{line}", file.display());
        let user = data.users().get(&id).map(UserIx);
        let user =
            user.with_context(|| format!("{place}: the training data have no user `{id}`"))?;
        let ids = data
            .history(user)
            .iter()
            .map(|item| data.items().id(item.0));
        let (found, unknown) = apart(artifact, ids);
        told(context, args, &place, &unknown)?;
        histories.push((id, found));
    }
    Ok(histories)
}

/// The items that the model knows, and the others.
fn apart<'a>(
    artifact: &Artifact,
    ids: impl Iterator<Item = &'a str>,
) -> (Vec<ItemIx>, Vec<&'a str>) {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for id in ids {
        match artifact.items.get(id) {
            Some(item) => found.push(ItemIx(item)),
            None => unknown.push(id),
        }
    }
    (found, unknown)
}

/// Says which items were left out, or refuses them.
fn told(context: &Context, args: &Predict, place: &str, unknown: &[&str]) -> Result<(), WrongUse> {
    if unknown.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = unknown.iter().copied().take(5).collect();
    let count = unknown.len();
    let items = format!(
        "items that the model does not know ({count}): {}",
        named.join(", ")
    );
    if args.strict {
        return Err(WrongUse {
            finding: format!("{place}: {items}"),
            hint: "use item ids of the training data, or leave --strict out to skip them",
        });
    }
    context.out.note(format!("{place}: left out {items}"));
    Ok(())
}

/// The likeliest next events, each given those before, or the chance of the item asked for.
fn ahead(
    artifact: &Artifact,
    user: &str,
    mut history: Vec<ItemIx>,
    (steps, asked): (usize, Option<ItemIx>),
) -> anyhow::Result<Vec<Event>> {
    let model = &artifact.model;
    let mut events = Vec::new();
    let mut scores = vec![0.0; model.n_items()];
    let steps = if asked.is_some() { 1 } else { steps };
    for step in 1..=steps {
        model.score_into(&[Query::new_user(&history)], &mut scores)?;
        // Nobody is expected to come back to an item, unless it is asked whether.
        for item in history.iter().filter(|item| asked != Some(**item)) {
            scores[item.at()] = f32::NEG_INFINITY;
        }
        let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if best == f32::NEG_INFINITY {
            break;
        }
        let total: f64 = scores.iter().map(|z| f64::from(z - best).exp()).sum();
        let next = asked.map_or_else(|| scores.iter().position(|z| *z >= best), |i| Some(i.at()));
        let next = next.expect("one of the scores is the best");
        let ahead = scores.iter().filter(|z| **z > scores[next]).count();
        let item = ItemIx(u32::try_from(next).expect("fewer than 2^32 items"));
        events.push(Event {
            user: user.to_owned(),
            step,
            item: artifact.items.id(item.0).to_owned(),
            rank: ahead + 1,
            probability: f64::from(scores[next] - best).exp() / total,
        });
        history.push(item);
    }
    Ok(events)
}

/// `user,step,item,rank,probability`
fn csv(events: &[Event]) -> String {
    let mut text = String::from("user,step,item,rank,probability\n");
    for event in events {
        let (user, item) = (load::quoted(&event.user), load::quoted(&event.item));
        let Event {
            step,
            rank,
            probability,
            ..
        } = event;
        writeln!(text, "{user},{step},{item},{rank},{probability:.6}")
            .expect("writing to a string cannot fail");
    }
    text
}
