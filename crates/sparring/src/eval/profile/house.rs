//! The house's own definitions.

use crate::eval::metric::Metric;
use crate::eval::per_user::{Ndcg, Precision, Recall};

/// All metrics at `k`.
pub(super) fn metrics(k: usize) -> Vec<Box<dyn Metric>> {
    vec![
        Box::new(Precision { k }),
        Box::new(Recall { k }),
        Box::new(Ndcg { k }),
    ]
}
