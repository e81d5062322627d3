//! The house's own definitions.

use super::Definitions;
use crate::eval::corpus::{Coverage, Diversity, Gini, Novelty, PopularityBias};
use crate::eval::per_user::{Auc, AveragePrecision, Hit, Mrr, Ndcg, Precision, Recall};

pub(super) const DEFINITIONS: Definitions = Definitions {
    at: |k| {
        vec![
            Box::new(Precision { k }),
            Box::new(Recall { k }),
            Box::new(Ndcg { k }),
            Box::new(AveragePrecision { k }),
            Box::new(Mrr { k }),
            Box::new(Hit { k }),
        ]
    },
    whole: || vec![Box::new(Auc)],
    corpus: |k| {
        vec![
            Box::new(Coverage { k }),
            Box::new(Gini { k }),
            Box::new(Novelty { k }),
            Box::new(Diversity { k }),
            Box::new(PopularityBias { k }),
        ]
    },
};
