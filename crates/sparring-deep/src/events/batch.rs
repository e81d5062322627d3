//! Histories of a step as a network of events takes them.

use sparring_wide::{Matrix, NO_ITEM};

use crate::packed::Packed;

/// What stands for the item of the row before a user's first event.
pub const START: u32 = NO_ITEM;

/// Sequences of events, each with a row before its first event that carries what is known of the
/// user from elsewhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventBatch {
    /// The sequences.
    pub packed: Packed,
    /// The items `[N]`, [`START`] in the row before the first event.
    pub items: Vec<u32>,
    /// Classes of the reactions `[N]`; the number of classes where there is none.
    pub reactions: Vec<u32>,
    /// Classes of the gaps before the events `[N]`; the number of classes where there is none.
    pub gaps: Vec<u32>,
    /// Events of the user so far, those of the row included `[N]`.
    pub ages: Vec<u32>,
    /// What each user is like, drawn `[sequences, Z]`.
    pub noise: Matrix,
    /// What came after.
    pub next: Targets,
}

/// What came after each row `[N]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Targets {
    /// The class of the gap; the number of classes where the user stopped.
    pub gaps: Vec<u32>,
    /// Whether the item is told the gap before it.
    pub told: Vec<bool>,
    /// The item, [`START`] where the user stopped.
    pub items: Vec<u32>,
    /// The class of the reaction, the number of classes where there is none.
    pub reactions: Vec<u32>,
    /// How the item is expected to be liked by other evidence, in logits up to a factor; 0 for none.
    pub leanings: Vec<f32>,
    /// What the row counts; a negative weight makes what came after less likely.
    pub weights: Vec<f32>,
    /// What sums over rows are divided by.
    pub total: f64,
}

impl EventBatch {
    /// Number of rows `N`.
    pub fn n_rows(&self) -> usize {
        self.items.len()
    }
}
