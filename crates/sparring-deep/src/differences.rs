//! Central differences, for tests of backward passes.

use sparring_wide::Matrix;

/// `sum output * weight` in double precision.
pub(crate) fn weighted(output: &Matrix, weight: &Matrix) -> f64 {
    let each = output.data.iter().zip(&weight.data);
    each.map(|(o, w)| f64::from(*o) * f64::from(*w)).sum()
}

/// Compares a gradient with central differences at about forty entries.
pub(crate) fn check(at: &Matrix, gradient: &Matrix, f: impl Fn(&Matrix) -> f64) {
    assert_eq!(at.shape(), gradient.shape());
    let largest = gradient
        .data
        .iter()
        .fold(0.0_f32, |most, g| most.max(g.abs()));
    assert!(largest > 0.0, "something depends on it");
    let n = at.data.len();
    for entry in (0..n).step_by(n.div_ceil(40)) {
        let step = 4e-3_f32;
        let moved = |by: f32| {
            let mut moved = at.clone();
            moved.data[entry] += by;
            f(&moved)
        };
        // Fourth order, so that the step can be large enough for single precision; small enough that
        // few kinks lie within it.
        let near = (moved(step) - moved(-step)) / f64::from(2.0 * step);
        let far = (moved(2.0 * step) - moved(-2.0 * step)) / f64::from(4.0 * step);
        let expected = (4.0 * near - far) / 3.0;
        let found = f64::from(gradient.data[entry]);
        assert!(
            (found - expected).abs() < 5e-3 * (f64::from(largest) + expected.abs()),
            "entry {entry}: {found}, by differences {expected}"
        );
    }
}
