//! A list as a classifier of the whole catalogue.

use crate::eval::metric::Judged;

/// Counts of listed and relevant items; a list counts as `k` long, however long it is.
pub(super) struct Confusion {
    /// Listed and relevant.
    pub(super) tp: f64,
    /// Listed and not relevant.
    pub(super) fp: f64,
    /// Not listed but relevant.
    pub(super) fn_: f64,
    /// Neither.
    pub(super) tn: f64,
}

impl Confusion {
    pub(super) fn new(list: &Judged, k: usize) -> Self {
        let (tp, k) = (list.n_hits(k) as f64, k as f64);
        let fn_ = list.n_relevant() as f64 - tp;
        Self {
            tp,
            fp: k - tp,
            fn_,
            tn: list.n_items as f64 - k - fn_,
        }
    }
}
