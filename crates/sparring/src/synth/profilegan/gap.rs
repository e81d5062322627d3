//! Moment matching: the gap between the first two moments of generated and of real features.
//!
//! ```text
//! m = E[f],  M = E[f f'] / sqrt(F),  L = |m - m_real|^2 / 2 + |M - M_real|^2 / 2
//! ```
//!
//! The moments of generated profiles are running means over steps, so that the gap is not drowned
//! by the noise of one batch. The gradient is that of a batch along the gap of those before it: with
//! the batch in the gap it would learn to have less noise, which is to say less variety.

use sparring_wide::{Beta, Matrix, gemm, gemm_tn};

/// What of the gap is kept from one step to the next.
const KEEP: f32 = 0.9;

/// Real moments, and the running gap to them.
#[derive(Debug, Clone)]
pub(super) struct MomentGap {
    first: Vec<f32>,
    second: Matrix,
    gap_first: Vec<f32>,
    gap_second: Matrix,
    started: bool,
}

/// Means of `f` and of `f f' / sqrt(F)` over rows.
fn moments(rows: &Matrix) -> (Vec<f32>, Matrix) {
    let n = rows.rows.max(1) as f32;
    let mut first = vec![0.0; rows.cols];
    for row in rows.rows_iter() {
        for (sum, x) in first.iter_mut().zip(row) {
            *sum += x / n;
        }
    }
    let mut second = Matrix::default();
    gemm_tn(rows, rows, Beta::Replace, &mut second);
    let scale = (n * (rows.cols as f32).sqrt()).recip();
    for x in &mut second.data {
        *x *= scale;
    }
    (first, second)
}

impl MomentGap {
    /// To the moments of real features.
    pub(super) fn to(real: &Matrix) -> Self {
        let (first, second) = moments(real);
        Self {
            gap_first: vec![0.0; first.len()],
            gap_second: Matrix::zeros(second.rows, second.cols),
            first,
            second,
            started: false,
        }
    }

    /// The loss after a further batch, and the derivatives by the features of that batch along the
    /// gap before it.
    pub(super) fn step(&mut self, fake: &Matrix) -> (f64, Matrix) {
        let gradient = self.along(fake);
        let (first, second) = moments(fake);
        let keep = if self.started { KEEP } else { 0.0 };
        self.started = true;
        let mix = |gap: &mut [f32], found: &[f32], real: &[f32]| {
            let mut square = 0.0;
            for ((gap, found), real) in gap.iter_mut().zip(found).zip(real) {
                *gap = keep * *gap + (1.0 - keep) * (found - real);
                square += f64::from(*gap) * f64::from(*gap);
            }
            square / 2.0
        };
        let loss = mix(&mut self.gap_first, &first, &self.first)
            + mix(&mut self.gap_second.data, &second.data, &self.second.data);
        (loss, gradient)
    }

    /// The derivatives of `gap . (m, M)` by features.
    fn along(&self, fake: &Matrix) -> Matrix {
        let n = fake.rows.max(1) as f32;
        let mut gradient = Matrix::default();
        gemm(fake, &self.gap_second, Beta::Replace, &mut gradient);
        let scale = 2.0 / (n * (fake.cols as f32).sqrt());
        for row in gradient.data.chunks_mut(fake.cols.max(1)) {
            for (x, first) in row.iter_mut().zip(&self.gap_first) {
                *x = *x * scale + first / n;
            }
        }
        gradient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_a_difference_along_the_gap() {
        let real = Matrix::from_vec(2, 2, vec![1.0, -1.0, 0.5, 2.0]);
        let fake = Matrix::from_vec(3, 2, vec![0.3, 0.4, -1.0, 0.2, 1.5, 0.7]);
        let mut gap = MomentGap::to(&real);
        assert!(gap.clone().step(&real).0 < 1e-12, "no gap to itself");
        let (loss, none) = gap.step(&fake);
        assert!(loss > 0.1 && none.data.iter().all(|x| x.abs() < 1e-9));
        let gradient = gap.along(&fake);
        // The loss of one batch is half the square of the gap, whose slope is along the gap.
        for at in 0..6 {
            let moved = |by: f32| {
                let mut fake = fake.clone();
                fake.data[at] += by;
                MomentGap::to(&real).step(&fake).0
            };
            let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            let found = f64::from(gradient.data[at]);
            assert!((found - difference).abs() < 1e-3, "{found} {difference}");
        }
    }
}
