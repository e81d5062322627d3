//! How far two distributions are apart.

/// Jensen-Shannon divergence of two lists of amounts, each taken as shares of its sum, in bits.
///
/// ```text
/// JS = KL(p | m) / 2 + KL(q | m) / 2,  m = (p + q) / 2
/// ```
/// None if a list has nothing to share.
///
/// # Panics
/// If the lists differ in length.
pub fn jensen_shannon(p: &[f64], q: &[f64]) -> Option<f64> {
    let pairs = shares(p, q)?;
    let term = |share: f64, middle: f64| {
        if share > 0.0 {
            share * (share / middle).log2()
        } else {
            0.0
        }
    };
    let sum: f64 = pairs
        .map(|(p, q)| {
            let middle = f64::midpoint(p, q);
            f64::midpoint(term(p, middle), term(q, middle))
        })
        .sum();
    // Rounding of equal shares is no distance.
    Some(sum.max(0.0))
}

/// Total variation of two lists of amounts as shares: half the sum of absolute differences.
///
/// None if a list has nothing to share.
///
/// # Panics
/// If the lists differ in length.
pub fn total_variation(p: &[f64], q: &[f64]) -> Option<f64> {
    let pairs = shares(p, q)?;
    Some(pairs.map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0)
}

/// The Kolmogorov-Smirnov statistic of two samples: the largest difference of their distribution
/// functions. None if a sample is empty.
pub fn kolmogorov_smirnov(mut a: Vec<f64>, mut b: Vec<f64>) -> Option<f64> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let at = a[i].min(b[j]);
        while i < a.len() && a[i] <= at {
            i += 1;
        }
        while j < b.len() && b[j] <= at {
            j += 1;
        }
        let difference = i as f64 / a.len() as f64 - j as f64 / b.len() as f64;
        largest = largest.max(difference.abs());
    }
    Some(largest)
}

fn shares(p: &[f64], q: &[f64]) -> Option<impl Iterator<Item = (f64, f64)>> {
    assert_eq!(p.len(), q.len(), "amounts of the same things");
    let (all_p, all_q): (f64, f64) = (p.iter().sum(), q.iter().sum());
    (all_p > 0.0 && all_q > 0.0).then(|| p.iter().zip(q).map(move |(p, q)| (p / all_p, q / all_q)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;

    #[test]
    fn worked_by_hand() {
        // Nothing in common: one bit. (1, 0) and (1/2, 1/2): m = (3/4, 1/4),
        // log2(4/3) / 2 + (log2(2/3) / 2 + log2(2) / 2) / 2 = .3113
        close(jensen_shannon(&[2.0, 0.0], &[0.0, 5.0]), 1.0);
        close(jensen_shannon(&[3.0, 0.0], &[1.0, 1.0]), 0.311_278_124_459);
        close(total_variation(&[3.0, 0.0], &[1.0, 1.0]), 0.5);
        assert_eq!(jensen_shannon(&[0.0], &[1.0]), None);
        assert_eq!(total_variation(&[1.0], &[0.0]), None);
        // F jumps to 1/2, 1 at 1, 2; G to 1/3, 1 at 2, 3: differences 1/2, 2/3, 0.
        let ks = kolmogorov_smirnov(vec![2.0, 1.0], vec![3.0, 2.0, 3.0]);
        close(ks, 2.0 / 3.0);
        close(kolmogorov_smirnov(vec![1.0], vec![2.0]), 1.0);
        assert_eq!(kolmogorov_smirnov(vec![], vec![2.0]), None);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_apart_from_itself(amounts in proptest::collection::vec(0_u8..9, 1..30)) {
            let amounts: Vec<f64> = amounts.into_iter().map(f64::from).collect();
            let doubled: Vec<f64> = amounts.iter().map(|amount| 2.0 * amount).collect();
            if amounts.iter().any(|&amount| amount > 0.0) {
                proptest::prop_assert!(jensen_shannon(&amounts, &doubled).unwrap() < 1e-12);
                proptest::prop_assert!(total_variation(&amounts, &doubled).unwrap() < 1e-12);
            }
            let twice = [amounts.clone(), amounts.clone()].concat();
            proptest::prop_assert!(kolmogorov_smirnov(amounts, twice).unwrap() < 1e-12);
        }

        #[test]
        fn all_are_shares(pairs in proptest::collection::vec((0_u8..9, 0_u8..9), 1..30)) {
            let (p, q): (Vec<f64>, Vec<f64>) =
                pairs.into_iter().map(|(p, q)| (f64::from(p), f64::from(q))).unzip();
            for found in [jensen_shannon(&p, &q), total_variation(&p, &q), kolmogorov_smirnov(p, q)] {
                proptest::prop_assert!(found.is_none_or(|d| (0.0..=1.0 + 1e-12).contains(&d)));
            }
        }
    }
}
