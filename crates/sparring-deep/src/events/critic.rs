//! The opponent of a network of events: how real each event of a user looks.

use sparring_wide::{Beta, Matrix, Seed, gemm, gemm_nt, gemm_tn, normal};

use super::batch::EventBatch;
use super::embedding::{Embedding, EventSizes, NAMES};
use crate::body::{Body, Network, Noise};
use crate::decode::Cache;
use crate::device::Device;
use crate::transformer::{Transformer, TransformerSizes};

/// A transformer with one logit an event, given that event and those before it.
///
/// ```text
/// D_n = <w, transformer(x)_n>
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EventCritic {
    /// The embeddings, its own.
    embedding: Embedding,
    /// `w [1, K]`
    judge: Matrix,
    body: Transformer,
    dropout: f32,
}

/// What [`EventCritic::backward`] needs of [`EventCritic::forward`].
#[derive(Debug)]
pub struct CriticTrace {
    hidden: Matrix,
    trace: <Transformer as Body>::Trace,
    noise: Noise,
}

impl EventCritic {
    /// With weights drawn.
    pub fn new(sizes: EventSizes, body: TransformerSizes, device: Device, seed: Seed) -> Self {
        let seed = seed.derive("critic");
        Self {
            embedding: Embedding::new(sizes, seed),
            judge: normal(1, sizes.width, 0.1, seed.derive("judge")),
            body: Transformer::new(body, device, seed),
            dropout: body.dropout,
        }
    }

    /// The sizes of its transformer.
    pub fn body_sizes(&self) -> TransformerSizes {
        self.body.sizes()
    }

    /// The logits of all rows `[N, 1]`, with dropout.
    pub fn forward(&self, batch: &EventBatch, noise: Noise) -> (Vec<f32>, CriticTrace) {
        let x = self.embedding.dropped(batch, self.dropout, noise);
        let (hidden, trace) = self.body.forward(x, &batch.packed, noise);
        let logits = self.judged(&hidden);
        (
            logits,
            CriticTrace {
                hidden,
                trace,
                noise,
            },
        )
    }

    /// The derivatives by each weight, given those by the logits.
    pub fn backward(
        &self,
        trace: CriticTrace,
        batch: &EventBatch,
        by_logits: &[f32],
    ) -> Vec<Matrix> {
        let by_logits = Matrix::from_vec(by_logits.len(), 1, by_logits.to_vec());
        let mut by_judge = Matrix::default();
        gemm_tn(&by_logits, &trace.hidden, Beta::Replace, &mut by_judge);
        let mut by_hidden = Matrix::default();
        gemm(&by_logits, &self.judge, Beta::Replace, &mut by_hidden);
        let (by_x, mut by_body) = self.body.backward(trace.trace, &batch.packed, by_hidden);
        let given = (self.dropout, trace.noise);
        let mut by_weights = self.embedding.backward(batch, by_x, given);
        by_weights.push(by_judge);
        by_weights.append(&mut by_body);
        by_weights
    }

    /// The logits of all rows `[N]`, without dropout.
    pub fn logits(&self, batch: &EventBatch) -> Vec<f32> {
        let x = self.embedding.rows(batch);
        self.judged(&self.body.infer(x, &batch.packed))
    }

    /// Room for so many users, each with its last `longest` rows.
    pub fn cache(&self, users: usize, longest: usize) -> Cache {
        self.body.cache(users, longest)
    }

    /// The logits of one more row of each of some users, whose earlier rows are cached; this one is
    /// not kept unless the cache [advances](Cache::advance).
    pub fn peek(&self, rows: &EventBatch, users: &[usize], cache: &mut Cache) -> Vec<f32> {
        let x = self.embedding.rows(rows);
        self.judged(&self.body.peek(x, users, cache))
    }

    fn judged(&self, hidden: &Matrix) -> Vec<f32> {
        let mut logits = Matrix::default();
        gemm_nt(hidden, &self.judge, Beta::Replace, &mut logits);
        logits.data
    }
}

impl Network for EventCritic {
    fn names(&self) -> Vec<String> {
        let own = NAMES.iter().map(|&name| name.to_owned());
        own.chain(["judge".to_owned()])
            .chain(self.body.names())
            .collect()
    }

    fn weights(&self) -> Vec<&Matrix> {
        let mut weights = self.embedding.tables().to_vec();
        weights.push(&self.judge);
        weights.extend(self.body.weights());
        weights
    }

    fn weights_mut(&mut self) -> Vec<&mut Matrix> {
        let mut weights = Vec::from(self.embedding.tables_mut());
        weights.push(&mut self.judge);
        weights.extend(self.body.weights_mut());
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differences::check;
    use crate::events::net::tests::{batch, sizes};

    #[test]
    fn derivatives_are_those_of_differences() {
        let (events, body) = sizes();
        let critic = EventCritic::new(events, body, Device::Cpu, Seed(2));
        let (batch, noise) = (
            batch(),
            Noise {
                seed: Seed(3),
                step: 2,
            },
        );
        let slopes = [0.0, 1.0, -0.5, 0.3, 2.0];
        let value = |critic: &EventCritic| -> f64 {
            let (logits, _) = critic.forward(&batch, noise);
            let each = logits.iter().zip(slopes);
            each.map(|(logit, slope)| f64::from(*logit) * f64::from(slope))
                .sum()
        };
        let (_, trace) = critic.forward(&batch, noise);
        let found = critic.backward(trace, &batch, &slopes);
        assert_eq!(found.len(), critic.names().len());
        for (at, gradient) in found.iter().enumerate() {
            check(critic.weights()[at], gradient, |matrix| {
                let mut moved = critic.clone();
                *moved.weights_mut()[at] = matrix.clone();
                value(&moved)
            });
        }
    }
}
