//! `sparring recommend`: lists of a saved model for known users or for a new history.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context as _;
use sparring::artifact::{Artifact, fingerprint};
use sparring::data::{Dataset, ItemIx, UserIx};
use sparring::recommend::{Query, Recommender, top_k};

use super::load;
use crate::cli::{Reading, Recommend};
use crate::context::Context;
use crate::failure::WrongUse;

/// One entry of a list.
#[derive(serde::Serialize)]
struct Entry {
    user: String,
    item: String,
    rank: usize,
    score: f32,
}

/// Scores the users or the history, prints or writes `user,item,rank,score`.
pub(crate) fn run(context: &Context, args: &Recommend) -> anyhow::Result<()> {
    let artifact = Artifact::load(&args.model)?;
    let entries = match &args.users {
        Some(file) => for_users(context, args, &artifact, file)?,
        None => for_history(args, &artifact)?,
    };
    let mut text = String::from("user,item,rank,score\n");
    for entry in &entries {
        let Entry {
            user,
            item,
            rank,
            score,
        } = entry;
        writeln!(
            text,
            "{},{},{rank},{score}",
            load::quoted(user),
            load::quoted(item)
        )
        .expect("writing to a string cannot fail");
    }
    match &args.out {
        Some(path) => {
            load::write(path, text.as_bytes())?;
            context.out.line(format!(
                "{} recommendations written to {}",
                entries.len(),
                path.display()
            ));
        }
        None => context.out.line(text.trim_end()),
    }
    context.out.json(&entries)
}

fn for_history(args: &Recommend, artifact: &Artifact) -> anyhow::Result<Vec<Entry>> {
    let history: Vec<ItemIx> = args
        .history
        .iter()
        .map(|id| {
            artifact.items.get(id).map(ItemIx).ok_or_else(|| WrongUse {
                finding: format!("--history: the model does not know the item `{id}`"),
                hint: "use item ids of the training data",
            })
        })
        .collect::<Result<_, _>>()?;
    let mut scores = vec![0.0; artifact.model.n_items()];
    artifact
        .model
        .score_into(&[Query::new_user(&history)], &mut scores)?;
    Ok(list("new", &scores, &history, args.k, artifact))
}

fn for_users(
    context: &Context,
    args: &Recommend,
    artifact: &Artifact,
    file: &Path,
) -> anyhow::Result<Vec<Entry>> {
    let wanted = read_users(file)?;
    let data = training_log(context, args, artifact)?;
    let mut entries = Vec::new();
    let bound = artifact.bind(&data);
    let mut scores = vec![0.0; bound.n_items()];
    for (line, id) in wanted {
        let user = data.users().get(&id).map(UserIx).with_context(|| {
            format!(
                "{}:{line}: the training data have no user `{id}`",
                file.display()
            )
        })?;
        bound.score_into(&[Query::known(&data, user)], &mut scores)?;
        let best = top_k(&scores, data.history(user), args.k);
        entries.extend(best.iter().enumerate().map(|(at, item)| Entry {
            user: id.clone(),
            item: data.items().id(item.0).to_owned(),
            rank: at + 1,
            score: scores[item.at()],
        }));
    }
    Ok(entries)
}

fn list(user: &str, scores: &[f32], known: &[ItemIx], k: usize, artifact: &Artifact) -> Vec<Entry> {
    top_k(scores, known, k)
        .iter()
        .enumerate()
        .map(|(at, item)| Entry {
            user: user.to_owned(),
            item: artifact.items.id(item.0).to_owned(),
            rank: at + 1,
            score: scores[item.at()],
        })
        .collect()
}

/// The log the model was trained on: named in the command, or where it was then.
fn training_log(
    context: &Context,
    args: &Recommend,
    artifact: &Artifact,
) -> anyhow::Result<Dataset> {
    let source = args
        .data
        .as_ref()
        .or(artifact.data.source.as_ref())
        .ok_or_else(|| WrongUse {
            finding: "the model does not say what it was trained on".to_owned(),
            hint: "name the training log with --data",
        })?;
    let reading = Reading::lenient(artifact.data.min_rating);
    let data = load::log(context, source, &reading).with_context(|| {
        format!("reading the training log `{source}`; --data names another place")
    })?;
    if fingerprint(&data) != artifact.data.sha256 {
        context.out.note(format!(
            "`{source}` is not the log the model was trained on; its histories are used all the same"
        ));
    }
    Ok(data)
}

/// The ids of a CSV file with the header `user`, with their lines.
fn read_users(file: &Path) -> anyhow::Result<Vec<(usize, String)>> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{}: cannot read the users", file.display()))?;
    let mut lines = text.lines().enumerate();
    let head = lines
        .next()
        .map(|(_, head)| head.trim().trim_start_matches('\u{feff}'));
    if head != Some("user") {
        let finding = format!(
            "{}:1: expected the header `user`, found `{}`",
            file.display(),
            head.unwrap_or_default()
        );
        return Err(WrongUse {
            finding,
            hint: "write one user id a line below the header `user`",
        }
        .into());
    }
    let unquoted = |id: &str| id.trim().trim_matches('"').replace("\"\"", "\"");
    Ok(lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| (at + 1, unquoted(line)))
        .collect())
}
