//! How far two lists of numbers rise together.

/// Pearson's correlation; none if a list does not vary.
///
/// # Panics
/// If the lists differ in length.
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "pairs of numbers");
    let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    (aa > 0.0 && bb > 0.0).then(|| (ab / (aa.sqrt() * bb.sqrt())).clamp(-1.0, 1.0))
}

/// Spearman's rank correlation, equal numbers with their mean rank; none if a list does not vary.
///
/// # Panics
/// If the lists differ in length.
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    pearson(&ranks(a), &ranks(b))
}

/// Kendall's rank correlation with ties:
///
/// ```text
/// tau_b = (concordant - discordant) / sqrt((pairs - ties in a) (pairs - ties in b))
/// ```
/// None if a list does not vary.
///
/// # Panics
/// If the lists differ in length.
pub fn kendall(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "pairs of numbers");
    let sign = |x: f64, y: f64| i32::from(x > y) - i32::from(x < y);
    let (mut sum, mut of_a, mut of_b) = (0, 0, 0);
    for i in 0..a.len() {
        for j in 0..i {
            let (s, t) = (sign(a[i], a[j]), sign(b[i], b[j]));
            sum += s * t;
            of_a += s * s;
            of_b += t * t;
        }
    }
    (of_a > 0 && of_b > 0).then(|| f64::from(sum) / (f64::from(of_a) * f64::from(of_b)).sqrt())
}

/// Ranks from 1, equal numbers with the mean of theirs.
pub(super) fn ranks(list: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_unstable_by(|&a, &b| list[a].total_cmp(&list[b]));
    let mut ranks = vec![0.0; list.len()];
    let mut before = 0;
    for tied in order.chunk_by(|&a, &b| list[a].total_cmp(&list[b]).is_eq()) {
        for &at in tied {
            ranks[at] = before as f64 + (tied.len() + 1) as f64 / 2.0;
        }
        before += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;

    #[test]
    fn worked_by_hand() {
        // Deviations (-1, 0, 1) and (-2, 1, 1): 3 / sqrt(2 * 6).
        close(
            pearson(&[1.0, 2.0, 3.0], &[0.0, 3.0, 3.0]),
            3.0 / 12.0_f64.sqrt(),
        );
        assert_eq!(ranks(&[5.0, 1.0, 5.0, 7.0]), [2.5, 1.0, 2.5, 4.0]);
        close(spearman(&[1.0, 10.0, 100.0], &[-3.0, -2.0, 9.0]), 1.0);
        // Pairs (2,1), (3,1), (3,2) of b = (1, 3, 2): +, +, -.
        close(kendall(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]), 1.0 / 3.0);
        // One tie in b: 2 / sqrt(3 * 2).
        close(
            kendall(&[1.0, 2.0, 3.0], &[1.0, 1.0, 2.0]),
            2.0 / 6.0_f64.sqrt(),
        );
        for of in [pearson, spearman, kendall] {
            assert_eq!(of(&[1.0, 1.0], &[1.0, 2.0]), None);
            assert_eq!(of(&[], &[]), None);
            close(of(&[4.0, 1.0, 1.0], &[-4.0, -1.0, -1.0]), -1.0);
        }
    }
}
