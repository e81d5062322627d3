//! How many of a thousand modes a generator of stacked digits covers.

use serde::Serialize;
use sparring_deep::PictureShape;

use crate::error::PictureError;
use crate::judge::Judge;
use crate::set::Pictures;

/// The modes of stacked pictures: the classes of their three colours (Metz et al., 2017, section 3.3.1).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Modes {
    /// Pictures that were looked at.
    pub n: usize,
    /// Modes that there are: all triples of classes.
    pub all: usize,
    /// Modes with a picture.
    pub covered: usize,
    /// Divergence of the shares of modes from those of real pictures, in nats.
    pub divergence: f64,
    /// Modes with a picture among as many even ones drawn by lot: `all (1 - (1 - 1 / all)^n)`.
    pub expected: f64,
    /// Share of held-out single pictures that the judge gets right.
    pub accuracy: f64,
}

impl Modes {
    /// Counts the modes of pictures in three colours by a judge of single ones.
    ///
    /// ```text
    /// KL = sum_m p_m ln(p_m / q_m),  p the shares among these pictures, q = q_a q_b q_c of single classes
    /// ```
    ///
    /// # Errors
    /// [`PictureError::Apart`] if the pictures are grey, or of another side.
    pub fn of(
        judge: &Judge<'_>,
        real: &Pictures,
        pictures: &Pictures,
    ) -> Result<Self, PictureError> {
        let stacked = PictureShape {
            channels: 3,
            ..real.shape
        };
        if real.shape.channels != 1 || pictures.shape != stacked {
            return Err(PictureError::Apart {
                real: real.kind(),
                other: pictures.kind(),
            });
        }
        let classes = real.classes();
        let mut modes = vec![0_usize; pictures.len()];
        for channel in 0..3 {
            let places = pictures.bytes[channel..].iter().step_by(3);
            let single = Pictures {
                shape: real.shape,
                bytes: places.copied().collect(),
                labels: None,
            };
            for (mode, class) in modes.iter_mut().zip(judge.classes(&single)) {
                *mode = *mode * classes + class as usize;
            }
        }
        let mut single = vec![0.0; classes];
        for label in real.labels.iter().flatten() {
            single[*label as usize] += 1.0 / real.len() as f64;
        }
        Ok(Self::counted(&modes, &single, judge.accuracy()))
    }

    /// The figures of modes, given the shares of single classes.
    fn counted(modes: &[usize], single: &[f64], accuracy: f64) -> Self {
        let (classes, n) = (single.len(), modes.len());
        let all = classes.pow(3);
        let mut counts = vec![0_u32; all];
        for mode in modes {
            counts[*mode] += 1;
        }
        let real = |mode: usize| {
            let [a, b, c] = [
                mode / classes / classes,
                mode / classes % classes,
                mode % classes,
            ];
            single[a] * single[b] * single[c]
        };
        let divergence = (0..all).filter(|mode| counts[*mode] > 0).map(|mode| {
            let share = f64::from(counts[mode]) / n as f64;
            share * (share / real(mode).max(1e-12)).ln()
        });
        let missed = (1.0 - 1.0 / all as f64).powf(n as f64);
        Self {
            n,
            all,
            covered: counts.iter().filter(|count| **count > 0).count(),
            divergence: divergence.sum(),
            expected: all as f64 * (1.0 - missed),
            accuracy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_modes_have_no_divergence_and_missing_ones_do() {
        let even: Vec<usize> = (0..8).chain(0..8).collect();
        let found = Modes::counted(&even, &[0.5, 0.5], 1.0);
        assert_eq!((found.covered, found.all, found.n), (8, 8, 16));
        assert!(found.divergence.abs() < 1e-12);
        // Two of eight modes, evenly: ln 4.
        let half = Modes::counted(&[0, 7, 0, 7], &[0.5, 0.5], 1.0);
        assert_eq!(half.covered, 2);
        assert!((half.divergence - 4.0_f64.ln()).abs() < 1e-12, "{half:?}");
        assert!((half.expected - 8.0 * (1.0 - (7.0_f64 / 8.0).powi(4))).abs() < 1e-12);
    }
}
