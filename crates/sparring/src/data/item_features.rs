//! What items have in common, as models take it: features of each item.

use std::collections::BTreeMap;

use super::ids::ItemIx;
use super::item_facts::ItemFacts;

/// Years of a class.
const YEARS: f64 = 5.0;

/// The features of the items of a catalogue, in compressed rows.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemFeatures {
    starts: Vec<usize>,
    features: Vec<u32>,
    n_features: usize,
    facts: Option<ItemFacts>,
}

impl ItemFeatures {
    /// Of rows of features, one an item.
    pub fn new(rows: &[Vec<u32>]) -> Self {
        let mut starts = vec![0];
        let mut features = Vec::new();
        for row in rows {
            features.extend_from_slice(row);
            starts.push(features.len());
        }
        let n_features = features.iter().max().map_or(0, |last| *last as usize + 1);
        Self {
            starts,
            features,
            n_features,
            facts: None,
        }
    }

    /// The kinds of items and the five years that each is from.
    pub fn of(facts: &ItemFacts) -> Self {
        let kinds = facts.kinds.iter().flatten().max();
        let mut next = kinds.map_or(0, |last| last + 1);
        #[expect(clippy::cast_possible_truncation, reason = "classes of years")]
        let class = |year: f64| (year / YEARS).floor() as i64;
        let mut classes: BTreeMap<i64, u32> = BTreeMap::new();
        for year in facts.years.iter().flatten() {
            classes.entry(class(*year)).or_default();
        }
        for number in classes.values_mut() {
            *number = next;
            next += 1;
        }
        let rows: Vec<Vec<u32>> = facts
            .kinds
            .iter()
            .zip(&facts.years)
            .map(|(kinds, year)| {
                let year = year.map(|year| classes[&class(year)]);
                kinds.iter().copied().chain(year).collect()
            })
            .collect();
        Self {
            facts: Some(facts.clone()),
            ..Self::new(&rows)
        }
    }

    /// The facts that the features were made of, if they were.
    pub fn facts(&self) -> Option<&ItemFacts> {
        self.facts.as_ref()
    }

    /// The features of an item.
    pub fn of_item(&self, item: ItemIx) -> &[u32] {
        &self.features[self.starts[item.at()]..self.starts[item.at() + 1]]
    }

    /// Number of items `I`.
    pub fn n_items(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of features `F`.
    pub fn n_features(&self) -> usize {
        self.n_features
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_first_then_classes_of_years() {
        let facts = ItemFacts {
            kinds: vec![vec![0, 2], vec![], vec![1]],
            years: vec![Some(1999.0), Some(1994.0), None],
            known: 3,
            ..ItemFacts::default()
        };
        let features = ItemFeatures::of(&facts);
        assert_eq!((features.n_items(), features.n_features()), (3, 5));
        let of = |item| features.of_item(ItemIx(item)).to_vec();
        assert_eq!([of(0), of(1), of(2)], [vec![0, 2, 4], vec![3], vec![1]]);
    }

    #[test]
    fn items_may_have_none() {
        let features = ItemFeatures::new(&[vec![], vec![]]);
        assert_eq!((features.n_items(), features.n_features()), (2, 0));
        assert!(features.of_item(ItemIx(1)).is_empty());
    }
}
