//! Gini index of exposure.

use super::{CorpusMetric, Shown};
use crate::eval::metric::Direction;

/// How unequally the places of the lists are spread over the catalogue: 0 if every item is shown
/// as often, near 1 if one item has all places.
///
/// ```text
/// gini@k = sum over i of (2 i - I - 1) x_i / (I * sum of x)
/// ```
/// with `x_1 <= ... <= x_I` the exposure of the items, those never shown included: the times that
/// an item is shown, or with `patience` the sum of `patience^(p - 1)` over its places `p`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gini {
    /// Length of the lists.
    pub k: usize,
    /// What a place is worth against the one before it: 1 if all places are worth the same.
    pub patience: f64,
    /// What the catalogue counts beyond its items, never shown: a padding item.
    pub padding: usize,
}

impl Gini {
    /// Of the times that each item is shown.
    pub fn at(k: usize) -> Self {
        Self {
            k,
            patience: 1.0,
            padding: 0,
        }
    }
}

impl CorpusMetric for Gini {
    fn label(&self) -> String {
        let suffix = if self.patience < 1.0 { "_exposure" } else { "" };
        format!("gini{suffix}@{}", self.k)
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let mut exposure = vec![0.0; shown.counts.len() + self.padding];
        for list in shown.first(self.k) {
            let mut worth = 1.0;
            for item in list {
                exposure[item.at()] += worth;
                worth *= self.patience;
            }
        }
        gini(exposure)
    }
}

/// The Gini index of some amounts; `None` if there is nothing to share.
fn gini(mut amounts: Vec<f64>) -> Option<f64> {
    amounts.sort_unstable_by(f64::total_cmp);
    let n = amounts.len() as f64;
    let total: f64 = amounts.iter().sum();
    let ranked = (1_u32..).zip(&amounts);
    let sum: f64 = ranked
        .map(|(rank, amount)| (2.0 * f64::from(rank) - n - 1.0) * amount)
        .sum();
    (total > 0.0).then(|| sum / (n * total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        let known: [&[u32]; 2] = [&[0, 4], &[4]];
        let lists: [&[u32]; 2] = [&[0, 1, 3], &[1, 2]];
        // Shown 0, 0, 1, 1, 2 times; I = 5, sum 4:
        // (-4*0 - 2*0 + 0*1 + 2*1 + 4*2) / (5 * 4) = .5
        assert_close(score(&Gini::at(2), &known, &lists).unwrap(), 0.5);
        // One more item: (-5*0 - 3*0 - 1*0 + 1*1 + 3*1 + 5*2) / (6 * 4)
        let padded = Gini {
            padding: 1,
            ..Gini::at(2)
        };
        assert_close(score(&padded, &known, &lists).unwrap(), 14.0 / 24.0);
        // Item 0 has 1, item 1 has .5 + 1, item 2 has .5: (0*.5 + 2*1 + 4*1.5) / (5 * 3)
        let discounted = Gini {
            patience: 0.5,
            ..Gini::at(2)
        };
        assert_close(score(&discounted, &known, &lists).unwrap(), 8.0 / 15.0);
        assert_close(gini(vec![3.0; 7]).unwrap(), 0.0);
        assert_eq!(gini(vec![0.0; 7]), None);
    }
}
