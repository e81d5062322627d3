//! The expectation of EM: which normal law a user may come from.

use sparring_wide::{Beta, Matrix, gemm_nt};

use super::blend::{Component, single};
use super::latent::Seen;

/// `r_c` of each law, `[U]`, and the mean log likelihood of a user, up to a constant.
pub(super) fn responsibilities(seen: &Seen, laws: &[Component]) -> (Vec<Vec<f64>>, f64) {
    let mut logs: Vec<Vec<f64>> = laws.iter().map(|law| densities(seen, law)).collect();
    let users = seen.rows.rows;
    let mut likelihood = 0.0;
    for user in 0..users {
        let most = logs
            .iter()
            .map(|log| log[user])
            .fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logs.iter().map(|log| (log[user] - most).exp()).sum();
        let all = most + total.ln();
        likelihood += all / users as f64;
        for log in &mut logs {
            log[user] = (log[user] - all).exp();
        }
    }
    (logs, likelihood)
}

/// `ln(w N(y; mean, S))` of each user, without the power of `2 pi`.
fn densities(seen: &Seen, law: &Component) -> Vec<f64> {
    let (users, width) = seen.rows.shape();
    let mut apart = Matrix::zeros(users, width);
    for (out, row) in apart.data.chunks_mut(width).zip(seen.rows.rows_iter()) {
        for ((out, &x), mean) in out.iter_mut().zip(row).zip(&law.mean) {
            *out = single(f64::from(x) - mean);
        }
    }
    let mut white = Matrix::zeros(users, width);
    gemm_nt(&apart, &law.spread.whitening(), Beta::Replace, &mut white);
    let constant = law.weight.ln() - law.spread.log_determinant() / 2.0;
    let square = |row: &[f32]| -> f64 { row.iter().map(|&x| f64::from(x) * f64::from(x)).sum() };
    white
        .rows_iter()
        .map(|row| constant - square(row) / 2.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::blend::Spread;

    #[test]
    fn two_laws_by_hand() {
        // Equal weights, means 0 and 2, variance 1: at 1 both are as likely, at 2 the second is
        // e^2 times as likely as the first.
        let law = |mean: f64| Component {
            weight: 0.5,
            mean: vec![mean],
            spread: Spread::of(&[1.0], 1).unwrap(),
        };
        let seen = Seen {
            rows: Matrix::from_vec(2, 1, vec![1.0, 2.0]),
        };
        let (shares, likelihood) = responsibilities(&seen, &[law(0.0), law(2.0)]);
        let near = 1.0 / (1.0 + (-2.0_f64).exp());
        let expected = [[0.5, 1.0 - near], [0.5, near]];
        for (found, expected) in shares.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        // ln(e^-.5) and ln((e^-2 + 1) / 2).
        let expected = f64::midpoint(-0.5, f64::midpoint((-2.0_f64).exp(), 1.0).ln());
        assert!((likelihood - expected).abs() < 1e-6, "{likelihood}");
    }
}
