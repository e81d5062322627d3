//! The items of a wide catalogue whose pairs were not released.
//!
//! ```text
//! a user with h popular items has k ~ Poisson(h (1 - s) / s) others,  s the share of the popular ones
//! ```
//!
//! The others are drawn by popularity, none twice: all that the release knows of them.

use rand::RngExt;
use rand_distr::{Distribution, Poisson};
use sparring_wide::Stream;

use crate::data::ItemIx;
use crate::recommend::{NamedTensors, WeightsError};
use crate::synth::blend::single;
use crate::synth::decoder::finite;

/// Lots drawn for an item before it is left out: those that are left are hardly ever drawn.
const LOTS: usize = 20;

/// The items that are drawn by popularity, and those that are not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tail {
    /// The items of the law, rising.
    head: Vec<u32>,
    /// All others, rising.
    items: Vec<u32>,
    /// Their popularity.
    weights: Vec<f32>,
    /// Sums of it, up to and with each.
    sums: Vec<f64>,
    /// Others to one popular item, `(1 - s) / s`.
    ratio: f32,
}

impl Tail {
    /// Of the popularity of all items, `head` being those of the law; none if these are all.
    pub(super) fn of(head: &[u32], popularity: &[f64]) -> Option<Self> {
        let mut is_head = vec![false; popularity.len()];
        for &item in head {
            is_head[item as usize] = true;
        }
        let all = 0..u32::try_from(popularity.len()).expect("items fit u32");
        let items: Vec<u32> = all.filter(|&item| !is_head[item as usize]).collect();
        if items.is_empty() {
            return None;
        }
        let weights: Vec<f32> = items
            .iter()
            .map(|&i| single(popularity[i as usize]))
            .collect();
        let popular: f64 = head.iter().map(|&item| popularity[item as usize]).sum();
        let others: f64 = weights.iter().copied().map(f64::from).sum();
        let ratio = single(others / popular.max(f64::MIN_POSITIVE));
        Some(Self::with(head.to_vec(), items, weights, ratio))
    }

    fn with(head: Vec<u32>, items: Vec<u32>, weights: Vec<f32>, ratio: f32) -> Self {
        let mut sum = 0.0;
        let add = |weight: &f32| {
            sum += f64::from(*weight);
            sum
        };
        let sums = weights.iter().map(add).collect();
        Self {
            head,
            items,
            weights,
            sums,
            ratio,
        }
    }

    pub(super) fn n_head(&self) -> usize {
        self.head.len()
    }

    pub(super) fn n_items(&self) -> usize {
        self.head.len() + self.items.len()
    }

    /// The profile of a user with these items of the law.
    pub(super) fn complete(&self, of_law: &[ItemIx], stream: &mut Stream) -> Vec<ItemIx> {
        let mut profile: Vec<ItemIx> = of_law.iter().map(|i| ItemIx(self.head[i.at()])).collect();
        let mean = of_law.len() as f64 * f64::from(self.ratio);
        let all = self.sums.last().copied().unwrap_or(0.0);
        let Ok(law) = Poisson::new(mean) else {
            return profile;
        };
        if all <= 0.0 {
            return profile;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of items"
        )]
        let wanted = (law.sample(stream) as usize).min(self.items.len() / 2);
        let mut others: Vec<u32> = Vec::with_capacity(wanted);
        for _ in 0..wanted * LOTS {
            if others.len() == wanted {
                break;
            }
            let place = stream.random::<f64>() * all;
            let at = self.sums.partition_point(|sum| *sum <= place);
            let item = self.items[at.min(self.items.len() - 1)];
            if !others.contains(&item) {
                others.push(item);
            }
        }
        profile.extend(others.into_iter().map(ItemIx));
        profile
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let others = self.items.len();
        NamedTensors::new()
            .with_indices("head", &[self.head.len()], self.head.clone())
            .with_indices("items", &[others], self.items.clone())
            .with("popularity", &[others], self.weights.clone())
            .with("ratio", &[1], vec![self.ratio])
    }

    /// # Errors
    /// If a tensor is missing, does not fit the others or is out of range.
    pub(super) fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (head, items) = (weights.indices("head")?, weights.indices("items")?);
        let popularity = weights.vector_of("popularity", items.len())?;
        let ratio = weights.vector_of("ratio", 1)?;
        for (name, numbers) in [("popularity", popularity), ("ratio", ratio)] {
            finite(name, numbers)?;
            if let Some(found) = numbers.iter().find(|number| **number < 0.0) {
                return Err(WeightsError::Value {
                    name: name.to_owned(),
                    expected: "numbers of 0 and more",
                    found: found.to_string(),
                });
            }
        }
        let mut all: Vec<u32> = head.iter().chain(items).copied().collect();
        all.sort_unstable();
        if let Some((at, item)) = (0..).zip(&all).find(|(at, item)| at != *item) {
            return Err(WeightsError::Value {
                name: "items".to_owned(),
                expected: "every item of the catalogue once",
                found: format!("{item} in the place of {at}"),
            });
        }
        let (head, items) = (head.to_vec(), items.to_vec());
        Ok(Self::with(head, items, popularity.to_vec(), ratio[0]))
    }
}

#[cfg(test)]
mod tests {
    use sparring_wide::Seed;

    use super::*;

    #[test]
    fn others_are_drawn_by_popularity() {
        // Items 1 and 3 of the law have 6 of 10; 0, 2, 4 and 5 have 1, 3, 0 and 0.
        let tail = Tail::of(&[1, 3], &[1.0, 4.0, 3.0, 2.0, 0.0, 0.0]).unwrap();
        assert_eq!((tail.n_head(), tail.n_items()), (2, 6));
        assert!((tail.ratio - 4.0 / 6.0).abs() < 1e-6);
        let mut counts = [0_u32; 6];
        let mut stream = Seed(1).stream("test");
        for _ in 0..6000 {
            for item in tail.complete(&[ItemIx(1)], &mut stream) {
                counts[item.at()] += 1;
            }
        }
        assert_eq!(
            (counts[1], counts[3], counts[4], counts[5]),
            (0, 6000, 0, 0)
        );
        // Poisson of 2/3: one with chance .342, two and more with .144, which have both items.
        let (rare, common) = (f64::from(counts[0]) / 6000.0, f64::from(counts[2]) / 6000.0);
        assert!((rare - (0.342 / 4.0 + 0.144)).abs() < 0.03, "{rare}");
        assert!((common - (0.342 * 0.75 + 0.144)).abs() < 0.03, "{common}");
        assert!(Tail::of(&[0, 1], &[1.0, 2.0]).is_none());
    }

    #[test]
    fn damaged_tails_are_refused() {
        let tail = Tail::of(&[1], &[1.0, 4.0, 3.0]).unwrap();
        let weights = tail.weights();
        assert_eq!(Tail::from_weights(&weights).unwrap(), tail);
        let twice = weights.clone().with_indices("items", &[2], vec![0, 1]);
        assert!(Tail::from_weights(&twice).is_err());
        let below = weights.clone().with("popularity", &[2], vec![-1.0, 2.0]);
        assert!(Tail::from_weights(&below).is_err());
        let no_number = weights.with("ratio", &[1], vec![f32::NAN]);
        assert!(Tail::from_weights(&no_number).is_err());
    }
}
