//! The privacy loss of one step, as something that can be put on a grid.

use super::grid::Grid;
use super::pmf::Pmf;

/// The law of `ln P(x)/Q(x)`, `x ~ P`, of a dominating pair `(P, Q)`.
pub(crate) trait Law: Send + Sync {
    /// Where all but `tail` of the mass lies, at each end.
    fn support(&self, tail: f64) -> (f64, f64);

    /// The law on a grid: at least as bad at every epsilon, and equal at those of the grid up to
    /// `tail`.
    fn on(&self, grid: Grid, tail: f64) -> Pmf;
}
