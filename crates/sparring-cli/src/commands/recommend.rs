//! `sparring recommend`: lists of a saved model for known users or for a new history.

mod because;
mod words;

use std::fmt::Write;
use std::path::Path;

use anyhow::Context as _;
use sparring::artifact::{Artifact, fingerprint};
use sparring::data::{Dataset, UserIx, Vocabulary};
use sparring::recommend::{Query, Recommender, top_k};

use self::because::{Because, Titles, because};
use self::words::Words;
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
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<Vec<Because>>,
}

/// A model over the ids of some items, and what is asked of it.
struct Asked<'a> {
    model: &'a dyn Recommender,
    name: &'static str,
    items: &'a Vocabulary,
    k: usize,
    explain: Option<usize>,
    words: Option<Words>,
}

/// Scores the users or the history, prints or writes `user,item,rank,score`.
pub(crate) fn run(context: &Context, args: &Recommend) -> anyhow::Result<()> {
    if args.explain == Some(0) {
        return Err(WrongUse {
            finding: "--explain: 0 items explain nothing".to_owned(),
            hint: "ask for 1 or more, or leave --explain out",
        }
        .into());
    }
    let artifact = Artifact::load(&args.whose.model)?;
    let entries = match &args.whose.users {
        Some(file) => for_users(context, args, &artifact, file)?,
        None => for_history(context, args, &artifact)?,
    };
    match &args.out {
        Some(path) => write(context, args, path, &entries)?,
        None if args.explain.is_some() => {
            because::table(context, &entries, &Titles::find(context, args, &artifact));
        }
        None => context.out.line(csv(&entries).trim_end()),
    }
    context.out.json(&entries)
}

/// Writes the lists, and what explains them beside them.
fn write(
    context: &Context,
    args: &Recommend,
    path: &Path,
    entries: &[Entry],
) -> anyhow::Result<()> {
    let say = |count: usize, what: &str, path: &Path| {
        let place = path.display();
        context
            .out
            .line(format!("{count} {what} written to {place}"));
    };
    load::write(path, csv(entries).as_bytes())?;
    say(entries.len(), "recommendations", path);
    if args.explain.is_some() {
        let (text, lines) = because::csv(entries);
        let beside = path.with_extension("explained.csv");
        load::write(&beside, text.as_bytes())?;
        say(lines, "explanations", &beside);
    }
    Ok(())
}

/// `user,item,rank,score`
fn csv(entries: &[Entry]) -> String {
    let mut text = String::from("user,item,rank,score\n");
    for entry in entries {
        let (user, item) = (load::quoted(&entry.user), load::quoted(&entry.item));
        let (rank, score) = (entry.rank, entry.score);
        writeln!(text, "{user},{item},{rank},{score}").expect("writing to a string cannot fail");
    }
    text
}

fn for_history(
    context: &Context,
    args: &Recommend,
    artifact: &Artifact,
) -> anyhow::Result<Vec<Entry>> {
    let history = load::history(artifact, &args.whose.history)?;
    let asked = Asked {
        model: &*artifact.model,
        name: artifact.config.name(),
        items: &artifact.items,
        k: args.k,
        explain: args.explain,
        words: Words::of(context, args, (artifact, &artifact.items))?,
    };
    asked.list("new", &Query::new_user(&history))
}

fn for_users(
    context: &Context,
    args: &Recommend,
    artifact: &Artifact,
    file: &Path,
) -> anyhow::Result<Vec<Entry>> {
    let wanted = read_users(file)?;
    let data = training_log(context, args.whose.data.as_ref(), artifact)?;
    let asked = Asked {
        model: &artifact.bind(&data),
        name: artifact.config.name(),
        items: data.items(),
        k: args.k,
        explain: args.explain,
        words: Words::of(context, args, (artifact, data.items()))?,
    };
    let mut entries = Vec::new();
    for (line, id) in wanted {
        let user = data.users().get(&id).map(UserIx).with_context(|| {
            format!(
                "{}:{line}: the training data have no user `{id}`",
                file.display()
            )
        })?;
        entries.extend(asked.list(&id, &Query::known(&data, user))?);
    }
    Ok(entries)
}

impl Asked<'_> {
    /// The best items that are not in the history.
    fn list(&self, user: &str, query: &Query<'_>) -> anyhow::Result<Vec<Entry>> {
        let mut scores = vec![0.0; self.model.n_items()];
        self.model
            .score_into(std::slice::from_ref(query), &mut scores)?;
        if let Some(words) = &self.words {
            words.mix(&mut scores);
        }
        let best = top_k(&scores, query.history, self.k).into_iter();
        best.zip(1..)
            .map(|(item, rank)| {
                let most = self.explain;
                Ok(Entry {
                    user: user.to_owned(),
                    item: self.items.id(item.0).to_owned(),
                    rank,
                    score: scores[item.at()],
                    because: most
                        .map(|most| because(self, query, (item, most)))
                        .transpose()?,
                })
            })
            .collect()
    }
}

/// The log the model was trained on: named in the command, or where it was then.
pub(super) fn training_log(
    context: &Context,
    named: Option<&String>,
    artifact: &Artifact,
) -> anyhow::Result<Dataset> {
    let source = named
        .or(artifact.data.source.as_ref())
        .ok_or_else(|| WrongUse {
            finding: "the model does not say what it was trained on".to_owned(),
            hint: "name the training log with --data",
        })?;
    let reading = Reading::lenient(artifact.data.min_rating, &artifact.data.scale);
    let data = load::log(context, source, &reading).with_context(|| {
        format!("reading the training log `{source}`; --data names another place")
    })?;
    let data = load::over_all_of(artifact, data);
    if fingerprint(&data) != artifact.data.sha256 {
        context.out.note(format!(
            "`{source}` is not the log the model was trained on; its histories are used all the same"
        ));
    }
    Ok(data)
}

/// The ids of a CSV file with the header `user`, with their lines.
pub(super) fn read_users(file: &Path) -> anyhow::Result<Vec<(usize, String)>> {
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
