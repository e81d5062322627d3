//! What stands between the embeddings of events and the heads.

use sparring_wide::{Matrix, Seed};

use crate::packed::Packed;

/// Where the dropout of a step comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// The seed of the dropout.
    pub seed: Seed,
    /// The step of training.
    pub step: u64,
}

/// A network from events to what is known after each of them, looking at no later one.
pub trait Body: Sized + Clone + Send + Sync + std::fmt::Debug {
    /// What [`backward`](Self::backward) needs of [`forward`](Self::forward).
    type Trace;

    /// The output `[N, K]` for the input `[N, K]`, with dropout.
    fn forward(&self, x: Matrix, packed: &Packed, noise: Noise) -> (Matrix, Self::Trace);

    /// The derivatives by the input and by each weight, given those by the output.
    fn backward(
        &self,
        trace: Self::Trace,
        packed: &Packed,
        derivatives: Matrix,
    ) -> (Matrix, Vec<Matrix>);

    /// The output without dropout and without a trace.
    fn infer(&self, x: Matrix, packed: &Packed) -> Matrix;

    /// The names of the weights.
    fn names(&self) -> Vec<String>;

    /// The weights, as their names.
    fn weights(&self) -> &[Matrix];

    /// The weights, to change them.
    fn weights_mut(&mut self) -> &mut [Matrix];
}

/// A whole network, for whoever trains or saves it.
pub trait Network: Clone + Send + Sync {
    /// The names of the weights.
    fn names(&self) -> Vec<String>;

    /// All weights, as their names.
    fn weights(&self) -> Vec<&Matrix>;

    /// All weights, to change them.
    fn weights_mut(&mut self) -> Vec<&mut Matrix>;
}
