//! What users are, given what they have: one attribute at a time, by naive Bayes.
//!
//! ```text
//! P(c | u) ~ pi_c exp(t / sqrt(n) sum_i e_ic),   e_ic = ln((n_ic + M) / (N_c p_i + M))
//! ```
//!
//! with `n` the items of the user, `n_ic` the users of class `c` who have item `i`, `N_c` the
//! interactions of the class, `p_i` the share of the item and `M = 2`, which lets rare items say little.
//! Naive Bayes believes its evidence too much; `t` is the weight under which one half of the users is
//! most likely in the eyes of the other, 0 if the items say nothing. A missing value is a value. Numbers
//! of more than 32 values are drawn as classes of neighbours first; of other attributes the rare values
//! are one class (`classes.rs`). Given the items, the attributes are drawn independently.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sparring_wide::{Seed, Stream};

use super::classes::Classes;
use super::decoder::finite;
use crate::data::{Dataset, ItemIx, UserColumn, UserTable};
use crate::recommend::{NamedTensors, WeightsError};

/// Most classes of an attribute.
const MOST: usize = 32;
/// Users that an item is given in every class.
const SHRINK: f64 = 2.0;
/// The weights of the evidence that are tried.
const TRIED: [f64; 10] = [0.0, 0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// The law of the attributes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attributes {
    user: String,
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    name: String,
    values: Vec<String>,
    classes: Classes,
    /// `ln pi_c`.
    prior: Vec<f64>,
    /// `t`.
    weight: f32,
    /// `e_ic`, `[I, C]`.
    evidence: Vec<f32>,
}

/// The texts of attributes: what a file of users calls its columns, and which values they have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeTexts {
    /// The users' column.
    pub user: String,
    /// Name and values of each attribute.
    pub columns: Vec<(String, Vec<String>)>,
}

/// Items and class of each user.
type Classed<'a> = Vec<(&'a [ItemIx], usize)>;

impl Attributes {
    /// Fitted to a log and the table of its users.
    pub(super) fn of(real: &Dataset, table: &UserTable) -> Self {
        let column = |column: &UserColumn| Column::of(real, column);
        Self {
            user: table.user.clone(),
            columns: table.columns.iter().map(column).collect(),
        }
    }

    /// The names of the columns, the users' first.
    pub(super) fn names(&self) -> Vec<&str> {
        let names = self.columns.iter().map(|column| column.name.as_str());
        std::iter::once(self.user.as_str()).chain(names).collect()
    }

    /// A value of each attribute for a user with these items.
    pub(super) fn draw(&self, user: u64, profile: &[ItemIx], seed: Seed) -> Vec<&str> {
        let mut stream = seed.stream_at("attributes", user);
        let columns = self.columns.iter();
        columns
            .map(|column| column.draw(profile, &mut stream))
            .collect()
    }

    /// What should be known about values that tell of few real users.
    pub(super) fn notes(&self) -> Vec<String> {
        let note = |column: &Column| {
            let alone = column.classes.occurring_once();
            (alone > 0).then(|| {
                format!(
                    "Of the {} values of `{}` {alone} are of one real user alone and are drawn as \
                     they are.",
                    column.values.len(),
                    column.name
                )
            })
        };
        self.columns.iter().filter_map(note).collect()
    }

    pub(super) fn texts(&self) -> AttributeTexts {
        let column = |column: &Column| (column.name.clone(), column.values.clone());
        AttributeTexts {
            user: self.user.clone(),
            columns: self.columns.iter().map(column).collect(),
        }
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let mut weights = NamedTensors::new();
        for (at, column) in self.columns.iter().enumerate() {
            weights = weights.with_part(&at.to_string(), column.weights());
        }
        weights
    }

    pub(super) fn from_weights(
        weights: &NamedTensors,
        texts: AttributeTexts,
        n_items: usize,
    ) -> Result<Self, WeightsError> {
        let column = |(at, (name, values)): (usize, (String, Vec<String>))| {
            let part = super::part(weights, &at.to_string())?;
            Column::from_weights(&part, (name, values), n_items)
        };
        let columns = texts.columns.into_iter().enumerate();
        Ok(Self {
            user: texts.user,
            columns: columns.map(column).collect::<Result<_, _>>()?,
        })
    }
}

impl Column {
    fn of(real: &Dataset, column: &UserColumn) -> Self {
        let mut counts = vec![0; column.values.len()];
        for value in column.of.iter().flatten() {
            counts[*value as usize] += 1;
        }
        let classes = if column.numeric {
            let missing = column.values.first().is_some_and(String::is_empty);
            Classes::ordered(counts, MOST, missing)
        } else {
            Classes::unordered(counts, MOST)
        };
        let users: Classed<'_> = real
            .user_indices()
            .filter_map(|user| {
                let value = column.of[user.at()]?;
                Some((real.history(user), classes.class(value as usize)))
            })
            .filter(|(items, _)| !items.is_empty())
            .collect();
        let (width, items) = (classes.len(), real.n_items());
        let weight = best_weight(&users, &prior(&classes), items);
        Self {
            name: column.name.clone(),
            values: column.values.clone(),
            prior: prior(&classes),
            #[expect(clippy::cast_possible_truncation, reason = "one of a few numbers")]
            weight: weight as f32,
            evidence: evidence(users.iter().copied(), items, width),
            classes,
        }
    }

    fn draw(&self, profile: &[ItemIx], stream: &mut Stream) -> &str {
        let chances = posterior(&self.prior, &self.evidence, profile, f64::from(self.weight));
        let mut place = stream.random::<f64>();
        let drawn = chances.iter().position(|chance| {
            place -= chance;
            place < 0.0
        });
        let value = self.classes.draw(drawn.unwrap_or(0), stream);
        &self.values[value]
    }

    fn weights(&self) -> NamedTensors {
        let shape = [self.evidence.len() / self.prior.len(), self.prior.len()];
        NamedTensors::new()
            .with_part("classes", self.classes.weights())
            .with("weight", &[1], vec![self.weight])
            .with("evidence", &shape, self.evidence.clone())
    }

    fn from_weights(
        weights: &NamedTensors,
        (name, values): (String, Vec<String>),
        n_items: usize,
    ) -> Result<Self, WeightsError> {
        let classes = Classes::from_weights(&super::part(weights, "classes")?, values.len())?;
        let weight = weights.vector_of("weight", 1)?[0];
        let shape = (n_items, classes.len());
        let evidence = weights.matrix_of("evidence", shape.0, shape.1)?.to_vec();
        finite("evidence", &evidence)?;
        let wrong = |name: &str, expected, found: f32| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found: found.to_string(),
        };
        if !(0.0..=100.0).contains(&weight) {
            return Err(wrong("weight", "a number from 0 to 100", weight));
        }
        if let Some(number) = evidence.iter().find(|number| number.abs() > 100.0) {
            return Err(wrong("evidence", "logarithms of odds", *number));
        }
        Ok(Self {
            name,
            values,
            prior: prior(&classes),
            classes,
            weight,
            evidence,
        })
    }
}

/// `ln pi_c`.
fn prior(classes: &Classes) -> Vec<f64> {
    let sizes = classes.sizes();
    let all = sizes.iter().sum::<u64>() as f64;
    sizes.iter().map(|&size| (size as f64 / all).ln()).collect()
}

/// `e_ic` of some users, `[I, C]`.
fn evidence<'a>(
    users: impl Iterator<Item = (&'a [ItemIx], usize)>,
    n_items: usize,
    width: usize,
) -> Vec<f32> {
    let mut counts = vec![0.0_f64; n_items * width];
    for (items, class) in users {
        for item in items {
            counts[item.at() * width + class] += 1.0;
        }
    }
    let mut of_class = vec![0.0; width];
    for row in counts.chunks(width) {
        for (sum, count) in of_class.iter_mut().zip(row) {
            *sum += count;
        }
    }
    let all = of_class.iter().sum::<f64>().max(1.0);
    let mut evidence = Vec::with_capacity(counts.len());
    for row in counts.chunks(width) {
        let share = row.iter().sum::<f64>() / all;
        for (count, of_class) in row.iter().zip(&of_class) {
            let odds = (count + SHRINK) / (of_class * share + SHRINK);
            #[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
            evidence.push(odds.ln() as f32);
        }
    }
    evidence
}

/// The chance of each class for a user with these items.
fn posterior(prior: &[f64], evidence: &[f32], profile: &[ItemIx], weight: f64) -> Vec<f64> {
    let width = prior.len();
    let mut sums = vec![0.0; width];
    if weight > 0.0 {
        for item in profile {
            let row = &evidence[item.at() * width..(item.at() + 1) * width];
            for (sum, evidence) in sums.iter_mut().zip(row) {
                *sum += f64::from(*evidence);
            }
        }
    }
    let scale = weight / (profile.len().max(1) as f64).sqrt();
    for (sum, prior) in sums.iter_mut().zip(prior) {
        *sum = prior + scale * *sum;
    }
    let most = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut all = 0.0;
    for sum in &mut sums {
        *sum = (*sum - most).exp();
        all += *sum;
    }
    for sum in &mut sums {
        *sum /= all;
    }
    sums
}

/// Whether a user is in the first half: by the golden section, so that no order of the log matters.
fn is_first(at: u64) -> bool {
    at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63 == 0
}

/// The weight of the evidence under which each half of the users is most likely, seen by the other.
fn best_weight(users: &Classed<'_>, prior: &[f64], n_items: usize) -> f64 {
    let mut likely = [0.0; TRIED.len()];
    for half in [false, true] {
        let part = |half: bool| {
            let users = (0..).zip(users.iter().copied());
            users.filter(move |&(at, _)| is_first(at) == half)
        };
        let seen = evidence(part(half).map(|(_, user)| user), n_items, prior.len());
        for (_, (items, class)) in part(!half) {
            for (likely, weight) in likely.iter_mut().zip(TRIED) {
                *likely += posterior(prior, &seen, items, weight)[class]
                    .max(1e-12)
                    .ln();
            }
        }
    }
    let best = (0..TRIED.len()).max_by(|&a, &b| likely[a].total_cmp(&likely[b]).then(b.cmp(&a)));
    TRIED[best.expect("some are tried")]
}

#[cfg(test)]
mod tests;
