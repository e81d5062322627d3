//! The layer over profiles: what makes a whole log of sets of items.
//!
//! It is fitted to the real log beside a synthesizer and works over any: ratings (`ratings.rs`), times
//! and the order of events (`times.rs`), attributes of the users (`attributes.rs`). What the real log
//! does not have is left out.

use sparring_wide::Seed;

use super::attributes::{AttributeTexts, Attributes};
use super::ratings::Ratings;
use super::times::Times;
use crate::data::{Dataset, ItemIx, UserTable};
use crate::recommend::{NamedTensors, WeightsError};

/// The laws of what stands beside the items, and of what the users are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layer {
    ratings: Option<Ratings>,
    times: Option<Times>,
    attributes: Option<Attributes>,
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
    /// Fitted to a real log and, if there is one, the table of its users.
    pub fn fit(real: &Dataset, users: Option<&UserTable>) -> Self {
        Self {
            ratings: Ratings::of(real),
            times: Times::of(real),
            attributes: users.map(|table| Attributes::of(real, table)),
        }
    }

    /// Of laws that are there already.
    pub(super) fn of(ratings: Option<Ratings>, times: Option<Times>) -> Self {
        Self {
            ratings,
            times,
            attributes: None,
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

    /// The columns of a file of users, theirs first; none without attributes.
    pub fn attribute_names(&self) -> Vec<&str> {
        self.attributes
            .as_ref()
            .map_or_else(Vec::new, Attributes::names)
    }

    /// A value of each attribute for a user with these items; it depends on the seed, the number of
    /// the user and the items alone.
    ///
    /// # Panics
    /// If an item is none of the real log's.
    pub fn attributes(&self, user: u64, profile: &[ItemIx], seed: Seed) -> Vec<&str> {
        let law = self.attributes.as_ref();
        law.map_or_else(Vec::new, |law| law.draw(user, profile, seed))
    }

    /// The texts of the attributes, which [`weights`](Self::weights) do not hold.
    pub fn texts(&self) -> Option<AttributeTexts> {
        self.attributes.as_ref().map(Attributes::texts)
    }

    /// What is left out, and what should be known.
    pub fn notes(&self) -> Vec<String> {
        let missing = |has: bool, what: &str| {
            (!has).then(|| format!("The real log has no {what}: the column is left out."))
        };
        let mut notes: Vec<String> = [
            missing(self.has_ratings(), "ratings"),
            missing(self.has_times(), "times"),
        ]
        .into_iter()
        .flatten()
        .collect();
        notes.extend(self.attributes.iter().flat_map(Attributes::notes));
        notes
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
        if let Some(law) = &self.attributes {
            weights = weights.with_part("attributes", law.weights());
        }
        weights
    }

    /// The layer over a catalogue of so many items.
    ///
    /// # Errors
    /// If a tensor is missing or does not make a law.
    pub fn from_weights(
        weights: &NamedTensors,
        texts: Option<AttributeTexts>,
        n_items: usize,
    ) -> Result<Self, WeightsError> {
        let attributes = weights.part("attributes").unwrap_or_default();
        let ratings = weights.part("ratings");
        let times = weights.part("times");
        Ok(Self {
            ratings: ratings
                .map(|part| Ratings::from_weights(&part, n_items))
                .transpose()?,
            times: times
                .map(|part| Times::from_weights(&part, n_items))
                .transpose()?,
            attributes: texts
                .map(|texts| Attributes::from_weights(&attributes, texts, n_items))
                .transpose()?,
        })
    }
}

#[cfg(test)]
mod tests;
