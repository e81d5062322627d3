//! What a leaderboard holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::models::Family;
use crate::recommend::{Curve, Diagnosis};

/// Models compared on one test part. The same seed gives the same bytes: times are kept apart,
/// in [`Timings`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leaderboard {
    /// Version of Sparring that made it.
    pub sparring: String,
    /// What it was made from.
    pub facts: Facts,
    /// Labels of the metrics, in the order of the columns: `precision@5`.
    pub metrics: Vec<String>,
    /// Label of the metric that ranks the rows and that tuning watched.
    pub watched: String,
    /// Seeds of the fits.
    pub seeds: Vec<u64>,
    /// Name of the best baseline, which the others are compared with.
    pub reference: Option<String>,
    /// One row a model, best first.
    pub rows: Vec<Row>,
    /// What a reader should know: what was left out, what could not be done.
    pub notes: Vec<String>,
}

/// The data and the protocol of a leaderboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Name of the data.
    pub data: String,
    /// How it was split, in words.
    pub protocol: String,
    /// Number of users `U`.
    pub users: usize,
    /// Number of items `I`.
    pub items: usize,
    /// Training interactions.
    pub train: usize,
    /// Test interactions.
    pub test: usize,
    /// Users with test interactions, over whom metrics are averaged.
    pub evaluated: usize,
    /// Users without test interactions, left out.
    pub left_out: usize,
    /// SHA-256 of the training part.
    pub sha256: String,
    /// Definitions of the metrics.
    pub profile: String,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Model name.
    pub model: String,
    /// One line about it.
    pub about: String,
    /// What kind of a model it is.
    pub family: Family,
    /// All its settings.
    pub settings: toml::Table,
    /// How the settings were found; none if they were given.
    pub tuned: Option<Tuned>,
    /// Number of seeds that were fitted; 1 if the fit does not depend on the seed.
    pub fits: usize,
    /// Mean over users and seeds of each metric, with its interval.
    pub metrics: BTreeMap<String, Estimate>,
    /// Difference to the reference in the watched metric.
    pub versus: Option<Comparison>,
    /// Training curves of the first seed.
    pub curves: BTreeMap<String, Curve>,
    /// Health of adversarial training, first seed.
    pub health: Vec<Diagnosis>,
    /// Why there are no figures, if there are none.
    pub failure: Option<String>,
}

/// How settings were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// Number of settings tried.
    pub trials: usize,
    /// The best value of the watched metric on the validation part.
    pub validation: f64,
}

/// A mean with a 95 % bootstrap interval over users.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Mean.
    pub mean: f64,
    /// Lower end of the interval; the mean itself where there is no interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Standard deviation of the mean over seeds, 0 for one seed.
    pub seed_sd: f64,
}

/// A paired difference with its 95 % bootstrap interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Mean difference, positive if this row is better.
    pub difference: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Two-sided p value.
    pub p: f64,
}

/// Wall times of each model by name.
pub type Timings = BTreeMap<String, Timing>;

/// Wall times of one model, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Tuning, all trials.
    pub tune_secs: f64,
    /// One fit, mean over seeds.
    pub fit_secs: f64,
    /// Scoring and evaluating all users once, mean over seeds.
    pub evaluate_secs: f64,
}

impl Leaderboard {
    /// Sorts the rows, best in the watched metric first, failures last.
    pub fn rank(&mut self) {
        let value = |row: &Row| {
            row.metrics
                .get(&self.watched)
                .map_or(f64::NEG_INFINITY, |estimate| estimate.mean)
        };
        self.rows
            .sort_by(|a, b| value(b).total_cmp(&value(a)).then(a.model.cmp(&b.model)));
    }
}

#[cfg(test)]
pub(super) fn example() -> Leaderboard {
    let row = |model: &str, family, mean: f64| Row {
        model: model.to_owned(),
        about: format!("about <{model}>"),
        family,
        settings: [("l2".to_owned(), toml::Value::Float(0.5))]
            .into_iter()
            .collect(),
        tuned: Some(Tuned {
            trials: 3,
            validation: 0.2,
        }),
        fits: 2,
        metrics: [(
            "ndcg@10".to_owned(),
            Estimate {
                mean,
                low: mean - 0.1,
                high: mean + 0.1,
                seed_sd: 0.0,
            },
        )]
        .into_iter()
        .collect(),
        versus: (model != "ease").then_some(Comparison {
            difference: mean - 0.4,
            low: -0.2,
            high: -0.01,
            p: 0.02,
        }),
        curves: [("loss_d".to_owned(), vec![(0, 1.0), (1, 0.7)])]
            .into_iter()
            .collect(),
        health: Vec::new(),
        failure: None,
    };
    Leaderboard {
        sparring: "0.0.0".to_owned(),
        facts: Facts {
            data: "a & b".to_owned(),
            users: 3,
            items: 4,
            ..Default::default()
        },
        metrics: vec!["ndcg@10".to_owned()],
        watched: "ndcg@10".to_owned(),
        seeds: vec![1, 2],
        reference: Some("ease".to_owned()),
        rows: vec![
            row("cfgan", Family::Adversarial, 0.3),
            row("ease", Family::Baseline, 0.4),
        ],
        notes: vec!["one note".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_row_comes_first_and_failures_last() {
        let mut board = example();
        let mut failed = board.rows[0].clone();
        failed.metrics.clear();
        board.rows.insert(0, failed);
        board.rank();
        let names: Vec<_> = board.rows.iter().map(|row| row.model.as_str()).collect();
        assert_eq!(names, ["ease", "cfgan", "cfgan"]);
        assert!(board.rows[2].metrics.is_empty());
    }
}
