//! `LensKit` 2025.8.1.
//!
//! Its own peculiarities: nDCG gives the first two places the same worth; precision and average
//! precision divide by the length of the list, recall by `min(|R|, k)`; a user without a list is
//! not counted.

use super::{Definitions, named};
use crate::eval::corpus::{Gini, PopularityRank};
use crate::eval::metric::Metric;
use crate::eval::per_user::{
    AveragePrecision, Discount, Gain, Hit, Ideal, Mrr, Ndcg, Over, Precision, RankBiasedPrecision,
    Recall,
};

pub(super) const DEFINITIONS: Definitions = Definitions {
    at: metrics,
    whole: || metrics(usize::MAX),
    corpus: |k| {
        let patience = 0.85;
        vec![
            Box::new(PopularityRank { k }),
            Box::new(Gini::at(k)),
            Box::new(Gini {
                patience,
                ..Gini::at(k)
            }),
        ]
    },
    missing_lists_count: false,
    unwanted_lists_count: true,
};

/// The metrics at `k`, or of the whole list.
fn metrics(k: usize) -> Vec<Box<dyn Metric>> {
    let ndcg = Ndcg {
        discount: Discount::Clipped,
        ..Ndcg::at(k)
    };
    let rbp = RankBiasedPrecision {
        k,
        patience: 0.85,
        normalized: false,
    };
    let precision = Precision {
        over: Over::Listed,
        ..Precision::at(k)
    };
    let (over_recall, over_map) = (Over::Achievable, Over::AchievableHere);
    vec![
        named("precision", precision),
        named(
            "recall",
            Recall {
                k,
                over: over_recall,
            },
        ),
        named("hit_rate", Hit { k }),
        named("mrr", Mrr { k }),
        named("map", AveragePrecision { k, over: over_map }),
        named("ndcg", ndcg),
        named("ndcg_offset1", Ndcg::at(k)),
        named(
            "ndcg_graded",
            Ndcg {
                gain: Gain::Rating,
                ..ndcg
            },
        ),
        named(
            "dcg",
            Ndcg {
                ideal: Ideal::One,
                ..ndcg
            },
        ),
        named("rbp", rbp),
        named(
            "rbp_normalized",
            RankBiasedPrecision {
                normalized: true,
                ..rbp
            },
        ),
    ]
}
