//! Entropy of exposure.

use super::{CorpusMetric, Shown};

/// Shannon entropy of the shown items, in nats, over their number.
///
/// ```text
/// entropy@k = -(sum over shown items of p_i ln p_i) / number of shown items
/// ```
/// `p_i` is the share of all places that item `i` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entropy {
    /// Length of the lists.
    pub k: usize,
}

impl CorpusMetric for Entropy {
    fn label(&self) -> String {
        format!("entropy@{}", self.k)
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let exposure = shown
            .exposure(self.k)
            .into_iter()
            .filter(|&times| times > 0);
        let exposure: Vec<f64> = exposure.map(f64::from).collect();
        let total: f64 = exposure.iter().sum();
        let terms = exposure
            .iter()
            .map(|times| times / total * (times / total).ln());
        (total > 0.0).then(|| -terms.sum::<f64>() / exposure.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        // Shown 1, 2, 1 times: (.25 ln 4 * 2 + .5 ln 2) / 3 = 1.5 ln 2 / 3
        let lists: [&[u32]; 2] = [&[0, 1, 3], &[1, 2]];
        let found = score(&Entropy { k: 2 }, &[&[0]], &lists);
        assert_close(found.unwrap(), std::f64::consts::LN_2 / 2.0);
        assert_eq!(score(&Entropy { k: 2 }, &[&[0]], &[&[]]), None);
    }
}
