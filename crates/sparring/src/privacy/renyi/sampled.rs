//! The Renyi divergence of the Poisson-subsampled Gaussian (Mironov, Talwar, Zhang, 2019).
//!
//! ```text
//! (a - 1) R(a) = ln E (1 + u)^a,   u = q (e^y - 1),  y = (2 x - 1) / (2 sigma^2),  x ~ N(0, sigma^2)
//! ```
//! Whole orders by their theorem 11, `sum_k C(a, k) (1 - q)^(a - k) q^k e^((k^2 - k) / (2 sigma^2))`.
//! Other orders, departing from their series, by the trapezium rule, which on analytic integrands
//! gains digits in proportion to the points. Since `E u = 0`, both are sums of positive terms plus 1,
//! which keeps all digits where the divergence is tiny. Removing a user costs more than adding one.

/// The divergence at an order above 1.
pub(crate) fn divergence(rate: f64, noise_multiplier: f64, order: f64) -> f64 {
    let log = if order.fract() == 0.0 && order <= 1024.0 {
        whole(rate, noise_multiplier, order)
    } else {
        quadrature(rate, noise_multiplier, order)
    };
    // ln(1 + e^log)
    let all = if log > 700.0 { log } else { log.exp().ln_1p() };
    all / (order - 1.0)
}

/// `ln(E (1 + u)^a - 1)` for a whole order.
fn whole(rate: f64, sigma: f64, order: f64) -> f64 {
    let mut choose = 0.0;
    let mut terms = Vec::new();
    let mut k = 1.0;
    choose += f64::ln(order);
    while k < order {
        choose += ((order - k) / (k + 1.0)).ln();
        k += 1.0;
        let power = k * (k - 1.0) / (2.0 * sigma * sigma);
        let weight = choose + k * rate.ln() + (order - k) * (-rate).ln_1p();
        terms.push(weight + log_exp_m1(power));
    }
    log_sum(&terms)
}

/// The same for any order, by the trapezium rule in `x`.
fn quadrature(rate: f64, sigma: f64, order: f64) -> f64 {
    // The nearest singularity is pi sigma^2 away from the real axis, and e^(-x^2 / (2 sigma^2)) grows
    // off it: the error of a step h is of the order of e^(-2 pi d / h + d^2 / (2 sigma^2)).
    let away = (std::f64::consts::PI * sigma * sigma).min(6.0 * sigma);
    let step = 2.0 * std::f64::consts::PI * away / (45.0 + 0.5 * (away / sigma).powi(2));
    let (low, high) = (-14.0 * sigma, order + 14.0 * sigma);
    let mut terms = Vec::new();
    let mut x = low;
    while x <= high {
        let y = (x - 0.5) / (sigma * sigma);
        terms.push(log_excess(rate, y, order) - 0.5 * (x / sigma).powi(2));
        x += step;
    }
    log_sum(&terms) + (step / (sigma * std::f64::consts::TAU.sqrt())).ln()
}

/// `ln((1 + u)^a - 1 - a u)`, `u = q (e^y - 1)`.
fn log_excess(rate: f64, y: f64, order: f64) -> f64 {
    if y > 500.0 {
        return order * (y + rate.ln());
    }
    let u = rate * y.exp_m1();
    if u.abs() * order < 1e-2 {
        // The binomial series from its square on.
        let (mut term, mut sum) = (order, 0.0);
        for k in 2..14 {
            let k = f64::from(k);
            term *= (order - k + 1.0) / k * u;
            sum += term;
        }
        return (sum * u).ln();
    }
    let log = order * u.ln_1p();
    if log > 40.0 {
        return log + (-(1.0 + order * u) * (-log).exp()).ln_1p();
    }
    (log.exp_m1() - order * u).ln()
}

/// `ln(e^x - 1)` for `x > 0`.
fn log_exp_m1(x: f64) -> f64 {
    if x > 40.0 { x } else { x.exp_m1().ln() }
}

fn log_sum(terms: &[f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = terms.iter().map(|term| (term - most).exp()).sum();
    most + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_two_by_hand() {
        // E (1 + u)^2 = 1 + q^2 (e^(1 / sigma^2) - 1): q = 0.1, sigma = 1: ln(1.01718282) = 0.017036863.
        assert!((divergence(0.1, 1.0, 2.0) - 0.017_036_863).abs() < 1e-8);
    }

    #[test]
    fn both_ways_agree_at_whole_orders() {
        for (rate, sigma) in [
            (0.1, 2.0),
            (0.01, 1.0),
            (1e-5, 0.5),
            (0.5, 20.0),
            (0.9, 0.3),
        ] {
            for order in [2.0, 3.0, 7.0, 32.0] {
                let (a, b) = (whole(rate, sigma, order), quadrature(rate, sigma, order));
                assert!((a - b).abs() < 1e-10, "{rate} {sigma} {order}: {a} {b}");
            }
        }
    }

    #[test]
    fn it_rises_with_the_order() {
        let at = |order| divergence(0.02, 0.8, order);
        let orders = [1.001, 1.5, 1.999_999, 2.0, 2.000_001, 2.5, 17.3];
        assert!(orders.windows(2).all(|pair| at(pair[0]) < at(pair[1])));
    }
}
