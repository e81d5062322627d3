use super::*;
use crate::{Seed, normal};

fn rows<const N: usize>(rows: [&[(u32, f32)]; N]) -> SparseRows {
    let mut out = SparseRows::new();
    for row in rows {
        out.push_row_with(row.iter().copied());
    }
    out
}

/// Compares each derivative with a central difference of the loss.
fn check(columns: usize, f: impl Fn(&mut Matrix) -> f64) {
    let start = normal(2, columns, 1.5, Seed(4));
    let mut gradient = start.clone();
    f(&mut gradient);
    for at in 0..start.data.len() {
        let moved = |by: f32| {
            let mut z = start.clone();
            z.data[at] += by;
            f(&mut z)
        };
        let difference = (moved(0.015_625) - moved(-0.015_625)) / 0.031_25;
        let found = f64::from(gradient.data[at]);
        assert!(
            (found - difference).abs() < 1e-3,
            "{at}: {found} and {difference}"
        );
    }
}

#[test]
fn multinomial_by_hand() {
    // softmax(0, ln 3) = (1/4, 3/4); counts (2, 1): L = 2 ln 4 + ln (4/3) = 3.060271,
    // gradient (3/4 - 2, 9/4 - 1) = (-1.25, 1.25); the second row is empty, so that B = 2 halves.
    let mut z = Matrix::from_vec(2, 2, vec![0.0, 3.0_f32.ln(), 5.0, 1.0]);
    let loss = multinomial(&mut z, &rows([&[(0, 2.0), (1, 1.0)], &[]]));
    assert!((loss - 3.060_271 / 2.0).abs() < 1e-5, "{loss}");
    for (found, expected) in z.data.iter().zip([-0.625, 0.625, 0.0, 0.0]) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn multinomial_takes_large_logits() {
    let mut z = Matrix::from_vec(1, 3, vec![1e4, -1e4, 0.0]);
    let loss = multinomial(&mut z, &rows([&[(2, 1.0)]]));
    // ln(e^1e4 + ...) - 0
    assert!((loss - 1e4).abs() < 1e-2, "{loss}");
    for (found, expected) in z.data.iter().zip([1.0, 0.0, -1.0]) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn cross_entropy_by_hand() {
    // z = ln 3: ln(1 + e^z) = ln 4, sigmoid 3/4. With t = 1: ln 4 - ln 3 = 0.287682, slope -1/4;
    // with t = 0 and weight 2: 2 ln 4 = 2.772589, slope 3/2; with weight 0 nothing.
    let mut z = Matrix::from_vec(1, 3, vec![3.0_f32.ln(); 3]);
    let (targets, weights) = (rows([&[(0, 1.0)]]), rows([&[(0, 1.0), (1, 2.0)]]));
    let loss = sigmoid_cross_entropy(&mut z, &targets, Some(&weights));
    assert!((loss - 3.060_271).abs() < 1e-5, "{loss}");
    for (found, expected) in z.data.iter().zip([-0.25, 1.5, 0.0]) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn squared_error_by_hand() {
    // (3 - 1)^2 + (-1 - 0)^2 = 5, slopes 4 and -2.
    let mut z = Matrix::from_vec(1, 2, vec![3.0, -1.0]);
    assert!((squared_error(&mut z, &rows([&[(0, 1.0)]]), None) - 5.0).abs() < 1e-6);
    assert_eq!(z.data, [4.0, -2.0]);
}

#[test]
fn derivatives_are_differences() {
    // Ten columns: a full block of lanes and a part of one.
    let targets = rows([&[(9, 1.0), (3, 2.0), (3, 0.5)], &[(0, 1.0)]]);
    let weights = rows([&[(9, 0.5), (3, 1.0), (4, 2.0)], &[(0, 1.0), (7, 1.0)]]);
    check(10, |z| multinomial(z, &targets));
    for weights in [None, Some(&weights)] {
        check(10, |z| sigmoid_cross_entropy(z, &targets, weights));
        check(10, |z| squared_error(z, &targets, weights));
    }
}
