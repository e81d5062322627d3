//! How alike two items are by their facts.

use serde::{Deserialize, Serialize};

use crate::data::{ItemFacts, ItemFeatures, ItemIx};
use crate::models::check;
use crate::recommend::FitError;

/// Items that are learnt from, at most: the most popular ones.
const ANCHORS: usize = 8_192;
/// Years between two knots, over which the class of a year is shared out.
const YEARS: f64 = 5.0;

/// What each kind of fact counts, `>= 0`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentConfig {
    /// Kinds, such as genres and categories.
    pub kinds: f32,
    /// The year.
    pub years: f32,
    /// Words of the title.
    pub words: f32,
}

impl Default for ContentConfig {
    fn default() -> Self {
        Self {
            kinds: 0.5,
            years: 0.25,
            words: 0.25,
        }
    }
}

impl ContentConfig {
    /// An error for the first that is negative or no number.
    pub(in crate::models) fn check(&self, model: &'static str) -> Result<(), FitError> {
        for (key, value) in [
            ("kinds", self.kinds),
            ("years", self.years),
            ("words", self.words),
        ] {
            check::not_negative(model, key, value.into())?;
        }
        Ok(())
    }
}

/// The facts of items as sparse rows, each entry with the root of what it counts.
///
/// ```text
/// <i, j> = kinds <k_i, k_j> + years <y_i, y_j> + words <w_i, w_j>
/// ```
///
/// `k` and `w` are ones over the root of their number; `y` shares a year out over the two knots about it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::models) struct Content {
    starts: Vec<usize>,
    entries: Vec<(u32, f32)>,
}

impl Content {
    pub(in crate::models) fn of(features: &ItemFeatures, config: &ContentConfig) -> Self {
        let rows: Vec<Vec<(u32, f32)>> = match features.facts() {
            Some(facts) => Self::rows(facts, config),
            None => (0..features.n_items())
                .map(|item| {
                    let item = ItemIx(u32::try_from(item).expect("fewer than 2^32 items"));
                    alike(features.of_item(item), 0, config.kinds)
                })
                .collect(),
        };
        let mut starts = vec![0];
        let mut entries = Vec::new();
        for row in rows {
            entries.extend(row);
            starts.push(entries.len());
        }
        Self { starts, entries }
    }

    fn rows(facts: &ItemFacts, config: &ContentConfig) -> Vec<Vec<(u32, f32)>> {
        let count = |rows: &[Vec<u32>]| rows.iter().flatten().max().map_or(0, |last| last + 1);
        let words = count(&facts.kinds);
        let knots = words + count(&facts.words);
        let years = facts.years.iter().flatten();
        let first = years.fold(f64::INFINITY, |first, year| first.min(*year));
        let each = facts.kinds.iter().zip(&facts.words).zip(&facts.years);
        each.map(|((kinds, told), year)| {
            let mut row = alike(kinds, 0, config.kinds);
            row.extend(alike(told, words, config.words));
            if let Some(year) = year {
                row.extend(about((year - first) / YEARS, knots, config.years));
            }
            row
        })
        .collect()
    }

    /// Number of items.
    pub(in crate::models) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// What is known of an item: columns that rise, and the root of what each counts.
    pub(in crate::models) fn row(&self, item: usize) -> &[(u32, f32)] {
        &self.entries[self.starts[item]..self.starts[item + 1]]
    }

    /// Number of columns.
    pub(in crate::models) fn width(&self) -> usize {
        let last = self.entries.iter().map(|(column, _)| *column).max();
        last.map_or(0, |last| last as usize + 1)
    }

    /// The items to learn from and those that nobody has, both rising: of the first, which somebody has and
    /// of which something is known, the most popular ones.
    pub(in crate::models) fn parted(&self, counts: &[u32]) -> (Vec<usize>, Vec<usize>) {
        let cold = (0..self.len()).filter(|at| counts[*at] == 0).collect();
        let known = (0..self.len()).filter(|at| counts[*at] > 0 && self.knows(*at));
        let mut anchors: Vec<usize> = known.collect();
        anchors.sort_by_key(|at| (std::cmp::Reverse(counts[*at]), *at));
        anchors.truncate(ANCHORS);
        anchors.sort_unstable();
        (anchors, cold)
    }

    /// Whether anything is known of an item.
    pub(in crate::models) fn knows(&self, item: usize) -> bool {
        !self.row(item).is_empty()
    }

    /// `<i, j>`
    pub(in crate::models) fn product(&self, i: usize, j: usize) -> f32 {
        let (mut a, mut b) = (self.row(i), self.row(j));
        let mut sum = 0.0;
        while let ([(left, x), rest @ ..], [(right, y), others @ ..]) = (a, b) {
            if left == right {
                sum += x * y;
            }
            if left <= right {
                a = rest;
            }
            if right <= left {
                b = others;
            }
        }
        sum
    }
}

/// Ones over the root of their number, times the root of what they count.
fn alike(features: &[u32], first: u32, counts: f32) -> Vec<(u32, f32)> {
    let share = (counts / features.len() as f32).sqrt();
    let each = features.iter().map(|feature| (first + feature, share));
    each.filter(|(_, share)| *share > 0.0).collect()
}

/// A place between two knots.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 or more, and cut off"
)]
fn about(place: f64, first: u32, counts: f32) -> [(u32, f32); 2] {
    let knot = place.floor().min(1e6);
    let share = (place - knot).clamp(0.0, 1.0) as f32;
    let at = first + knot as u32;
    let root = counts.sqrt();
    [(at, (1.0 - share) * root), (at + 1, share * root)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand() {
        let facts = ItemFacts {
            kinds: vec![vec![0, 1], vec![1], vec![]],
            years: vec![Some(1990.0), Some(1992.5), None],
            words: vec![vec![0], vec![0, 1], vec![]],
            known: 3,
        };
        let config = ContentConfig {
            kinds: 0.5,
            years: 2.0,
            words: 1.0,
        };
        let content = Content::of(&ItemFeatures::of(&facts), &config);
        assert_eq!(content.len(), 3);
        // One kind of 2 and 1, half of a knot in common, one word of 1 and 2.
        let root = 2.0_f32.sqrt();
        let expected = 0.5 / root + 2.0 * 0.5 + 1.0 / root;
        assert!((content.product(0, 1) - expected).abs() < 1e-6);
        assert!((content.product(0, 0) - 3.5).abs() < 1e-6);
        assert!((content.product(1, 1) - (0.5 + 2.0 * 0.5 + 1.0)).abs() < 1e-6);
        assert!(content.product(0, 2) == 0.0 && !content.knows(2) && content.knows(1));
    }

    #[test]
    fn features_without_facts_are_kinds() {
        let features = ItemFeatures::new(&[vec![0, 3], vec![3], vec![]]);
        let content = Content::of(&features, &ContentConfig::default());
        assert!((content.product(0, 1) - 0.5 / 2.0_f32.sqrt()).abs() < 1e-6);
        assert!(!content.knows(2));
    }
}
