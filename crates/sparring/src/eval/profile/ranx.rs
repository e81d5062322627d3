//! ranx 0.3.21, with `make_comparable=True`.
//!
//! Its own peculiarities: `hits` is a count; average precision divides by `|R|`. `_graded` takes
//! ratings as gains; `_level4` counts items rated 4 or more as relevant, and a user without any as
//! 0. Without ratings these equal the plain ones, or 0.

use super::{Definitions, named};
use crate::eval::metric::Metric;
use crate::eval::per_user::{
    AtLeast, AveragePrecision, F1, Gain, Hit, Hits, Mrr, Ndcg, Over, Precision, RPrecision,
    RankBiasedPrecision, Recall,
};

pub(super) const DEFINITIONS: Definitions = Definitions {
    at: |k| {
        [binary(k), graded(k), level4(k)]
            .into_iter()
            .flatten()
            .collect()
    },
    whole: || {
        let k = usize::MAX;
        let rbp = RankBiasedPrecision {
            k,
            patience: 0.8,
            normalized: false,
        };
        vec![
            Box::new(RPrecision),
            named("mrr", Mrr { k }),
            named("map", map(k)),
            named("ndcg", Ndcg::at(k)),
            named("rbp_80", rbp),
        ]
    },
    corpus: |_| Vec::new(),
    missing_lists_count: true,
    unwanted_lists_count: false,
};

fn map(k: usize) -> AveragePrecision {
    let over = Over::Relevant;
    AveragePrecision { k, over }
}

fn ndcg(k: usize, gain: Gain) -> Ndcg {
    Ndcg {
        gain,
        ..Ndcg::at(k)
    }
}

fn binary(k: usize) -> Vec<Box<dyn Metric>> {
    vec![
        Box::new(Hits { k }),
        named("hit_rate", Hit { k }),
        Box::new(Precision::at(k)),
        Box::new(Recall::at(k)),
        Box::new(F1 { k }),
        Box::new(Mrr { k }),
        Box::new(map(k)),
        Box::new(Ndcg::at(k)),
        named("ndcg_burges", Ndcg::at(k)),
    ]
}

fn graded(k: usize) -> Vec<Box<dyn Metric>> {
    vec![
        named("ndcg_graded", ndcg(k, Gain::Rating)),
        named("ndcg_burges_graded", ndcg(k, Gain::Exponential)),
    ]
}

fn level4(k: usize) -> Vec<Box<dyn Metric>> {
    fn above<M: Metric + 'static>(name: &'static str, metric: M) -> Box<dyn Metric> {
        named(name, AtLeast { level: 4.0, metric })
    }
    vec![
        above("precision_level4", Precision::at(k)),
        above("recall_level4", Recall::at(k)),
        above("map_level4", map(k)),
        above("mrr_level4", Mrr { k }),
        above("ndcg_level4", ndcg(k, Gain::Rating)),
        above("hit_rate_level4", Hit { k }),
    ]
}
