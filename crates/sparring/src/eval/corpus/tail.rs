//! Share of the long tail.

use super::{CorpusMetric, Shown, mean};
use crate::data::ItemIx;

/// Mean over lists of the share of their items that are in the long tail.
///
/// An item that nobody has in training is not in the tail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailShare {
    /// Length of the lists.
    pub k: usize,
    /// Which items are in the tail.
    pub tail: Tail,
}

/// Which items are in the long tail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tail {
    /// This share of the items of training, but at least one: those with the fewest interactions,
    /// of equals the lower indices.
    Share(f64),
    /// The items with at most so many interactions.
    Count(u32),
}

impl CorpusMetric for TailShare {
    fn label(&self) -> String {
        match self.tail {
            Tail::Share(_) => format!("tail@{}", self.k),
            Tail::Count(most) => format!("tail_count{most}@{}", self.k),
        }
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let tail = self.tail.members(shown.counts);
        let share =
            |list: &[ItemIx]| mean(list.iter().map(|item| f64::from(u8::from(tail[item.at()]))));
        mean(shown.first(self.k).filter_map(share))
    }
}

impl Tail {
    /// Whether each item is in the tail, `[I]`.
    fn members(self, counts: &[u32]) -> Vec<bool> {
        let mut items: Vec<usize> = (0..counts.len()).filter(|&item| counts[item] > 0).collect();
        match self {
            Self::Count(most) => items.retain(|&item| counts[item] <= most),
            Self::Share(share) => {
                items.sort_by_key(|&item| counts[item]);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a share of the number of items"
                )]
                let size = (items.len() as f64 * share) as usize;
                items.truncate(size.max(1));
            }
        }
        let mut tail = vec![false; counts.len()];
        for item in items {
            tail[item] = true;
        }
        tail
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        assert_eq!(
            Tail::Share(0.5).members(&[3, 1, 0, 1, 2]),
            [false, true, false, true, false]
        );
        assert_eq!(Tail::Share(0.1).members(&[3, 1, 1]), [false, true, false]);
        assert_eq!(Tail::Count(1).members(&[0, 1, 2]), [false, true, false]);
        // Item 0 has 2, items 1 and 2 have 1: of 0 1 half is tail, of 3 none.
        let known: [&[u32]; 2] = [&[0, 1], &[0, 2]];
        let tail = Tail::Count(1);
        let found = score(&TailShare { k: 2, tail }, &known, &[&[0, 1, 2], &[3]]);
        assert_close(found.unwrap(), 0.25);
    }
}
