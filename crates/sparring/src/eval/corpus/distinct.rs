//! The number of items that are shown.

use super::{CorpusMetric, Shown};

/// How many distinct items are in the first `k` places of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distinct {
    /// Length of the lists.
    pub k: usize,
}

impl CorpusMetric for Distinct {
    fn label(&self) -> String {
        format!("coverage_count@{}", self.k)
    }

    fn score(&self, shown: &Shown<'_>) -> Option<f64> {
        let exposure = shown.exposure(self.k).into_iter();
        Some(exposure.filter(|&times| times > 0).count() as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::corpus::checks::score;
    use crate::eval::per_user::checks::assert_close;

    #[test]
    fn worked_by_hand() {
        let lists: [&[u32]; 2] = [&[0, 1, 3], &[1, 2]];
        let found = score(&Distinct { k: 2 }, &[&[0, 4], &[4]], &lists);
        assert_close(found.unwrap(), 3.0);
    }
}
