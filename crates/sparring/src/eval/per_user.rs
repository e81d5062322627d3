//! Metrics of one user's list: one file each.

#[cfg(test)]
#[macro_use]
pub(super) mod checks;

mod auc;
mod hit;
mod map;
mod mrr;
mod ndcg;
mod precision;
mod recall;

pub use auc::Auc;
pub use hit::Hit;
pub use map::AveragePrecision;
pub use mrr::Mrr;
pub use ndcg::Ndcg;
pub use precision::Precision;
pub use recall::Recall;
