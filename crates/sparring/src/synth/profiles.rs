//! Profiles of synthetic users, and the blocks in which they are drawn.

use std::ops::Range;

use crate::data::ItemIx;

/// The profiles of users that follow one another: sets of items, in compressed rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profiles {
    ends: Vec<usize>,
    items: Vec<ItemIx>,
}

/// Users that are drawn together; user `u` is always in the same block, whoever asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block(pub u64);

impl Block {
    /// Number of users in a block.
    pub const SIZE: u64 = 32;

    /// The numbers of the users in it.
    pub fn users(self) -> Range<u64> {
        self.0 * Self::SIZE..(self.0 + 1) * Self::SIZE
    }

    /// The blocks that hold these users.
    pub(super) fn of(users: &Range<u64>) -> Range<u64> {
        users.start / Self::SIZE..users.end.div_ceil(Self::SIZE)
    }
}

impl Profiles {
    /// No users yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the profile of the next user, sorted here.
    pub fn push(&mut self, items: impl IntoIterator<Item = ItemIx>) {
        let start = self.items.len();
        self.items.extend(items);
        self.items[start..].sort_unstable();
        self.ends.push(self.items.len());
    }

    /// Adds the profiles of the users at `positions` of another set.
    pub(super) fn extend(&mut self, other: &Self, positions: Range<usize>) {
        for at in positions {
            self.items.extend_from_slice(other.profile(at));
            self.ends.push(self.items.len());
        }
    }

    /// Number of users.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no user.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of items of all users together.
    pub fn n_interactions(&self) -> usize {
        self.items.len()
    }

    /// The items of the user at a position, by rising index.
    ///
    /// # Panics
    /// If `at` is not below [`len`](Self::len).
    pub fn profile(&self, at: usize) -> &[ItemIx] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.items[start..self.ends[at]]
    }

    /// The profiles in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[ItemIx]> {
        (0..self.len()).map(|at| self.profile(at))
    }
}
