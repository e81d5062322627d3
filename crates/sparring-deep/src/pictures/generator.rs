//! From noise to pictures.

use sparring_wide::{Matrix, Seed};

use super::shape::{Architecture, PictureShape};
use super::stack::{Pulled, Stack, StackTrace};
use crate::body::{Network, Noise};

/// A generator of pictures: noise `[B, Z]`, and a vector that it is told of each where it is told one,
/// `[B, T]`, to numbers between -1 and 1 `[B, S S C]`.
///
/// What is told is a unit vector beside the noise: a one in the place of a class, which so has an
/// embedding in the first layer, or the direction of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Generator {
    stack: Stack,
    noise_dim: usize,
    told_dim: usize,
}

/// What a unit vector that is told counts beside the noise.
const TOLD: f32 = 3.0;

impl Generator {
    /// With weights drawn; `width` channels at full size.
    pub fn new(
        shape: PictureShape,
        of: Architecture,
        (noise_dim, told_dim, width): (usize, usize, usize),
        seed: Seed,
    ) -> Self {
        let layers = shape.generator(of, noise_dim + told_dim, width);
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
            told_dim,
        }
    }

    /// Numbers of noise a picture.
    pub fn noise_dim(&self) -> usize {
        self.noise_dim
    }

    /// Width of what it is told, 0 if it is told nothing.
    pub fn told_dim(&self) -> usize {
        self.told_dim
    }

    fn input(&self, noise: &Matrix, told: Option<&Matrix>) -> Matrix {
        assert_eq!(noise.cols, self.noise_dim, "noise of this generator");
        if self.told_dim == 0 {
            return noise.clone();
        }
        let told = told.expect("a generator that is told something");
        assert_eq!(told.shape(), (noise.rows, self.told_dim), "told of each");
        let mut input = Matrix::zeros(noise.rows, self.noise_dim + self.told_dim);
        for row in 0..noise.rows {
            let (of_noise, of_told) = input.row_mut(row).split_at_mut(self.noise_dim);
            of_noise.copy_from_slice(noise.row(row));
            let told = of_told.iter_mut().zip(told.row(row));
            told.for_each(|(to, from)| *to = TOLD * from);
        }
        input
    }

    /// Pictures while training.
    ///
    /// # Panics
    /// If the noise has another width, or what is told is missing or has.
    pub fn forward(
        &self,
        noise: &Matrix,
        told: Option<&Matrix>,
        dropout: Noise,
    ) -> (Matrix, StackTrace) {
        self.stack.forward(self.input(noise, told), dropout)
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
    pub fn infer(&self, noise: &Matrix, told: Option<&Matrix>) -> Matrix {
        self.stack.infer(self.input(noise, told))
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
                let told = Matrix::from_vec(3, 2, vec![1.0, 0.0, 0.0, 1.0, 0.0, 1.0]);
                let (pictures, _) = generator.forward(&noise, Some(&told), DROPOUT);
                assert_eq!(pictures.shape(), (3, shape.size()), "{side} {of:?}");
                assert!(pictures.data.iter().all(|v| v.abs() <= 1.0));
                assert_ne!(pictures.row(0), pictures.row(1));
            }
        }
    }

    #[test]
    fn what_is_told_changes_the_picture() {
        let shape = PictureShape {
            side: 28,
            channels: 1,
        };
        let generator = Generator::new(shape, Architecture::Modern, (6, 2, 2), Seed(1));
        let noise = normal(1, 6, 1.0, Seed(2));
        let of = |told: [f32; 2]| {
            let told = Matrix::from_vec(1, 2, told.to_vec());
            generator.infer(&noise, Some(&told))
        };
        assert_ne!(of([1.0, 0.0]), of([0.0, 1.0]));
    }
}
