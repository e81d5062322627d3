//! How often items are chosen.

use serde::{Deserialize, Serialize};

use super::correlation::spearman;
use super::divergence::jensen_shannon;
use super::logs::Crowd;
use crate::data::{Spread, by_popularity, head};

/// The popularity of items among real users and among others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Popularity {
    /// Jensen-Shannon divergence of the shares of the events that items have, in bits.
    pub js_bits: f64,
    /// Rank correlation over all items that real users have; none where counts do not vary.
    pub spearman: Option<f64>,
    /// Over the most popular fifth of them.
    pub spearman_head: Option<f64>,
    /// Over the rest.
    pub spearman_tail: Option<f64>,
    /// Gini index of the counts of all items among real users.
    pub gini_real: f64,
    /// The same among the others.
    pub gini: f64,
    /// Share of the items of real users that the others have too.
    pub coverage: f64,
}

impl Popularity {
    /// Of real users and others.
    pub fn of(real: &Crowd, other: &Crowd) -> Self {
        let (counts, others) = (real.counts(), other.counts());
        let of = |items: &[usize], counts: &[u32]| -> Vec<f64> {
            items.iter().map(|&item| f64::from(counts[item])).collect()
        };
        let order = by_popularity(&counts);
        let had = counts.iter().filter(|&&count| count > 0).count();
        let order = &order[..had];
        let correlation = |items: &[usize]| spearman(&of(items, &counts), &of(items, &others));
        let (head, tail) = order.split_at(head(&counts));
        let all: Vec<usize> = (0..counts.len()).collect();
        let covered = order.iter().filter(|&&item| others[item] > 0).count();
        Self {
            js_bits: jensen_shannon(&of(&all, &counts), &of(&all, &others))
                .expect("both have events"),
            spearman: correlation(order),
            spearman_head: correlation(head),
            spearman_tail: correlation(tail),
            coverage: covered as f64 / had as f64,
            gini_real: Spread::of(counts).gini,
            gini: Spread::of(others).gini,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;
    use crate::fidelity::logs::tests::crowd;

    #[test]
    fn worked_by_hand() {
        // Counts (3, 2, 1, 0) and (0, 2, 1, 3).
        let real = crowd(&[&[0, 1, 2], &[0, 1], &[0]], 4);
        let other = crowd(&[&[1, 2, 3], &[1, 3], &[3]], 4);
        let found = Popularity::of(&real, &other);
        // Items 0 and 3 have half the mass each in one alone: .5 bits; the others agree.
        close(Some(found.js_bits), 0.5);
        // Ranks (3, 2, 1) against (1, 3, 2) of the items 0, 1, 2: 1 - 6 (4 + 1 + 1) / (3 * 8).
        close(found.spearman, -0.5);
        assert_eq!(found.spearman_head, None, "one item");
        close(found.spearman_tail, 1.0);
        close(Some(found.coverage), 2.0 / 3.0);
        // (-3*0 - 1*1 + 1*2 + 3*3) / (4 * 6) for both.
        close(Some(found.gini_real), 10.0 / 24.0);
        close(Some(found.gini), 10.0 / 24.0);
    }
}
