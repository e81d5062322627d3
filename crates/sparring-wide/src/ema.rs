//! Averages of weights over the steps of a training.

use crate::parallel::in_blocks2;

/// The exponential moving average of one tensor (Polyak and Juditsky, 1992; for generators Yazici
/// et al., 2019, eq. 3).
///
/// ```text
/// a = decay a + (1 - decay) w
/// ```
///
/// The average starts at the weights given to [`Ema::new`], so there is no bias to correct.
#[derive(Debug, Clone, PartialEq)]
pub struct Ema {
    decay: f32,
    average: Vec<f32>,
}

impl Ema {
    /// Starts at `weights`.
    ///
    /// # Panics
    /// If `decay` is not in `[0, 1)`.
    pub fn new(decay: f32, weights: &[f32]) -> Self {
        assert!((0.0..1.0).contains(&decay), "decay {decay} of an average");
        Self {
            decay,
            average: weights.to_vec(),
        }
    }

    /// Moves the average towards `weights`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn update(&mut self, weights: &[f32]) {
        assert_eq!(weights.len(), self.average.len(), "weights of this average");
        let share = 1.0 - self.decay;
        in_blocks2(&mut self.average, weights, |a, w| a + share * (w - a));
    }

    /// The average.
    pub fn average(&self) -> &[f32] {
        &self.average
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_updates_by_hand() {
        let mut ema = Ema::new(0.75, &[4.0]);
        ema.update(&[0.0]);
        assert_eq!(ema.average(), [3.0]);
        // 0.75 * 3 + 0.25 * 8
        ema.update(&[8.0]);
        assert_eq!(ema.average(), [4.25]);
    }
}
