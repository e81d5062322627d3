//! The house's own definitions.

use super::Definitions;
use crate::eval::corpus::{Coverage, Diversity, Gini, Novelty, PopularityBias};
use crate::eval::per_user::{Auc, AveragePrecision, Hit, Mrr, Ndcg, Precision, Recall};

pub(super) const DEFINITIONS: Definitions = Definitions {
    at: |k| {
        vec![
            Box::new(Precision::at(k)),
            Box::new(Recall::at(k)),
            Box::new(Ndcg::at(k)),
            Box::new(AveragePrecision::at(k)),
            Box::new(Mrr { k }),
            Box::new(Hit { k }),
        ]
    },
    whole: || vec![Box::new(Auc::default())],
    corpus: |k| {
        vec![
            Box::new(Coverage::at(k)),
            Box::new(Gini::at(k)),
            Box::new(Novelty { k }),
            Box::new(Diversity { k }),
            Box::new(PopularityBias { k }),
        ]
    },
    missing_lists_count: true,
    unwanted_lists_count: true,
};
