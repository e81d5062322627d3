//! A trained network as it is kept: dense layers, leaky between them.

use sparring_wide::{Activation, Dense, Matrix};

use super::decoder::finite;
use crate::gan::LEAK;
use crate::recommend::{NamedTensors, WeightsError};

/// Number of layers.
pub(super) const LAYERS: usize = 3;

/// The layers, [`LAYERS`] of them where they are saved.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layers(pub(super) Vec<Dense>);

impl Layers {
    /// The outputs for rows of inputs.
    pub(super) fn outputs(&self, rows: &Matrix) -> Matrix {
        let mut input = rows.clone();
        for (at, layer) in self.0.iter().enumerate() {
            let mut output = Matrix::default();
            layer.forward(&input, &mut output);
            if at + 1 < self.0.len() {
                Activation::LeakyRelu(LEAK).forward(&mut output.data);
            }
            input = output;
        }
        input
    }

    pub(super) fn weights(&self) -> NamedTensors {
        let mut weights = NamedTensors::new();
        for (at, layer) in self.0.iter().enumerate() {
            let (inputs, outputs) = layer.weight.shape();
            let matrix = layer.weight.data.clone();
            weights = weights
                .with(&format!("weight{at}"), &[inputs, outputs], matrix)
                .with(&format!("bias{at}"), &[outputs], layer.bias.clone());
        }
        weights
    }

    /// The layers from `first` inputs to `last` outputs.
    ///
    /// # Errors
    /// If a tensor is missing, does not fit the others or is not finite.
    pub(super) fn from_weights(
        weights: &NamedTensors,
        [first, last]: [usize; 2],
    ) -> Result<Self, WeightsError> {
        let (mut layers, mut inputs) = (Vec::new(), first);
        for at in 0..LAYERS {
            let (name, bias) = (format!("weight{at}"), format!("bias{at}"));
            let (_, found, _) = weights.matrix(&name)?;
            let outputs = if at + 1 == LAYERS { last } else { found };
            let entries = weights.matrix_of(&name, inputs, outputs)?;
            let shift = weights.vector_of(&bias, outputs)?;
            finite(&name, entries)?;
            finite(&bias, shift)?;
            layers.push(Dense {
                weight: Matrix::from_vec(inputs, outputs, entries.to_vec()),
                bias: shift.to_vec(),
            });
            inputs = outputs;
        }
        Ok(Self(layers))
    }
}
