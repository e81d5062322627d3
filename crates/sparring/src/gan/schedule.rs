//! How settings change over training.

use serde::{Deserialize, Serialize};

/// How a value falls from its start to its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Annealing {
    /// It stays.
    #[default]
    Constant,
    /// In a straight line.
    Linear,
    /// Along half a cosine.
    Cosine,
    /// By the same factor at every step.
    Exponential,
}

/// A value over training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Value at the beginning.
    pub from: f32,
    /// Value at the end; for [`Annealing::Exponential`] above 0.
    pub to: f32,
    /// The way between.
    #[serde(default)]
    pub annealing: Annealing,
}

impl Schedule {
    /// A value that stays.
    pub fn constant(value: f32) -> Self {
        Self {
            from: value,
            to: value,
            annealing: Annealing::Constant,
        }
    }

    /// The value at a share of training between 0 and 1.
    pub fn at(&self, share: f32) -> f32 {
        let share = share.clamp(0.0, 1.0);
        let Self { from, to, .. } = *self;
        match self.annealing {
            Annealing::Constant => from,
            Annealing::Linear => from + (to - from) * share,
            Annealing::Cosine => {
                to + (from - to) * (1.0 + (std::f32::consts::PI * share).cos()) / 2.0
            }
            Annealing::Exponential => from * (to.max(f32::MIN_POSITIVE) / from).powf(share),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middle_by_hand() {
        let at = |annealing, share| {
            Schedule {
                from: 4.0,
                to: 1.0,
                annealing,
            }
            .at(share)
        };
        for annealing in [Annealing::Linear, Annealing::Cosine, Annealing::Exponential] {
            assert!((at(annealing, 0.0) - 4.0).abs() < 1e-6, "{annealing:?}");
            assert!((at(annealing, 1.0) - 1.0).abs() < 1e-6, "{annealing:?}");
        }
        assert!((at(Annealing::Linear, 0.5) - 2.5).abs() < 1e-6);
        assert!((at(Annealing::Cosine, 0.5) - 2.5).abs() < 1e-6);
        assert!((at(Annealing::Exponential, 0.5) - 2.0).abs() < 1e-6);
        assert!((at(Annealing::Constant, 0.7) - 4.0).abs() < 1e-6);
    }
}
