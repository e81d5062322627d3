//! The least noise that reaches an epsilon.

use super::accountant::{Neighbouring, PldAccountant, PrivacyAccountant};
use super::delta::{Delta, Epsilon};
use super::error::PrivacyError;
use super::event::DpEvent;

/// Relative width of the last bracket.
const PRECISION: f64 = 5e-5;

/// Noise is sought between these.
const RANGE: (f64, f64) = (0.01, 1e7);

/// A noise and what it gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibrated {
    /// The noise, on the safe side and within `5e-5` of the least.
    pub noise: f64,
    /// Its epsilon, at most the target.
    pub epsilon: f64,
}

/// The least noise for which `event(noise)` has at most `epsilon` at `delta`, by bisection.
///
/// # Errors
/// The event cannot be bounded, or no noise is enough.
pub fn calibrate(
    event: impl Fn(f64) -> DpEvent,
    epsilon: Epsilon,
    delta: Delta,
    neighbouring: Neighbouring,
) -> Result<Calibrated, PrivacyError> {
    let target = epsilon.get();
    let cost = |noise: f64| {
        let accountant = PldAccountant::of(neighbouring, &event(noise))?;
        Ok::<_, PrivacyError>(accountant.epsilon(delta))
    };
    let (mut low, mut high) = (1.0, 1.0);
    let mut found = cost(high)?;
    let enough = found <= target;
    while !enough && found > target {
        if high >= RANGE.1 {
            return Err(PrivacyError::OutOfReach {
                epsilon: target,
                least: RANGE.0,
                most: high,
                found,
            });
        }
        low = high;
        high = (high * 4.0).min(RANGE.1);
        found = cost(high)?;
    }
    while enough && low > RANGE.0 {
        low = (low * 0.5).max(RANGE.0);
        let less = cost(low)?;
        if less > target {
            break;
        }
        (high, found) = (low, less);
    }
    while high > low * (1.0 + PRECISION) {
        let middle = (low * high).sqrt();
        let cost = cost(middle)?;
        if cost <= target {
            (high, found) = (middle, cost);
        } else {
            low = middle;
        }
    }
    Ok(Calibrated {
        noise: high,
        epsilon: found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let (epsilon, delta) = (Epsilon::new(2.0).unwrap(), Delta::new(1e-6).unwrap());
        for event in [DpEvent::gaussian, |noise| {
            DpEvent::poisson(0.05, noise).times(200)
        }] {
            let found = calibrate(event, epsilon, delta, Neighbouring::AddRemove).unwrap();
            assert!(found.epsilon <= 2.0 && found.epsilon > 1.999, "{found:?}");
            let less = event(found.noise * 0.9995);
            let less = PldAccountant::of(Neighbouring::AddRemove, &less).unwrap();
            assert!(less.epsilon(delta) > 2.0);
        }
    }

    #[test]
    fn fixed_events_that_cost_too_much_already() {
        let (epsilon, delta) = (Epsilon::new(1.0).unwrap(), Delta::new(1e-6).unwrap());
        let event =
            |noise| DpEvent::Composed(vec![DpEvent::gaussian(1.0), DpEvent::gaussian(noise)]);
        let found = calibrate(event, epsilon, delta, Neighbouring::AddRemove);
        assert!(
            matches!(found, Err(PrivacyError::OutOfReach { .. })),
            "{found:?}"
        );
    }
}
