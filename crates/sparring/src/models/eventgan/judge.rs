//! Whether a network can tell real sequences from drawn ones: a critic as a classifier.

use rand::seq::SliceRandom;
use sparring_deep::{
    Device, EventBatch, EventCritic, EventSizes, Network, Noise, TransformerSizes,
};
use sparring_wide::{Adam, AdamState, Seed, Stream, sigmoid};

use super::coding::{Coded, Coding, start_row};
use super::rows::Rows;
use crate::data::{Dataset, UserIx};
use crate::recommend::Cancel;

/// The most users of a kind.
const MOST: usize = 3_000;
/// Events of a user that are looked at, the first ones.
const LONGEST: usize = 100;
/// Passes over the users in training.
const EPOCHS: usize = 6;
/// Users of a step, half of each kind.
const BATCH: usize = 32;
/// Width of the network.
const WIDTH: usize = 32;

/// The scores of held-out users.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// Of real users; above 0 the classifier takes them for real.
    pub(crate) real: Vec<f64>,
    /// Of the others.
    pub(crate) other: Vec<f64>,
}

/// Trains a transformer on half of the users of both logs, which share their items, to tell them apart
/// by items, ratings and gaps of their first 100 events; scores the other half.
///
/// Both kinds are cut to the same number of users, drawn by lot. A user's score is the mean of the logits
/// of its events. What only one of the logs has (ratings, times) is not looked at. None if there are
/// fewer than four users of a kind or a stop is requested.
pub(crate) fn judge(
    real: &Dataset,
    other: &Dataset,
    seed: Seed,
    cancel: &Cancel,
) -> Option<Judged> {
    let coding = Coding::of(real);
    let both = |has: fn(&Dataset) -> bool| has(real) && has(other);
    let seen = Seen {
        reactions: both(|data| data.interactions().has_ratings()),
        gaps: both(|data| data.interactions().has_times()),
    };
    let mut kinds = [(real, "real"), (other, "other")]
        .map(|(data, label)| seen.users(data, &coding, &mut seed.stream(label)));
    let n = kinds[0].len().min(kinds[1].len());
    if n < 4 {
        return None;
    }
    for kind in &mut kinds {
        kind.truncate(n);
    }
    let half = n / 2;
    let sizes = EventSizes {
        items: real.n_items(),
        reactions: coding.reactions(),
        gaps: coding.gaps(),
        sessions: false,
        noise: 0,
        width: WIDTH,
    };
    let mut judge = Judge::new(sizes, start_row(&coding), seed);
    for epoch in 0..EPOCHS {
        let mut order: Vec<(usize, usize)> = (0..2 * half).map(|at| (at % 2, at / 2)).collect();
        order.shuffle(&mut seed.stream_at("order", epoch as u64));
        for chunk in order.chunks(BATCH) {
            if cancel.is_requested() {
                return None;
            }
            let users = chunk.iter().map(|&(kind, at)| &kinds[kind][at][..]);
            let is_real = chunk.iter().map(|&(kind, _)| kind == 0);
            judge.learn(&users.collect::<Vec<_>>(), is_real);
        }
    }
    Some(Judged {
        real: judge.scores(&kinds[0][half..]),
        other: judge.scores(&kinds[1][half..]),
    })
}

/// What is looked at beside the items.
#[derive(Clone, Copy)]
struct Seen {
    reactions: bool,
    gaps: bool,
}

impl Seen {
    /// The first events of users of a log, in any order.
    fn users(self, data: &Dataset, coding: &Coding, stream: &mut Stream) -> Vec<Vec<Coded>> {
        let (log, start) = (coding.log(data), start_row(coding));
        let all = data.user_indices();
        let mut users: Vec<UserIx> = all.filter(|u| !data.history(*u).is_empty()).collect();
        users.shuffle(stream);
        users.truncate(MOST);
        let plain = |event: &Coded| {
            let mut event = *event;
            if !self.reactions {
                event.reaction = start.reaction;
            }
            if !self.gaps {
                event.gap = start.gap;
            }
            event
        };
        let first = |user| log.of(user).iter().take(LONGEST).map(plain).collect();
        users.into_iter().map(first).collect()
    }
}

/// The network in training.
struct Judge {
    critic: EventCritic,
    adams: Vec<AdamState>,
    sizes: EventSizes,
    start: Coded,
    seed: Seed,
    step: u64,
}

impl Judge {
    fn new(sizes: EventSizes, start: Coded, seed: Seed) -> Self {
        let body = TransformerSizes {
            width: WIDTH,
            heads: 2,
            layers: 1,
            feedforward: 2 * WIDTH,
            dropout: 0.2,
            recency: true,
        };
        let critic = EventCritic::new(sizes, body, Device::Cpu, seed);
        let weights = critic.weights().into_iter();
        Self {
            adams: weights.map(|w| AdamState::new(w.data.len())).collect(),
            critic,
            sizes,
            start,
            seed,
            step: 0,
        }
    }

    fn rows(&self, users: &[&[Coded]]) -> EventBatch {
        let mut rows = Rows::new(self.sizes);
        for events in users {
            rows.begin(events.len() + 1, []);
            rows.push(self.start, 0);
            for (at, event) in events.iter().enumerate() {
                rows.push(*event, at + 1);
            }
        }
        rows.finish()
    }

    /// A step on some users, by the cross-entropy of each of their events.
    fn learn(&mut self, users: &[&[Coded]], is_real: impl Iterator<Item = bool>) {
        self.step += 1;
        let batch = self.rows(users);
        let noise = Noise {
            seed: self.seed,
            step: self.step,
        };
        let (logits, trace) = self.critic.forward(&batch, noise);
        let mut slopes = vec![0.0; logits.len()];
        for (is_real, range) in is_real.zip(batch.packed.ranges()) {
            let scale = ((range.len() - 1) * users.len()) as f32;
            // The row before the first event tells nothing.
            for row in range.skip(1) {
                slopes[row] = (sigmoid(logits[row]) - f32::from(u8::from(is_real))) / scale;
            }
        }
        let found = self.critic.backward(trace, &batch, &slopes);
        let adam = Adam {
            learning_rate: 2e-3,
            weight_decay: 0.01,
            decoupled: true,
            ..Adam::default()
        };
        let weights = self.critic.weights_mut();
        for ((state, weight), by) in self.adams.iter_mut().zip(weights).zip(&found) {
            state.step(&adam, &mut weight.data, &by.data);
        }
    }

    /// The mean logit of each user's events.
    fn scores(&self, users: &[Vec<Coded>]) -> Vec<f64> {
        let of_chunk = |chunk: &[Vec<Coded>]| -> Vec<f64> {
            let chunk: Vec<&[Coded]> = chunk.iter().map(Vec::as_slice).collect();
            let batch = self.rows(&chunk);
            let logits = self.critic.logits(&batch);
            let mean = |range: std::ops::Range<usize>| {
                let own = &logits[range.start + 1..range.end];
                own.iter().map(|x| f64::from(*x)).sum::<f64>() / own.len() as f64
            };
            batch.packed.ranges().map(mean).collect()
        };
        users.chunks(64).flat_map(of_chunk).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::contract::log;

    /// Users who go round a ring of items in one direction.
    fn ring(step: u32, shift: u32) -> Dataset {
        let rows: Vec<Vec<u32>> = (0..160)
            .map(|user| {
                (0..8)
                    .map(|at| (user * 3 + shift + at * step) % 10)
                    .collect()
            })
            .collect();
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        log(&rows)
    }

    fn accuracy(judged: &Judged) -> f64 {
        let right = judged.real.iter().filter(|x| **x > 0.0).count()
            + judged.other.iter().filter(|x| **x <= 0.0).count();
        right as f64 / (judged.real.len() + judged.other.len()) as f64
    }

    #[test]
    fn order_alone_tells_users_apart() {
        let cancel = Cancel::new();
        let of = |other: &Dataset| judge(&ring(1, 0), other, Seed(1), &cancel).unwrap();
        let same = accuracy(&of(&ring(1, 1)));
        assert!((0.3..0.7).contains(&same), "{same}");
        // The same items in the other direction.
        let turned = accuracy(&of(&ring(9, 0)));
        assert!(turned > 0.9, "{turned}");
    }
}
