//! Metrics of one user's list: one file each.

mod ndcg;
mod precision;
mod recall;

pub use ndcg::Ndcg;
pub use precision::Precision;
pub use recall::Recall;

#[cfg(test)]
pub(super) mod checks;
