use super::*;
use crate::normal;

/// Two rows of three hidden units and five items, and the items of each row that count.
fn planted() -> (OutputHead, Matrix, SparseRows) {
    let mut head = OutputHead::new(3, 5, Seed(4));
    head.bias = vec![0.1, -0.2, 0.3, 0.0, 0.5];
    let mut at = SparseRows::new();
    at.push_row([4, 1]);
    at.push_row([1]);
    (head, normal(2, 3, 1.0, Seed(5)), at)
}

fn close(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    let near = a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(near, "{a:?} and {b:?}");
}

#[test]
fn logits_by_hand() {
    let head = OutputHead {
        weight: Matrix::from_vec(2, 2, vec![1.0, 2.0, 3.0, 4.0]),
        bias: vec![0.5, -0.5],
    };
    let hidden = Matrix::from_vec(1, 2, vec![10.0, 1.0]);
    let mut logits = Matrix::default();
    head.forward(&hidden, &mut logits);
    // 10 + 2 + 0.5, 30 + 4 - 0.5
    assert_eq!(logits.data, [12.5, 33.5]);
    let mut at = SparseRows::new();
    at.push_row([1]);
    head.forward_at(&hidden, &mut at);
    assert_eq!(at.row(0), (&[1][..], &[33.5][..]));
}

#[test]
fn some_items_agree_with_all() {
    let (head, hidden, mut at) = planted();
    let mut logits = Matrix::default();
    head.forward(&hidden, &mut logits);
    head.forward_at(&hidden, &mut at);
    close(
        at.values(),
        &[logits.row(0)[4], logits.row(0)[1], logits.row(1)[1]],
    );

    at.all_values_mut().copy_from_slice(&[2.0, -1.0, 0.5]);
    let dz = Matrix::from_vec(2, 5, vec![0., -1., 0., 0., 2., 0., 0.5, 0., 0., 0.]);
    let (mut some, mut all) = (HeadRows::default(), DenseGradient::default());
    head.backward_at(&hidden, &at, &mut some);
    head.backward(&hidden, &dz, &mut all);
    assert_eq!(some.weight.rows, [1, 4]);
    close(&some.weight.to_dense(5, 3).data, &all.weight.data);
    close(&some.bias, &all.bias);

    let (mut dh, mut expected) = (Matrix::default(), Matrix::default());
    head.input_gradient_at(&at, &mut dh);
    head.input_gradient(&dz, &mut expected);
    close(&dh.data, &expected.data);
}

#[test]
fn derivatives_are_differences() {
    let (mut head, mut hidden, mut at) = planted();
    // loss = sum(z^2) / 2 over the items that count: dz = z, and differences are exact.
    let loss = |head: &OutputHead, hidden: &Matrix, at: &mut SparseRows| {
        head.forward_at(hidden, at);
        at.values()
            .iter()
            .map(|z| f64::from(*z).powi(2))
            .sum::<f64>()
            / 2.0
    };
    loss(&head, &hidden, &mut at);
    let (mut gradient, mut dh) = (HeadRows::default(), Matrix::default());
    head.backward_at(&hidden, &at, &mut gradient);
    head.input_gradient_at(&at, &mut dh);
    let weight = gradient.weight.to_dense(5, 3);
    for index in 0..15 {
        let kept = head.weight.data[index];
        let [above, below] = [0.125, -0.125].map(|by| {
            head.weight.data[index] = kept + by;
            loss(&head, &hidden, &mut at)
        });
        head.weight.data[index] = kept;
        assert!((f64::from(weight.data[index]) - (above - below) / 0.25).abs() < 1e-4);
    }
    for index in 0..6 {
        let kept = hidden.data[index];
        let [above, below] = [0.125, -0.125].map(|by| {
            hidden.data[index] = kept + by;
            loss(&head, &hidden, &mut at)
        });
        hidden.data[index] = kept;
        assert!((f64::from(dh.data[index]) - (above - below) / 0.25).abs() < 1e-4);
    }
}

#[test]
fn dot_products_take_every_entry_once() {
    for length in [0, 1, 31, 32, 33, 100] {
        let a: Vec<f32> = (0..length).map(|i: u8| f32::from(i % 7) - 3.0).collect();
        let b: Vec<f32> = (0..length).map(|i: u8| f32::from(i % 5) - 2.0).collect();
        let exact: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        assert_eq!(
            dot(&a, &b).to_bits(),
            (exact + 0.0).to_bits(),
            "{length} entries"
        );
    }
}
