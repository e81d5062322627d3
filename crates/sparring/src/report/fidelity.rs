//! What a comparison of synthetic with real users found, as JSON.

use serde::{Deserialize, Serialize};

use super::fidelity_beside::Beside;
use super::fidelity_verdict::verdict;
use crate::fidelity::{Copying, Likeness, Resemblance, Utility};

/// Synthetic users beside real ones. The same seed gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fidelity {
    /// Version of Sparring that made it.
    pub sparring: String,
    /// Seed of everything drawn by lot.
    pub seed: u64,
    /// What the figures come to, in words: a headline, then a sentence for each question.
    pub verdict: Vec<String>,
    /// The users that the synthetic ones were made from.
    pub real: Source,
    /// The users that never lived.
    pub synthetic: Source,
    /// Real users whom the synthesizer has not seen.
    pub holdout: Option<Source>,
    /// The statistics of the synthetic users beside those of the real ones.
    pub likeness: Likeness,
    /// The synthetic users as wholes beside the real ones.
    pub resemblance: Resemblance,
    /// Both of the held-out users: what nobody can be blamed for, at their number.
    pub floor: Option<Floor>,
    /// What the synthetic users are good for, where there is a holdout and a model is named.
    pub utility: Option<Utility>,
    /// How much of the real users the synthetic ones give away.
    pub copying: Copying,
    /// Figures of other synthetic users of the same real ones.
    #[serde(default)]
    pub beside: Vec<Beside>,
    /// What a reader should know: what was left out, what could not be done.
    pub notes: Vec<String>,
}

/// The held-out users, measured as the synthetic ones are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// Their statistics.
    pub likeness: Likeness,
    /// They as wholes.
    pub resemblance: Resemblance,
}

/// One of the logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it came from.
    pub data: String,
    /// Users with events.
    pub users: usize,
    /// Items with events.
    pub items: usize,
    /// Events.
    pub interactions: usize,
    /// SHA-256 of the log over the common catalogue.
    pub sha256: String,
}

/// A figure of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// What it says.
    pub name: &'static str,
    /// Of the synthetic users, if it was measured.
    pub value: Option<f64>,
    /// Of the held-out users.
    pub floor: Option<f64>,
    /// What it is of users like the real ones.
    pub ideal: &'static str,
}

/// What a figure of some part is called, what it would be of users like the real ones, and where
/// it stands.
type Of<T> = (&'static str, &'static str, fn(&T) -> Option<f64>);

const LIKENESS: &[Of<Likeness>] = &[
    ("popularity, JS in bits", "0", |l| {
        Some(l.popularity.js_bits)
    }),
    ("popularity of the head, Spearman", "1", |l| {
        l.popularity.spearman_head
    }),
    ("popularity of the tail, Spearman", "1", |l| {
        l.popularity.spearman_tail
    }),
    ("share of the real items", "1", |l| {
        Some(l.popularity.coverage)
    }),
    ("Gini of popularity", "as the real one", |l| {
        Some(l.popularity.gini)
    }),
    ("lengths, KS", "0", |l| Some(l.activity.ks)),
    ("co-occurrence, top 200", "1", |l| l.cooccurrence.top_200),
    ("co-occurrence, ranks 200 to 400", "1", |l| {
        l.cooccurrence.ranks_200_to_400
    }),
    ("pairs, top 200", "1", |l| l.cooccurrence.counts_top_200),
    ("ratings, TV", "0", |l| {
        l.ratings.as_ref().map(|ratings| ratings.total_variation)
    }),
    ("gaps, KS", "0", |l| l.times.and_then(|times| times.gap_ks)),
    ("hours of the week, TV", "0", |l| {
        l.times.and_then(|times| times.week_tv)
    }),
    ("transitions, JS in bits", "0", |l| {
        l.times.and_then(|times| times.transition_js)
    }),
];

const RESEMBLANCE: &[Of<Resemblance>] = &[
    ("classifier, AUC", "0.5", |r| Some(r.classifier.value)),
    ("alpha precision", "1", |r| Some(r.alpha_precision)),
    ("beta recall", "1", |r| Some(r.beta_recall)),
    ("modes covered", "1", |r| {
        Some(r.modes.covered as f64 / r.modes.clusters as f64)
    }),
];

impl Fidelity {
    /// Judges the figures.
    pub fn judge(&mut self) {
        self.verdict = verdict(self);
    }

    /// All figures in a line each, those of utility left out.
    pub fn figures(&self) -> Vec<Figure> {
        let floor = self.floor.as_ref();
        let likeness = LIKENESS.iter().map(|&(name, ideal, of)| Figure {
            name,
            value: of(&self.likeness),
            floor: floor.and_then(|floor| of(&floor.likeness)),
            ideal,
        });
        let resemblance = RESEMBLANCE.iter().map(|&(name, ideal, of)| Figure {
            name,
            value: of(&self.resemblance),
            floor: floor.and_then(|floor| of(&floor.resemblance)),
            ideal,
        });
        let (copying, shares) = (&self.copying, self.copying.of_holdout);
        let line = |name, value, floor, ideal| Figure {
            name,
            value,
            floor,
            ideal,
        };
        let membership = copying.membership.map(|membership| membership.auc.value);
        let copies = [
            line(
                "exact copies",
                Some(copying.exact),
                shares.map(|s| s.exact),
                "as the holdout",
            ),
            line(
                "near copies",
                Some(copying.near),
                shares.map(|s| s.near),
                "as the holdout",
            ),
            line("membership, AUC", membership, None, "0.5"),
        ];
        likeness.chain(resemblance).chain(copies).collect()
    }
}

#[cfg(test)]
pub(super) fn example() -> Fidelity {
    use crate::data::Spread;
    use crate::eval::Interval;
    use crate::fidelity::{
        Activity, Auc, Cooccurrence, Membership, Modes, Popularity, Shares, Useful,
    };

    let source = |data: &str| Source {
        data: data.to_owned(),
        users: 100,
        items: 30,
        interactions: 900,
        sha256: "0".repeat(64),
    };
    let spread = Spread::of(vec![3, 4]);
    let likeness = Likeness {
        popularity: Popularity {
            js_bits: 0.01,
            spearman: Some(0.9),
            spearman_head: Some(0.9),
            spearman_tail: None,
            gini_real: 0.5,
            gini: 0.4,
            coverage: 0.8,
        },
        activity: Activity {
            ks: 0.1,
            real: spread,
            other: spread,
        },
        cooccurrence: Cooccurrence {
            top_200: Some(0.9),
            ranks_200_to_400: None,
            counts_top_200: Some(0.95),
        },
        ratings: None,
        times: None,
    };
    let auc = |value| Auc { value, error: 0.01 };
    let resemblance = |value| Resemblance {
        classifier: auc(value),
        alpha_precision: 0.9,
        beta_recall: 0.8,
        modes: Modes {
            clusters: 20,
            covered: 18,
            total_variation: 0.1,
        },
    };
    let interval = |mean, low, high| Some(Interval { mean, low, high });
    let row = |model: &str| Useful {
        model: model.to_owned(),
        settings: toml::Table::new(),
        real: interval(0.2, 0.19, 0.21),
        synthetic: interval(0.19, 0.18, 0.2),
        share: interval(0.95, 0.9, 0.99),
        failure: None,
    };
    let failed = Useful {
        share: None,
        failure: Some("it <failed>".to_owned()),
        ..row("ials")
    };
    let mut found = Fidelity {
        sparring: "0.0.0".to_owned(),
        seed: 1,
        verdict: Vec::new(),
        real: source("real.csv"),
        synthetic: source("a & b"),
        holdout: Some(source("holdout.csv")),
        likeness: likeness.clone(),
        resemblance: resemblance(0.8),
        floor: Some(Floor {
            likeness,
            resemblance: resemblance(0.5),
        }),
        utility: Some(Utility {
            metric: "ndcg@10".to_owned(),
            users: 90,
            models: vec![row("pop"), row("ease"), failed],
            kendall: Some(1.0),
        }),
        copying: Copying {
            exact: 0.005,
            near: 0.01,
            of_holdout: Some(Shares {
                exact: 0.0,
                near: 0.0,
            }),
            membership: Some(Membership {
                auc: auc(0.54),
                real: 0.4,
                holdout: 0.5,
            }),
        },
        beside: Vec::new(),
        notes: vec!["one note".to_owned()],
    };
    found.judge();
    found
}
