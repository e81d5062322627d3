//! Accountants: events in, epsilon out.

use serde::{Deserialize, Serialize};

use super::delta::Delta;
use super::error::PrivacyError;
use super::event::{DpEvent, Leaf};
use super::pld::{DiscreteLaw, LaplaceLaw, Law, Mixture, Steps, Target, solve};

/// The smallest delta that is worked with.
const SMALLEST: f64 = 1e-200;

/// Which logs a guarantee makes hard to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Neighbouring {
    /// One has a user more.
    AddRemove,
    /// One has another user in the place of one.
    ReplaceOne,
}

impl Neighbouring {
    /// How many users the logs differ by.
    fn users(self) -> f64 {
        match self {
            Self::AddRemove => 1.0,
            Self::ReplaceOne => 2.0,
        }
    }
}

/// Composes events. It refuses what it cannot bound.
pub trait PrivacyAccountant {
    /// Which logs the epsilon is about.
    fn neighbouring(&self) -> Neighbouring;

    /// Adds an event `count` times, all or none.
    ///
    /// # Errors
    /// No bound is known, or a parameter is out of its range.
    fn compose(&mut self, event: &DpEvent, count: u64) -> Result<(), PrivacyError>;

    /// The smallest epsilon that is known to hold; infinite once anything ran without noise.
    fn epsilon(&self, delta: Delta) -> f64;
}

/// The accountant whose figures count: privacy-loss distributions.
#[derive(Debug, Clone, PartialEq)]
pub struct PldAccountant {
    neighbouring: Neighbouring,
    event: DpEvent,
}

/// From which side an event is looked at.
#[derive(Debug, Clone, Copy)]
enum Side {
    Remove,
    Add,
    Replace,
}

impl PldAccountant {
    /// Nothing composed yet.
    pub fn new(neighbouring: Neighbouring) -> Self {
        let event = DpEvent::Composed(Vec::new());
        Self {
            neighbouring,
            event,
        }
    }

    /// Of one event.
    ///
    /// # Errors
    /// As [`PrivacyAccountant::compose`].
    pub fn of(neighbouring: Neighbouring, event: &DpEvent) -> Result<Self, PrivacyError> {
        let mut own = Self::new(neighbouring);
        own.compose(event, 1)?;
        Ok(own)
    }

    /// Epsilon when a user is removed and when one is added. One figure stands for both when one is
    /// replaced.
    pub fn directions(&self, delta: Delta) -> (f64, f64) {
        self.both(Target::Delta(delta.get()), f64::INFINITY)
    }

    /// The delta of an epsilon.
    pub fn delta(&self, epsilon: f64) -> f64 {
        let (remove, add) = self.both(Target::Epsilon(epsilon.max(0.0)), 1.0);
        remove.max(add)
    }

    fn both(&self, target: Target, worst: f64) -> (f64, f64) {
        let leaves = self
            .event
            .leaves()
            .expect("events are checked when they are added");
        if leaves.iter().any(|(leaf, _)| *leaf == Leaf::Naked) {
            return (worst, worst);
        }
        let chances = leaves.iter().map(|(leaf, _)| match leaf {
            Leaf::Lost { chance } => *chance,
            _ => 0.0,
        });
        // Two users may be lost where one is replaced by another.
        let lost = chances.sum::<f64>() * self.neighbouring.users();
        // The rest of delta, or what is lost beside the delta of the rest.
        let (target, beside) = match target {
            Target::Delta(delta) if delta - lost < SMALLEST => return (worst, worst),
            Target::Delta(delta) => (Target::Delta(delta - lost), 0.0),
            Target::Epsilon(_) => (target, lost),
        };
        let of = |side: Side| {
            let steps: Vec<Steps> = leaves
                .iter()
                .filter_map(|(leaf, count)| Some((law(*leaf, side)?, *count)))
                .collect();
            (solve(&steps, target) + beside).min(worst)
        };
        let sampled = leaves
            .iter()
            .any(|(leaf, _)| matches!(leaf, Leaf::Sampled { .. }));
        match self.neighbouring {
            Neighbouring::AddRemove if sampled => {
                rayon::join(|| of(Side::Remove), || of(Side::Add))
            }
            neighbouring => {
                let side = match neighbouring {
                    Neighbouring::AddRemove => Side::Remove,
                    Neighbouring::ReplaceOne => Side::Replace,
                };
                let found = of(side);
                (found, found)
            }
        }
    }
}

impl PrivacyAccountant for PldAccountant {
    fn neighbouring(&self) -> Neighbouring {
        self.neighbouring
    }

    fn compose(&mut self, event: &DpEvent, count: u64) -> Result<(), PrivacyError> {
        let DpEvent::Composed(mut all) = self.event.clone() else {
            unreachable!("the accountant holds a composition")
        };
        all.push(event.clone().times(count));
        let all = DpEvent::Composed(all);
        all.leaves()?;
        self.event = all;
        Ok(())
    }

    fn epsilon(&self, delta: Delta) -> f64 {
        let (remove, add) = self.directions(delta);
        remove.max(add)
    }
}

/// The dominating pair of a leaf; none where all its loss is infinite. Replacing a user moves a
/// release by twice the sensitivity.
fn law(leaf: Leaf, side: Side) -> Option<Box<dyn Law>> {
    let moved = if matches!(side, Side::Replace) {
        2.0
    } else {
        1.0
    };
    let law: Box<dyn Law> = match leaf {
        Leaf::Gaussian { noise_multiplier } => {
            Box::new(Mixture::gaussian(noise_multiplier / moved))
        }
        Leaf::Laplace { scale } => Box::new(LaplaceLaw {
            scale: scale / moved,
        }),
        Leaf::Discrete { sigma, sensitivity } => Box::new(DiscreteLaw {
            sigma,
            sensitivity: sensitivity * moved,
        }),
        Leaf::Sampled {
            rate,
            noise_multiplier,
        } => {
            let (up, down) = match side {
                Side::Remove => (rate, 0.0),
                Side::Add => (0.0, rate),
                Side::Replace => (rate, rate),
            };
            Box::new(Mixture {
                sigma: noise_multiplier,
                up,
                down,
            })
        }
        Leaf::Lost { .. } | Leaf::Naked => return None,
    };
    Some(law)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_lost_is_taken_off_delta() {
        let look = DpEvent::Thresholded {
            noise_multiplier: 5.0,
            delta: 4e-6,
        };
        let delta = |delta| Delta::new(delta).unwrap();
        for (neighbouring, rest) in [
            (Neighbouring::AddRemove, 6e-6),
            (Neighbouring::ReplaceOne, 2e-6),
        ] {
            let of = |event: &DpEvent| PldAccountant::of(neighbouring, event).unwrap();
            let (look, plain) = (of(&look), of(&DpEvent::gaussian(5.0)));
            let (found, expected) = (look.epsilon(delta(1e-5)), plain.epsilon(delta(rest)));
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            let (found, expected) = (look.delta(1.0), plain.delta(1.0) + 1e-5 - rest);
            assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
            assert!(look.epsilon(delta(4e-6)).is_infinite());
        }
        let lost = DpEvent::Thresholded {
            noise_multiplier: 5.0,
            delta: 0.9,
        };
        let lost = PldAccountant::of(Neighbouring::ReplaceOne, &lost).unwrap();
        assert!(lost.delta(0.1) <= 1.0);
    }
}
