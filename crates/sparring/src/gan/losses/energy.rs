//! Energy-based losses: an autoencoder's reconstruction error instead of a logit.

/// Energy-based GAN (Zhao et al., 2017, eq. 1 and 2).
///
/// ```text
/// L_D = mean(E(x)) + mean(max(0, m - E(G(z))))        L_G = mean(E(G(z)))
/// ```
/// Returns the discriminator's loss and writes its derivative at each energy; the generator's
/// derivative is `1 / B` at each of its energies.
///
/// # Shapes
/// `real`, `fake`, `grad_real`, `grad_fake`: `[B]`; energies are 0 or more.
pub fn energy_margin(
    (real, fake): (&[f32], &[f32]),
    margin: f32,
    (grad_real, grad_fake): (&mut [f32], &mut [f32]),
) -> f32 {
    super::mean_of(real, grad_real, |energy| (energy, 1.0))
        + super::mean_of(fake, grad_fake, |energy| {
            if energy < margin {
                (margin - energy, -1.0)
            } else {
                (0.0, 0.0)
            }
        })
}

/// Feature matching (Salimans et al., 2016, section 3.1): squared distance of the mean features.
///
/// ```text
/// L = |mean_b f(x_b) - mean_b f(G(z_b))|^2
/// ```
/// Returns the loss and writes its derivative at the generated features.
///
/// # Shapes
/// `real`, `fake`, `grad`: row-major `[B, H]` with `H = width`.
///
/// # Panics
/// If a batch is empty or not a whole number of rows.
pub fn feature_matching(real: &[f32], fake: &[f32], width: usize, grad: &mut [f32]) -> f32 {
    let mean = |features: &[f32]| -> Vec<f32> {
        assert!(
            !features.is_empty() && features.len().is_multiple_of(width),
            "rows of features"
        );
        let rows = (features.len() / width) as f32;
        let mut mean = vec![0.0; width];
        for row in features.chunks(width) {
            for (mean, value) in mean.iter_mut().zip(row) {
                *mean += value / rows;
            }
        }
        mean
    };
    let gap: Vec<f32> = mean(fake)
        .iter()
        .zip(mean(real))
        .map(|(fake, real)| fake - real)
        .collect();
    let rows = (fake.len() / width) as f32;
    for row in grad.chunks_mut(width) {
        for (grad, gap) in row.iter_mut().zip(&gap) {
            *grad = 2.0 * gap / rows;
        }
    }
    gap.iter().map(|gap| gap * gap).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margin_by_hand() {
        let (mut a, mut b) = ([0.0; 2], [0.0; 2]);
        // mean(1, 3) + mean(max(0, 2 - 0.5), max(0, 2 - 5)) = 2 + 0.75.
        let loss = energy_margin((&[1.0, 3.0], &[0.5, 5.0]), 2.0, (&mut a, &mut b));
        assert_eq!((loss, a, b), (2.75, [0.5, 0.5], [-0.5, 0.0]));
    }

    #[test]
    fn matching_by_hand() {
        let mut grad = [0.0; 4];
        // Means (1, 2) and (2, 0): gap (1, -2), loss 5, derivative 2 gap / 2.
        let loss = feature_matching(&[0.0, 2.0, 2.0, 2.0], &[2.0, 0.0, 2.0, 0.0], 2, &mut grad);
        assert_eq!((loss, grad), (5.0, [1.0, -2.0, 1.0, -2.0]));
    }
}
