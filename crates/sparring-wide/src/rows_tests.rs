//! Row-sparse steps of every optimiser are the full steps, to the bit.

use crate::{
    Adagrad, AdagradState, Adam, AdamState, Matrix, RowGradient, Seed, Sgd, SgdState, SparseLinear,
    SparseRows, normal,
};

/// Takes three steps by the rows of some gradients and by the gradients themselves, and compares.
fn check(mut rows: impl FnMut(&mut [f32], &RowGradient), mut full: impl FnMut(&mut [f32], &[f32])) {
    // Rows of 500 make several blocks.
    let layer = SparseLinear::new(100, 500, Seed(1));
    let (mut a, mut b) = (layer.weight.data.clone(), layer.weight.data.clone());
    let (mut gradient, mut bias) = (RowGradient::default(), Vec::new());
    for step in 0..3 {
        let mut x = SparseRows::new();
        x.push_row([step, 7, 99]);
        x.push_row([7, 50 + step, 32, 64]);
        layer.backward(&x, &normal(2, 500, 1.0, Seed(9)), &mut gradient, &mut bias);
        rows(&mut a, &gradient);
        full(&mut b, &gradient.to_dense(100, 500).data);
    }
    assert_eq!(a, b);
    assert_ne!(a, layer.weight.data);
}

#[test]
fn sgd() {
    for momentum in [0.0, 0.9] {
        let sgd = Sgd {
            momentum,
            weight_decay: 0.1,
            ..Sgd::default()
        };
        let [mut a, mut b] = [(); 2].map(|()| SgdState::new(50_000));
        check(
            |w, g| a.step_rows(&sgd, w, 500, g),
            |w, g| b.step(&sgd, w, g),
        );
    }
}

#[test]
fn adagrad() {
    for weight_decay in [0.0, 0.1] {
        let adagrad = Adagrad {
            weight_decay,
            ..Adagrad::default()
        };
        let [mut a, mut b] = [(); 2].map(|()| AdagradState::new(50_000));
        check(
            |w, g| a.step_rows(&adagrad, w, 500, g),
            |w, g| b.step(&adagrad, w, g),
        );
    }
}

#[test]
fn adam() {
    for decoupled in [false, true] {
        let adam = Adam {
            weight_decay: 0.1,
            decoupled,
            ..Adam::default()
        };
        let [mut a, mut b] = [(); 2].map(|()| AdamState::new(50_000));
        check(
            |w, g| a.step_rows(&adam, w, 500, g),
            |w, g| b.step(&adam, w, g),
        );
    }
}

#[test]
fn a_gradient_without_rows_is_zero() {
    let mut gradient = RowGradient::default();
    let x = {
        let mut x = SparseRows::new();
        x.push_row([]);
        x
    };
    let layer = SparseLinear::new(3, 2, Seed(1));
    layer.backward(&x, &Matrix::zeros(1, 2), &mut gradient, &mut Vec::new());
    let mut weights = layer.weight.data.clone();
    let mut state = SgdState::new(6);
    state.step_rows(&Sgd::default(), &mut weights, 2, &gradient);
    assert_eq!(weights, layer.weight.data);
}
