//! Accountants: events in, epsilon out.

use serde::{Deserialize, Serialize};

use super::delta::Delta;
use super::error::PrivacyError;
use super::event::{DpEvent, Leaf};
use super::pld::{DiscreteLaw, LaplaceLaw, Law, Mixture, Steps, Target, solve};

/// Which logs a guarantee makes hard to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Neighbouring {
    /// One has a user more.
    AddRemove,
    /// One has another user in the place of one.
    ReplaceOne,
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
        let of = |side: Side| {
            let steps: Vec<Steps> = leaves
                .iter()
                .map(|(leaf, count)| (law(*leaf, side), *count))
                .collect();
            solve(&steps, target)
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

/// The dominating pair of a leaf. Replacing a user moves a release by twice the sensitivity.
fn law(leaf: Leaf, side: Side) -> Box<dyn Law> {
    let moved = if matches!(side, Side::Replace) {
        2.0
    } else {
        1.0
    };
    match leaf {
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
        Leaf::Naked => unreachable!("a look without noise has no law"),
    }
}
