//! From items to scores of the next item: embeddings, places, a body, the catalogue as its head.

use rayon::prelude::*;
use sparring_wide::{Beta, Matrix, Seed, dropout, gemm_nt, normal};

use crate::body::{Body, Network, Noise};
use crate::head::{Shared, cross_entropy, sampled_cross_entropy};
use crate::packed::Packed;

/// Histories of a step and what followed each of their events.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The sequences.
    pub packed: Packed,
    /// The items `[N]`.
    pub items: Vec<u32>,
    /// The item after each event `[N]`.
    pub targets: Vec<u32>,
    /// What each event counts in the loss `[N]`.
    pub weights: Vec<f32>,
}

impl Batch {
    /// Adds a history with what followed each event; all count alike.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn push(&mut self, items: &[u32], targets: &[u32]) {
        assert_eq!(items.len(), targets.len(), "one target an event");
        self.packed.push(items.len());
        self.items.extend(items);
        self.targets.extend(targets);
        self.weights.resize(self.items.len(), 1.0);
    }

    /// No history yet.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// A model of the next item (Kang and McAuley, 2018, with any body).
///
/// ```text
/// x_n = drop(sqrt(K) E[item_n] + P[place_n])        h = body(x)        z_n = E h_n
/// ```
///
/// Items share their embeddings `E [I, K]` with the head. A body that knows order by itself has no
/// places.
#[derive(Debug, Clone, PartialEq)]
pub struct NextItem<B> {
    /// Embeddings of the items `[I, K]`.
    pub items: Matrix,
    /// Embeddings of the places `[longest, K]`; no rows if there are none.
    pub places: Matrix,
    /// The body.
    pub body: B,
    dropout: f32,
}

/// The loss of a step and the derivatives by each of [`NextItem::weights`].
#[derive(Debug)]
pub struct StepGradient {
    /// Mean of `-ln p(target)` over events by their weights.
    pub loss: f64,
    /// The derivatives of the mean.
    pub by_weights: Vec<Matrix>,
}

impl<B: Body> NextItem<B> {
    /// With embeddings drawn small around zero.
    ///
    /// # Panics
    /// If the body has no weights.
    pub fn new(
        (n_items, longest, width): (usize, usize, usize),
        body: B,
        dropout: f32,
        seed: Seed,
    ) -> Self {
        let std = (width as f32).sqrt().recip();
        Self {
            items: normal(n_items, width, std * 0.5, seed.derive("items")),
            places: normal(longest, width, 0.5, seed.derive("places")),
            body,
            dropout,
        }
    }

    /// From weights.
    pub fn from_parts(items: Matrix, places: Matrix, body: B, dropout: f32) -> Self {
        Self {
            items,
            places,
            body,
            dropout,
        }
    }

    /// Number of items `I`.
    pub fn n_items(&self) -> usize {
        self.items.rows
    }

    fn scale(&self) -> f32 {
        (self.items.cols as f32).sqrt()
    }

    /// Embeddings of events `[N, K]`, places from the start of each sequence.
    ///
    /// # Panics
    /// If an item is not in the catalogue or a sequence is longer than there are places.
    pub fn embed(&self, items: &[u32], packed: &Packed) -> Matrix {
        let (width, scale) = (self.items.cols, self.scale());
        let mut x = Matrix::zeros(items.len(), width);
        let places = packed.places();
        x.data
            .par_chunks_mut(width)
            .zip(items.par_iter().zip(&places))
            .for_each(|(x, (&item, &place))| {
                let row = self.items.row(item as usize);
                for (x, e) in x.iter_mut().zip(row) {
                    *x = scale * e;
                }
                if self.places.rows > 0 {
                    for (x, p) in x.iter_mut().zip(self.places.row(place)) {
                        *x += p;
                    }
                }
            });
        x
    }

    /// The loss of a batch and its derivatives; over all items, or over those drawn.
    pub fn differentiate(
        &self,
        batch: &Batch,
        shared: Option<&Shared>,
        noise: Noise,
    ) -> StepGradient {
        let input = noise.seed.derive("input");
        let mut x = self.embed(&batch.items, &batch.packed);
        dropout(&mut x, self.dropout, input, noise.step);
        let (hidden, trace) = self.body.forward(x, &batch.packed, noise);
        let total: f64 = batch.weights.iter().map(|w| f64::from(*w)).sum();
        #[expect(clippy::cast_possible_truncation, reason = "a factor, rounded to f32")]
        let scale = total.max(1e-30).recip() as f32;
        let weights: Vec<f32> = batch.weights.iter().map(|w| w * scale).collect();
        let head = match shared {
            None => cross_entropy(&hidden, &self.items, &batch.targets, &weights),
            Some(shared) => {
                let given = (batch.targets.as_slice(), weights.as_slice());
                sampled_cross_entropy(&hidden, &self.items, given, shared)
            }
        };
        let (mut by_x, mut by_body) = self.body.backward(trace, &batch.packed, head.hidden);
        dropout(&mut by_x, self.dropout, input, noise.step);
        let mut by_items = head.items;
        let mut by_places = Matrix::zeros(self.places.rows, self.places.cols);
        self.scatter(batch, &by_x, &mut by_items, &mut by_places);
        let mut by_weights = vec![by_items, by_places];
        by_weights.append(&mut by_body);
        StepGradient {
            loss: head.loss,
            by_weights,
        }
    }

    /// Adds the derivatives by the embeddings of events to those by items and places.
    fn scatter(&self, batch: &Batch, by_x: &Matrix, by_items: &mut Matrix, by_places: &mut Matrix) {
        let scale = self.scale();
        for (row, (&item, place)) in batch.items.iter().zip(batch.packed.places()).enumerate() {
            let g = by_x.row(row);
            for (to, g) in by_items.row_mut(item as usize).iter_mut().zip(g) {
                *to += scale * g;
            }
            if by_places.rows > 0 {
                for (to, g) in by_places.row_mut(place).iter_mut().zip(g) {
                    *to += g;
                }
            }
        }
    }

    /// What is known after the last event of each history `[sequences, K]`.
    pub fn last(&self, items: &[u32], packed: &Packed) -> Matrix {
        let hidden = self.body.infer(self.embed(items, packed), packed);
        packed.last_of(&hidden)
    }

    /// Scores of all items `[rows, I]` for what is known.
    pub fn scores(&self, hidden: &Matrix) -> Matrix {
        let mut scores = Matrix::default();
        gemm_nt(hidden, &self.items, Beta::Replace, &mut scores);
        scores
    }
}

impl<B: Body> Network for NextItem<B> {
    fn names(&self) -> Vec<String> {
        let mut names = vec!["items".to_owned(), "places".to_owned()];
        names.extend(self.body.names());
        names
    }

    fn weights(&self) -> Vec<&Matrix> {
        let mut weights = vec![&self.items, &self.places];
        weights.extend(self.body.weights());
        weights
    }

    fn weights_mut(&mut self) -> Vec<&mut Matrix> {
        let mut weights = vec![&mut self.items, &mut self.places];
        weights.extend(self.body.weights_mut());
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;
    use crate::differences::check;
    use crate::transformer::{Transformer, TransformerSizes};

    #[test]
    fn derivatives_are_those_of_differences() {
        let sizes = TransformerSizes {
            width: 4,
            heads: 2,
            layers: 1,
            feedforward: 6,
            dropout: 0.1,
            recency: false,
        };
        let body = Transformer::new(sizes, Device::Cpu, Seed(1));
        let network = NextItem::new((7, 3, 4), body, 0.2, Seed(2));
        let mut batch = Batch::default();
        batch.push(&[1, 2, 6], &[2, 6, 0]);
        batch.push(&[3, 3], &[3, 4]);
        batch.weights[1] = 0.5;
        let noise = Noise {
            seed: Seed(3),
            step: 2,
        };
        let shared = Shared {
            items: vec![0, 5],
            correction: 1.0,
        };
        for shared in [None, Some(&shared)] {
            let found = network.differentiate(&batch, shared, noise);
            assert_eq!(found.by_weights.len(), network.names().len());
            for (at, gradient) in found.by_weights.iter().enumerate() {
                check(network.weights()[at], gradient, |matrix| {
                    let mut moved = network.clone();
                    *moved.weights_mut()[at] = matrix.clone();
                    moved.differentiate(&batch, shared, noise).loss
                });
            }
        }
    }
}
