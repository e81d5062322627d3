//! Bootstrap: copies of real users, drawn with replacement (Efron, "Bootstrap methods: another look
//! at the jackknife", Annals of Statistics 1979).
//!
//! A reference for what no generator can beat by much. Its users did live: every profile is a real
//! one, so it is never private, and a fitted one is not saved.

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::error::SynthError;
use super::profiles::{Block, Profiles};
use super::real::Real;
use super::traits::{Synthesize, Synthesizer};
use crate::data::{Dataset, ItemIx};
use crate::recommend::{NamedTensors, Run, Weights, WeightsError};

/// Settings of the bootstrap: there are none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BootstrapConfig {}

/// The real profiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    n_items: usize,
    /// Where each profile ends, `[U]`.
    ends: Vec<u32>,
    items: Vec<u32>,
}

impl Synthesize for BootstrapConfig {
    type Model = Bootstrap;
    const ANY_WIDTH: bool = true;

    fn fit(&self, real: &Dataset, run: &Run<'_>) -> Result<Bootstrap, SynthError> {
        let rows = Real::of("bootstrap", real, run)?.rows;
        let mut bootstrap = Bootstrap {
            n_items: rows.n_columns(),
            ends: Vec::with_capacity(rows.n_rows()),
            items: Vec::with_capacity(rows.len()),
        };
        for row in rows.rows() {
            bootstrap.items.extend_from_slice(row);
            let end = u32::try_from(bootstrap.items.len()).expect("fewer than 2^32 interactions");
            bootstrap.ends.push(end);
        }
        Ok(bootstrap)
    }
}

impl Synthesizer for Bootstrap {
    fn n_items(&self) -> usize {
        self.n_items
    }

    fn draw(&self, block: Block, seed: Seed) -> Profiles {
        let mut profiles = Profiles::new();
        for user in block.users() {
            let at = seed
                .stream_at("user", user)
                .random_range(0..self.ends.len());
            let start = if at == 0 { 0 } else { self.ends[at - 1] };
            let row = &self.items[start as usize..self.ends[at] as usize];
            profiles.push(row.iter().map(|&item| ItemIx(item)));
        }
        profiles
    }
}

impl Weights for Bootstrap {
    fn weights(&self) -> NamedTensors {
        let n_items = u32::try_from(self.n_items).expect("items are u32");
        NamedTensors::new()
            .with_indices("ends", &[self.ends.len()], self.ends.clone())
            .with_indices("items", &[self.items.len()], self.items.clone())
            .with_indices("n_items", &[1], vec![n_items])
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let wrong = |name: &str, expected| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found: "something else".to_owned(),
        };
        let (ends, items) = (weights.indices("ends")?, weights.indices("items")?);
        let &[n_items] = weights.indices("n_items")? else {
            return Err(wrong("n_items", "one number"));
        };
        let rising = ends.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising
            || ends.first() == Some(&0)
            || ends.last().map(|&end| end as usize) != Some(items.len())
        {
            return Err(wrong("ends", "the rising ends of the profiles"));
        }
        if items.iter().any(|&item| item >= n_items) {
            return Err(wrong("items", "items of the catalogue"));
        }
        Ok(Self {
            n_items: n_items as usize,
            ends: ends.to_vec(),
            items: items.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::synth::contract;

    synthesizer_contract!(BootstrapConfig {});

    #[test]
    fn every_user_is_a_copy_and_most_are_copied() {
        let data = contract::planted();
        let real: HashSet<Vec<ItemIx>> = data
            .user_indices()
            .map(|user| {
                let mut items = data.history(user).to_vec();
                items.sort_unstable();
                items
            })
            .collect();
        let model = contract::fit_on(&BootstrapConfig {}, 1);
        let drawn: HashSet<Vec<ItemIx>> = model
            .generate(0..5 * data.n_users() as u64, Seed(4))
            .iter()
            .map(<[ItemIx]>::to_vec)
            .collect();
        assert!(drawn.is_subset(&real));
        // Of n users, 1 - e^-5 are expected among 5 n copies.
        assert!(drawn.len() * 100 > real.len() * 97, "{}", drawn.len());
    }
}
