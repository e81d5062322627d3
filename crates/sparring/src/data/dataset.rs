//! A log with its ids.

use std::sync::Arc;

use super::ids::{ItemIx, UserIx, Vocabulary};
use super::interactions::{Interactions, InteractionsBuilder};
use super::item_features::ItemFeatures;

/// An interaction log and the external ids of its users and items; cheap to clone.
///
/// Parts of one log (training, validation, test) share their vocabularies, so an index means the
/// same user or item in each of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    users: Arc<Vocabulary>,
    items: Arc<Vocabulary>,
    interactions: Arc<Interactions>,
    features: Option<Arc<ItemFeatures>>,
}

impl Dataset {
    /// Joins interactions with their ids.
    ///
    /// # Panics
    /// If a row has no user id or an item has no item id: the builder of the log is wrong.
    pub fn new(users: Arc<Vocabulary>, items: Arc<Vocabulary>, interactions: Interactions) -> Self {
        assert_eq!(
            users.len(),
            interactions.n_users(),
            "one row for each user id"
        );
        let largest = interactions
            .items()
            .iter()
            .map(|item| item.at() + 1)
            .max()
            .unwrap_or(0);
        assert!(largest <= items.len(), "one id for each item");
        Self {
            users,
            items,
            interactions: Arc::new(interactions),
            features: None,
        }
    }

    /// The same log with features of its items, which models of sequences take.
    ///
    /// # Panics
    /// If they are of another number of items.
    #[must_use]
    pub fn with_features(self, features: Arc<ItemFeatures>) -> Self {
        assert_eq!(features.n_items(), self.n_items(), "features of each item");
        Self {
            features: Some(features),
            ..self
        }
    }

    /// The features of the items, if there are any.
    pub fn features(&self) -> Option<&Arc<ItemFeatures>> {
        self.features.as_ref()
    }

    /// Number of users `U`, those without interactions included.
    pub fn n_users(&self) -> usize {
        self.users.len()
    }

    /// Number of items `I`, those without interactions included.
    pub fn n_items(&self) -> usize {
        self.items.len()
    }

    /// Number of interactions.
    pub fn n_interactions(&self) -> usize {
        self.interactions.len()
    }

    /// The ids of the users.
    pub fn users(&self) -> &Arc<Vocabulary> {
        &self.users
    }

    /// The ids of the items.
    pub fn items(&self) -> &Arc<Vocabulary> {
        &self.items
    }

    /// The interactions by row.
    pub fn interactions(&self) -> &Interactions {
        &self.interactions
    }

    /// The items of a user, in event order.
    pub fn history(&self, user: UserIx) -> &[ItemIx] {
        self.interactions.row(user)
    }

    /// All user indices.
    pub fn user_indices(&self) -> impl ExactSizeIterator<Item = UserIx> + use<> {
        (0..u32::try_from(self.n_users()).expect("fewer than 2^32 users")).map(UserIx)
    }

    /// How many interactions each item has, `[I]`.
    pub fn item_counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.n_items()];
        for item in self.interactions.items() {
            counts[item.at()] += 1;
        }
        counts
    }

    /// The same ids with other interactions.
    #[must_use]
    pub fn with_interactions(&self, interactions: Interactions) -> Self {
        Self {
            features: self.features.clone(),
            ..Self::new(
                Arc::clone(&self.users),
                Arc::clone(&self.items),
                interactions,
            )
        }
    }

    /// The part of the log for which `keep(user, position)` holds, over the same ids.
    #[must_use]
    pub fn filter(&self, keep: impl FnMut(UserIx, usize) -> bool) -> Self {
        self.with_interactions(self.interactions.filter(keep))
    }

    /// The users and their events over another catalogue, without features; items that are not in it are
    /// left out.
    #[must_use]
    pub fn over(&self, catalogue: Vocabulary) -> Self {
        let places: Vec<Option<u32>> = self.items.iter().map(|id| catalogue.get(id)).collect();
        let mut builder = InteractionsBuilder::new();
        for user in self.user_indices() {
            let ratings = self.interactions.ratings(user);
            for (position, item) in self.history(user).iter().enumerate() {
                if let Some(place) = places[item.at()] {
                    let rating = ratings.map(|ratings| ratings[position]);
                    let time = self.interactions.time(user, position);
                    builder.push(user, ItemIx(place), rating, time);
                }
            }
        }
        let interactions = builder.build(self.n_users());
        Self::new(Arc::clone(&self.users), Arc::new(catalogue), interactions)
    }

    /// Users and items exchanged, without features: what item-oriented models train on.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut builder = InteractionsBuilder::new();
        for user in self.user_indices() {
            let ratings = self.interactions.ratings(user);
            for (position, item) in self.history(user).iter().enumerate() {
                let rating = ratings.map(|ratings| ratings[position]);
                let time = self.interactions.time(user, position);
                builder.push(UserIx(item.0), ItemIx(user.0), rating, time);
            }
        }
        let rows = builder.build(self.n_items());
        Self::new(Arc::clone(&self.items), Arc::clone(&self.users), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_twice_is_the_identity_on_pairs() {
        let mut builder = InteractionsBuilder::new();
        for (user, item) in [(0, 1), (0, 0), (1, 1)] {
            builder.push(UserIx(user), ItemIx(item), None, None);
        }
        let users = Arc::new(["a", "b"].into_iter().collect());
        let items = Arc::new(["x", "y"].into_iter().collect());
        let data = Dataset::new(users, items, builder.build(2));
        let turned = data.transpose();
        assert_eq!(turned.history(UserIx(1)), [ItemIx(0), ItemIx(1)]);
        assert_eq!((turned.users().id(1), turned.items().id(0)), ("y", "a"));
        assert_eq!(
            turned.transpose().history(UserIx(0)),
            [ItemIx(0), ItemIx(1)]
        );
        assert_eq!(data.item_counts(), [1, 2]);
    }
}
