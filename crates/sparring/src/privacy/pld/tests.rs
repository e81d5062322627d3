//! Compositions against closed forms.

use proptest::prelude::*;

use super::{DiscreteLaw, LaplaceLaw, Law, Mixture, Target, solve};
use crate::privacy::normal::gaussian_delta;

#[expect(
    clippy::needless_pass_by_value,
    reason = "laws are made where they are asked about"
)]
fn epsilon(laws: Vec<(Box<dyn Law>, u64)>, delta: f64) -> f64 {
    solve(&laws, Target::Delta(delta))
}

fn gaussian(sigma: f64) -> Box<dyn Law> {
    Box::new(Mixture::gaussian(sigma))
}

/// The exact epsilon of one Gaussian, by bisection of the closed form.
fn exact(sigma: f64, delta: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1e7);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if gaussian_delta(sigma, middle) > delta {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

#[test]
fn one_gaussian_is_never_below_its_closed_form_and_close_to_it() {
    for sigma in [0.3, 1.0, 3.73, 50.0, 1000.0] {
        for delta in [1e-3, 1e-5, 1e-12, 1e-40] {
            let (found, exact) = (
                epsilon(vec![(gaussian(sigma), 1)], delta),
                exact(sigma, delta),
            );
            let over = found - exact;
            // The closed form itself loses digits by cancellation: 1e-9 of room.
            assert!(
                over >= -1e-9 * exact.max(1e-3),
                "{sigma} {delta}: {found} < {exact}"
            );
            assert!(
                over <= 5e-5 * exact.min(1.0) + 1e-9,
                "{sigma} {delta}: {found} > {exact}"
            );
        }
    }
}

#[test]
fn many_gaussians_are_one_with_less_noise() {
    // n Gaussians of sigma sqrt(n) are one of sigma; composed here by FFT, not merged.
    for (count, sigma) in [(2_u32, 1.0), (100, 0.5), (10_000, 4.0)] {
        let each = sigma * f64::from(count).sqrt();
        for delta in [1e-5, 1e-12] {
            let found = epsilon(vec![(gaussian(each), u64::from(count))], delta);
            let over = found - exact(sigma, delta);
            assert!(
                (-1e-9..1e-4).contains(&over),
                "{count} {sigma} {delta}: {over}"
            );
        }
    }
    // 1/3^2 + 1/4^2 = 1/2.4^2
    let both = epsilon(vec![(gaussian(3.0), 1), (gaussian(4.0), 1)], 1e-6);
    assert!((-1e-9..1e-4).contains(&(both - exact(2.4, 1e-6))));
}

#[test]
fn one_laplace_in_closed_form() {
    // delta(epsilon) = 1 - e^((epsilon - 1/b) / 2), so epsilon = 1/b + 2 ln(1 - delta).
    for (scale, delta) in [(0.5, 1e-2), (2.0, 1e-5), (20.0, 1e-3)] {
        let law: Box<dyn Law> = Box::new(LaplaceLaw { scale });
        let exact = 1.0 / scale + 2.0 * f64::ln_1p(-delta);
        let over = epsilon(vec![(law, 1)], delta) - exact;
        assert!((-1e-12..1e-4).contains(&over), "{scale} {delta}: {over}");
    }
}

#[test]
fn a_discrete_gaussian_of_fine_units_is_a_gaussian() {
    // At sigma = 400 units the lattice is far below the noise (e^(-2 pi^2 sigma^2)).
    let law: Box<dyn Law> = Box::new(DiscreteLaw {
        sigma: 400.0,
        sensitivity: 200.0,
    });
    let found = epsilon(vec![(law, 3)], 1e-6);
    assert!(
        (found - exact(2.0 / 3.0_f64.sqrt(), 1e-6)).abs() < 3e-4,
        "{found}"
    );
}

#[test]
fn a_coarse_discrete_gaussian_by_its_sum() {
    // sigma = 1/2, D = 1: P(L > 4) = P(x <= -1), delta(4) = sum over x <= -1 of P(x) - e^4 Q(x).
    let weight = |x: f64| (-2.0 * x * x).exp();
    let whole: f64 = (-9..=9).map(|x| weight(f64::from(x))).sum();
    let part = |x: i32| weight(f64::from(x)) - 4.0_f64.exp() * weight(f64::from(x) - 1.0);
    let exact = (-9..=-1).map(part).sum::<f64>() / whole;
    let law: Box<dyn Law> = Box::new(DiscreteLaw {
        sigma: 0.5,
        sensitivity: 1.0,
    });
    let found = solve(&[(law, 1)], Target::Epsilon(4.0));
    assert!(found >= exact && found < exact * 1.001, "{found} {exact}");
}

#[test]
fn delta_and_epsilon_are_inverse() {
    let steps = || -> Vec<(Box<dyn Law>, u64)> {
        vec![(
            Box::new(Mixture {
                sigma: 1.0,
                up: 0.02,
                down: 0.0,
            }),
            300,
        )]
    };
    for delta in [1e-3, 1e-6, 1e-11] {
        let back = solve(&steps(), Target::Epsilon(epsilon(steps(), delta)));
        assert!((back / delta - 1.0).abs() < 2e-3, "{delta}: {back}");
    }
}

#[test]
fn a_delta_far_below_the_rounding_of_a_plain_transform() {
    // Independent: the same law on a grid of 1e-3, composed by direct convolution (numpy.convolve, no
    // FFT): 6.42633, of which its grid is about 8e-4: a variance of 1024 * 1e-6 / 6 at a tilt of 9, halved.
    let law: Box<dyn Law> = Box::new(Mixture {
        sigma: 2.0,
        up: 0.05,
        down: 0.0,
    });
    let found = epsilon(vec![(law, 1024)], 1e-12);
    assert!((6.425_3..6.426_33).contains(&found), "{found}");
}

#[test]
fn enough_noise_needs_no_epsilon() {
    // delta(0) of sigma 100 is about 0.004.
    assert!(epsilon(vec![(gaussian(100.0), 1)], 0.1) <= 0.0);
    assert!(epsilon(Vec::new(), 1e-5) <= 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn more_steps_more_noise_and_larger_samples_go_the_right_way(
        rate in 0.001_f64..0.5,
        sigma in 0.6_f64..8.0,
        count in 1_u64..400,
    ) {
        let cost = |rate: f64, sigma: f64, count: u64| {
            epsilon(vec![(Box::new(Mixture { sigma, up: rate, down: 0.0 }), count)], 1e-6)
        };
        let base = cost(rate, sigma, count);
        let room = 1e-4 * base.min(1.0);
        prop_assert!(cost(rate, sigma, count + count / 2 + 1) >= base - room);
        prop_assert!(cost(rate, sigma * 1.2, count) <= base + room);
        prop_assert!(cost((rate * 1.3).min(1.0), sigma, count) >= base - room);
        // No sample costs more than all users.
        prop_assert!(base <= exact(sigma / (count as f64).sqrt(), 1e-6) + 1e-4);
    }
}
