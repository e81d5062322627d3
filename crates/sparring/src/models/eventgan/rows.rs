//! Rows of events that a step is made of.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use sparring_deep::{EventBatch, EventSizes, START, age};
use sparring_wide::{Matrix, Stream};

use super::coding::{Coded, index};
use super::liking::{Liking, Taste};

/// How often a training window does not know its reactions, or its gaps: so that the network can do
/// without.
const UNKNOWN: f64 = 0.25;
/// How often the next item is not told the gap before it.
const UNTOLD: f64 = 0.5;

/// A batch that is being filled.
pub(super) struct Rows {
    pub(super) batch: EventBatch,
    sizes: EventSizes,
    noise: Vec<f32>,
}

impl Rows {
    pub(super) fn new(sizes: EventSizes) -> Self {
        Self {
            batch: EventBatch::default(),
            sizes,
            noise: Vec::new(),
        }
    }

    /// Begins a sequence of `rows` rows of a user who is like `noise`.
    pub(super) fn begin(&mut self, rows: usize, noise: impl IntoIterator<Item = f32>) {
        self.batch.packed.push(rows);
        self.noise.extend(noise);
    }

    /// Adds a row: an event, or the row before the first.
    pub(super) fn push(&mut self, event: Coded, events_so_far: usize) {
        self.batch.items.push(event.item);
        self.batch.reactions.push(event.reaction);
        self.batch.gaps.push(event.gap);
        self.batch.ages.push(age(events_so_far));
        self.batch.sessions.push(age(event.session as usize));
    }

    /// Says what came after the row that was added last, how the user leans towards it, and what it counts.
    pub(super) fn follow(&mut self, next: Option<Coded>, told: bool, leaning: f32, weight: f32) {
        let to = &mut self.batch.next;
        let stopped = Coded {
            item: START,
            reaction: index(self.sizes.reactions),
            gap: index(self.sizes.gaps),
            session: 0,
        };
        let Coded {
            item,
            reaction,
            gap,
            session: _,
        } = next.unwrap_or(stopped);
        // There is no gap before a first event: any class will do, and the item is not told.
        let first = next.is_some() && gap == index(self.sizes.gaps);
        to.gaps.push(if first { 0 } else { gap });
        to.told.push(told && !first && next.is_some());
        to.items.push(item);
        to.reactions.push(reaction);
        to.leanings.push(leaning);
        to.weights.push(weight);
        to.total += f64::from(weight.abs());
    }

    /// The whole of it.
    pub(super) fn finish(mut self) -> EventBatch {
        let sequences = self.batch.packed.n_sequences();
        self.batch.noise = Matrix::from_vec(sequences, self.sizes.noise, self.noise);
        self.batch
    }

    /// A training window: targets `from..to` of a history, its end being one.
    pub(super) fn window(
        &mut self,
        history: &[Coded],
        (from, to): (usize, usize),
        (start, liking): (Coded, Option<&Liking>),
        stream: &mut Stream,
    ) {
        let noise: Vec<f32> = normals(self.sizes.noise, stream);
        self.begin(to - from, noise);
        let [no_reactions, no_gaps] = [(); 2].map(|()| stream.random_bool(UNKNOWN));
        // Who hides reactions hides those of before the window too.
        let before = if no_reactions { 0 } else { from };
        let mut taste = liking.map(|liking| liking.after(&history[..before]));
        for target in from..to {
            let mut event = if target == from {
                start
            } else {
                history[target - 1]
            };
            if no_reactions {
                event.reaction = index(self.sizes.reactions);
            }
            if no_gaps {
                event.gap = index(self.sizes.gaps);
                event.session = 0;
            }
            self.push(event, target);
            if let Some(taste) = taste.as_mut().filter(|_| target > from) {
                taste.learn(event);
            }
            let (told, next) = (!stream.random_bool(UNTOLD), history.get(target).copied());
            self.follow(next, told, leaning(taste.as_ref(), next), 1.0);
        }
    }
}

/// How a user leans towards the item of an event; 0 where nothing is known of it.
pub(super) fn leaning(taste: Option<&Taste<'_>>, event: Option<Coded>) -> f32 {
    let known = taste.zip(event);
    known.map_or(0.0, |(taste, event)| taste.leaning(event.item))
}

/// Numbers from the standard normal law.
pub(super) fn normals(n: usize, stream: &mut Stream) -> Vec<f32> {
    (0..n).map(|_| StandardNormal.sample(stream)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Seed;

    #[test]
    fn a_window_in_the_middle_knows_how_much_there_was_before() {
        let sizes = EventSizes {
            items: 9,
            reactions: 0,
            gaps: 1,
            sessions: true,
            noise: 2,
            width: 4,
        };
        let event = |item| Coded {
            item,
            reaction: 0,
            gap: 0,
            session: item - 4,
        };
        let history = [event(5), event(6), event(7)];
        let start = Coded {
            item: START,
            reaction: 0,
            gap: 1,
            session: 0,
        };
        let mut rows = Rows::new(sizes);
        rows.window(&history, (1, 4), (start, None), &mut Seed(1).stream("rows"));
        let batch = rows.finish();
        assert_eq!(batch.items, [START, 6, 7]);
        assert_eq!(batch.ages, [1, 2, 3]);
        // A window that hides gaps hides sessions.
        let shown = batch.gaps[1] == 0;
        assert_eq!(batch.sessions, if shown { [0, 2, 3] } else { [0, 0, 0] });
        assert_eq!(batch.next.items, [6, 7, START]);
        assert_eq!(
            batch.next.gaps,
            [0, 0, 1],
            "after the last event the user stopped"
        );
        assert_eq!(batch.noise.shape(), (1, 2));
        assert!((batch.next.total - 3.0).abs() < 1e-9);
    }
}
