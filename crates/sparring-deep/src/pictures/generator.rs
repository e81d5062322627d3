//! From noise to pictures.

use sparring_wide::{Matrix, Seed};

use super::shape::{Architecture, PictureShape};
use super::stack::{Pulled, Stack, StackTrace};
use crate::body::{Network, Noise};

/// A generator of pictures: noise `[B, Z]`, and a class each where there are classes, to numbers
/// between -1 and 1 `[B, S S C]`.
///
/// A class is a one of its own beside the noise, so that it has an embedding in the first layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Generator {
    stack: Stack,
    noise_dim: usize,
    classes: usize,
}

/// What a class counts beside the noise.
const CLASS: f32 = 3.0;

impl Generator {
    /// With weights drawn; `width` channels at full size.
    pub fn new(
        shape: PictureShape,
        of: Architecture,
        (noise_dim, classes, width): (usize, usize, usize),
        seed: Seed,
    ) -> Self {
        let layers = shape.generator(of, noise_dim + classes, width);
        let std = (of == Architecture::Reference).then_some(0.02);
        let mut stack = Stack::new(layers, std, seed.derive("generator"));
        if of == Architecture::Modern {
            // Pictures start near grey, where tanh has its slope.
            let last = stack.weights().len() - 2;
            stack.weights_mut()[last]
                .data
                .iter_mut()
                .for_each(|w| *w *= 0.3);
        }
        Self {
            stack,
            noise_dim,
            classes,
        }
    }

    /// Numbers of noise a picture.
    pub fn noise_dim(&self) -> usize {
        self.noise_dim
    }

    /// Number of classes, 0 if there are none.
    pub fn classes(&self) -> usize {
        self.classes
    }

    fn input(&self, noise: &Matrix, classes: Option<&[u32]>) -> Matrix {
        assert_eq!(noise.cols, self.noise_dim, "noise of this generator");
        if self.classes == 0 {
            return noise.clone();
        }
        let classes = classes.expect("a generator with classes is told which");
        let mut input = Matrix::zeros(noise.rows, self.noise_dim + self.classes);
        for (row, &class) in classes.iter().enumerate().take(noise.rows) {
            let to = input.row_mut(row);
            to[..self.noise_dim].copy_from_slice(noise.row(row));
            to[self.noise_dim + class as usize] = CLASS;
        }
        input
    }

    /// Pictures while training.
    ///
    /// # Panics
    /// If the noise has another width, or classes are missing.
    pub fn forward(
        &self,
        noise: &Matrix,
        classes: Option<&[u32]>,
        dropout: Noise,
    ) -> (Matrix, StackTrace) {
        self.stack.forward(self.input(noise, classes), dropout)
    }

    /// The derivatives by each weight, given those by the pictures.
    pub fn backward(&self, trace: &StackTrace, by_pictures: Matrix) -> Vec<Matrix> {
        let pulled: Pulled = self.stack.pull(trace, by_pictures);
        self.stack.gradient(trace, &pulled, None)
    }

    /// Pictures after training.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn infer(&self, noise: &Matrix, classes: Option<&[u32]>) -> Matrix {
        self.stack.infer(self.input(noise, classes))
    }

    /// Moves the running moments towards those of a batch.
    pub fn remember(&mut self, trace: &StackTrace) {
        self.stack.remember(trace);
    }

    /// Running moments of batch norms, if there are any.
    pub fn running(&self) -> &[Matrix] {
        self.stack.running()
    }

    /// The same, to load them.
    pub fn running_mut(&mut self) -> &mut [Matrix] {
        self.stack.running_mut()
    }
}

impl Network for Generator {
    fn names(&self) -> Vec<String> {
        names("generator", self.stack.weights().len())
    }

    fn weights(&self) -> Vec<&Matrix> {
        self.stack.weights().iter().collect()
    }

    fn weights_mut(&mut self) -> Vec<&mut Matrix> {
        self.stack.weights_mut().iter_mut().collect()
    }
}

/// Names of weights by their place.
pub(super) fn names(network: &str, n: usize) -> Vec<String> {
    let name = |at: usize| {
        let kind = if at.is_multiple_of(2) {
            "weight"
        } else {
            "bias"
        };
        format!("{network}.{}.{kind}", at / 2)
    };
    (0..n).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::normal;

    const DROPOUT: Noise = Noise {
        seed: Seed(1),
        step: 0,
    };

    #[test]
    fn every_size_and_colour_comes_out() {
        for (side, channels) in [(28, 1), (32, 3), (64, 1), (64, 3)] {
            let shape = PictureShape { side, channels };
            for of in [Architecture::Reference, Architecture::Modern] {
                let generator = Generator::new(shape, of, (6, 2, 2), Seed(1));
                let noise = normal(3, 6, 1.0, Seed(2));
                let (pictures, _) = generator.forward(&noise, Some(&[0, 1, 1]), DROPOUT);
                assert_eq!(pictures.shape(), (3, shape.size()), "{side} {of:?}");
                assert!(pictures.data.iter().all(|v| v.abs() <= 1.0));
                assert_ne!(pictures.row(0), pictures.row(1));
            }
        }
    }

    #[test]
    fn a_class_changes_the_picture() {
        let shape = PictureShape {
            side: 28,
            channels: 1,
        };
        let generator = Generator::new(shape, Architecture::Modern, (6, 2, 2), Seed(1));
        let noise = normal(1, 6, 1.0, Seed(2));
        let of = |class| generator.infer(&noise, Some(&[class]));
        assert_ne!(of(0), of(1));
    }
}
