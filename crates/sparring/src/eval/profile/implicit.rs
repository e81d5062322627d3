//! implicit 0.7.3.
//!
//! Its own peculiarities: precision is all hits over all achievable hits, one ratio for all users;
//! AUC knows the first `k` places alone and counts known items as irrelevant.

use super::Definitions;
use crate::eval::per_user::{AveragePrecision, ListAuc, Ndcg, Over, Precision};

pub(super) const DEFINITIONS: Definitions = Definitions {
    at: |k| {
        vec![
            Box::new(Precision {
                k,
                over: Over::Achievable,
                pooled: true,
            }),
            Box::new(AveragePrecision::at(k)),
            Box::new(Ndcg::at(k)),
            Box::new(ListAuc { k }),
        ]
    },
    whole: Vec::new,
    corpus: |_| Vec::new(),
    missing_lists_count: true,
    unwanted_lists_count: false,
};
