//! `sparring simulate`: users who behave as a model of events has learnt, alone or before recommenders.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use sparring::artifact::{Artifact, Bound};
use sparring::data::{Clock, Dataset, InteractionsBuilder, ItemFacts, UserIx, Vocabulary};
use sparring::experiment::{ExperimentError, Met, Sessions, agreement};
use sparring::fidelity::Sequences;
use sparring::recommend::{Behaviour, Draw, Event, Recommender};

use super::load;
use super::recommend::training_log;
use crate::context::Context;
use crate::failure::WrongUse;
use crate::simulate_args::Simulate;

/// Lists of a session at most.
const LISTS: usize = 50;
/// Users who meet recommenders, unless the command says otherwise.
const VISITORS: usize = 1_000;

/// What the command gives in JSON.
#[derive(serde::Serialize)]
struct Answer {
    users: usize,
    events: usize,
    events_per_second: f64,
    like_real: Option<Sequences>,
    policies: Vec<Met>,
    /// Kendall's tau of clicks and of real hits.
    agreement: Option<f64>,
}

/// Draws users and writes them, lets them meet recommenders, or both.
pub(crate) fn run(context: &Context, args: &Simulate) -> anyhow::Result<()> {
    check(args)?;
    let artifact = Artifact::load(&args.model)?;
    let Some(behaviour) = artifact.model.behaviour() else {
        let (place, name) = (args.model.display(), artifact.config.name());
        return Err(WrongUse {
            finding: format!("{place}: `{name}` ranks items, but knows no whole events"),
            hint: "train eventgan",
        }
        .into());
    };
    let after = args
        .after
        .as_ref()
        .map(|log| known(context, args, log, &artifact))
        .transpose()?;
    let mut answer = Answer {
        users: 0,
        events: 0,
        events_per_second: 0.0,
        like_real: None,
        policies: Vec::new(),
        agreement: None,
    };
    if let Some(out) = &args.out {
        let real = args
            .real
            .as_ref()
            .map(|log| known(context, args, log, &artifact))
            .transpose()?;
        draw(
            context,
            args,
            (&artifact, behaviour),
            (after.as_ref(), real.as_ref()),
            out,
            &mut answer,
        )?;
    }
    if !args.policy.is_empty() {
        meet(context, args, (&artifact, behaviour), after, &mut answer)?;
    }
    context.out.json(&answer)
}

/// What can be told before the work.
fn check(args: &Simulate) -> Result<(), WrongUse> {
    let wrong = |finding: String, hint| Err(WrongUse { finding, hint });
    if args.users == Some(0) || args.events == Some(0) {
        return wrong(
            "0 users or events: there is nothing to simulate".to_owned(),
            "ask for 1 or more",
        );
    }
    if !(args.temperature > 0.0 && args.temperature.is_finite()) {
        let finding = format!("--temperature {}: must be above 0", args.temperature);
        return wrong(finding, "1 draws as the model has learnt");
    }
    if args.candidates == 0 || args.list == 0 || args.patience == 0 {
        let finding = "--candidates, --list and --patience begin at 1".to_owned();
        return wrong(finding, "leave them out for their defaults");
    }
    Ok(())
}

/// A log over the model's items; what the model does not know is left out, and named.
fn known(
    context: &Context,
    args: &Simulate,
    log: &str,
    artifact: &Artifact,
) -> anyhow::Result<Dataset> {
    let data = load::log(context, log, &args.reading)?;
    let unknown: Vec<&str> = data
        .items()
        .iter()
        .filter(|id| artifact.items.get(id).is_none())
        .collect();
    if unknown.len() == data.n_items() {
        return Err(WrongUse {
            finding: format!("{log}: the model knows none of its items"),
            hint: "use a log of the catalogue that the model was trained on",
        }
        .into());
    }
    if !unknown.is_empty() {
        let named: Vec<&str> = unknown.iter().copied().take(5).collect();
        context.out.note(format!(
            "{log}: left out items that the model does not know ({}): {}",
            unknown.len(),
            named.join(", ")
        ));
    }
    Ok(data.over((*artifact.items).clone()))
}

/// Draws users and writes them.
fn draw(
    context: &Context,
    args: &Simulate,
    (artifact, behaviour): (&Artifact, &dyn Behaviour),
    (after, real): (Option<&Dataset>, Option<&Dataset>),
    out: &Path,
    answer: &mut Answer,
) -> anyhow::Result<()> {
    let (names, given): (Vec<String>, Vec<Vec<Event>>) = if let Some(log) = after {
        let users = log
            .user_indices()
            .filter(|user| !log.history(*user).is_empty());
        let users = users.take(args.users.unwrap_or(usize::MAX));
        users
            .map(|user| (log.users().id(user.0).to_owned(), Event::history(log, user)))
            .unzip()
    } else {
        let n = args.users.unwrap_or(artifact.users.len());
        (1..=n).map(|user| (format!("s{user}"), Vec::new())).unzip()
    };
    if args.candidates > 1 && !behaviour.has_critic() {
        return Err(WrongUse {
            finding: format!(
                "--candidates: {} has no discriminator to choose",
                args.model.display()
            ),
            hint: "train with --set model.eventgan.adversary.epochs=1 or more",
        }
        .into());
    }
    context.out.note(format!("draws {} users", given.len()));
    let start = Instant::now();
    let drawn = behaviour.draw(&Draw {
        given: &given,
        most: args.events,
        temperature: args.temperature,
        candidates: args.candidates,
        seed: context.seed().derive("simulate"),
        cancel: &context.cancel,
    })?;
    if context.cancel.is_requested() {
        return Err(ExperimentError::Cancelled.into());
    }
    let secs = start.elapsed().as_secs_f64();
    answer.users = drawn.len();
    answer.events = drawn.iter().map(Vec::len).sum();
    answer.events_per_second = answer.events as f64 / secs.max(1e-9);
    load::write(out, csv(artifact, &names, &drawn).as_bytes())?;
    context.out.line(format!(
        "{} of {} written to {} ({:.0} events a second)",
        several(answer.events, "event"),
        several(answer.users, "user"),
        out.display(),
        answer.events_per_second
    ));
    if let Some(real) = real {
        let simulated = dataset(artifact, names, &given, &drawn);
        let facts = args
            .kinds
            .as_ref()
            .map(|file| ItemFacts::load(file, &artifact.items))
            .transpose()?;
        let chance = (context.seed().derive("likeness"), &context.cancel);
        let found = Sequences::of((real, &simulated), facts.as_ref(), chance);
        context.out.line(words(&found));
        answer.like_real = Some(found);
    }
    Ok(())
}

/// `user,item[,rating][,timestamp]`
fn csv(artifact: &Artifact, names: &[String], drawn: &[Vec<Event>]) -> String {
    let all = || drawn.iter().flatten();
    let (rated, timed) = (
        all().any(|e| e.rating.is_some()),
        all().any(|e| e.time.is_some()),
    );
    let mut text = String::from("user,item");
    text.push_str(if rated { ",rating" } else { "" });
    text.push_str(if timed { ",timestamp" } else { "" });
    text.push('\n');
    for (name, events) in names.iter().zip(drawn) {
        let name = load::quoted(name);
        for event in events {
            let item = load::quoted(artifact.items.id(event.item.0));
            write!(text, "{name},{item}").expect("writing to a string cannot fail");
            if let Some(rating) = event.rating {
                write!(text, ",{rating}").expect("writing to a string cannot fail");
            }
            if let Some(time) = event.time {
                write!(text, ",{time}").expect("writing to a string cannot fail");
            }
            text.push('\n');
        }
    }
    text
}

/// What was given and what was drawn as a log.
fn dataset(
    artifact: &Artifact,
    names: Vec<String>,
    given: &[Vec<Event>],
    drawn: &[Vec<Event>],
) -> Dataset {
    let mut builder = InteractionsBuilder::new();
    for (user, (given, drawn)) in (0..).map(UserIx).zip(given.iter().zip(drawn)) {
        for event in given.iter().chain(drawn) {
            builder.push(user, event.item, event.rating, event.time);
        }
    }
    let n = names.len();
    let users: Vocabulary = names.into_iter().collect();
    Dataset::new(
        Arc::new(users),
        Arc::clone(&artifact.items),
        builder.build(n),
    )
}

/// The figures in lines.
fn words(found: &Sequences) -> String {
    let mut text = String::from("simulated against real users:");
    let mut line = |what: &str, value: Option<f64>| {
        let value = value.map_or_else(|| "not known".to_owned(), |value| format!("{value:.4}"));
        write!(text, "\n  {what:<44} {value}").expect("writing to a string cannot fail");
    };
    line("events of a user, Kolmogorov-Smirnov", found.length_ks);
    line("events of a session, Kolmogorov-Smirnov", found.session_ks);
    line("gaps between events, Kolmogorov-Smirnov", found.gap_ks);
    line(
        "kinds that follow kinds, Jensen-Shannon",
        found.transition_js,
    );
    line("told from real by a network, accuracy", found.told_apart);
    line(
        "the same, area under the curve",
        found.told_apart_auc.map(|auc| auc.value),
    );
    text
}

/// Lets users meet recommenders.
fn meet(
    context: &Context,
    args: &Simulate,
    (artifact, behaviour): (&Artifact, &dyn Behaviour),
    after: Option<Dataset>,
    answer: &mut Answer,
) -> anyhow::Result<()> {
    let log = match after {
        Some(log) => log,
        None => training_log(context, None, artifact)?.over((*artifact.items).clone()),
    };
    let test = args
        .test
        .as_ref()
        .map(|test| known(context, args, test, artifact))
        .transpose()?;
    // The test part over the same users.
    let test = test.map(|test| {
        let mut builder = InteractionsBuilder::new();
        for user in test.user_indices() {
            if let Some(own) = log.users().get(test.users().id(user.0)) {
                for item in test.history(user) {
                    builder.push(UserIx(own), *item, None, None);
                }
            }
        }
        log.with_interactions(builder.build(log.n_users()))
    });
    let models = args.policy.iter().map(|folder| Artifact::load(folder));
    let models = models.collect::<Result<Vec<_>, _>>()?;
    let bound: Vec<Bound<'_>> = models.iter().map(|model| model.bind(&log)).collect();
    let policies: Vec<(String, &dyn Recommender)> = args
        .policy
        .iter()
        .zip(&bound)
        .map(|(folder, model)| (folder.display().to_string(), model as &dyn Recommender))
        .collect();
    let sessions = Sessions {
        list: args.list,
        patience: args.patience,
        most: LISTS,
        hour: hour(&log),
        users: args.users.unwrap_or(VISITORS),
        seed: context.seed().derive("visits"),
    };
    let rows = sessions.hold(behaviour, &log, (&policies, test.as_ref()), &context.cancel)?;
    let text = table(&rows);
    match &args.report {
        Some(file) => {
            load::write(file, text.as_bytes())?;
            context.out.line(format!(
                "{} recommenders compared in {}",
                rows.len(),
                file.display()
            ));
        }
        None => context.out.line(text.trim_end()),
    }
    answer.agreement = agreement(&rows);
    if let Some(tau) = answer.agreement {
        let verdict = if tau >= 1.0 {
            "ranks the recommenders as the real log does"
        } else if tau <= -1.0 {
            "ranks the recommenders the other way round than the real log does: do not trust it here"
        } else {
            "ranks the recommenders partly as the real log does"
        };
        context
            .out
            .line(format!("the simulator {verdict} (Kendall's tau {tau:.2})"));
    }
    answer.policies = rows;
    Ok(())
}

/// An hour in the unit of a log; without dates no gap ends a session.
fn hour(log: &Dataset) -> u64 {
    let hour = log.interactions().clock().and_then(Clock::hour);
    hour.map_or(u64::MAX, i64::unsigned_abs)
}

/// `policy,clicks,difference,low,high,depth,taken,real`
fn table(rows: &[Met]) -> String {
    let mut text = String::from("policy,clicks,difference,low,high,depth,taken,real\n");
    for row in rows {
        let [difference, low, high] = row
            .difference
            .map_or_else(Default::default, |d| d.map(|x| format!("{x:.4}")));
        let real = row
            .real
            .map_or_else(String::new, |real| format!("{real:.4}"));
        let policy = load::quoted(&row.policy);
        writeln!(
            text,
            "{policy},{:.4},{difference},{low},{high},{:.3},{:.4},{real}",
            row.clicks, row.depth, row.taken
        )
        .expect("writing to a string cannot fail");
    }
    text
}

/// A number of things in words.
fn several(n: usize, thing: &str) -> String {
    let ending = if n == 1 { "" } else { "s" };
    format!("{n} {thing}{ending}")
}
