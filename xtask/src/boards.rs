//! The table of all leaderboards in the README, made from `docs/leaderboards/*.csv`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, bail};

use crate::sources::root;

const BEGIN: &str = "<!-- leaderboards: made by `cargo xtask boards` -->";
const END: &str = "<!-- end of leaderboards -->";
/// How files end whose models have settings that were not tuned on their data.
const UNTUNED: &str = "-untuned";
/// What the table shows.
const METRIC: &str = "ndcg@20";

/// Rewrites the table, or fails if it is not what the files say and only a check is wanted.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let readme = root().join("README.md");
    let text = fs::read_to_string(&readme).context("README.md")?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        bail!("README.md: no place for the table between `{BEGIN}` and `{END}`");
    };
    let made = format!("{before}{BEGIN}\n{}{END}{after}", table()?);
    if made == text {
        return Ok(());
    }
    if check {
        bail!(
            "README.md: its leaderboards are not those of docs/leaderboards; run `cargo xtask boards`"
        );
    }
    fs::write(&readme, made).context("README.md")
}

/// Models by data set, the best of a column in bold.
fn table() -> anyhow::Result<String> {
    let mut files: Vec<_> = fs::read_dir(root().join("docs/leaderboards"))
        .context("docs/leaderboards")?
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<_>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    let mut values: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    let mut names = Vec::new();
    for path in &files {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let (name, untuned) = stem
            .strip_suffix(UNTUNED)
            .map_or((&*stem, ""), |n| (n, " ~"));
        if names.last().is_none_or(|last| last != name) {
            names.push(name.to_owned());
        }
        let column = names.len() - 1;
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            if let [model, family, METRIC, mean, ..] = cells[..] {
                let star = if family == "adversarial" { " *" } else { "" };
                let row = values.entry(format!("{model}{star}{untuned}")).or_default();
                row.resize(files.len(), None);
                row[column] = mean.parse().ok();
            }
        }
    }
    for row in values.values_mut() {
        row.resize(names.len(), None);
    }
    let best: Vec<f64> = (0..names.len())
        .map(|at| {
            values
                .values()
                .filter_map(|row| row[at])
                .fold(0.0, f64::max)
        })
        .collect();
    let mut rows: Vec<_> = values.into_iter().collect();
    let mean = |row: &[Option<f64>]| {
        let shares = row
            .iter()
            .zip(&best)
            .map(|(value, best)| value.unwrap_or(0.0) / best);
        shares.sum::<f64>()
    };
    rows.sort_by(|a, b| {
        mean(&b.1)
            .total_cmp(&mean(&a.1))
            .then_with(|| a.0.cmp(&b.0))
    });
    let mut out = format!("| {METRIC} | {} |\n| --- |", names.join(" | "));
    out.push_str(&" --- |".repeat(names.len()));
    out.push('\n');
    for (model, row) in rows {
        let cells = row.iter().zip(&best).map(|(value, best)| match value {
            None => "-".to_owned(),
            Some(value) if value >= best => format!("**{value:.4}**"),
            Some(value) => format!("{value:.4}"),
        });
        let cells: Vec<String> = cells.collect();
        writeln!(out, "| {model} | {} |", cells.join(" | "))?;
    }
    Ok(out)
}
