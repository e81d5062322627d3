//! Which items of a history carried a recommendation.

use std::fmt::Write;
use std::path::Path;

use sparring::artifact::Artifact;
use sparring::data::{ItemIx, titles};
use sparring::models::ModelConfig;
use sparring::recommend::{Query, reasons};

use super::{Asked, Entry};
use crate::cli::Recommend;
use crate::commands::load::quoted;
use crate::context::Context;
use crate::failure::WrongUse;

/// An item of the history and what it added to the score.
#[derive(serde::Serialize)]
pub(super) struct Because {
    item: String,
    contribution: f32,
    /// Of all that was added, which leaves out what was taken off.
    #[serde(skip)]
    share: f32,
}

/// The `most` items of the history that added most to the score of `item`.
pub(super) fn because(
    asked: &Asked<'_>,
    query: &Query<'_>,
    (item, most): (ItemIx, usize),
) -> anyhow::Result<Vec<Because>> {
    let told = reasons(asked.model, query, item, most)?;
    let told = told.ok_or_else(|| WrongUse {
        finding: format!(
            "--explain: `{}` cannot tell which items carried a recommendation; these can: {}",
            asked.name,
            ModelConfig::EXPLAINING.join(", ")
        ),
        hint: "train one of them, or leave --explain out",
    })?;
    let named = told.into_iter().map(|reason| Because {
        item: asked.items.id(reason.item.0).to_owned(),
        contribution: reason.contribution,
        share: reason.share,
    });
    Ok(named.collect())
}

/// `user,item,because,contribution`, and how many lines there are.
pub(super) fn csv(entries: &[Entry]) -> (String, usize) {
    let (mut text, mut lines) = (String::from("user,item,because,contribution\n"), 0);
    for entry in entries {
        for because in entry.because.iter().flatten() {
            let (user, item) = (quoted(&entry.user), quoted(&entry.item));
            let (by, contribution) = (quoted(&because.item), because.contribution);
            writeln!(text, "{user},{item},{by},{contribution}")
                .expect("writing to a string cannot fail");
            lines += 1;
        }
    }
    (text, lines)
}

/// The titles of the items beside the training log, if there are any.
pub(super) fn beside(context: &Context, args: &Recommend, artifact: &Artifact) -> Vec<String> {
    let source = args.whose.data.as_ref().or(artifact.data.source.as_ref());
    let folder = source.map(|source| match Path::new(source) {
        path if path.is_file() => path.parent().unwrap_or(path).to_path_buf(),
        path if path.is_dir() => path.to_path_buf(),
        name => context.cache.join(name),
    });
    let titles = folder.map(|folder| titles(&folder, &artifact.items));
    titles.unwrap_or_default()
}

/// What the items are called.
pub(super) struct Titles<'a> {
    artifact: &'a Artifact,
    titles: Vec<String>,
}

impl<'a> Titles<'a> {
    /// From the folder of the training log, if it is there and has any.
    pub(super) fn find(context: &Context, args: &Recommend, artifact: &'a Artifact) -> Self {
        let titles = beside(context, args, artifact);
        Self { artifact, titles }
    }

    /// The title of an item, or its id where it has none.
    fn called<'t>(&'t self, id: &'t str) -> &'t str {
        let item = self.artifact.items.get(id);
        let title = item.and_then(|item| self.titles.get(item as usize));
        title.filter(|title| !title.is_empty()).map_or(id, |t| t)
    }
}

/// Prints the lists for a person.
pub(super) fn table(context: &Context, entries: &[Entry], titles: &Titles<'_>) {
    let head = ["user", "item", "rank", "score", "because of"].map(str::to_owned);
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            let reasons = entry.because.iter().flatten();
            let reasons: Vec<String> = reasons
                .map(|by| format!("{} {:.0} %", titles.called(&by.item), 100.0 * by.share))
                .collect();
            vec![
                entry.user.clone(),
                titles.called(&entry.item).to_owned(),
                entry.rank.to_string(),
                format!("{:.4}", entry.score),
                reasons.join(", "),
            ]
        })
        .collect();
    context.out.table_with_text(&head, &rows, &[0, 1, 4]);
}
