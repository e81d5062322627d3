//! A network of whole events: after each of them the gap, the item, the reaction.

use sparring_wide::{Beta, Matrix, Seed, gemm, gemm_nt, normal, xavier_uniform};

use super::batch::{EventBatch, START, Targets};
use super::embedding::{Embedding, EventSizes, NAMES};
use super::ordinal::{OrdinalGradient, ordinal, ordinal_chances, thresholds};
use crate::body::{Body, Network, Noise};
use crate::decode::Cache;
use crate::device::Device;
use crate::head::{Shared, add_scaled, cross_entropy, dot, sampled_cross_entropy};
use crate::transformer::{Transformer, TransformerSizes};

/// Width `D` of what a reaction is judged by.
const TASTE: usize = 32;
/// Names of the heads' weights.
const HEADS: [&str; 6] = ["after", "bridge", "lift", "taste", "steps", "lean"];
/// Where the heads of reactions begin.
const REACTIONS: usize = 2;

/// What users do, event by event.
///
/// ```text
/// h_n = transformer(x)_n
/// p(gap | h) = softmax(S h)                       one class more: the user stops
/// p(item | h, gap) = softmax(E (h + B[gap]))      E is that of the embeddings; B has a row for an unknown gap
/// p(reaction | h, item, leaning)                  ordered logit, see [`ordinal`]
/// ```
///
/// There is a row before a user's first event, so that users are drawn from nothing. Attention must
/// fade with distance, since a history has no other places than how many events there were.
#[derive(Debug, Clone, PartialEq)]
pub struct EventNet {
    /// The embeddings.
    pub embedding: Embedding,
    /// `S [G + 1, K]`, `B [G + 1, K]`, `L [K, D + 1]`, `T [I, D + 1]`, thresholds `[1, R - 1]`, weight of
    /// leanings `[1, 1]`
    heads: Vec<Matrix>,
    /// The transformer.
    pub body: Transformer,
    dropout: f32,
    sizes: EventSizes,
}

/// The losses of a step and the derivatives by each of [`EventNet::weights`].
#[derive(Debug)]
pub struct EventGradient {
    /// Of gaps, items and reactions: sums of `weight * -ln p` over the batch's total.
    pub losses: [f64; 3],
    /// The derivatives of their sum.
    pub by_weights: Vec<Matrix>,
}

impl EventNet {
    /// With weights drawn.
    ///
    /// # Panics
    /// If the widths differ or attention does not fade.
    pub fn new(sizes: EventSizes, body: TransformerSizes, device: Device, seed: Seed) -> Self {
        assert_eq!(sizes.width, body.width, "one width");
        assert!(body.recency, "attention fades with distance");
        let (k, seed) = (sizes.width, seed.derive("events"));
        let small = |rows, name| normal(rows, k, 0.02, seed.derive(name));
        let mut heads = vec![
            small(sizes.gaps + 1, "after"),
            small(sizes.gaps + 1, "bridge"),
        ];
        heads.extend(Self::reaction_heads(sizes, seed));
        Self {
            embedding: Embedding::new(sizes, seed),
            heads,
            body: Transformer::new(body, device, seed),
            dropout: body.dropout,
            sizes,
        }
    }

    /// The heads of reactions with weights drawn.
    fn reaction_heads(sizes: EventSizes, seed: Seed) -> [Matrix; 4] {
        let mut taste = normal(sizes.items, TASTE + 1, 0.1, seed.derive("taste"));
        for row in taste.data.chunks_mut(TASTE + 1) {
            row[TASTE] = 0.0;
        }
        let cuts = sizes.reactions.saturating_sub(1);
        let mut steps = Matrix::zeros(1, cuts);
        if let Some(first) = steps.data.first_mut() {
            *first = -0.5 * (cuts - 1) as f32;
        }
        let lift = xavier_uniform(sizes.width, TASTE + 1, seed.derive("lift"));
        [lift, taste, steps, Matrix::zeros(1, 1)]
    }

    /// Forgets what the heads of reactions have learnt.
    pub fn renew_reactions(&mut self, seed: Seed) {
        self.heads.truncate(REACTIONS);
        self.heads.extend(Self::reaction_heads(self.sizes, seed));
        // A leaning counts for what it says, for a start.
        self.heads[REACTIONS + 3].data[0] = 1.0;
    }

    /// The weights of the heads of reactions: `L`, `T`, the thresholds, and the weight of leanings.
    pub fn reaction_weights_mut(&mut self) -> &mut [Matrix] {
        &mut self.heads[REACTIONS..]
    }

    /// The loss of reactions and its derivatives by [their heads](Self::reaction_weights_mut), the rest held.
    ///
    /// ```text
    /// L = sum_n w_n (-ln p(class_n) + l / 2 |t_i(n)|^2) / total        without the item's bias
    /// ```
    pub fn differentiate_reactions(&self, batch: &EventBatch, l2: f32) -> (f64, Vec<Matrix>) {
        let hidden = self.body.infer(self.embedding.rows(batch), &batch.packed);
        let weights = scaled(&batch.next);
        let mut found = self.reacted(&hidden, batch, &weights);
        let taste = &self.heads[REACTIONS + 1];
        for (item, weight) in batch.next.items.iter().zip(&weights) {
            if *item == START {
                continue;
            }
            let own = &taste.row(*item as usize)[..TASTE];
            found.loss += f64::from(0.5 * l2 * weight * dot(own, own));
            let to = &mut found.taste.row_mut(*item as usize)[..TASTE];
            add_scaled(to, l2 * weight, own);
        }
        (
            found.loss,
            vec![found.lift, found.taste, found.steps, found.lean],
        )
    }

    fn reacted(&self, hidden: &Matrix, batch: &EventBatch, weights: &[f32]) -> OrdinalGradient {
        let next = &batch.next;
        let given = (&next.items[..], &next.reactions[..], &next.leanings[..]);
        let [lift, taste, steps, lean] = &self.heads[REACTIONS..] else {
            unreachable!("as many as their names")
        };
        ordinal(hidden, [lift, taste, steps, lean], given, weights)
    }

    /// Its sizes.
    pub fn sizes(&self) -> EventSizes {
        self.sizes
    }

    /// The losses of a batch and their derivatives; items over all, or over those drawn.
    pub fn differentiate(
        &self,
        batch: &EventBatch,
        shared: Option<&Shared>,
        noise: Noise,
    ) -> EventGradient {
        let x = self.embedding.dropped(batch, self.dropout, noise);
        let (hidden, trace) = self.body.forward(x, &batch.packed, noise);
        let next = &batch.next;
        let weights = scaled(next);
        let (after, bridge) = (&self.heads[0], &self.heads[1]);
        let gaps = cross_entropy(&hidden, after, &next.gaps, &weights);

        let mut query = hidden.clone();
        for n in 0..query.rows {
            add_scaled(query.row_mut(n), 1.0, bridge.row(self.told(batch, n)));
        }
        // Where the user stopped there is no item: any target with no weight.
        let stopped = |n: &usize| next.items[*n] == START;
        let mut item_weights = weights.clone();
        (0..query.rows)
            .filter(stopped)
            .for_each(|n| item_weights[n] = 0.0);
        let targets: Vec<u32> = next
            .items
            .iter()
            .map(|&i| if i == START { 0 } else { i })
            .collect();
        let table = &self.embedding.items;
        let items = match shared {
            None => cross_entropy(&query, table, &targets, &item_weights),
            Some(shared) => sampled_cross_entropy(&query, table, (&targets, &item_weights), shared),
        };
        let mut by_bridge = Matrix::zeros(bridge.rows, bridge.cols);
        let mut by_hidden = gaps.hidden;
        for n in 0..query.rows {
            add_scaled(
                by_bridge.row_mut(self.told(batch, n)),
                1.0,
                items.hidden.row(n),
            );
            add_scaled(by_hidden.row_mut(n), 1.0, items.hidden.row(n));
        }
        let mut losses = [gaps.loss, items.loss, 0.0];
        let mut by_heads = vec![gaps.items, by_bridge];
        if self.sizes.reactions > 1 {
            let found = self.reacted(&hidden, batch, &weights);
            losses[2] = found.loss;
            add_scaled(&mut by_hidden.data, 1.0, &found.hidden.data);
            by_heads.extend([found.lift, found.taste, found.steps, found.lean]);
        } else {
            let still = |w: &Matrix| Matrix::zeros(w.rows, w.cols);
            by_heads.extend(self.heads[REACTIONS..].iter().map(still));
        }
        let (by_x, mut by_body) = self.body.backward(trace, &batch.packed, by_hidden);
        let mut by_weights = self.embedding.backward(batch, by_x, (self.dropout, noise));
        add_scaled(&mut by_weights[0].data, 1.0, &items.items.data);
        by_weights.append(&mut by_heads);
        by_weights.append(&mut by_body);
        EventGradient { losses, by_weights }
    }

    /// The row of `B` of what a row's item is told.
    fn told(&self, batch: &EventBatch, n: usize) -> usize {
        if batch.next.told[n] {
            batch.next.gaps[n] as usize
        } else {
            self.sizes.gaps
        }
    }

    /// What is known after the last row of each sequence `[sequences, K]`.
    pub fn last(&self, batch: &EventBatch) -> Matrix {
        let hidden = self.body.infer(self.embedding.rows(batch), &batch.packed);
        batch.packed.last_of(&hidden)
    }

    /// What is known after one more row of each of some sequences, whose earlier rows are cached.
    pub fn step(&self, rows: &EventBatch, sequences: &[usize], cache: &mut Cache) -> Matrix {
        self.body.step(self.embedding.rows(rows), sequences, cache)
    }

    /// Logits of the classes of the gap, the last for stopping `[rows, G + 1]`.
    pub fn gap_logits(&self, hidden: &Matrix) -> Matrix {
        let mut logits = Matrix::default();
        gemm_nt(hidden, &self.heads[0], Beta::Replace, &mut logits);
        logits
    }

    /// Scores of all items `[rows, I]`, each row told its gap or that it is unknown.
    pub fn item_scores(&self, hidden: &Matrix, gaps: impl Iterator<Item = Option<u32>>) -> Matrix {
        let mut query = hidden.clone();
        for (n, gap) in (0..query.rows).zip(gaps) {
            let row = gap.map_or(self.sizes.gaps, |gap| gap as usize);
            add_scaled(query.row_mut(n), 1.0, self.heads[1].row(row));
        }
        self.embedding.scores(&query)
    }

    /// The chances of the classes of the reaction to one item for each row, which leans towards it.
    pub fn reactions(&self, hidden: &Matrix, items: &[u32], leanings: &[f32]) -> Vec<Vec<f32>> {
        let [lift, taste, steps, lean] = &self.heads[REACTIONS..] else {
            unreachable!("as many as their names")
        };
        let mut lifted = Matrix::default();
        gemm(hidden, lift, Beta::Replace, &mut lifted);
        let cuts = thresholds(steps);
        let rows = lifted.rows_iter().zip(items).zip(leanings);
        rows.map(|((u, item), leaning)| {
            ordinal_chances(
                (u, taste.row(*item as usize)),
                lean.data[0] * leaning,
                &cuts,
            )
        })
        .collect()
    }
}

/// What rows count, divided by the batch's total.
#[expect(clippy::cast_possible_truncation, reason = "a factor, rounded to f32")]
fn scaled(next: &Targets) -> Vec<f32> {
    let scale = next.total.max(1e-30).recip() as f32;
    next.weights.iter().map(|w| w * scale).collect()
}

impl Network for EventNet {
    fn names(&self) -> Vec<String> {
        let own = NAMES.iter().chain(&HEADS).map(|&name| name.to_owned());
        own.chain(self.body.names()).collect()
    }

    fn weights(&self) -> Vec<&Matrix> {
        let mut weights = self.embedding.tables().to_vec();
        weights.extend(&self.heads);
        weights.extend(self.body.weights());
        weights
    }

    fn weights_mut(&mut self) -> Vec<&mut Matrix> {
        let mut weights = Vec::from(self.embedding.tables_mut());
        weights.extend(&mut self.heads);
        weights.extend(self.body.weights_mut());
        weights
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::differences::check;
    use crate::packed::Packed;

    pub(in crate::events) fn sizes() -> (EventSizes, TransformerSizes) {
        let events = EventSizes {
            items: 7,
            reactions: 3,
            gaps: 4,
            noise: 2,
            width: 4,
        };
        let body = TransformerSizes {
            width: 4,
            heads: 2,
            layers: 1,
            feedforward: 6,
            dropout: 0.2,
            recency: true,
        };
        (events, body)
    }

    pub(in crate::events) fn batch() -> EventBatch {
        EventBatch {
            packed: Packed::of([3, 2]),
            items: vec![START, 1, 6, START, 2],
            reactions: vec![3, 0, 3, 3, 2],
            gaps: vec![4, 0, 3, 4, 4],
            ages: vec![0, 1, 2, 7, 8],
            noise: normal(2, 2, 1.0, Seed(9)),
            next: Targets {
                gaps: vec![0, 3, 4, 1, 2],
                told: vec![true, true, false, false, true],
                items: vec![1, 6, START, 2, 5],
                reactions: vec![0, 3, 3, 2, 1],
                leanings: vec![0.3, -0.4, 0.0, 1.0, -0.2],
                weights: vec![1.0, 0.5, 1.0, -0.7, 2.0],
                total: 3.0,
            },
        }
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        let (events, body) = sizes();
        let network = EventNet::new(events, body, Device::Cpu, Seed(1));
        let (batch, noise) = (
            batch(),
            Noise {
                seed: Seed(3),
                step: 2,
            },
        );
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
                    moved
                        .differentiate(&batch, shared, noise)
                        .losses
                        .iter()
                        .sum()
                });
            }
        }
    }

    #[test]
    fn heads_of_reactions_alone_have_derivatives_of_differences() {
        let (events, body) = sizes();
        let mut network = EventNet::new(events, body, Device::Cpu, Seed(1));
        network.renew_reactions(Seed(4));
        let batch = batch();
        let (_, found) = network.differentiate_reactions(&batch, 0.3);
        for (at, gradient) in found.iter().enumerate() {
            let weight = network.reaction_weights_mut()[at].clone();
            check(&weight, gradient, |matrix| {
                let mut moved = network.clone();
                moved.reaction_weights_mut()[at] = matrix.clone();
                moved.differentiate_reactions(&batch, 0.3).0
            });
        }
    }

    #[test]
    fn one_row_after_the_other_gives_what_the_whole_pass_gives() {
        let (events, body) = sizes();
        let network = EventNet::new(events, body, Device::Cpu, Seed(1));
        let whole = network.last(&batch());
        let mut cache = network.body.cache(2, 9);
        let mut last = Matrix::default();
        for n in 0..3 {
            let whole = batch();
            let one = EventBatch {
                packed: Packed::of([1]),
                items: vec![whole.items[n]],
                reactions: vec![whole.reactions[n]],
                gaps: vec![whole.gaps[n]],
                ages: vec![whole.ages[n]],
                noise: Matrix::from_vec(1, 2, whole.noise.row(0).to_vec()),
                next: Targets::default(),
            };
            last = network.step(&one, &[1], &mut cache);
        }
        for (a, b) in last.row(0).iter().zip(whole.row(0)) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}
