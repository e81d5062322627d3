//! Catalogue coverage.

use super::{CorpusMetric, Shown};

/// The share of the catalogue that is in at least one list.
///
/// ```text
/// coverage@k = |union of the first k places| / I
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Length of the lists.
    pub k: usize,
    /// What the catalogue counts beyond its items, never shown: a padding item.
    pub padding: usize,
}

impl Coverage {
    /// Of the items of the catalogue.
    pub fn at(k: usize) -> Self {
        Self { k, padding: 0 }
    }
}

impl CorpusMetric for Coverage {
    fn label(&self) -> String {
        format!("coverage@{}", self.k)
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let exposure = shown.exposure(self.k);
        let covered = exposure.iter().filter(|&&times| times > 0).count();
        Some(covered as f64 / (exposure.len() + self.padding) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        // The first two places show items 0, 1 and 2 of five.
        let lists: [&[u32]; 2] = [&[0, 1, 3], &[1, 2]];
        let known: [&[u32]; 2] = [&[0, 4], &[4]];
        let found = score(&Coverage::at(2), &known, &lists);
        assert_close(found.unwrap(), 0.6);
        let found = score(&Coverage { k: 2, padding: 1 }, &known, &lists);
        assert_close(found.unwrap(), 0.5);
    }
}
