use super::*;
use crate::{Matrix, Seed, SparseLinear, SparseRows};

#[test]
fn the_first_two_steps_by_hand() {
    let adam = Adam {
        learning_rate: 0.1,
        ..Adam::default()
    };
    let (mut state, mut w) = (AdamState::new(1), [1.0]);
    // The first step is rate * sign(g), whatever the size of g.
    state.step(&adam, &mut w, &[4.0]);
    assert!((w[0] - 0.9).abs() < 1e-6);
    // g = 0: m = 0.9 * 0.4 = 0.36, / 0.19 = 1.894737; v = 0.999 * 0.016 = 0.015984,
    // / 0.001999 = 7.995998, root 2.827719; step 0.1 * 0.670058.
    state.step(&adam, &mut w, &[0.0]);
    assert!((w[0] - 0.832_994).abs() < 1e-5, "{}", w[0]);
}

#[test]
fn decoupled_decay_shrinks_beside_the_step() {
    let adam = Adam {
        learning_rate: 0.1,
        weight_decay: 0.5,
        decoupled: true,
        ..Adam::default()
    };
    let (mut state, mut w) = (AdamState::new(1), [2.0]);
    // 2 - 0.1 - 0.1 * 0.5 * 2 = 1.8
    state.step(&adam, &mut w, &[1.0]);
    assert!((w[0] - 1.8).abs() < 1e-6);
}

#[test]
fn exact_rows_are_the_full_step_and_lazy_ones_are_not() {
    let layer = SparseLinear::new(50, 4, Seed(1));
    let (mut rows, mut bias) = (RowGradient::default(), Vec::new());
    let adam = Adam {
        weight_decay: 0.01,
        ..Adam::default()
    };
    let mut states = [
        AdamState::new(200),
        AdamState::new(200),
        AdamState::new(200),
    ];
    let mut weights = [(); 3].map(|()| layer.weight.data.clone());
    for step in 0..3 {
        let mut x = SparseRows::new();
        x.push_row([step, 7]);
        let dy = Matrix::from_vec(1, 4, vec![1.0, -2.0, 0.5, 3.0]);
        layer.backward(&x, &dy, &mut rows, &mut bias);
        states[0].step(&adam, &mut weights[0], &rows.to_dense(50, 4).data);
        states[1].step_rows(&adam, &mut weights[1], 4, &rows);
        states[2].step_rows_lazy(&adam, &mut weights[2], 4, &rows);
    }
    assert_eq!(weights[0], weights[1]);
    assert_eq!(weights[2][200 - 4..], layer.weight.data[200 - 4..]);
    assert_eq!(weights[2][7 * 4..8 * 4], weights[0][7 * 4..8 * 4]);
    assert_ne!(weights[2][..4], weights[0][..4]);
}
