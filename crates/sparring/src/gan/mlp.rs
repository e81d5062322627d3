//! A small multilayer perceptron on the wide engine's dense layers.

use rand::RngExt;
use sparring_wide::{
    Activation, Adam, AdamState, Beta, Dense, DenseGradient, Matrix, Seed, gemm, gemm_tn, normal,
};

/// Slope of the leaky units where they are negative.
pub(crate) const LEAK: f32 = 0.2;

/// Layers with their optimiser; gradients add up until a step is taken.
///
/// Its units are leaky and so linear wherever they do not change sides: the derivative of its
/// slope at the inputs needs no second pass backward, only one forward along a direction.
#[derive(Debug, Clone)]
pub(crate) struct Mlp {
    layers: Vec<Layer>,
    /// What [`Mlp::forward`] saw last.
    rows: Matrix,
    /// Derivatives at the inputs by the last [`Mlp::backward`].
    at_rows: Matrix,
    scratch: (Matrix, Matrix),
}

#[derive(Debug, Clone)]
struct Layer {
    dense: Dense,
    activation: Activation,
    output: Matrix,
    /// Derivatives before the activation by the last [`Mlp::backward`].
    back: Matrix,
    sum: DenseGradient,
    adam: (AdamState, AdamState),
}

impl Mlp {
    /// Layers of these widths, leaky between them and linear at the end.
    pub(crate) fn new(widths: &[usize], seed: Seed) -> Self {
        let last = widths.len() - 2;
        let layer = |(at, pair): (usize, &[usize])| Layer {
            dense: spread(pair[0], pair[1], seed.at(at as u64)),
            activation: if at == last {
                Activation::Identity
            } else {
                Activation::LeakyRelu(LEAK)
            },
            output: Matrix::default(),
            back: Matrix::default(),
            sum: DenseGradient {
                weight: Matrix::zeros(pair[0], pair[1]),
                bias: vec![0.0; pair[1]],
            },
            adam: (AdamState::new(pair[0] * pair[1]), AdamState::new(pair[1])),
        };
        Self {
            layers: widths.windows(2).enumerate().map(layer).collect(),
            rows: Matrix::default(),
            at_rows: Matrix::default(),
            scratch: Default::default(),
        }
    }

    /// The outputs for row-major inputs.
    pub(crate) fn forward(&mut self, rows: &[f32]) -> &[f32] {
        let width = self.layers[0].dense.weight.rows;
        set(&mut self.rows, rows, width);
        let mut input = &self.rows;
        for layer in &mut self.layers {
            layer.dense.forward(input, &mut layer.output);
            layer.activation.forward(&mut layer.output.data);
            input = &layer.output;
        }
        &input.data
    }

    /// Goes back from the derivatives at the last outputs to those at the inputs.
    pub(crate) fn backward(&mut self, outputs: &[f32]) -> &[f32] {
        let mut after: Option<&Layer> = None;
        for layer in self.layers.iter_mut().rev() {
            match after {
                None => set(&mut layer.back, outputs, layer.dense.weight.cols),
                Some(next) => next.dense.input_gradient(&next.back, &mut layer.back),
            }
            let (outputs, back) = (&layer.output.data, &mut layer.back.data);
            layer.activation.backward(outputs, back);
            after = Some(layer);
        }
        let first = &self.layers[0];
        first.dense.input_gradient(&first.back, &mut self.at_rows);
        &self.at_rows.data
    }

    /// Adds the gradient of what [`Mlp::backward`] went back from to that of the parameters.
    pub(crate) fn learn(&mut self) {
        let mut input = &self.rows;
        for layer in &mut self.layers {
            gemm_tn(input, &layer.back, Beta::Add, &mut layer.sum.weight);
            add_rows(&mut layer.sum.bias, &layer.back, |_| 1.0);
            input = &layer.output;
        }
    }

    /// Adds the gradient of `sum_b weights_b f(x_b) + along_b . grad f(x_b)` to that of the
    /// parameters, `weights [B]` and `along [B, In]` held fixed, after `backward` from ones.
    ///
    /// With `d_k` the derivatives of `f` before layer `k`'s activation, `h_k` its input and `t_k`
    /// the change of `h_k` along the direction, the gradient is
    /// `dW_k = sum_b (weights_b h_k + t_k)' d_k`: exact but at the kinks.
    pub(crate) fn learn_along(&mut self, weights: &[f32], along: &[f32]) {
        let (tangent, next) = &mut self.scratch;
        set(tangent, along, self.rows.cols);
        let mut input = &self.rows;
        for layer in &mut self.layers {
            gemm(tangent, &layer.dense.weight, Beta::Replace, next);
            layer
                .activation
                .backward(&layer.output.data, &mut next.data);
            let width = input.cols;
            let pairs = tangent.data.chunks_exact_mut(width);
            for ((t, h), weight) in pairs.zip(input.data.chunks_exact(width)).zip(weights) {
                for (t, h) in t.iter_mut().zip(h) {
                    *t += weight * h;
                }
            }
            gemm_tn(tangent, &layer.back, Beta::Add, &mut layer.sum.weight);
            add_rows(&mut layer.sum.bias, &layer.back, |row| weights[row]);
            std::mem::swap(tangent, next);
            input = &layer.output;
        }
    }

    /// Copies another network into the first units of this wider one, whose further units then have
    /// no say at the others: the function is that of the other.
    pub(crate) fn graft(&mut self, other: &Self) {
        let last = self.layers.len() - 1;
        for (at, (mine, other)) in self.layers.iter_mut().zip(&other.layers).enumerate() {
            let (mine, other) = (&mut mine.dense, &other.dense);
            let kept = other.weight.cols;
            for row in 0..mine.weight.rows {
                let to = &mut mine.weight.row_mut(row)[..kept];
                if row < other.weight.rows {
                    to.copy_from_slice(other.weight.row(row));
                } else if at > 0 {
                    to.fill(0.0);
                }
            }
            mine.bias[..kept].copy_from_slice(&other.bias);
            debug_assert!(at < last || kept == mine.weight.cols, "as many outputs");
        }
    }

    /// The layers, leaky between them.
    pub(crate) fn layers(&self) -> Vec<&Dense> {
        self.layers.iter().map(|layer| &layer.dense).collect()
    }

    /// Adds to the gradient of the parameters: layer after layer, weights before biases.
    pub(crate) fn add(&mut self, gradient: &[f32]) {
        let mut rest = gradient.iter();
        for DenseGradient { weight, bias } in self.layers.iter_mut().map(|layer| &mut layer.sum) {
            let sums = weight.data.iter_mut().chain(bias);
            sums.zip(&mut rest).for_each(|(sum, entry)| *sum += entry);
        }
    }

    /// The norm of the running mean of the gradients.
    pub(crate) fn gradient_norm(&self) -> f64 {
        let adams = self.layers.iter().map(|layer| &layer.adam);
        let squares = adams.map(|(weight, bias)| weight.mean_square() + bias.mean_square());
        squares.sum::<f64>().sqrt()
    }

    /// Makes the last layer zero, so that training starts from an output of zeros.
    pub(crate) fn silence(&mut self) {
        let last = self.layers.last_mut().expect("there is a layer");
        last.dense.weight.fill(0.0);
        last.dense.bias.fill(0.0);
    }

    /// The layers, leaky between them.
    pub(crate) fn into_layers(self) -> Vec<Dense> {
        self.layers.into_iter().map(|layer| layer.dense).collect()
    }

    /// One step of Adam along the sum, which starts anew.
    pub(crate) fn step(&mut self, adam: &Adam) {
        for layer in &mut self.layers {
            let (weights, biases) = &mut layer.adam;
            let (dense, sum) = (&mut layer.dense, &mut layer.sum);
            weights.step(adam, &mut dense.weight.data, &sum.weight.data);
            biases.step(adam, &mut dense.bias, &sum.bias);
            sum.weight.data.fill(0.0);
            sum.bias.fill(0.0);
        }
    }

    /// Moves the weights towards those of `other`: `w = keep w + (1 - keep) w'`.
    pub(crate) fn follow(&mut self, other: &Self, keep: f32) {
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

fn set(matrix: &mut Matrix, values: &[f32], width: usize) {
    matrix.reshape(values.len() / width, width);
    matrix.data.copy_from_slice(values);
}

fn add_rows(sum: &mut [f32], rows: &Matrix, weight: impl Fn(usize) -> f32) {
    for (at, row) in rows.data.chunks_exact(rows.cols).enumerate() {
        let weight = weight(at);
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += weight * value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sum_b weights_b f(x_b) + along_b . grad f(x_b)`, the second by differences in `f64`.
    fn objective(net: &mut Mlp, rows: &[f32], weights: &[f32], along: &[f32]) -> f64 {
        let values = net.forward(rows).to_vec();
        net.backward(&vec![1.0; weights.len()]);
        let pairs = net.at_rows.data.iter().zip(along);
        let slopes: f64 = pairs.map(|(s, v)| f64::from(s * v)).sum();
        let values = values.iter().zip(weights);
        slopes + values.map(|(y, w)| f64::from(y * w)).sum::<f64>()
    }

    #[test]
    fn gradients_equal_differences() {
        let mut net = Mlp::new(&[2, 12, 12, 1], Seed(2));
        let rows = [0.4, -0.3, 1.2, 0.9, -0.7, 0.1];
        let (weights, along) = ([1.0, -0.5, 2.0], [0.3, 1.0, -0.6, 0.2, 0.0, 0.8]);
        net.forward(&rows);
        net.backward(&[1.0; 3]);
        net.learn_along(&weights, &along);
        let sums: Vec<DenseGradient> = net.layers.iter().map(|layer| layer.sum.clone()).collect();
        for (at, sum) in sums.iter().enumerate() {
            for place in [0, 5, sum.weight.data.len() - 1] {
                let mut moved = |by: f32| {
                    net.layers[at].dense.weight.data[place] += by;
                    let value = objective(&mut net, &rows, &weights, &along);
                    net.layers[at].dense.weight.data[place] -= by;
                    value
                };
                let difference = (moved(4e-3) - moved(-4e-3)) / 8e-3;
                let slope = f64::from(sum.weight.data[place]);
                let error = (slope - difference).abs();
                assert!(error < 2e-3, "layer {at}: {slope} {difference}");
            }
            let mut moved = |by: f32| {
                net.layers[at].dense.bias[0] += by;
                let value = objective(&mut net, &rows, &weights, &along);
                net.layers[at].dense.bias[0] -= by;
                value
            };
            let difference = (moved(4e-3) - moved(-4e-3)) / 8e-3;
            assert!((f64::from(sum.bias[0]) - difference).abs() < 2e-3);
        }
    }

    #[test]
    fn derivatives_at_the_inputs_equal_differences() {
        let mut net = Mlp::new(&[2, 16, 1], Seed(2));
        let x = [0.4, -0.3];
        net.forward(&x);
        let slope = net.backward(&[1.0]).to_vec();
        for at in 0..2 {
            let mut moved = |by: f32| {
                let mut x = x;
                x[at] += by;
                net.forward(&x)[0]
            };
            let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            let error = (slope[at] - difference).abs();
            assert!(error < 1e-3, "{} {difference}", slope[at]);
        }
    }

    #[test]
    fn a_gradient_is_added_layer_after_layer_and_weights_before_biases() {
        // Layers of 2 x 3 + 3 and 3 + 1 parameters: entry 7 is a bias, entry 10 a weight.
        for (entry, layer, bias, place) in [(4, 0, false, 4), (7, 0, true, 1), (10, 1, false, 1)] {
            let mut net = Mlp::new(&[2, 3, 1], Seed(1));
            let mut gradient = [0.0; 13];
            gradient[entry] = 1.5;
            net.add(&gradient);
            net.add(&gradient);
            for (at, found) in net.layers.iter().map(|layer| &layer.sum).enumerate() {
                let (mut weight, mut biases) = (found.weight.clone(), found.bias.clone());
                weight.fill(0.0);
                biases.fill(0.0);
                if at == layer && bias {
                    biases[place] = 3.0;
                } else if at == layer {
                    weight.data[place] = 3.0;
                }
                assert_eq!((&found.weight, &found.bias), (&weight, &biases), "{entry}");
            }
        }
        assert_eq!(Mlp::new(&[2, 3, 1], Seed(1)).layers().len(), 2);
    }

    #[test]
    fn a_graft_is_the_same_function() {
        let mut small = Mlp::new(&[2, 5, 5, 1], Seed(2));
        let mut wide = Mlp::new(&[2, 9, 9, 1], Seed(3));
        wide.graft(&small);
        for x in [[0.4, -0.3], [-1.0, 2.0]] {
            let (a, b) = (small.forward(&x)[0], wide.forward(&x)[0]);
            assert!((a - b).abs() < 1e-6, "{a} {b}");
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
            let y = net.forward(&[-1.0, 1.0]).to_vec();
            net.backward(&[y[0] + 1.0, y[1] - 3.0]);
            net.learn();
            net.step(&adam);
        }
        let y = net.forward(&[0.0])[0];
        assert!((y - 1.0).abs() < 0.02, "{y}");
    }
}
