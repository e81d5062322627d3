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
    fn score(&self, list: &Judged) -> Option<f64>;

    /// The weight `w` of this user in the mean `sum(w * score) / sum(w)`.
    fn weight(&self, _list: &Judged) -> f64 {
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
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Whether each place of the list, best first, holds a relevant item.
    pub hits: Vec<bool>,
    /// The rating of the item at each place that hits, 1 if there are no ratings; 0 elsewhere.
    pub gains: Vec<f32>,
    /// The rating of every relevant item, 1 if there are no ratings, highest first.
    pub ideal: Vec<f32>,
    /// Number of items that could have been listed, the relevant ones included.
    pub n_candidates: usize,
    /// Number of items of the catalogue.
    pub n_items: usize,
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

impl Judged {
    /// Judges a list, best first, by the relevant items and their ratings, which are distinct and
    /// sorted by item. Of the `n_items` of the catalogue, `n_candidates` could have been listed.
    pub fn new(
        list: &[ItemIx],
        relevant: &[(ItemIx, f32)],
        n_candidates: usize,
        n_items: usize,
    ) -> Self {
        let find = |item| relevant.binary_search_by_key(item, |wanted| wanted.0).ok();
        let found: Vec<Option<usize>> = list.iter().map(find).collect();
        let mut ideal: Vec<f32> = relevant.iter().map(|wanted| wanted.1).collect();
        ideal.sort_unstable_by(|a, b| b.total_cmp(a));
        Self {
            hits: found.iter().map(Option::is_some).collect(),
            gains: found
                .iter()
                .map(|at| at.map_or(0.0, |at| relevant[at].1))
                .collect(),
            ideal,
            n_candidates,
            n_items,
            ranking: None,
        }
    }

    /// Number `|R|` of relevant items, at least 1 in an evaluation.
    pub fn n_relevant(&self) -> usize {
        self.ideal.len()
    }

    /// Number of relevant items among the first `k` places.
    pub fn n_hits(&self, k: usize) -> usize {
        self.first(k).iter().filter(|&&hit| hit).count()
    }

    /// The first `k` places, fewer if the list is shorter.
    pub fn first(&self, k: usize) -> &[bool] {
        &self.hits[..k.min(self.hits.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_judged_place_by_place() {
        let relevant = [(ItemIx(1), 3.0), (ItemIx(4), 5.0), (ItemIx(6), 2.0)];
        let judged = Judged::new(&[ItemIx(4), ItemIx(0), ItemIx(1)], &relevant, 8, 9);
        assert_eq!(judged.hits, [true, false, true]);
        assert_eq!(judged.gains, [5.0, 0.0, 3.0]);
        assert_eq!(judged.ideal, [5.0, 3.0, 2.0]);
        assert_eq!((judged.n_relevant(), judged.n_hits(2)), (3, 1));
        assert_eq!(judged.first(9).len(), 3);
    }
}
