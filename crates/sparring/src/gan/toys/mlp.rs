//! A small multilayer perceptron on the wide engine's dense layers.

use rand::RngExt;
use sparring_wide::{Activation, Adam, AdamState, Dense, DenseGradient, Matrix, Seed, normal};

/// Layers with their optimiser; gradients add up until a step is taken.
#[derive(Debug, Clone)]
pub(super) struct Mlp {
    layers: Vec<Layer>,
}

#[derive(Debug, Clone)]
struct Layer {
    dense: Dense,
    activation: Activation,
    input: Matrix,
    output: Matrix,
    gradient: DenseGradient,
    sum: DenseGradient,
    adam: (AdamState, AdamState),
}

impl Mlp {
    /// Layers of these widths, leaky between them and linear at the end.
    pub(super) fn new(widths: &[usize], seed: Seed) -> Self {
        let last = widths.len() - 2;
        let layer = |(at, pair): (usize, &[usize])| Layer {
            dense: spread(pair[0], pair[1], seed.at(at as u64)),
            activation: if at == last {
                Activation::Identity
            } else {
                Activation::LeakyRelu(0.2)
            },
            input: Matrix::default(),
            output: Matrix::default(),
            gradient: DenseGradient::default(),
            sum: DenseGradient {
                weight: Matrix::zeros(pair[0], pair[1]),
                bias: vec![0.0; pair[1]],
            },
            adam: (AdamState::new(pair[0] * pair[1]), AdamState::new(pair[1])),
        };
        Self {
            layers: widths.windows(2).enumerate().map(layer).collect(),
        }
    }

    /// The outputs for row-major inputs.
    pub(super) fn forward(&mut self, rows: &[f32]) -> Vec<f32> {
        let width = self.layers[0].dense.weight.rows;
        let mut values = Matrix::from_vec(rows.len() / width, width, rows.to_vec());
        for layer in &mut self.layers {
            layer.dense.forward(&values, &mut layer.output);
            layer.activation.forward(&mut layer.output.data);
            layer.input = values;
            values = layer.output.clone();
        }
        values.data
    }

    /// Goes back from the derivatives at the last outputs to those at the inputs; adds the
    /// parameters' gradient to their sum if `learn`.
    pub(super) fn backward(&mut self, outputs: &[f32], learn: bool) -> Vec<f32> {
        let width = self
            .layers
            .last()
            .map_or(1, |layer| layer.dense.weight.cols);
        let mut dy = Matrix::from_vec(outputs.len() / width, width, outputs.to_vec());
        for layer in self.layers.iter_mut().rev() {
            layer.activation.backward(&layer.output.data, &mut dy.data);
            if learn {
                layer.dense.backward(&layer.input, &dy, &mut layer.gradient);
                add(&mut layer.sum.weight.data, &layer.gradient.weight.data);
                add(&mut layer.sum.bias, &layer.gradient.bias);
            }
            let mut dx = Matrix::default();
            layer.dense.input_gradient(&dy, &mut dx);
            dy = dx;
        }
        dy.data
    }

    /// One step of Adam along the sum, which starts anew.
    pub(super) fn step(&mut self, adam: &Adam) {
        for layer in &mut self.layers {
            let Layer {
                dense,
                sum,
                adam: (weights, biases),
                ..
            } = layer;
            weights.step(adam, &mut dense.weight.data, &sum.weight.data);
            biases.step(adam, &mut dense.bias, &sum.bias);
            sum.weight.data.fill(0.0);
            sum.bias.fill(0.0);
        }
    }

    /// Moves the weights towards those of `other`: `w = keep w + (1 - keep) w'`.
    pub(super) fn follow(&mut self, other: &Self, keep: f32) {
        for (mine, other) in self.layers.iter_mut().zip(&other.layers) {
            let pairs = [
                (&mut mine.dense.weight.data, &other.dense.weight.data),
                (&mut mine.dense.bias, &other.dense.bias),
            ];
            for (mine, other) in pairs {
                for (mine, other) in mine.iter_mut().zip(other) {
                    *mine = keep * *mine + (1.0 - keep) * other;
                }
            }
        }
    }
}

/// A layer with He's weights and biases between `-1 / sqrt(In)` and `1 / sqrt(In)`, so that the
/// kinks of the first layer lie all over the plane and not only at its origin.
fn spread(inputs: usize, outputs: usize, seed: Seed) -> Dense {
    let mut stream = seed.stream("bias");
    let bound = (inputs as f32).sqrt().recip();
    Dense {
        weight: normal(inputs, outputs, (2.0 / inputs as f32).sqrt(), seed),
        bias: (0..outputs)
            .map(|_| stream.random_range(-bound..bound))
            .collect(),
    }
}

fn add(sum: &mut [f32], values: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_at_the_inputs_equal_differences() {
        let mut net = Mlp::new(&[2, 16, 1], Seed(2));
        let x = [0.4, -0.3];
        net.forward(&x);
        let slope = net.backward(&[1.0], false);
        for at in 0..2 {
            let moved = |net: &mut Mlp, by: f32| {
                let mut x = x;
                x[at] += by;
                net.forward(&x)[0]
            };
            let difference = (moved(&mut net, 1e-2) - moved(&mut net, -1e-2)) / 2e-2;
            assert!(
                (slope[at] - difference).abs() < 1e-3,
                "{} {difference}",
                slope[at]
            );
        }
    }

    #[test]
    fn learns_a_straight_line() {
        let mut net = Mlp::new(&[1, 1], Seed(1));
        let adam = Adam {
            learning_rate: 0.05,
            ..Adam::default()
        };
        for _ in 0..400 {
            let y = net.forward(&[-1.0, 1.0]);
            net.backward(&[y[0] + 1.0, y[1] - 3.0], true);
            net.step(&adam);
        }
        let y = net.forward(&[0.0])[0];
        assert!((y - 1.0).abs() < 0.02, "{y}");
    }
}
