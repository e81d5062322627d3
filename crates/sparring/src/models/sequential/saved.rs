//! Networks as an artifact holds them.

use sparring_deep::{Network, TransformerSizes};

use super::scorer::one;
use crate::recommend::{NamedTensors, WeightsError};

/// Adds the sizes of a transformer that its weights do not tell.
pub(in crate::models) fn with_body(weights: NamedTensors, sizes: TransformerSizes) -> NamedTensors {
    let of = |size: usize| vec![u32::try_from(size).expect("sizes are small")];
    weights
        .with_indices("heads", &[1], of(sizes.heads))
        .with_indices("layers", &[1], of(sizes.layers))
        .with_indices("feedforward", &[1], of(sizes.feedforward))
}

/// The sizes of a transformer of a known width, and whether its attention fades.
pub(in crate::models) fn body_sizes(
    weights: &NamedTensors,
    (width, recency): (usize, bool),
) -> Result<TransformerSizes, WeightsError> {
    let heads = one(weights, "heads")?;
    if !width.is_multiple_of(heads) {
        return Err(WeightsError::Value {
            name: "heads".to_owned(),
            expected: "a divisor of the width",
            found: heads.to_string(),
        });
    }
    Ok(TransformerSizes {
        width,
        heads,
        layers: one(weights, "layers")?,
        feedforward: one(weights, "feedforward")?,
        dropout: 0.0,
        recency,
    })
}

/// The weights of a network by name.
pub(in crate::models) fn saved(network: &impl Network) -> NamedTensors {
    let names = network.names();
    let each = names.iter().zip(network.weights());
    each.fold(NamedTensors::new(), |tensors, (name, matrix)| {
        tensors.with(name, &[matrix.rows, matrix.cols], matrix.data.clone())
    })
}

/// Fills the weights of a network that has the right sizes.
pub(in crate::models) fn fill(
    from: &NamedTensors,
    network: &mut impl Network,
) -> Result<(), WeightsError> {
    let names = network.names();
    for (name, to) in names.iter().zip(network.weights_mut()) {
        let data = from.matrix_of(name, to.rows, to.cols)?;
        to.data.copy_from_slice(data);
    }
    Ok(())
}
