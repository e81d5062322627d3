//! Privacy-loss distributions: put on a grid by connecting the dots, composed by FFT, pessimistic.
//!
//! The grid is refined until that changes the answer no more; each grid alone is an upper bound.

mod compose;
mod curve;
mod discrete;
mod grid;
mod laplace;
mod law;
mod mixture;
mod pmf;
mod tilt;

use compose::{compose, points};
use grid::Grid;
use tilt::{Part, Window};

pub(crate) use discrete::DiscreteLaw;
pub(crate) use laplace::LaplaceLaw;
pub(crate) use law::Law;
pub(crate) use mixture::Mixture;
pub(crate) use tilt::Target;

/// Most points of one distribution.
const MOST_POINTS: f64 = (1 << 21) as f64;

/// The part of delta that may be lost to the tails of single steps.
const TAILS: f64 = 1e-7;

/// How far a refinement may still move an epsilon, in units of the smaller of it and 1.
const TOLERANCE: f64 = 6e-5;

/// How far a refinement may still move a delta, relative.
const DELTA_TOLERANCE: f64 = 3e-4;

/// Steps of one kind, and how many.
pub(crate) type Steps = (Box<dyn Law>, u64);

/// The smallest epsilon at a delta, or delta at an epsilon, of a composition.
pub(crate) fn solve(steps: &[Steps], target: Target) -> f64 {
    if steps.is_empty() {
        return 0.0;
    }
    let total: f64 = steps.iter().map(|(_, count)| *count as f64).sum();
    let delta = match target {
        Target::Delta(delta) => delta,
        Target::Epsilon(_) => 1e-12,
    };
    let tail = (TAILS * delta / total).max(1e-300);
    let ends = steps.iter().map(|(law, _)| law.support(tail));
    let (width, reach) = ends.fold((0.0, 0.0), |(width, reach): (f64, f64), (low, high)| {
        (width.max(high - low), reach.max(low.abs()).max(high.abs()))
    });
    // A law that is all but one loss has no width to go by.
    let least = (width / MOST_POINTS).max(1e-7 * reach);
    let mut step = (width / 1024.0).min((0.03 / total).sqrt()).max(least);
    let mut before: Option<(f64, f64)> = None;
    loop {
        let (found, used, next) = level(steps, target, (step, tail, width));
        if next <= 0.0 || used <= least {
            return found;
        }
        let mut factor: f64 = 0.5;
        if let Some((coarse, coarser)) = before {
            let allowed = match target {
                Target::Delta(_) => TOLERANCE * found.min(1.0),
                Target::Epsilon(_) => DELTA_TOLERANCE * found,
            };
            // What is left if the error shrinks with the step; it mostly shrinks with its square.
            let ratio = (used / coarser).min(0.9);
            let left = (found - coarse).abs() * ratio / (1.0 - ratio);
            if left <= allowed || found.is_infinite() {
                return found;
            }
            factor = (0.8 * (allowed / left).sqrt()).clamp(1.0 / 16.0, 0.5);
        }
        before = Some((found, used));
        step = (used * factor).max(next).max(least);
    }
}

/// The answer on one grid, the step of that grid, and the smallest step to try next, 0 if there is none.
fn level(steps: &[Steps], target: Target, (step, tail, width): (f64, f64, f64)) -> (f64, f64, f64) {
    let mut step = step;
    loop {
        let grid = Grid { step };
        let parts: Vec<Part> = steps
            .iter()
            .map(|(law, count)| (law.on(grid, tail), *count))
            .collect();
        let window = Window::around(&parts, target);
        let size = points(&window, grid) as f64;
        if size > MOST_POINTS {
            step *= 1.2 * size / MOST_POINTS;
            continue;
        }
        let composed = compose(&parts, window);
        let found = match target {
            Target::Delta(delta) => composed.epsilon(delta),
            Target::Epsilon(epsilon) => composed.delta(epsilon),
        };
        let most = size.max(width / step);
        let least = step * most / MOST_POINTS;
        return (found, step, if least < 0.8 * step { least } else { 0.0 });
    }
}

#[cfg(test)]
mod tests;
