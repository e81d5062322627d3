//! What a metric is.

use std::fmt::Debug;

use crate::data::ItemIx;

/// Rates the list of one user; a label looks like `ndcg@10`.
pub trait Metric: Debug + Send + Sync {
    /// Name and cut-off.
    fn label(&self) -> String;

    /// Whether more is better.
    fn direction(&self) -> Direction {
        Direction::Maximize
    }

    /// The value for one user, `None` where it is undefined.
    fn score(&self, list: &Judged<'_>) -> Option<f64>;

    /// The weight `w` of this user in the mean `sum(w * score) / sum(w)`.
    fn weight(&self, _list: &Judged<'_>) -> f64 {
        1.0
    }

    /// Whether [`Judged::ranking`] is needed, which costs a look at every score.
    fn needs_ranking(&self) -> bool {
        false
    }
}

/// Whether more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Maximize,
    /// Less is better.
    Minimize,
}

/// The list of one user beside what it should hold.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// Whether each place of the list, best first, holds a relevant item.
    pub hits: &'a [bool],
    /// Number `|R|` of relevant items, at least 1.
    pub n_relevant: usize,
    /// Number of items that could have been listed, the relevant ones included.
    pub n_candidates: usize,
    /// Where the relevant items are in the order of all candidates, if it was asked for.
    pub ranking: Option<Ranking>,
}

/// Where the relevant items of a user are in the order of all candidates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranking {
    /// Pairs of a relevant and an irrelevant candidate of which the relevant one scores higher,
    /// ties counted half.
    pub won_pairs: f64,
}

impl Judged<'_> {
    /// Number of relevant items among the first `k` places.
    pub fn n_hits(&self, k: usize) -> usize {
        self.first(k).iter().filter(|&&hit| hit).count()
    }

    /// The first `k` places, fewer if the list is shorter.
    pub fn first(&self, k: usize) -> &[bool] {
        &self.hits[..k.min(self.hits.len())]
    }
}

/// For each place of `list` whether it is in `relevant`, which is sorted.
pub(super) fn hits(list: &[ItemIx], relevant: &[ItemIx]) -> Vec<bool> {
    list.iter()
        .map(|item| relevant.binary_search(item).is_ok())
        .collect()
}
