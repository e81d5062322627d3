//! Named arrays: what a model is saved as.

use std::collections::BTreeMap;

/// An array with its shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Tensor {
    /// Real numbers.
    F32 {
        /// Lengths of the axes.
        shape: Vec<usize>,
        /// The numbers, last axis fastest.
        data: Vec<f32>,
    },
    /// Indices.
    U32 {
        /// Lengths of the axes.
        shape: Vec<usize>,
        /// The numbers, last axis fastest.
        data: Vec<u32>,
    },
}

/// Arrays by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NamedTensors(pub BTreeMap<String, Tensor>);

/// Why weights do not make a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// A tensor is not there.
    #[error("tensor `{name}` is missing")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor has another type than expected.
    #[error("tensor `{name}` should hold {expected}")]
    Type {
        /// Its name.
        name: String,
        /// The expected type.
        expected: &'static str,
    },
    /// A tensor has another shape than expected.
    #[error("tensor `{name}` should have the shape {expected}, got {found:?}")]
    Shape {
        /// Its name.
        name: String,
        /// What was expected.
        expected: String,
        /// What was found.
        found: Vec<usize>,
    },
    /// A tensor holds a value that the model cannot use.
    #[error("tensor `{name}` holds {found}, expected {expected}")]
    Value {
        /// Its name.
        name: String,
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: String,
    },
}

impl NamedTensors {
    /// No tensors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds real numbers.
    ///
    /// # Panics
    /// If the shape does not hold as many numbers as there are.
    #[must_use]
    pub fn with(mut self, name: &str, shape: &[usize], data: Vec<f32>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            data.len(),
            "shape of {name}"
        );
        self.0.insert(
            name.to_owned(),
            Tensor::F32 {
                shape: shape.to_vec(),
                data,
            },
        );
        self
    }

    /// Adds indices.
    ///
    /// # Panics
    /// If the shape does not hold as many numbers as there are.
    #[must_use]
    pub fn with_indices(mut self, name: &str, shape: &[usize], data: Vec<u32>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            data.len(),
            "shape of {name}"
        );
        self.0.insert(
            name.to_owned(),
            Tensor::U32 {
                shape: shape.to_vec(),
                data,
            },
        );
        self
    }

    /// Adds whole numbers of 64 bits, as pairs of halves, the higher first.
    #[must_use]
    pub fn with_wholes(self, name: &str, numbers: &[i64]) -> Self {
        let half = |bits: u64| u32::try_from(bits & 0xffff_ffff).expect("32 bits");
        let pair = |number: &i64| {
            let bits = number.cast_unsigned();
            [half(bits >> 32), half(bits)]
        };
        let halves: Vec<u32> = numbers.iter().flat_map(pair).collect();
        self.with_indices(name, &[halves.len()], halves)
    }

    /// Adds all of `part`, their names after `prefix` and a dot.
    #[must_use]
    pub fn with_part(mut self, prefix: &str, part: Self) -> Self {
        let renamed = part.0.into_iter();
        self.0
            .extend(renamed.map(|(name, tensor)| (format!("{prefix}.{name}"), tensor)));
        self
    }

    /// What [`with_part`](Self::with_part) added; `None` if nothing has this prefix.
    pub fn part(&self, prefix: &str) -> Option<Self> {
        let inside = |(name, tensor): (&String, &Tensor)| {
            let rest = name.strip_prefix(prefix)?.strip_prefix('.')?;
            Some((rest.to_owned(), tensor.clone()))
        };
        let part: BTreeMap<_, _> = self.0.iter().filter_map(inside).collect();
        (!part.is_empty()).then_some(Self(part))
    }

    /// A matrix of real numbers: its rows, columns and numbers.
    ///
    /// # Errors
    /// If it is missing, of another type or not a matrix.
    pub fn matrix(&self, name: &str) -> Result<(usize, usize, &[f32]), WeightsError> {
        match self.get(name)? {
            Tensor::F32 { shape, data } if shape.len() == 2 => Ok((shape[0], shape[1], data)),
            other => Err(other.mismatch(name, "real numbers", "[rows, columns]")),
        }
    }

    /// A vector of real numbers.
    ///
    /// # Errors
    /// If it is missing, of another type or not a vector.
    pub fn vector(&self, name: &str) -> Result<&[f32], WeightsError> {
        match self.get(name)? {
            Tensor::F32 { shape, data } if shape.len() == 1 => Ok(data),
            other => Err(other.mismatch(name, "real numbers", "[length]")),
        }
    }

    /// A vector of indices.
    ///
    /// # Errors
    /// If it is missing, of another type or not a vector.
    pub fn indices(&self, name: &str) -> Result<&[u32], WeightsError> {
        match self.get(name)? {
            Tensor::U32 { shape, data } if shape.len() == 1 => Ok(data),
            other => Err(other.mismatch(name, "indices", "[length]")),
        }
    }

    /// What [`with_wholes`](Self::with_wholes) added.
    ///
    /// # Errors
    /// As [`indices`](Self::indices), and if a half is missing.
    pub fn wholes(&self, name: &str) -> Result<Vec<i64>, WeightsError> {
        let (pairs, rest) = self.indices(name)?.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(WeightsError::Shape {
                name: name.to_owned(),
                expected: "[an even number]".to_owned(),
                found: vec![2 * pairs.len() + 1],
            });
        }
        let whole =
            |[high, low]: &[u32; 2]| (u64::from(*high) << 32 | u64::from(*low)).cast_signed();
        Ok(pairs.iter().map(whole).collect())
    }

    /// A matrix with an expected shape.
    ///
    /// # Errors
    /// As [`matrix`](Self::matrix), and if the shape is another.
    pub fn matrix_of(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<&[f32], WeightsError> {
        let (r, c, data) = self.matrix(name)?;
        if (r, c) == (rows, columns) {
            return Ok(data);
        }
        let expected = format!("[{rows}, {columns}]");
        Err(WeightsError::Shape {
            name: name.to_owned(),
            expected,
            found: vec![r, c],
        })
    }

    /// A vector with an expected length.
    ///
    /// # Errors
    /// As [`vector`](Self::vector), and if the length is another.
    pub fn vector_of(&self, name: &str, length: usize) -> Result<&[f32], WeightsError> {
        let data = self.vector(name)?;
        if data.len() == length {
            return Ok(data);
        }
        let expected = format!("[{length}]");
        Err(WeightsError::Shape {
            name: name.to_owned(),
            expected,
            found: vec![data.len()],
        })
    }

    fn get(&self, name: &str) -> Result<&Tensor, WeightsError> {
        self.0.get(name).ok_or_else(|| WeightsError::Missing {
            name: name.to_owned(),
        })
    }
}

impl Tensor {
    /// Lengths of the axes.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::F32 { shape, .. } | Self::U32 { shape, .. } => shape,
        }
    }

    fn mismatch(&self, name: &str, kind: &'static str, shape: &str) -> WeightsError {
        let right_type = matches!((self, kind), (Self::F32 { .. }, "real numbers"))
            || matches!((self, kind), (Self::U32 { .. }, "indices"));
        if right_type {
            let (expected, found) = (shape.to_owned(), self.shape().to_vec());
            WeightsError::Shape {
                name: name.to_owned(),
                expected,
                found,
            }
        } else {
            WeightsError::Type {
                name: name.to_owned(),
                expected: kind,
            }
        }
    }
}
