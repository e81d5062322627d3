//! The distribution function of a standard normal variable and its inverse.

/// `Phi(x)`, to 1e-7 (Abramowitz and Stegun, "Handbook of mathematical functions", 26.2.17).
pub(super) fn cdf(x: f64) -> f64 {
    let t = (1.0 + 0.231_641_9 * x.abs()).recip();
    let series = [
        1.330_274_429,
        -1.821_255_978,
        1.781_477_937,
        -0.356_563_782,
        0.319_381_530,
    ];
    let polynomial = series.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let above = density * polynomial;
    if x < 0.0 { above } else { 1.0 - above }
}

/// `Phi^-1(p)` within -8 and 8, by bisection of [`cdf`].
pub(super) fn quantile(p: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_values() {
        for (x, p) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746),
            (1.96, 0.975_002_105),
            (-3.0, 0.001_349_898),
        ] {
            assert!((cdf(x) - p).abs() < 1e-7, "{x}");
            assert!((quantile(p) - x).abs() < 1e-4, "{x}");
        }
    }
}
