//! The layer over profiles: what makes a whole log of sets of items.
//!
//! It is fitted to the real log beside a synthesizer and works over any: ratings (`ratings.rs`), times
//! and the order of events (`times.rs`). What the real log does not have is left out.

use sparring_wide::Seed;

use super::ratings::Ratings;
use super::times::Times;
use crate::data::{Dataset, ItemIx};
use crate::recommend::{NamedTensors, WeightsError};

/// The laws of what stands beside an item.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    ratings: Option<Ratings>,
    times: Option<Times>,
}

/// An event of a synthetic user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// The item.
    pub item: ItemIx,
    /// Its rating, if the real log has ratings.
    pub rating: Option<f32>,
    /// When it happens, if the real log has times.
    pub time: Option<i64>,
}

impl Layer {
    /// Fitted to a real log.
    pub fn fit(real: &Dataset) -> Self {
        Self {
            ratings: Ratings::of(real),
            times: Times::of(real),
        }
    }

    /// Whether events have ratings.
    pub fn has_ratings(&self) -> bool {
        self.ratings.is_some()
    }

    /// Whether events have times.
    pub fn has_times(&self) -> bool {
        self.times.is_some()
    }

    /// The ratings that are drawn, rising; none without ratings.
    pub fn rating_values(&self) -> &[f32] {
        self.ratings.as_ref().map_or(&[], Ratings::values)
    }

    /// The events of a user with these items, in their order; by item where there are no times.
    ///
    /// They depend on the seed, the number of the user and the items alone.
    ///
    /// # Panics
    /// If an item is none of the real log's.
    pub fn events(&self, user: u64, profile: &[ItemIx], seed: Seed) -> Vec<Event> {
        let rated = self.ratings.as_ref();
        let ratings = rated.map(|law| law.draw(user, profile, seed));
        let event = |at: usize, time| Event {
            item: profile[at],
            rating: ratings.as_ref().map(|ratings| ratings[at]),
            time,
        };
        match &self.times {
            None => (0..profile.len()).map(|at| event(at, None)).collect(),
            Some(law) => law
                .draw(user, profile, seed)
                .into_iter()
                .map(|(at, time)| event(at as usize, Some(time)))
                .collect(),
        }
    }

    /// All that drawing needs, by name; nothing for a layer that adds nothing.
    pub fn weights(&self) -> NamedTensors {
        let mut weights = NamedTensors::new();
        if let Some(law) = &self.ratings {
            weights = weights.with_part("ratings", law.weights());
        }
        if let Some(law) = &self.times {
            weights = weights.with_part("times", law.weights());
        }
        weights
    }

    /// The layer over a catalogue of so many items.
    ///
    /// # Errors
    /// If a tensor is missing or does not make a law.
    pub fn from_weights(weights: &NamedTensors, n_items: usize) -> Result<Self, WeightsError> {
        let ratings = weights.part("ratings");
        let times = weights.part("times");
        Ok(Self {
            ratings: ratings
                .map(|part| Ratings::from_weights(&part, n_items))
                .transpose()?,
            times: times
                .map(|part| Times::from_weights(&part, n_items))
                .transpose()?,
        })
    }
}

#[cfg(test)]
mod tests;
