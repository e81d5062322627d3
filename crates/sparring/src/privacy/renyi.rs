//! Renyi differential privacy, for comparison only: it is simpler, and 5 to 25 % looser.
//!
//! ```text
//! epsilon(delta) = min_a  R(a) + ln((a - 1) / a) - (ln delta + ln a) / (a - 1)
//! ```
//! `R(a)` is the sum of the Renyi divergences of order `a` (Canonne, Kamath, Steinke, 2020,
//! proposition 12; Balle et al., 2020, theorem 21).

mod sampled;

use super::accountant::{Neighbouring, PrivacyAccountant};
use super::delta::Delta;
use super::error::PrivacyError;
use super::event::{DpEvent, Leaf};

/// Adds up Renyi divergences at a set of orders, for adding or removing a user.
#[derive(Debug, Clone, PartialEq)]
pub struct RenyiAccountant {
    orders: Vec<f64>,
    spent: Vec<f64>,
    /// What may be lost outright: taken off delta.
    lost: f64,
}

impl Default for RenyiAccountant {
    /// Orders 1.1, 1.2, ... 10.9, 12, 13, ... 63.
    fn default() -> Self {
        let fine = (11..110).map(|tenths| f64::from(tenths) / 10.0);
        Self::at(fine.chain((12..64).map(f64::from)).collect())
    }
}

impl RenyiAccountant {
    /// At other orders, of which those above 1 count.
    pub fn at(mut orders: Vec<f64>) -> Self {
        orders.retain(|order| *order > 1.0 && order.is_finite());
        let spent = vec![0.0; orders.len()];
        Self {
            orders,
            spent,
            lost: 0.0,
        }
    }
}

impl PrivacyAccountant for RenyiAccountant {
    fn neighbouring(&self) -> Neighbouring {
        Neighbouring::AddRemove
    }

    fn compose(&mut self, event: &DpEvent, count: u64) -> Result<(), PrivacyError> {
        let mut leaves = event.clone().times(count).leaves()?;
        leaves.retain(|(leaf, _)| match leaf {
            Leaf::Lost { chance } => {
                self.lost += chance;
                false
            }
            _ => true,
        });
        for (order, spent) in self.orders.iter().zip(&mut self.spent) {
            *spent += divergence(&leaves, *order);
        }
        Ok(())
    }

    fn epsilon(&self, delta: Delta) -> f64 {
        let left = delta.get() - self.lost;
        if left <= 0.0 {
            return f64::INFINITY;
        }
        let convert = |(order, spent): (&f64, &f64)| {
            let rest = (left.ln() + order.ln()) / (order - 1.0);
            spent + ((order - 1.0) / order).ln() - rest
        };
        let all = self.orders.iter().zip(&self.spent).map(convert);
        all.fold(f64::INFINITY, f64::min).max(0.0)
    }
}

/// The Renyi divergence of an event at an order above 1.
///
/// # Errors
/// No bound is known, or a parameter is out of its range.
pub fn rdp(event: &DpEvent, order: f64) -> Result<f64, PrivacyError> {
    if !(order > 1.0 && order.is_finite()) {
        return Err(PrivacyError::Parameter {
            event: "renyi",
            name: "the order",
            range: "above 1",
            found: order,
        });
    }
    Ok(divergence(&event.leaves()?, order))
}

fn divergence(leaves: &[(Leaf, u64)], order: f64) -> f64 {
    let one = |leaf: Leaf| match leaf {
        Leaf::Gaussian { noise_multiplier } => 0.5 * order * noise_multiplier.powi(-2),
        Leaf::Discrete { sigma, sensitivity } => 0.5 * order * (sensitivity / sigma).powi(2),
        Leaf::Laplace { scale } => laplace(scale, order),
        Leaf::Sampled {
            rate,
            noise_multiplier,
        } => sampled::divergence(rate, noise_multiplier, order),
        Leaf::Lost { .. } | Leaf::Naked => f64::INFINITY,
    };
    leaves
        .iter()
        .map(|(leaf, count)| one(*leaf) * *count as f64)
        .sum()
}

/// ```text
/// R(a) = ln( a / (2 a - 1) e^((a - 1) / b) + (a - 1) / (2 a - 1) e^(-a / b) ) / (a - 1)
/// ```
/// (Mironov, 2017, proposition 6).
fn laplace(scale: f64, order: f64) -> f64 {
    let (less, whole) = (order - 1.0, 2.0 * order - 1.0);
    let rest = (less / order) * (-whole / scale).exp();
    (less / scale + (order / whole).ln() + rest.ln_1p()) / less
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergences_by_hand() {
        // Gaussian: a / (2 s^2). Laplace, b = 1, a = 2: ln(2/3 e + 1/3 e^-2) = ln(1.857300) = 0.619124.
        let laplace = DpEvent::Laplace { scale: 1.0 };
        assert!((rdp(&DpEvent::gaussian(2.0).times(3), 4.0).unwrap() - 1.5).abs() < 1e-15);
        assert!((rdp(&laplace, 2.0).unwrap() - 0.619_124).abs() < 1e-6);
        let discrete = DpEvent::DiscreteGaussian {
            sigma: 6.0,
            sensitivity: 3,
        };
        assert!((rdp(&discrete, 4.0).unwrap() - 0.5).abs() < 1e-15);
        let thresholded = DpEvent::Thresholded {
            noise_multiplier: 2.0,
            delta: 4e-6,
        };
        assert_eq!(rdp(&thresholded, 2.0), Ok(f64::INFINITY));
        // What is lost is taken off delta: 1e-5 less 4e-6.
        let (mut all, mut rest) = (RenyiAccountant::default(), RenyiAccountant::default());
        all.compose(&thresholded, 1).unwrap();
        rest.compose(&DpEvent::gaussian(2.0), 1).unwrap();
        let at =
            |accountant: &RenyiAccountant, delta| accountant.epsilon(Delta::new(delta).unwrap());
        assert!((at(&all, 1e-5) - at(&rest, 6e-6)).abs() < 1e-9);
        assert!(at(&all, 4e-6).is_infinite());
        assert_eq!(rdp(&DpEvent::NonPrivate, 2.0), Ok(f64::INFINITY));
        assert!(rdp(&laplace, 1.0).is_err() && rdp(&laplace, f64::NAN).is_err());
    }
}
