//! Layers against central differences and by hand.

use super::*;
use crate::differences::{check, weighted};

fn window(kernel: usize, stride: usize, padding: usize) -> Window {
    Window {
        side: 4,
        fine: 2,
        coarse: 3,
        kernel,
        stride,
        padding,
    }
}

fn noise() -> Noise {
    Noise {
        seed: Seed(5),
        step: 3,
    }
}

#[test]
fn derivatives_are_those_of_differences() {
    let layers = vec![
        Layer::Dense {
            input: 5,
            output: 12,
        },
        Layer::Norm { channels: 3 },
        Layer::Leaky { slope: 0.2 },
        Layer::Up(window(4, 2, 1)),
        Layer::Norm { channels: 2 },
        Layer::Tanh,
        Layer::Down(window(3, 1, 1)),
        Layer::Dropout { rate: 0.25 },
        Layer::Dense {
            input: 48,
            output: 2,
        },
    ];
    let stack = Stack::new(layers, Some(0.4), Seed(1));
    let x = normal(6, 5, 1.0, Seed(2));
    let weight = normal(6, 2, 1.0, Seed(3));
    let (_, trace) = stack.forward(x.clone(), noise());
    let pulled = stack.pull(&trace, weight.clone());
    check(&x, &pulled.by_input, |x| {
        weighted(&stack.forward(x.clone(), noise()).0, &weight)
    });
    let gradient = stack.gradient(&trace, &pulled, None);
    assert_eq!(gradient.len(), stack.weights().len());
    for (at, found) in gradient.iter().enumerate() {
        // A batch norm takes the bias of a channel away.
        if at == 5 {
            assert!(found.data.iter().all(|g| g.abs() < 1e-3));
            continue;
        }
        check(&stack.weights()[at], found, |matrix| {
            let mut moved = stack.clone();
            moved.weights_mut()[at] = matrix.clone();
            weighted(&moved.forward(x.clone(), noise()).0, &weight)
        });
    }
}

#[test]
fn running_moments_come_to_those_of_the_batches() {
    let mut stack = Stack::new(vec![Layer::Norm { channels: 1 }], None, Seed(1));
    // Mean 3, variance 4.
    let x = Matrix::from_vec(2, 1, vec![1.0, 5.0]);
    for _ in 0..200 {
        let (out, trace) = stack.forward(x.clone(), noise());
        assert!((out.data[1] - 1.0).abs() < 1e-4);
        stack.remember(&trace);
    }
    assert!((stack.running()[0].data[0] - 3.0).abs() < 1e-4);
    assert!((stack.running()[1].data[0] - 4.0).abs() < 1e-3);
    let alone = stack.infer(Matrix::from_vec(1, 1, vec![7.0]));
    assert!((alone.data[0] - 2.0).abs() < 1e-3, "(7 - 3) / 2");
}
