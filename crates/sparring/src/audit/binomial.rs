//! The binomial law and exact intervals of a share.

use crate::eval::Interval;

/// Steps of a bisection: more than a double can tell apart.
const STEPS: usize = 60;

/// `P(X = hits)` for `n` trials with chance `q`, strictly between 0 and 1.
pub(super) fn mass(hits: usize, n: usize, q: f64) -> f64 {
    let gamma = |x: usize| libm::lgamma(x as f64 + 1.0);
    let choices = gamma(n) - gamma(hits) - gamma(n - hits);
    (choices + hits as f64 * q.ln() + (n - hits) as f64 * (-q).ln_1p()).exp()
}

/// `P(X >= hits)`.
pub(super) fn at_least(hits: usize, n: usize, q: f64) -> f64 {
    let sum: f64 = (hits..=n).map(|hits| mass(hits, n, q)).sum();
    sum.min(1.0)
}

/// The exact interval of a chance with so many hits among `n` (Clopper and Pearson, 1934).
///
/// ```text
/// P(X >= hits | low) = P(X <= hits | high) = (1 - confidence) / 2
/// ```
/// From 0 to 1 if there were no trials.
pub fn clopper_pearson(hits: usize, n: usize, confidence: f64) -> Interval {
    let tail = (1.0 - confidence) / 2.0;
    let least = |hits: usize, tail: f64| {
        let above = |q: f64| at_least(hits, n, q) >= tail;
        bisect(above)
    };
    let low = if hits == 0 { 0.0 } else { least(hits, tail) };
    let high = if hits >= n {
        1.0
    } else {
        least(hits + 1, 1.0 - tail)
    };
    let mean = hits as f64 / n.max(1) as f64;
    Interval { mean, low, high }
}

/// Where a rising condition begins to hold, between 0 and 1.
fn bisect(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_by_hand() {
        // Of four fair coins: 1, 4, 6, 4, 1 of 16.
        for (hits, ways) in [1.0, 4.0, 6.0, 4.0, 1.0].into_iter().enumerate() {
            assert!((mass(hits, 4, 0.5) - ways / 16.0).abs() < 1e-12);
        }
        assert!((at_least(3, 4, 0.5) - 5.0 / 16.0).abs() < 1e-12);
        assert!((at_least(0, 4, 0.3) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn exact_intervals() {
        // No hit of 10: 1 - .025^(1/10) = .308497; all of them: the mirror image.
        let none = clopper_pearson(0, 10, 0.95);
        assert!(none.low.abs() < 1e-12 && (none.high - 0.308_497).abs() < 1e-6);
        let all = clopper_pearson(10, 10, 0.95);
        assert!((all.low - 0.691_503).abs() < 1e-6 && (all.high - 1.0).abs() < 1e-12);
        // 5 of 10, from the paper's table: .187 to .813.
        let half = clopper_pearson(5, 10, 0.95);
        assert!((half.low - 0.187).abs() < 5e-4 && (half.high - 0.813).abs() < 5e-4);
        let nothing = clopper_pearson(0, 0, 0.95);
        assert!(nothing.low.abs() < 1e-12 && (nothing.high - 1.0).abs() < 1e-12);
    }
}
