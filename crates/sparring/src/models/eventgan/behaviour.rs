//! A fitted network of events as a recommender and as a model of behaviour.

use sparring_deep::EventBatch;
use sparring_wide::Matrix;

use super::Eventgan;
use super::coding::{Coded, start_row};
use super::decoding::{Decoder, Drawn};
use super::rows::Rows;
use crate::data::ItemIx;
use crate::recommend::{
    Behaviour, Draw, Event, Outlook, Query, Reactions, Recommender, ScoreError,
};

/// Rows that go through the network at once.
const ROWS: usize = 8_192;

impl Eventgan {
    fn check(&self, items: impl IntoIterator<Item = ItemIx>) -> Result<(), ScoreError> {
        let n_items = self.net.sizes().items;
        match items.into_iter().find(|item| item.at() >= n_items) {
            Some(item) => Err(ScoreError::UnknownItem { item, n_items }),
            None => Ok(()),
        }
    }

    /// The last events of histories as rows, for users of whom nothing else is known.
    fn batch(&self, histories: &[Vec<Coded>]) -> EventBatch {
        let mut rows = Rows::new(self.net.sizes());
        let mean = vec![0.0; self.net.sizes().noise];
        for history in histories {
            let from = history.len().saturating_sub(self.longest - 1);
            rows.begin(history.len() - from + 1, mean.iter().copied());
            rows.push(start_row(&self.coding), from);
            for (at, event) in history.iter().enumerate().skip(from) {
                rows.push(*event, at + 1);
            }
        }
        rows.finish()
    }

    /// What is known after each history, in parts that fit.
    fn known(&self, histories: &[Vec<Coded>]) -> Matrix {
        let width = self.net.sizes().width;
        let mut known = Vec::with_capacity(histories.len() * width);
        let mut from = 0;
        while from < histories.len() {
            let (mut to, mut rows) = (from, 0);
            while to < histories.len() {
                rows += histories[to].len().min(self.longest - 1) + 1;
                if to > from && rows > ROWS {
                    break;
                }
                to += 1;
            }
            known.extend(self.net.last(&self.batch(&histories[from..to])).data);
            from = to;
        }
        Matrix::from_vec(histories.len(), width, known)
    }

    /// Drawn events with ratings and times.
    fn decoded(
        &self,
        given: &[Event],
        drawn: &Drawn,
        stream: &mut sparring_wide::Stream,
    ) -> Vec<Event> {
        let mut before = given.last().and_then(|event| event.time);
        let mut events = Vec::with_capacity(drawn.events.len());
        for (at, event) in drawn.events.iter().enumerate() {
            let time = match before {
                _ if !self.coding.timed() => None,
                None if given.is_empty() && at == 0 => self.coding.start(stream),
                None => None,
                // What would come after the end of the log was not seen in it either.
                Some(before) => match self.coding.after(before, event.gap, stream) {
                    None if given.is_empty() => break,
                    None => Some(before),
                    some => some,
                },
            };
            before = time;
            events.push(Event {
                item: ItemIx(event.item),
                rating: self.coding.levels.get(event.reaction as usize).copied(),
                time,
            });
        }
        events
    }
}

impl Recommender for Eventgan {
    fn n_items(&self) -> usize {
        self.net.sizes().items
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let n = self.n_items();
        assert_eq!(scores.len(), queries.len() * n, "scores [Q, I]");
        self.check(queries.iter().flat_map(|query| query.history).copied())?;
        let histories: Vec<_> = queries
            .iter()
            .map(|query| self.coding.items(query.history))
            .collect();
        let known = self.known(&histories);
        let found = self.net.item_scores(&known, (0..known.rows).map(|_| None));
        scores.copy_from_slice(&found.data);
        Ok(())
    }

    fn behaviour(&self) -> Option<&dyn Behaviour> {
        Some(self)
    }
}

/// Logits become chances.
fn softmax(logits: &mut [f32]) {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for logit in &mut *logits {
        *logit = (*logit - most).exp();
    }
    let sum: f32 = logits.iter().sum();
    for logit in logits {
        *logit /= sum;
    }
}

impl Behaviour for Eventgan {
    fn outlooks(&self, histories: &[&[Event]]) -> Result<Vec<Outlook>, ScoreError> {
        let items = histories.iter().flat_map(|history| history.iter());
        self.check(items.map(|event| event.item))?;
        let coded: Vec<_> = histories
            .iter()
            .map(|history| self.coding.events(history))
            .collect();
        let known = self.known(&coded);
        let mut gaps = self.net.gap_logits(&known);
        let mut items = self.net.item_scores(&known, (0..known.rows).map(|_| None));
        let (stops, n) = (self.coding.gaps(), self.n_items());
        let rows = gaps
            .data
            .chunks_mut(stops + 1)
            .zip(items.data.chunks_mut(n));
        Ok(rows
            .zip(histories)
            .map(|((gaps, items), history)| {
                // Somebody without an event has not stopped, and waits for nothing.
                if history.is_empty() {
                    gaps[stops] = f32::NEG_INFINITY;
                }
                softmax(gaps);
                softmax(items);
                let class = |(class, p): (usize, &f32)| (self.coding.up_to(class), f64::from(*p));
                let timed = self.coding.timed() && !history.is_empty();
                let classes = gaps[..stops].iter().enumerate().filter(|_| timed);
                Outlook {
                    stop: f64::from(gaps[stops]),
                    gaps: classes.map(class).collect(),
                    items: items.to_vec(),
                }
            })
            .collect())
    }

    fn reactions(&self, history: &[Event], items: &[ItemIx]) -> Result<Reactions, ScoreError> {
        let known = history.iter().map(|event| event.item);
        self.check(known.chain(items.iter().copied()))?;
        if self.coding.levels.is_empty() {
            return Ok(Reactions {
                levels: vec![],
                chances: vec![vec![]; items.len()],
            });
        }
        let history = self.coding.events(history);
        let taste = self.liking.as_ref().map(|liking| liking.after(&history));
        let known = self.known(&[history]);
        let mut rows = Matrix::zeros(items.len(), known.cols);
        rows.data
            .chunks_mut(known.cols)
            .for_each(|row| row.copy_from_slice(known.row(0)));
        let items: Vec<u32> = items.iter().map(|item| item.0).collect();
        let lean = |item: &u32| taste.as_ref().map_or(0.0, |taste| taste.leaning(*item));
        let leanings: Vec<f32> = items.iter().map(lean).collect();
        Ok(Reactions {
            levels: self.coding.levels.clone(),
            chances: self.net.reactions(&rows, &items, &leanings),
        })
    }

    fn draw(&self, draw: &Draw<'_>) -> Result<Vec<Vec<Event>>, ScoreError> {
        let items = draw.given.iter().flatten();
        self.check(items.map(|event| event.item))?;
        let given: Vec<_> = draw
            .given
            .iter()
            .map(|events| self.coding.events(events))
            .collect();
        let guided = draw.candidates > 1;
        let decoder = Decoder {
            net: &self.net,
            coding: &self.coding,
            liking: self.liking.as_ref(),
            guide: self
                .critic
                .as_ref()
                .filter(|_| guided)
                .map(|critic| (critic, draw.candidates)),
            longest: self.longest,
            most: draw.most.unwrap_or(self.coding.longest),
            temperature: draw.temperature,
            cancel: Some(draw.cancel),
            observer: draw.observer,
        };
        let drawn = decoder.draw(&given, draw.seed);
        let users = drawn.iter().zip(draw.given).enumerate();
        Ok(users
            .map(|(user, (drawn, given))| {
                let mut stream = draw.seed.stream_at("time", user as u64);
                self.decoded(given, drawn, &mut stream)
            })
            .collect())
    }

    fn has_critic(&self) -> bool {
        self.critic.is_some()
    }
}
