//! Keys of users, items and kinds that were met lately, so that an event does not look them up.

use hashbrown::HashMap;

/// Ids that are kept of each; then all are let go of.
const KEPT: usize = 1 << 18;

/// What the committed database, and the transaction under way, is known to hold.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) users: Known,
    /// Items that are not deleted.
    pub(super) items: Known,
    pub(super) kinds: Known,
}

/// Keys by id.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Box<str>, i64>);

impl Keys {
    /// Forgets everything: a transaction was undone.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Known {
    pub(super) fn get(&self, id: &str) -> Option<i64> {
        self.0.get(id).copied()
    }

    pub(super) fn keep(&mut self, id: &str, key: i64) -> i64 {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(id.into(), key);
        key
    }

    pub(super) fn forget(&mut self, id: &str) {
        self.0.remove(id);
    }
}
