//! Elementwise activations, whose derivative is known from the output.

use crate::math::{exp, log1p_exp};
use crate::parallel::{in_blocks, in_blocks2};

/// An elementwise non-linearity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// `x`
    Identity,
    /// `max(x, 0)`
    Relu,
    /// `x` if positive, else `slope x`; the slope is positive.
    LeakyRelu(f32),
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `tanh(x)`
    Tanh,
    /// `ln(1 + exp(x))`
    Softplus,
}

impl Activation {
    /// Replaces inputs by outputs.
    pub fn forward(self, values: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => in_blocks(values, |x| x.max(0.0)),
            Self::LeakyRelu(slope) => {
                in_blocks(values, move |x| x * if x > 0.0 { 1.0 } else { slope });
            }
            Self::Sigmoid => in_blocks(values, sigmoid),
            Self::Tanh => in_blocks(values, |x| 2.0 * sigmoid(2.0 * x) - 1.0),
            Self::Softplus => in_blocks(values, log1p_exp),
        }
    }

    /// Replaces derivatives by outputs with derivatives by inputs, given the `outputs`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn backward(self, outputs: &[f32], gradient: &mut [f32]) {
        assert_eq!(outputs.len(), gradient.len(), "one derivative an output");
        match self {
            Self::Identity => {}
            Self::Relu => in_blocks2(gradient, outputs, |g, y| if y > 0.0 { g } else { 0.0 }),
            Self::LeakyRelu(slope) => {
                in_blocks2(gradient, outputs, move |g, y| {
                    g * if y > 0.0 { 1.0 } else { slope }
                });
            }
            Self::Sigmoid => in_blocks2(gradient, outputs, |g, y| g * y * (1.0 - y)),
            Self::Tanh => in_blocks2(gradient, outputs, |g, y| g * (1.0 - y * y)),
            // y = ln(1 + e^x), so that 1 - e^-y = e^x / (1 + e^x).
            Self::Softplus => in_blocks2(gradient, outputs, |g, y| g * (1.0 - exp(-y))),
        }
    }
}

/// `1 / (1 + exp(-x))`, to about `1e-7`.
#[inline]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 6] = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu(0.2),
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Softplus,
    ];

    #[test]
    fn values_by_hand() {
        // ln 3 = 1.0986: sigmoid 3/4, tanh (9 - 1) / (9 + 1) = 0.8, softplus ln 4 = 1.3863.
        let expected = [1.0986, 1.0986, 1.0986, 0.75, 0.8, 1.3863];
        let below = [-1.0986, 0.0, -0.219_72, 0.25, -0.8, 0.287_68];
        for ((activation, expected), below) in ALL.into_iter().zip(expected).zip(below) {
            let mut values = [3.0_f32.ln(), -(3.0_f32.ln())];
            activation.forward(&mut values);
            assert!((values[0] - expected).abs() < 1e-4, "{activation:?}");
            assert!((values[1] - below).abs() < 1e-4, "{activation:?}");
        }
    }

    #[test]
    fn derivatives_are_differences() {
        for activation in ALL {
            for x in [-3.0, -0.7, 0.4, 2.5] {
                let mut values = [x, x + 1e-2, x - 1e-2];
                activation.forward(&mut values);
                let mut gradient = [2.0];
                activation.backward(&values[..1], &mut gradient);
                let difference = 2.0 * (values[1] - values[2]) / 2e-2;
                assert!(
                    (gradient[0] - difference).abs() < 2e-3,
                    "{activation:?} at {x}: {} and {difference}",
                    gradient[0]
                );
            }
        }
    }
}
