//! `RecTools` 0.19.0.
//!
//! Its own peculiarities: the ideal of nDCG has `k` hits for everyone, also for a user with fewer
//! relevant items; average precision divides by `|R|`; the metrics of all lists know all lists, with
//! or without held-out items. Its `IntraListDiversity` needs features of items and is not offered.

use super::{Definitions, named};
use crate::eval::corpus::{
    AveragePopularity, Coverage, CoveredUsers, Distinct, Novelty, Serendipity, Sufficient,
};
use crate::eval::metric::Metric;
use crate::eval::per_user::{
    Accuracy, AveragePrecision, F1, Hit, Ideal, Mcc, Mrr, Ndcg, Over, PartialAuc, Precision, Recall,
};

pub(super) const DEFINITIONS: Definitions = Definitions {
    at: metrics,
    whole: Vec::new,
    corpus: |k| {
        let popularity = |normalized| Box::new(AveragePopularity { k, normalized });
        vec![
            Box::new(Novelty { k }),
            popularity(false),
            popularity(true),
            Box::new(Serendipity { k }),
            Box::new(Distinct { k }),
            Box::new(Coverage::at(k)),
            Box::new(Sufficient { k }),
            Box::new(CoveredUsers { k }),
        ]
    },
    missing_lists_count: true,
    unwanted_lists_count: true,
};

fn metrics(k: usize) -> Vec<Box<dyn Metric>> {
    let partial_auc = |capped, exclude_short| {
        Box::new(PartialAuc {
            k,
            capped,
            exclude_short,
        })
    };
    let r_precision = Precision {
        over: Over::Achievable,
        ..Precision::at(k)
    };
    let full = Ndcg {
        ideal: Ideal::Full,
        ..Ndcg::at(k)
    };
    vec![
        Box::new(Precision::at(k)),
        named("r_precision", r_precision),
        Box::new(Recall::at(k)),
        Box::new(F1 { k }),
        named("hit_rate", Hit { k }),
        Box::new(Accuracy { k }),
        Box::new(Mcc { k }),
        Box::new(AveragePrecision {
            k,
            over: Over::Relevant,
        }),
        named("map_divide_by_k", AveragePrecision { k, over: Over::K }),
        Box::new(full),
        named("ndcg_achievable", Ndcg::at(k)),
        Box::new(Mrr { k }),
        partial_auc(false, false),
        partial_auc(true, false),
        partial_auc(false, true),
        partial_auc(true, true),
    ]
}
