//! Epsilon and delta of a composed distribution.
//!
//! ```text
//! delta(epsilon) = P(L infinite) + sum_{l > epsilon} P(L = l) (1 - e^(epsilon - l))
//! ```

use super::compose::Composed;
use super::grid::after;

impl Composed {
    /// `ln` of the factor of a tilted mass at a loss.
    fn log_untilt(&self, loss: f64) -> f64 {
        self.window.sum.log_mgf - self.window.tilt * loss
    }

    /// What is booked whatever epsilon is: infinite losses and the upper tail of the window.
    fn booked(&self) -> f64 {
        let tail = self.window.beyond * self.log_untilt(self.window.high).exp();
        self.infinite + tail
    }

    /// The smallest epsilon at `delta` that the masses allow; infinite if there is none.
    pub(crate) fn epsilon(&self, delta: f64) -> f64 {
        let left = delta - self.booked();
        if left <= 0.0 {
            return f64::INFINITY;
        }
        let shrink = (-self.grid.step).exp();
        let reference = self.window.sum.mean;
        let goal = (left.ln() - self.log_untilt(reference)).exp();
        let loss = |at: usize| self.grid.loss(after(self.first, at));
        // `reached` is delta at point `at`, `slope` the mass above it, each weighed by e^-(l - l_at).
        let (mut reached, mut slope) = (0.0, 0.0);
        for at in (0..self.mass.len() - 1).rev() {
            let untilt = (self.window.tilt * (reference - loss(at + 1))).exp();
            slope = self.mass[at + 1] * untilt + shrink * slope;
            let next = reached + (1.0 - shrink) * slope;
            if next > goal {
                let part = if next.is_finite() {
                    (goal - reached) / (next - reached)
                } else {
                    0.0
                };
                // Linear in e^epsilon between two points.
                let below = -(part * (1.0 - shrink)).min(1.0 - shrink);
                return (loss(at + 1) + below.ln_1p()).max(0.0);
            }
            if loss(at) <= 0.0 {
                return 0.0;
            }
            reached = next;
        }
        loss(0).max(0.0)
    }

    /// Delta at an epsilon within or above the window.
    pub(crate) fn delta(&self, epsilon: f64) -> f64 {
        let losses = (0..self.mass.len()).map(|at| self.grid.loss(after(self.first, at)));
        let parts = losses.zip(&self.mass).filter(|(loss, _)| *loss > epsilon);
        let part = |(loss, mass): (f64, &f64)| {
            mass * self.log_untilt(loss).exp() * -(epsilon - loss).exp_m1()
        };
        let below = if epsilon < self.grid.loss(self.first) {
            self.window.beyond
        } else {
            0.0
        };
        (self.booked() + below + parts.map(part).sum::<f64>()).min(1.0)
    }
}
