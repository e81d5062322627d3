//! The hidden layers of a network, above its first, sparse product.

use faer::Accum;
use serde::{Deserialize, Serialize};
use sparring_wide::Stream;

use crate::models::product::{add_to_rows, multiply, product, row_sum, view};
use crate::models::tensor::{Adam, Tensor};

/// What a hidden layer does to its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// `x`.
    Linear,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `tanh(x)`.
    Tanh,
    /// `max(0, x)`.
    Relu,
}

impl Activation {
    pub(in crate::models) fn apply(self, values: &mut [f32]) {
        match self {
            Self::Linear => {}
            Self::Sigmoid => values
                .iter_mut()
                .for_each(|x| *x = 1.0 / (1.0 + (-*x).exp())),
            Self::Tanh => values.iter_mut().for_each(|x| *x = x.tanh()),
            Self::Relu => values.iter_mut().for_each(|x| *x = x.max(0.0)),
        }
    }

    /// Multiplies a gradient by the derivative, given the outputs.
    pub(in crate::models) fn pull_back(self, gradient: &mut [f32], outputs: &[f32]) {
        let pairs = gradient.iter_mut().zip(outputs);
        match self {
            Self::Linear => {}
            Self::Sigmoid => pairs.for_each(|(g, y)| *g *= y * (1.0 - y)),
            Self::Tanh => pairs.for_each(|(g, y)| *g *= 1.0 - y * y),
            Self::Relu => pairs.for_each(|(g, y)| *g *= f32::from(u8::from(*y > 0.0))),
        }
    }
}

/// `h_0 = act(z + b_0)`, `h_l = act(h_(l-1) W_l + b_l)`, all of one width `H`.
#[derive(Debug, Clone)]
pub(in crate::models) struct Stack {
    pub(in crate::models) width: usize,
    pub(in crate::models) activation: Activation,
    /// `b_0, W_1, b_1, W_2, b_2, ...`
    pub(in crate::models) tensors: Vec<Tensor>,
}

/// The outputs of all layers, `[B, H]` each.
#[derive(Debug)]
pub(in crate::models) struct Trace(Vec<Vec<f32>>);

impl Trace {
    pub(in crate::models) fn top(&self) -> &[f32] {
        self.0.last().expect("there is a first layer")
    }
}

/// All layers, given their values `b_0, W_1, b_1, ...` and the sums `z` of the first.
pub(in crate::models) fn forward(
    h: usize,
    activation: Activation,
    values: &[&[f32]],
    z: Vec<f32>,
) -> Trace {
    let rows = z.len() / h;
    let mut outputs: Vec<Vec<f32>> = vec![z];
    add_to_rows(&mut outputs[0], values[0]);
    activation.apply(&mut outputs[0]);
    for layer in values[1..].chunks(2) {
        let below = &outputs[outputs.len() - 1];
        let mut above = multiply(view(below, rows, h), view(layer[0], h, h));
        add_to_rows(&mut above, layer[1]);
        activation.apply(&mut above);
        outputs.push(above);
    }
    Trace(outputs)
}

impl Stack {
    pub(in crate::models) fn new(
        width: usize,
        layers: usize,
        activation: Activation,
        stream: &mut Stream,
    ) -> Self {
        let mut tensors = vec![Tensor::new(vec![0.0; width])];
        for _ in 1..layers {
            tensors.push(Tensor::glorot(width, width, stream));
            tensors.push(Tensor::new(vec![0.0; width]));
        }
        Self {
            width,
            activation,
            tensors,
        }
    }

    /// All layers, given the sums `z` of the first.
    pub(in crate::models) fn forward(&self, z: Vec<f32>) -> Trace {
        let values: Vec<&[f32]> = self
            .tensors
            .iter()
            .map(|tensor| &tensor.value[..])
            .collect();
        forward(self.width, self.activation, &values, z)
    }

    /// The gradient at `z`, given that at the top; updates the layers if there is an optimiser.
    pub(in crate::models) fn backward(
        &mut self,
        trace: &Trace,
        top: Vec<f32>,
        adam: Option<Adam>,
    ) -> Vec<f32> {
        let (h, rows) = (self.width, top.len() / self.width);
        let mut gradient = top;
        for layer in (0..trace.0.len()).rev() {
            self.activation.pull_back(&mut gradient, &trace.0[layer]);
            let at = 2 * layer;
            let below = (layer > 0).then(|| {
                let weights = view(&self.tensors[at - 1].value, h, h);
                multiply(view(&gradient, rows, h), weights.transpose())
            });
            if let Some(adam) = adam {
                self.tensors[at].update_by(adam, &row_sum(&gradient, h, 1.0));
                if layer > 0 {
                    let inputs = view(&trace.0[layer - 1], rows, h);
                    let mut change = vec![0.0; h * h];
                    product(
                        &mut change,
                        h,
                        inputs.transpose(),
                        view(&gradient, rows, h),
                        Accum::Replace,
                    );
                    self.tensors[at - 1].update(h, adam, |from, _, out| {
                        out.copy_from_slice(&change[from * h..][..out.len()]);
                    });
                }
            }
            gradient = below.unwrap_or(gradient);
        }
        gradient
    }
}
