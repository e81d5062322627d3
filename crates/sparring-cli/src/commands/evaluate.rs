//! `sparring evaluate`: measure a saved model on a test part.

use std::fmt::Write;

use sparring::artifact::Artifact;
use sparring::eval::{Evaluation, evaluate};
use sparring::experiment::{ReactionFigures, reactions};
use sparring::split::Split;

use super::load;
use crate::cli::Evaluate;
use crate::context::Context;

/// Ratings from here on are likes.
const LIKED: f32 = 4.0;

/// Loads the model, ranks all items for each test user and prints the metrics.
pub(crate) fn run(context: &Context, args: &Evaluate) -> anyhow::Result<()> {
    let (config, _) = context.measuring(&args.measuring)?;
    let artifact = Artifact::load(&args.model)?;
    let logs = load::aligned(context, &[&args.train, &args.test], &args.reading)?;
    let logs: Vec<_> = logs
        .into_iter()
        .map(|log| load::over_all_of(&artifact, log))
        .collect();
    let stage = Split::official(&logs[0], None, &logs[1])?
        .report()
        .among(load::candidates(&args.among)?);
    let model = artifact.bind(&stage.train);
    let evaluation = evaluate(&model, &stage.holdout, &config)?;
    let name = artifact.config.name();
    let unknown = model.unknown_items();
    context.out.line(format!(
        "{name} on {} users with test interactions ({} without are left out)",
        evaluation.users.len(),
        evaluation.left_out
    ));
    if unknown > 0 {
        context.out.note(format!(
            "{unknown} items are not known to the model and never listed"
        ));
    }
    let figures: Vec<(String, f64)> = evaluation
        .labels()
        .into_iter()
        .filter_map(|label| evaluation.mean(&label).map(|mean| (label, mean)))
        .collect();
    let rows: Vec<Vec<String>> = figures
        .iter()
        .map(|(label, mean)| vec![label.clone(), format!("{mean:.4}")])
        .collect();
    context
        .out
        .table(&["metric".to_owned(), "mean".to_owned()], &rows);
    if let Some(path) = &args.per_user {
        load::write(path, per_user(&evaluation, &stage.train).as_bytes())?;
    }
    let reactions = foreseen(context, &artifact, &stage.train, &logs[1])?;
    context.out.json(&serde_json::json!({
        "reactions": reactions,
        "model": name, "profile": config.profile.name(), "users": evaluation.users.len(),
        "left_out": evaluation.left_out, "unknown_items": unknown,
        "metrics": figures.into_iter().map(|(label, mean)| (label, mean.into())).collect::<serde_json::Map<_, _>>(),
    }))
}

/// How a model of events foresees the ratings of the test part, beside models without sequences.
fn foreseen(
    context: &Context,
    artifact: &Artifact,
    train: &sparring::data::Dataset,
    test: &sparring::data::Dataset,
) -> anyhow::Result<Option<ReactionFigures>> {
    let Some(behaviour) = artifact.model.behaviour() else {
        return Ok(None);
    };
    let over = |log: &sparring::data::Dataset| log.over((*artifact.items).clone());
    let chance = (LIKED, context.seed().derive("reactions"));
    let found = reactions(behaviour, (&over(train), &over(test)), chance)?;
    if let Some(found) = &found {
        let auc = |auc: Option<f64>| auc.map_or_else(String::new, |auc| format!("{auc:.4}"));
        let rows: Vec<Vec<String>> = found
            .models
            .iter()
            .map(|m| vec![m.model.clone(), format!("{:.4}", m.rmse), auc(m.auc)])
            .collect();
        context
            .out
            .line(format!("{} ratings of the test part:", found.ratings));
        let head = ["ratings by", "RMSE", "AUC of 4 or more"].map(str::to_owned);
        context.out.table(&head, &rows);
    }
    Ok(found)
}

/// One line a user, one column a metric; empty where a metric is undefined.
fn per_user(evaluation: &Evaluation, train: &sparring::data::Dataset) -> String {
    let labels: Vec<&str> = evaluation
        .measured
        .iter()
        .map(|m| m.label.as_str())
        .collect();
    let mut text = format!("user,{}\n", labels.join(","));
    for (at, user) in evaluation.users.iter().enumerate() {
        text.push_str(&load::quoted(train.users().id(user.0)));
        for measured in &evaluation.measured {
            let value = measured.values[at];
            if value.is_nan() {
                text.push(',');
            } else {
                write!(text, ",{value}").expect("writing to a string cannot fail");
            }
        }
        text.push('\n');
    }
    text
}
