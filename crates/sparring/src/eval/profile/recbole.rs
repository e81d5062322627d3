//! `RecBole` 1.2.1.
//!
//! Its own peculiarities: the metrics of all lists know only evaluated users; coverage and Gini
//! count a padding item in the catalogue. It rounds to 4 places unless told otherwise, which is
//! not copied. Its pooled `auc` compares the scores of different users and is not offered: the AUC
//! of a ranking is `gauc`.

use super::{Definitions, named};
use crate::eval::corpus::{AveragePopularity, Coverage, Entropy, Gini, Tail, TailShare};
use crate::eval::per_user::{Auc, AveragePrecision, Hit, Mrr, Ndcg, Precision, Recall};

pub(super) const DEFINITIONS: Definitions = Definitions {
    at: |k| {
        vec![
            Box::new(Recall::at(k)),
            Box::new(Precision::at(k)),
            Box::new(Ndcg::at(k)),
            Box::new(AveragePrecision::at(k)),
            Box::new(Mrr { k }),
            named("hit_rate", Hit { k }),
        ]
    },
    whole: || vec![named("gauc", Auc { weighted: true })],
    corpus: |k| {
        let (normalized, padding) = (false, 1);
        vec![
            Box::new(Coverage { k, padding }),
            Box::new(AveragePopularity { k, normalized }),
            Box::new(Gini {
                padding,
                ..Gini::at(k)
            }),
            Box::new(Entropy { k }),
            Box::new(TailShare {
                k,
                tail: Tail::Share(0.1),
            }),
        ]
    },
    missing_lists_count: true,
    unwanted_lists_count: false,
};
