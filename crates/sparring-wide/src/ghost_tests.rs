use super::*;
use crate::{Dense, DenseGradient, HeadRows, OutputHead, RowGradient, Seed, SparseLinear, normal};
use proptest::prelude::*;

/// Row `row` of a matrix as a matrix of its own.
fn one(matrix: &Matrix, row: usize) -> Matrix {
    Matrix::from_vec(1, matrix.cols, matrix.row(row).to_vec())
}

fn one_sparse(rows: &SparseRows, row: usize) -> SparseRows {
    let (indices, values) = rows.row(row);
    let mut out = SparseRows::new();
    out.push_row_with(indices.iter().copied().zip(values.iter().copied()));
    out
}

fn square(parts: &[&[f32]]) -> f64 {
    let each = parts.iter().copied().flatten();
    each.map(|x| f64::from(*x).powi(2)).sum()
}

fn sparse() -> SparseRows {
    let mut x = SparseRows::new();
    x.push_row_with([(1, 2.0), (4, -1.5)]);
    x.push_row([]);
    // An index given twice is one input of 3.
    x.push_row_with([(3, 1.0), (0, 0.5), (3, 2.0)]);
    x
}

#[test]
fn norms_are_those_of_explicit_gradients() {
    let (x, a) = (sparse(), normal(3, 6, 1.0, Seed(1)));
    let (dy, dz) = (normal(3, 2, 1.0, Seed(2)), sparse());
    let mut norms = GhostNorms::new(3);
    norms.add_sparse(&x, &dy);
    norms.add_dense(&a, &dy);
    norms.add_head_at(&a, &dz);
    let (first, dense) = (SparseLinear::new(5, 2, Seed(3)), Dense::new(6, 2, Seed(3)));
    let head = OutputHead::new(6, 5, Seed(3));
    for (row, norm) in norms.norms().enumerate() {
        let (mut w, mut b) = (RowGradient::default(), Vec::new());
        first.backward(&one_sparse(&x, row), &one(&dy, row), &mut w, &mut b);
        let mut exact = square(&[&w.data, &b]);
        let mut gradient = DenseGradient::default();
        dense.backward(&one(&a, row), &one(&dy, row), &mut gradient);
        exact += square(&[&gradient.weight.data, &gradient.bias]);
        let mut some = HeadRows::default();
        head.backward_at(&one(&a, row), &one_sparse(&dz, row), &mut some);
        exact += square(&[&some.weight.data, &some.bias]);
        assert!((norm - exact.sqrt()).abs() < 1e-5 * norm, "{norm}, {exact}");
    }
}

#[test]
fn clipped_rows_sum_to_the_clipped_gradients() {
    let (a, mut dy) = (normal(3, 6, 1.0, Seed(1)), normal(3, 2, 1.0, Seed(2)));
    let layer = Dense::new(6, 2, Seed(3));
    let mut norms = GhostNorms::new(3);
    norms.add_dense(&a, &dy);
    let mut expected = [0.0_f32; 14];
    for (row, norm) in norms.norms().enumerate() {
        let mut gradient = DenseGradient::default();
        layer.backward(&one(&a, row), &one(&dy, row), &mut gradient);
        let all = gradient.weight.data.iter().chain(&gradient.bias);
        #[expect(clippy::cast_possible_truncation, reason = "a factor")]
        for (sum, g) in expected.iter_mut().zip(all) {
            *sum += (2.0 / norm).min(1.0) as f32 * g;
        }
    }
    scale_rows(&mut dy, &norms.clip_factors(2.0));
    let mut gradient = DenseGradient::default();
    layer.backward(&a, &dy, &mut gradient);
    let all = gradient.weight.data.iter().chain(&gradient.bias);
    assert!(all.zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn an_endless_gradient_counts_as_none() {
    let (a, mut dy) = (
        Matrix::from_vec(3, 1, vec![1.0, 1.0, f32::NAN]),
        Matrix::from_vec(3, 1, vec![1.0, f32::INFINITY, 1.0]),
    );
    let mut norms = GhostNorms::new(3);
    norms.add_dense(&a, &dy);
    let factors = norms.clip_factors(10.0);
    assert_eq!(factors, [1.0, 0.0, 0.0]);
    scale_rows(&mut dy, &factors);
    assert_eq!(dy.data, [1.0, 0.0, 0.0]);
}

proptest! {
    #[test]
    fn a_factor_never_leaves_more_than_the_bound(norm in 0.0_f64..1e6, max in 1e-6_f64..1e6) {
        let factor = factor(norm, max);
        prop_assert!((0.0..=1.0).contains(&factor));
        prop_assert!(f64::from(factor) * norm <= max);
        prop_assert!(norm <= max || f64::from(factor) * norm >= max * (1.0 - 1e-6));
    }
}
