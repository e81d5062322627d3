//! Where dense layers run.

use std::fmt;
use std::str::FromStr;

use burn::tensor::{Device as Place, Tensor, TensorData};
use sparring_wide::Matrix;

/// Where dense layers run; attention and the head over the catalogue run on the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Device {
    /// The host's processor.
    #[default]
    Cpu,
    /// A graphics processor by wgpu.
    #[cfg(feature = "wgpu")]
    Wgpu,
    /// A graphics processor by CUDA.
    #[cfg(feature = "cuda")]
    Cuda,
}

/// A device that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoDevice {
    /// This build does not have it.
    #[error("there is no device `{name}` in this build, there is {}", Device::names().join(", "))]
    NotBuilt {
        /// The name given.
        name: String,
    },
    /// This build has it, and finds none on this machine.
    #[error("this machine has no device that `{name}` reaches")]
    NotFound {
        /// The name given.
        name: String,
    },
}

impl NoDevice {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotBuilt { name } if ["wgpu", "cuda"].contains(&name.as_str()) => {
                "build with the cargo feature of that name"
            }
            Self::NotFound { name } if name == "wgpu" => {
                "install a driver of Vulkan, Metal or DirectX 12, or use cpu"
            }
            _ => "use cpu",
        }
    }
}

impl Device {
    /// The names of the devices of this build.
    pub fn names() -> Vec<&'static str> {
        vec![
            "cpu",
            #[cfg(feature = "wgpu")]
            "wgpu",
            #[cfg(feature = "cuda")]
            "cuda",
        ]
    }

    /// Whether this machine has one.
    pub fn is_present(self) -> bool {
        match self {
            Self::Cpu => true,
            #[cfg(feature = "wgpu")]
            Self::Wgpu => !Place::enumerate(burn::tensor::DeviceType::Wgpu).is_empty(),
            #[cfg(feature = "cuda")]
            Self::Cuda => !Place::enumerate(burn::tensor::DeviceType::Cuda).is_empty(),
        }
    }

    /// The device of the framework.
    pub(crate) fn place(self) -> Place {
        match self {
            Self::Cpu => Place::flex(),
            #[cfg(feature = "wgpu")]
            Self::Wgpu => Place::wgpu(burn::tensor::DeviceKind::default()),
            #[cfg(feature = "cuda")]
            Self::Cuda => Place::cuda(0),
        }
    }
}

impl FromStr for Device {
    type Err = NoDevice;

    /// The device of a name, if this build and this machine have it.
    fn from_str(name: &str) -> Result<Self, NoDevice> {
        let device = match name {
            "cpu" => Self::Cpu,
            #[cfg(feature = "wgpu")]
            "wgpu" => Self::Wgpu,
            #[cfg(feature = "cuda")]
            "cuda" => Self::Cuda,
            _ => {
                let name = name.to_owned();
                return Err(NoDevice::NotBuilt { name });
            }
        };
        if device.is_present() {
            Ok(device)
        } else {
            let name = name.to_owned();
            Err(NoDevice::NotFound { name })
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            #[cfg(feature = "wgpu")]
            Self::Wgpu => "wgpu",
            #[cfg(feature = "cuda")]
            Self::Cuda => "cuda",
        })
    }
}

/// A matrix of the host as a tensor of a device.
pub(crate) fn to_device(matrix: Matrix, place: &Place) -> Tensor<2> {
    let shape = [matrix.rows, matrix.cols];
    Tensor::from_data(TensorData::new(matrix.data, shape), place)
}

/// A tensor of a device, gradients apart, as a matrix of the host.
pub(crate) fn to_host(tensor: Tensor<2>) -> Matrix {
    let [rows, cols] = tensor.dims();
    let data = tensor.into_data();
    Matrix::from_vec(
        rows,
        cols,
        data.try_into_vec().expect("tensors here are of f32"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_by_name() {
        assert_eq!("cpu".parse(), Ok(Device::Cpu));
        assert_eq!(Device::Cpu.to_string(), "cpu");
        let error = "tpu".parse::<Device>().unwrap_err();
        assert!(error.to_string().starts_with("there is no device `tpu`"));
        assert_eq!(error.hint(), "use cpu");
    }

    #[test]
    fn what_to_do_depends_on_why_there_is_none() {
        let name = || "wgpu".to_owned();
        let error = NoDevice::NotBuilt { name: name() };
        assert_eq!(error.hint(), "build with the cargo feature of that name");
        let error = NoDevice::NotFound { name: name() };
        assert!(error.to_string().ends_with("no device that `wgpu` reaches"));
        assert!(error.hint().starts_with("install a driver of Vulkan"));
    }
}
