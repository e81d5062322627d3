//! Where a composition is looked at: the tilt that brings the losses around the answer to the middle,
//! and a window beyond which a Chernoff bound leaves almost nothing.

use super::pmf::{Cumulants, Pmf};

/// `-ln` of the mass that may lie beyond either end of the window.
const BEYOND: f64 = 27.0;

/// A distribution and how often it is composed with itself.
pub(crate) type Part = (Pmf, u64);

/// What is asked of a composition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    /// The epsilon of a delta.
    Delta(f64),
    /// The delta of an epsilon.
    Epsilon(f64),
}

/// A tilt, and the losses between which the tilted sum lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) tilt: f64,
    /// Of the sum at the tilt.
    pub(crate) sum: Cumulants,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Most that the tilted sum has beyond either end.
    pub(crate) beyond: f64,
}

/// Cumulants of the sum.
fn total(parts: &[Part], tilt: f64) -> Cumulants {
    parts
        .iter()
        .fold(Cumulants::default(), |sum, (pmf, count)| {
            let (one, count) = (pmf.cumulants(tilt), *count as f64);
            Cumulants {
                log_mgf: sum.log_mgf + count * one.log_mgf,
                mean: sum.mean + count * one.mean,
                variance: sum.variance + count * one.variance,
            }
        })
}

impl Window {
    /// The window for a target.
    pub(crate) fn around(parts: &[Part], target: Target) -> Self {
        let (tilt, sum) = saddle(parts, target);
        let step = parts[0].0.grid.step;
        let spread = sum.variance.sqrt().max(step);
        let scale = (2.0 * BEYOND).sqrt() / spread;
        let bound = |shift: f64| {
            let log = total(parts, tilt + shift).log_mgf - sum.log_mgf;
            (log + BEYOND) / shift
        };
        let shifts = (-7..=3).map(|power| (scale * 2.0_f64.powi(power)).min(1.0 / step));
        let ends = |end: fn(&Pmf) -> i64| -> f64 {
            parts
                .iter()
                .map(|(pmf, count)| *count as f64 * pmf.grid.loss(end(pmf)))
                .sum()
        };
        let high = shifts.clone().map(bound).fold(ends(Pmf::last), f64::min);
        let low = shifts
            .map(|shift| bound(-shift))
            .fold(ends(|pmf| pmf.first), f64::max);
        Self {
            tilt,
            sum,
            low,
            high,
            beyond: (-BEYOND).exp(),
        }
    }
}

/// The tilt at which the mean of the sum is where the answer is expected, never below 0.
///
/// For a delta that is where Chernoff's bound `e^(K(t) - t K'(t))` equals it. Any tilt is valid; a
/// good one makes rounding small beside the answer.
fn saddle(parts: &[Part], target: Target) -> (f64, Cumulants) {
    let plain = total(parts, 0.0);
    let step = parts[0].0.grid.step;
    let spread = plain.variance.sqrt().max(1e-3 * step);
    let reach = match target {
        Target::Delta(delta) => (-2.0 * delta.ln()).sqrt(),
        Target::Epsilon(epsilon) if epsilon <= plain.mean => return (0.0, plain),
        Target::Epsilon(epsilon) => ((epsilon - plain.mean) / spread).min(40.0),
    };
    // Above 0 while the tilt is too small, and its slope.
    let short = |tilt: f64, sum: &Cumulants| match target {
        Target::Delta(delta) => (
            sum.log_mgf - tilt * sum.mean - delta.ln(),
            tilt * sum.variance,
        ),
        Target::Epsilon(epsilon) => (epsilon - sum.mean, sum.variance),
    };
    let most = (8.0 * (reach + 1.0) / spread).min(1.0 / step);
    let (mut low, mut high) = (0.0, most);
    let mut tilt = (reach / spread).min(0.5 * most);
    let mut sum = total(parts, tilt);
    for _ in 0..40 {
        let (gap, slope) = short(tilt, &sum);
        if gap > 0.0 {
            low = tilt;
        } else {
            high = tilt;
        }
        let newton = tilt + gap / slope;
        let inside = newton.is_finite() && newton > low && newton < high;
        let next = if inside { newton } else { 0.5 * (low + high) };
        let moved = (next - tilt).abs();
        tilt = next;
        sum = total(parts, tilt);
        if moved <= 1e-2 * tilt {
            break;
        }
    }
    (tilt, sum)
}
