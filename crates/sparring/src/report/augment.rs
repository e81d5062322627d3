//! What adding generated users or interactions does for a recommender, as JSON.

use serde::{Deserialize, Serialize};

use crate::eval::Interval;

/// A recommender with and without additions to its training log. The same seed gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// The findings in words, the decision first.
    pub verdict: Vec<String>,
    /// Whether adding helps on the validation part beyond chance.
    pub adopted: bool,
    /// Version of Sparring that made it.
    pub sparring: String,
    /// Name of the training log.
    pub data: String,
    /// Users of it with events.
    pub users: usize,
    /// Items of the catalogue.
    pub items: usize,
    /// Its interactions.
    pub interactions: usize,
    /// Its fingerprint.
    pub sha256: String,
    /// Seed of everything drawn by lot.
    pub seed: u64,
    /// Label of the metric.
    pub watched: String,
    /// Name of the recommender.
    pub model: String,
    /// Its settings before any choice.
    pub settings: toml::Table,
    /// The setting that says how strongly it is regularised; none if it has no such setting.
    pub varied: Option<String>,
    /// Settings tried in each branch.
    pub trials: usize,
    /// Without additions: as many strengths of the regularisation as the others have trials.
    pub plain: Branch,
    /// With additions, one branch a generator; the first one decides.
    pub generated: Vec<Branch>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// One way to fill the training log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// Name of the generator; `none` without additions.
    pub name: String,
    /// One line about it.
    pub about: String,
    /// Every setting tried, in order.
    pub trials: Vec<Tried>,
    /// The best of them on the validation part; none if all failed.
    pub chosen: Option<Chosen>,
    /// Why there are no trials, if there are none.
    pub failure: Option<String>,
}

/// One setting and its worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// How much was added; 0 for nothing.
    pub amount: f64,
    /// The value of the varied setting; none if there is no such setting.
    pub strength: Option<f64>,
    /// The metric on the validation part; none if the fit failed.
    pub validation: Option<f64>,
    /// Why it failed.
    pub failure: Option<String>,
}

/// The setting that the validation part chose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// How much is added; 0 for nothing.
    pub amount: f64,
    /// The value of the varied setting.
    pub strength: Option<f64>,
    /// Users added to the log, completed copies of real ones included.
    pub added_users: usize,
    /// Interactions added to the log.
    pub added_interactions: usize,
    /// On the validation part.
    pub validation: Outcome,
    /// On the test part, if there is one.
    pub test: Option<Outcome>,
}

/// What one setting is worth on some users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The metric.
    pub value: Interval,
    /// Relative gain over the best without additions, with its paired interval; none where that is 0,
    /// and without additions.
    pub uplift: Option<Interval>,
    /// Relative gain of the deciding generator over this branch, likewise.
    pub decider_over_this: Option<Interval>,
    /// The same by activity, the least active quarter of the users first.
    pub groups: Vec<Group>,
    /// Of the users that are completed where there is a limit to that: those with at most as many known events.
    pub short: Option<Group>,
}

/// Users of like activity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Fewest known events among them.
    pub least: usize,
    /// Most known events among them.
    pub most: usize,
    /// How many users.
    pub users: usize,
    /// The metric.
    pub value: Interval,
    /// Relative gain over the best without additions.
    pub uplift: Option<Interval>,
}

impl Augmentation {
    /// All branches, the one without additions first.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        std::iter::once(&self.plain).chain(&self.generated)
    }

    /// Whether any branch was measured on a test part.
    pub fn has_test(&self) -> bool {
        let tested = |branch: &Branch| branch.chosen.as_ref().is_some_and(|c| c.test.is_some());
        self.branches().any(tested)
    }
}

impl Chosen {
    /// On the test part where there is one, else on the validation part.
    pub fn last(&self) -> &Outcome {
        self.test.as_ref().unwrap_or(&self.validation)
    }
}

#[cfg(test)]
pub(crate) fn example() -> Augmentation {
    let interval = |mean: f64| Interval {
        mean,
        low: mean - 0.01,
        high: mean + 0.01,
    };
    let outcome = |value: f64, uplift: Option<f64>| Outcome {
        value: interval(value),
        uplift: uplift.map(interval),
        decider_over_this: None,
        groups: vec![Group {
            least: 1,
            most: 7,
            users: 25,
            value: interval(value),
            uplift: uplift.map(interval),
        }],
        short: None,
    };
    let branch = |name: &str, amount: f64, uplift: Option<f64>| Branch {
        name: name.to_owned(),
        about: format!("about <{name}>"),
        trials: vec![Tried {
            amount,
            strength: Some(100.0),
            validation: Some(0.2),
            failure: None,
        }],
        chosen: Some(Chosen {
            amount,
            strength: Some(100.0),
            added_users: 30,
            added_interactions: 400,
            validation: outcome(0.2, uplift),
            test: Some(outcome(0.25, uplift)),
        }),
        failure: None,
    };
    let mut failed = branch("own", 2.0, None);
    (failed.chosen, failed.failure) = (None, Some("it <failed>".to_owned()));
    Augmentation {
        verdict: vec!["Adding <helps>.".to_owned(), "More.".to_owned()],
        adopted: true,
        sparring: "0.0.0".to_owned(),
        data: "a & b".to_owned(),
        users: 30,
        items: 12,
        interactions: 300,
        sha256: String::new(),
        seed: 1,
        watched: "ndcg@10".to_owned(),
        model: "ease".to_owned(),
        settings: toml::Table::new(),
        varied: Some("l2".to_owned()),
        trials: 1,
        plain: branch("none", 0.0, None),
        generated: vec![branch("adversarial", 2.0, Some(0.125)), failed],
        notes: vec!["one note".to_owned()],
    }
}
