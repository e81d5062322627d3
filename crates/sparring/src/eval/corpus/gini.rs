//! Gini index of exposure.

use super::{CorpusMetric, Shown};
use crate::eval::metric::Direction;

/// How unequally the places of the lists are spread over the catalogue: 0 if every item is shown
/// as often, near 1 if one item has all places.
///
/// ```text
/// gini@k = sum over i of (2 i - I - 1) x_i / (I * sum of x)
/// ```
/// with `x_1 <= ... <= x_I` the times that the items are shown, those never shown included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gini {
    /// Length of the lists.
    pub k: usize,
}

impl CorpusMetric for Gini {
    fn label(&self) -> String {
        format!("gini@{}", self.k)
    }

    fn direction(&self) -> Direction {
        Direction::Minimize
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        gini(shown.exposure(self.k))
    }
}

/// The Gini index of some counts.
fn gini(mut counts: Vec<u32>) -> Option<f64> {
    counts.sort_unstable();
    let n = counts.len() as f64;
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let ranked = (1_u32..).zip(&counts);
    let sum: f64 = ranked
        .map(|(rank, &count)| (2.0 * f64::from(rank) - n - 1.0) * f64::from(count))
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
        // Shown 0, 0, 1, 1, 2 times; I = 5, sum 4:
        // (-4*0 - 2*0 + 0*1 + 2*1 + 4*2) / (5 * 4) = .5
        let lists: [&[u32]; 2] = [&[0, 1, 3], &[1, 2]];
        let found = score(&Gini { k: 2 }, &[&[0, 4], &[4]], &lists);
        assert_close(found.unwrap(), 0.5);
        assert_close(gini(vec![3; 7]).unwrap(), 0.0);
        assert_eq!(gini(vec![0; 7]), None);
    }
}
