//! `sparring predict`: what users do next, by a model of the next item.

use std::fmt::Write;

use anyhow::Context as _;
use sparring::artifact::Artifact;
use sparring::data::{Dataset, ItemIx, UserIx};
use sparring::models::ModelConfig;
use sparring::recommend::{Behaviour, Event as Past, Query};

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
    /// When, in the unit of the log: after the gap that half of such users exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<i64>,
    /// The rating to be expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<f64>,
    /// The chance of each rating.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ratings: Vec<(f32, f32)>,
    /// The chance that the user has stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped: Option<f64>,
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
            hint: "train markov, gru4rec, sasrec or eventgan, or use `sparring recommend`",
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
    let text = csv(&events, artifact.model.behaviour().is_some());
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
) -> anyhow::Result<Vec<(String, Vec<Past>)>> {
    let Some(file) = &args.whose.users else {
        let history = args.whose.history.iter();
        let (found, unknown) = apart(artifact, history.map(|id| (id.as_str(), None, None)));
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
        let (found, unknown) = apart(artifact, events(&data, user));
        told(context, args, &place, &unknown)?;
        histories.push((id, found));
    }
    Ok(histories)
}

/// The events of a user: item, rating, time.
fn events(
    data: &Dataset,
    user: UserIx,
) -> impl Iterator<Item = (&str, Option<f32>, Option<i64>)> + use<'_> {
    let history = Past::history(data, user).into_iter();
    history.map(|event| (data.items().id(event.item.0), event.rating, event.time))
}

/// The events with items that the model knows, and the other items.
fn apart<'a>(
    artifact: &Artifact,
    events: impl Iterator<Item = (&'a str, Option<f32>, Option<i64>)>,
) -> (Vec<Past>, Vec<&'a str>) {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for (id, rating, time) in events {
        match artifact.items.get(id).map(ItemIx) {
            Some(item) => found.push(Past { item, rating, time }),
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
    mut history: Vec<Past>,
    (steps, asked): (usize, Option<ItemIx>),
) -> anyhow::Result<Vec<Event>> {
    let model = &artifact.model;
    let mut events = Vec::new();
    let mut scores = vec![0.0; model.n_items()];
    let steps = if asked.is_some() { 1 } else { steps };
    for step in 1..=steps {
        let mut outlook = None;
        if let Some(behaviour) = model.behaviour() {
            let found = behaviour.outlooks(&[&history])?.swap_remove(0);
            scores.copy_from_slice(&found.items);
            for p in &mut scores {
                *p = p.max(f32::MIN_POSITIVE).ln();
            }
            outlook = Some((behaviour, found));
        } else {
            let items: Vec<ItemIx> = history.iter().map(|event| event.item).collect();
            model.score_into(&[Query::new_user(&items)], &mut scores)?;
        }
        // Nobody is expected to come back to an item, unless it is asked whether.
        for event in history.iter().filter(|event| asked != Some(event.item)) {
            scores[event.item.at()] = f32::NEG_INFINITY;
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
        let mut event = Event {
            user: user.to_owned(),
            step,
            item: artifact.items.id(item.0).to_owned(),
            rank: ahead + 1,
            probability: f64::from(scores[next] - best).exp() / total,
            time: None,
            rating: None,
            ratings: Vec::new(),
            stopped: None,
        };
        if let Some((behaviour, outlook)) = outlook {
            let before = history.last().and_then(|event| event.time);
            let gap = outlook.median_gap();
            event.time = before
                .zip(gap)
                .map(|(time, gap)| time.saturating_add_unsigned(gap));
            event.stopped = Some(outlook.stop);
            reaction(behaviour, &history, item, &mut event)?;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a rating in single precision"
        )]
        let rating = event.rating.map(|rating| rating as f32);
        history.push(Past {
            item,
            rating,
            time: event.time,
        });
        events.push(event);
    }
    Ok(events)
}

/// How the user would like an item.
fn reaction(
    behaviour: &dyn Behaviour,
    history: &[Past],
    item: ItemIx,
    event: &mut Event,
) -> anyhow::Result<()> {
    let found = behaviour.reactions(history, &[item])?;
    if !found.levels.is_empty() {
        event.rating = Some(found.means()[0]);
        let chances = found.chances[0].iter();
        event.ratings = found.levels.iter().copied().zip(chances.copied()).collect();
    }
    Ok(())
}

/// `user,step,item,rank,probability`, and `time,rating,stopped` of a model of whole events; empty where
/// it knows none.
fn csv(events: &[Event], whole: bool) -> String {
    let mut text = String::from("user,step,item,rank,probability");
    text.push_str(if whole {
        ",time,rating,stopped\n"
    } else {
        "\n"
    });
    for event in events {
        let (user, item) = (load::quoted(&event.user), load::quoted(&event.item));
        let Event {
            step,
            rank,
            probability,
            ..
        } = event;
        write!(text, "{user},{step},{item},{rank},{probability:.6}")
            .expect("writing to a string cannot fail");
        if whole {
            let time = event.time.map_or_else(String::new, |time| time.to_string());
            let number = |x: Option<f64>| x.map_or_else(String::new, |x| format!("{x:.4}"));
            let (rating, stopped) = (number(event.rating), number(event.stopped));
            write!(text, ",{time},{rating},{stopped}").expect("writing to a string cannot fail");
        }
        text.push('\n');
    }
    text
}
