//! What an arena of robustness and fairness found, as JSON and CSV.

use serde::{Deserialize, Serialize};

use super::leaderboard::Facts;
use crate::data::{Attack, Rate};
use crate::eval::{Fairness, Interval};
use crate::models::{Family, ModelConfig};

/// Models fitted on a clean training part and on spoiled ones. The same seed gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Robustness {
    /// Version of Sparring that made it.
    pub sparring: String,
    /// What it was made from; the training part is the clean one.
    pub facts: Facts,
    /// Label of the metric whose loss is measured.
    pub watched: String,
    /// Length of the lists in which targets are looked for, and of the recall of fairness.
    pub list: usize,
    /// Seeds of the fits and of the injections.
    pub seeds: Vec<u64>,
    /// Ids of the pushed items of each seed; none without an attack that pushes.
    pub targets: Vec<Vec<String>>,
    /// One row a model, best on clean data first.
    pub rows: Vec<Endurance>,
    /// What a reader should know: what was left out, what could not be done.
    pub notes: Vec<String>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Endurance {
    /// Model name.
    pub model: String,
    /// One line about it.
    pub about: String,
    /// What kind of a model it is.
    pub family: Family,
    /// All its settings.
    pub settings: toml::Table,
    /// The watched metric after a clean fit, over users, averaged over seeds.
    pub clean: Option<Interval>,
    /// How evenly it serves after a clean fit.
    pub fairness: Option<Fairness>,
    /// What was left of it under each attack.
    pub attacks: Vec<Attacked>,
    /// Why there are no figures, if there are none.
    pub failure: Option<String>,
}

/// One model under one attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attacked {
    /// Name of the attack.
    pub attack: String,
    /// Fake users for each real one, or share of the events that was replaced.
    pub rate: f64,
    /// Number of fake users or of replaced events, mean over seeds.
    pub amount: f64,
    /// The watched metric over the same users as without the attack.
    pub value: Option<Interval>,
    /// The share of the metric that the attack takes away, with its paired bootstrap interval over
    /// users; negative where the model gains. None if there was nothing to lose.
    pub loss: Option<Interval>,
    /// How many lists the targets got into; none if nothing was pushed.
    pub targets: Option<Exposure>,
    /// Why there are no figures, if there are none.
    pub failure: Option<String>,
}

/// The share of the evaluated users whose list holds a target, mean over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// After the clean fit.
    pub before: f64,
    /// After the fit under attack.
    pub after: f64,
}

impl Endurance {
    /// A model of which nothing is known yet.
    pub fn new(config: &ModelConfig) -> Self {
        Self {
            model: config.name().to_owned(),
            about: config.about().to_owned(),
            family: config.family(),
            settings: config.to_table(),
            clean: None,
            fairness: None,
            attacks: Vec::new(),
            failure: None,
        }
    }

    /// What was left under the attack with this name and rate, if it came to that.
    pub fn under(&self, attack: &str, rate: f64) -> Option<&Attacked> {
        let same = |a: &&Attacked| a.attack == attack && a.rate.to_bits() == rate.to_bits();
        self.attacks.iter().find(same)
    }
}

impl Attacked {
    /// An attack of which nothing is known yet.
    pub fn new(attack: Attack, rate: Rate) -> Self {
        Self {
            attack: attack.name().to_owned(),
            rate: rate.get(),
            amount: 0.0,
            value: None,
            loss: None,
            targets: None,
            failure: None,
        }
    }
}

impl Robustness {
    /// Sorts the rows, best on clean data first, failures last.
    pub fn rank(&mut self) {
        let value = |row: &Endurance| row.clean.map_or(f64::NEG_INFINITY, |clean| clean.mean);
        self.rows
            .sort_by(|a, b| value(b).total_cmp(&value(a)).then(a.model.cmp(&b.model)));
    }

    /// Every attack and rate that any model went through, in the order in which they were made.
    pub fn threats(&self) -> Vec<(&str, f64)> {
        let longest = self.rows.iter().max_by_key(|row| row.attacks.len());
        let attacks = longest.map_or(&[][..], |row| &row.attacks);
        attacks
            .iter()
            .map(|a| (a.attack.as_str(), a.rate))
            .collect()
    }

    /// As CSV with the columns `model,family,attack,rate,measure,mean,low,high`: one line a model,
    /// attack and measure, the clean fit as the attack `none`. What has no interval leaves `low`
    /// and `high` empty.
    pub fn to_csv(&self) -> String {
        let mut text = String::from("model,family,attack,rate,measure,mean,low,high\n");
        for row in &self.rows {
            let family = match row.family {
                Family::Baseline => "baseline",
                Family::Adversarial => "adversarial",
            };
            for line in self.lines(row) {
                text.extend([row.model.as_str(), ",", family, ",", &line, "\n"]);
            }
        }
        text
    }

    fn lines(&self, row: &Endurance) -> Vec<String> {
        let (watched, list) = (&self.watched, self.list);
        let whole = |i: Interval| format!("{:.6},{:.6},{:.6}", i.mean, i.low, i.high);
        let mut lines = Vec::new();
        if let Some(clean) = row.clean {
            lines.push(format!("none,0,{watched},{}", whole(clean)));
        }
        if let Some(fairness) = &row.fairness {
            let short = whole(fairness.short_histories);
            lines.push(format!("none,0,{watched} of short histories,{short}"));
            let worst = fairness.worst_quarter;
            lines.push(format!(
                "none,0,{watched} of the worst quarter,{worst:.6},,"
            ));
            if let Some(tail) = fairness.tail_recall {
                lines.push(format!("none,0,recall@{list} of the tail,{}", whole(tail)));
            }
        }
        for a in &row.attacks {
            let under = format!("{},{}", a.attack, a.rate);
            let value = a.value.map(|v| format!("{under},{watched},{}", whole(v)));
            let loss = a.loss.map(|l| format!("{under},loss,{}", whole(l)));
            lines.extend(value.into_iter().chain(loss));
            if let Some(Exposure { before, after }) = a.targets {
                lines.push(format!("{under},targets before,{before:.6},,"));
                lines.push(format!("{under},targets after,{after:.6},,"));
            }
        }
        lines
    }
}

/// A share in percent with one decimal, never a zero with a sign.
pub fn in_percent(share: f64) -> String {
    format!("{:.1}", (1000.0 * share).round() / 10.0 + 0.0)
}

#[cfg(test)]
pub(super) fn example() -> Robustness {
    let interval = |mean: f64| Interval {
        mean,
        low: mean - 0.01,
        high: mean + 0.01,
    };
    let attacked = |attack: Attack, loss: f64| Attacked {
        amount: 3.0,
        value: Some(interval(0.4 * (1.0 - loss))),
        loss: Some(interval(loss)),
        targets: attack.pushes().then_some(Exposure {
            before: 0.125,
            after: 0.5,
        }),
        ..Attacked::new(attack, Rate::new(0.05).expect("a share"))
    };
    let row = |name: &str, clean: f64| Endurance {
        about: format!("about <{name}>"),
        clean: Some(interval(clean)),
        fairness: Some(Fairness {
            short_histories: interval(0.2),
            longest_short: 4,
            worst_quarter: 0.05,
            tail_recall: None,
            tail_users: 0,
            tail_left_out: 7,
        }),
        attacks: vec![
            attacked(Attack::Random, 0.25),
            attacked(Attack::Noise, -0.5),
        ],
        ..Endurance::new(&ModelConfig::named(name).expect("a model"))
    };
    let mut failed = Endurance::new(&ModelConfig::named("ials").expect("a model"));
    failed.failure = Some("it <failed>".to_owned());
    Robustness {
        sparring: "0.0.0".to_owned(),
        facts: Facts {
            data: "a & b".to_owned(),
            ..Facts::default()
        },
        watched: "ndcg@20".to_owned(),
        list: 20,
        seeds: vec![1],
        targets: vec![vec!["film 7".to_owned()]],
        rows: vec![failed, row("pop", 0.3), row("cfgan", 0.4)],
        notes: vec!["one note".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_on_clean_data_comes_first_and_failures_last() {
        let mut report = example();
        report.rank();
        let names: Vec<_> = report.rows.iter().map(|row| row.model.as_str()).collect();
        assert_eq!(names, ["cfgan", "pop", "ials"]);
        assert_eq!(report.threats(), [("random", 0.05), ("noise", 0.05)]);
        assert_eq!(report.rows[0].under("noise", 0.05).unwrap().targets, None);
        assert!(report.rows[2].under("noise", 0.05).is_none());
    }

    #[test]
    fn a_share_in_percent_has_no_signed_zero() {
        let found = [-0.0004, 0.0004, -0.0006, 0.1234].map(in_percent);
        assert_eq!(found, ["0.0", "0.0", "-0.1", "12.3"]);
    }

    #[test]
    fn one_line_a_model_attack_and_measure() {
        let text = example().to_csv();
        let lines: Vec<&str> = text.lines().filter(|line| !line.contains("pop")).collect();
        let expected = [
            "model,family,attack,rate,measure,mean,low,high",
            "cfgan,adversarial,none,0,ndcg@20,0.400000,0.390000,0.410000",
            "cfgan,adversarial,none,0,ndcg@20 of short histories,0.200000,0.190000,0.210000",
            "cfgan,adversarial,none,0,ndcg@20 of the worst quarter,0.050000,,",
            "cfgan,adversarial,random,0.05,ndcg@20,0.300000,0.290000,0.310000",
            "cfgan,adversarial,random,0.05,loss,0.250000,0.240000,0.260000",
            "cfgan,adversarial,random,0.05,targets before,0.125000,,",
            "cfgan,adversarial,random,0.05,targets after,0.500000,,",
            "cfgan,adversarial,noise,0.05,ndcg@20,0.600000,0.590000,0.610000",
            "cfgan,adversarial,noise,0.05,loss,-0.500000,-0.510000,-0.490000",
        ];
        assert_eq!(lines, expected);
    }
}
