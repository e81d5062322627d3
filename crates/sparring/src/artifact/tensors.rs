//! Named arrays as safetensors.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::recommend::{NamedTensors, Tensor};

/// The arrays in safetensors format; little-endian, names in order.
pub(super) fn to_bytes(tensors: &NamedTensors) -> Vec<u8> {
    let raw: Vec<(&str, Dtype, &[usize], Vec<u8>)> = tensors
        .0
        .iter()
        .map(|(name, tensor)| {
            let (dtype, bytes) = match tensor {
                Tensor::F32 { data, .. } => (
                    Dtype::F32,
                    data.iter().flat_map(|x| x.to_le_bytes()).collect(),
                ),
                Tensor::U32 { data, .. } => (
                    Dtype::U32,
                    data.iter().flat_map(|x| x.to_le_bytes()).collect(),
                ),
            };
            (name.as_str(), dtype, tensor.shape(), bytes)
        })
        .collect();
    let views = raw.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.to_vec(), bytes);
        (*name, view.expect("bytes were made for this shape"))
    });
    safetensors::serialize(views, None).expect("valid views serialize")
}

/// The arrays of a safetensors file.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<NamedTensors, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let mut tensors = NamedTensors::new();
    for (name, view) in file.tensors() {
        let words = view.data().as_chunks::<4>().0.iter();
        let shape = view.shape().to_vec();
        let tensor = match view.dtype() {
            Dtype::F32 => Tensor::F32 {
                shape,
                data: words.map(|word| f32::from_le_bytes(*word)).collect(),
            },
            Dtype::U32 => Tensor::U32 {
                shape,
                data: words.map(|word| u32::from_le_bytes(*word)).collect(),
            },
            other => return Err(format!("tensor `{name}` has the type {other:?}")),
        };
        tensors.0.insert(name, tensor);
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_survive_a_round_trip() {
        let tensors = NamedTensors::new()
            .with("b", &[2, 1], vec![1.5, f32::NEG_INFINITY])
            .with_indices("a", &[3], vec![0, 7, u32::MAX])
            .with("empty", &[0, 4], vec![]);
        assert_eq!(from_bytes(&to_bytes(&tensors)).unwrap(), tensors);
    }

    #[test]
    fn noise_is_refused() {
        assert!(from_bytes(b"").is_err());
        assert!(from_bytes(&[255; 64]).is_err());
    }
}
