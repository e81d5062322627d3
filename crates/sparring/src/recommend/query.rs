//! One request for scores.

use crate::data::{Dataset, ItemIx, UserIx};

/// Whom to score for: a user's history, and its index if it was in the training data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Query<'a> {
    /// The user's row in the training data; `None` for a user never seen.
    pub user: Option<UserIx>,
    /// What the user has done, in event order.
    pub history: &'a [ItemIx],
}

impl<'a> Query<'a> {
    /// A query for a user of the training data.
    pub fn known(train: &'a Dataset, user: UserIx) -> Self {
        Self {
            user: Some(user),
            history: train.history(user),
        }
    }

    /// A query for a user known only by a history.
    pub fn new_user(history: &'a [ItemIx]) -> Self {
        Self {
            user: None,
            history,
        }
    }
}
