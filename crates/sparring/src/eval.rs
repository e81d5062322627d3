//! How good the lists of a recommender are.
//!
//! [`evaluate`] ranks all items for every held-out user and returns an [`Evaluation`] with a value
//! for each user and metric.
//!
//! To add a metric of one user's list: a file in `eval/per_user/` with its `impl Metric`, then a
//! line in a profile. To add one of all lists: a file in `eval/corpus/` likewise. To add a profile:
//! a file in `eval/profile/` and a line in the list of `eval/profile.rs`.

mod bootstrap;
mod corpus;
mod error;
mod evaluate;
mod evaluation;
mod fairness;
mod metric;
mod per_user;
mod plan;
mod profile;
mod ranking;
mod relative;
mod watch;

pub use bootstrap::{
    BootstrapConfig, Difference, Interval, compare_runs, mean_interval, paired_difference,
    user_means,
};
pub use corpus::{
    AveragePopularity, CorpusMetric, Coverage, CoveredUsers, Distinct, Diversity, Entropy, Gini,
    Novelty, PopularityBias, PopularityRank, Serendipity, Shown, Sufficient, Tail, TailShare,
};
pub use error::EvalError;
pub use evaluate::{EvalConfig, evaluate, evaluate_lists};
pub use evaluation::{Evaluation, Measured, Overall};
pub use fairness::{Fairness, fairness};
pub use metric::{Direction, Judged, Metric, Ranking};
pub use per_user::{
    Accuracy, AtLeast, Auc, AveragePrecision, Discount, F1, Gain, Hit, Hits, Ideal, ListAuc, Mcc,
    Mrr, Named, Ndcg, Over, PartialAuc, Precision, RPrecision, RankBiasedPrecision, Recall,
};
pub use profile::{Profile, parse_metric};
pub use relative::relative_loss;
pub use watch::Watch;
