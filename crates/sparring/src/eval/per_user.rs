//! Metrics of one user's list: one file each.

#[cfg(test)]
#[macro_use]
pub(super) mod checks;

mod accuracy;
mod auc;
mod confusion;
mod f1;
mod hit;
mod hits;
mod list_auc;
mod map;
mod mcc;
mod mrr;
mod named;
mod ndcg;
mod over;
mod partial_auc;
mod precision;
mod r_precision;
mod rbp;
mod recall;

pub use accuracy::Accuracy;
pub use auc::Auc;
pub use f1::F1;
pub use hit::Hit;
pub use hits::Hits;
pub use list_auc::ListAuc;
pub use map::AveragePrecision;
pub use mcc::Mcc;
pub use mrr::Mrr;
pub use named::{AtLeast, Named};
pub use ndcg::{Discount, Gain, Ideal, Ndcg};
pub use over::Over;
pub use partial_auc::PartialAuc;
pub use precision::Precision;
pub use r_precision::RPrecision;
pub use rbp::RankBiasedPrecision;
pub use recall::Recall;
