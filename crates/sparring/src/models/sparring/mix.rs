//! One score out of several, on one scale.

use rayon::prelude::*;

/// Adds `weight (s - mean s) / sd s` to `total`, mean and deviation over the items of each row.
///
/// A row of equal scores says nothing and adds nothing.
///
/// # Shapes
/// `scores` and `total` `[Q, I]`, row-major.
pub(super) fn add_standardised(scores: &[f32], n_items: usize, weight: f32, total: &mut [f32]) {
    let rows = total.par_chunks_mut(n_items.max(1));
    rows.zip(scores.par_chunks(n_items.max(1)))
        .for_each(|(total, scores)| {
            let Standard { mean, scale } = Standard::of(scores);
            let factor = weight * scale;
            for (total, score) in total.iter_mut().zip(scores) {
                *total += factor * (score - mean);
            }
        });
}

/// What standardises the scores of a user: `(s - mean) scale`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standard {
    mean: f32,
    pub(super) scale: f32,
}

impl Standard {
    /// Of a row of scores; the scale of equal scores is 0.
    pub(super) fn of(scores: &[f32]) -> Self {
        let n = scores.len().max(1) as f64;
        let mean = scores.iter().map(|s| f64::from(*s)).sum::<f64>() / n;
        let squares = scores.iter().map(|s| (f64::from(*s) - mean).powi(2));
        let deviation = (squares.sum::<f64>() / n).sqrt();
        let scale = if deviation > 1e-6 * mean.abs().max(1e-6) {
            1.0 / deviation
        } else {
            0.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "scores are single precision"
        )]
        let (mean, scale) = (mean as f32, scale as f32);
        Self { mean, scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_brought_to_one_scale() {
        // Means 2 and 20, deviations 1 and 10: both rows become -1, 1.
        let mut total = vec![0.0, 0.0, 1.0, 1.0];
        add_standardised(&[1.0, 3.0, 10.0, 30.0], 2, 2.0, &mut total);
        assert_eq!(total, [-2.0, 2.0, -1.0, 3.0]);
    }

    #[test]
    fn equal_scores_add_nothing() {
        let mut total = vec![5.0; 3];
        add_standardised(&[0.7; 3], 3, 1.0, &mut total);
        assert_eq!(total, [5.0; 3]);
        add_standardised(&[0.0; 3], 3, 1.0, &mut total);
        assert_eq!(total, [5.0; 3]);
    }
}
