//! Drawing events one after the other, with what was looked at before kept.

use rand::RngExt;
use rayon::prelude::*;
use sparring_deep::{Cache, EventBatch, EventCritic, EventNet};
use sparring_wide::{Matrix, Seed, Stream, draw_by_logits, draw_by_weights};

use super::coding::{Coded, Coding, index, start_row};
use super::liking::{Liking, Taste};
use super::rows::{Rows, normals};
use crate::recommend::Cancel;

/// Users that are drawn at once by a lane.
const SLOTS: usize = 16;
/// Lanes, which run side by side; a number of its own, so that threads change no bit.
const LANES: usize = 8;

/// What events are drawn from.
#[derive(Clone, Copy)]
pub(super) struct Decoder<'a> {
    pub(super) net: &'a EventNet,
    pub(super) coding: &'a Coding,
    pub(super) liking: Option<&'a Liking>,
    /// The critic and the candidates among which it chooses.
    pub(super) guide: Option<(&'a EventCritic, usize)>,
    /// Rows that are looked back at.
    pub(super) longest: usize,
    /// New events of a user at most.
    pub(super) most: usize,
    pub(super) temperature: f32,
    pub(super) cancel: Option<&'a Cancel>,
}

/// What was drawn for a user.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Drawn {
    pub(super) events: Vec<Coded>,
    /// What the user is like.
    pub(super) noise: Vec<f32>,
}

/// A user that is being drawn.
struct Slot<'a> {
    user: usize,
    stream: Stream,
    given: &'a [Coded],
    /// Events given that are too far back to be looked at.
    skipped: usize,
    drawn: Drawn,
    /// What is known of how the user rates.
    taste: Option<Taste<'a>>,
    /// Rows that the network has seen.
    seen: usize,
}

impl Slot<'_> {
    /// The row to come: the one before the first event, then event after event.
    fn row(&self, start: Coded) -> (Coded, usize) {
        let age = self.skipped + self.seen;
        let event = match self.seen.checked_sub(1) {
            None => start,
            Some(at) => self.at(at),
        };
        (event, age)
    }

    /// Given events that are looked at, then those drawn.
    fn at(&self, at: usize) -> Coded {
        let given = &self.given[self.skipped..];
        given
            .get(at)
            .copied()
            .unwrap_or_else(|| self.drawn.events[at - given.len()])
    }

    fn events(&self) -> usize {
        self.given.len() + self.drawn.events.len()
    }

    /// Whether all there is has been seen, so that something new is to come.
    fn is_ready(&self) -> bool {
        self.seen > self.given.len() - self.skipped + self.drawn.events.len()
    }
}

impl<'d> Decoder<'d> {
    /// New events after those given, user by user.
    pub(super) fn draw(&self, given: &[Vec<Coded>], seed: Seed) -> Vec<Drawn> {
        let lanes: Vec<Vec<(usize, Drawn)>> = (0..LANES)
            .into_par_iter()
            .map(|lane| self.lane(given, lane, seed))
            .collect();
        let mut all = vec![Drawn::default(); given.len()];
        for (user, drawn) in lanes.into_iter().flatten() {
            all[user] = drawn;
        }
        all
    }

    /// The users of one lane.
    fn lane(&self, given: &[Vec<Coded>], lane: usize, seed: Seed) -> Vec<(usize, Drawn)> {
        let mut waiting = (lane..given.len()).step_by(LANES);
        let slots = SLOTS.min(waiting.len());
        let mut cache = self.net.body.cache(slots, self.longest);
        let mut looks = self
            .guide
            .map(|(critic, _)| critic.cache(slots, self.longest));
        let mut running: Vec<Option<Slot<'_>>> = (0..slots)
            .map(|_| waiting.next().map(|user| self.begin(user, given, seed)))
            .collect();
        let mut done = Vec::new();
        while running.iter().any(Option::is_some) {
            if self.cancel.is_some_and(Cancel::is_requested) {
                break;
            }
            let places: Vec<usize> = (0..slots).filter(|at| running[*at].is_some()).collect();
            let rows = self.rows(&running, &places, None);
            let hidden = self.net.step(&rows, &places, &mut cache);
            if let (Some((critic, _)), Some(looks)) = (self.guide, &mut looks) {
                critic.peek(&rows, &places, looks);
                looks.advance(&places);
            }
            let mut ready = Vec::new();
            for (row, &place) in places.iter().enumerate() {
                let slot = running[place].as_mut().expect("it runs");
                slot.seen += 1;
                if slot.is_ready() {
                    ready.push((row, place));
                }
            }
            let next = self.choose(&mut running, &hidden, &ready, looks.as_mut());
            for ((_, place), next) in ready.into_iter().zip(next) {
                let slot = running[place].as_mut().expect("it runs");
                slot.drawn.events.extend(next);
                if let (Some(taste), Some(next)) = (&mut slot.taste, next) {
                    taste.learn(next);
                }
                if next.is_none() || slot.drawn.events.len() >= self.most {
                    let slot = running[place].take().expect("it ran");
                    done.push((slot.user, slot.drawn));
                    running[place] = waiting.next().map(|user| self.begin(user, given, seed));
                    cache.reset(place);
                    if let Some(looks) = &mut looks {
                        looks.reset(place);
                    }
                }
            }
        }
        done
    }

    fn begin<'g>(&self, user: usize, given: &'g [Vec<Coded>], seed: Seed) -> Slot<'g>
    where
        'd: 'g,
    {
        let mut stream = seed.stream_at("user", user as u64);
        let noise = normals(self.net.sizes().noise, &mut stream);
        Slot {
            user,
            stream,
            given: &given[user],
            taste: self.liking.map(|liking| liking.after(&given[user])),
            skipped: given[user].len().saturating_sub(self.longest - 1),
            drawn: Drawn {
                noise,
                ..Drawn::default()
            },
            seen: 0,
        }
    }

    /// The next row of each of some places; `candidates` stand there instead of what was chosen.
    fn rows(
        &self,
        running: &[Option<Slot<'_>>],
        places: &[usize],
        candidates: Option<&[Coded]>,
    ) -> EventBatch {
        let (start, mut rows) = (start_row(self.coding), Rows::new(self.net.sizes()));
        for (at, &place) in places.iter().enumerate() {
            let slot = running[place].as_ref().expect("it runs");
            rows.begin(1, slot.drawn.noise.iter().copied());
            match candidates {
                None => {
                    let (event, age) = slot.row(start);
                    rows.push(event, age);
                }
                Some(candidates) => rows.push(candidates[at], slot.skipped + slot.seen),
            }
        }
        rows.finish()
    }

    /// The next event of each ready user, none for one who stops.
    fn choose(
        &self,
        running: &mut [Option<Slot<'_>>],
        hidden: &Matrix,
        ready: &[(usize, usize)],
        looks: Option<&mut Cache>,
    ) -> Vec<Option<Coded>> {
        let mut known = Matrix::zeros(ready.len(), hidden.cols);
        for (at, (row, _)) in ready.iter().enumerate() {
            known.row_mut(at).copy_from_slice(hidden.row(*row));
        }
        let Some(((critic, candidates), looks)) = self.guide.zip(looks) else {
            return self.candidates(running, &known, ready);
        };
        let rounds: Vec<Vec<Option<Coded>>> = (0..candidates)
            .map(|_| self.candidates(running, &known, ready))
            .collect();
        // The weight of a candidate is e^D, the ratio of real to drawn events after this history.
        let mut weights = vec![vec![0.0_f64; candidates]; ready.len()];
        for (round, drawn) in rounds.iter().enumerate() {
            let some: Vec<usize> = (0..ready.len()).filter(|at| drawn[*at].is_some()).collect();
            let places: Vec<usize> = some.iter().map(|at| ready[*at].1).collect();
            let events: Vec<Coded> = some.iter().filter_map(|at| drawn[*at]).collect();
            let rows = self.rows(running, &places, Some(&events));
            let logits = critic.peek(&rows, &places, looks);
            for (at, logit) in some.into_iter().zip(logits) {
                weights[at][round] = f64::from(logit.clamp(-20.0, 20.0)).exp();
            }
        }
        let pick = |(at, weights): (usize, Vec<f64>)| {
            let stream = &mut running[ready[at].1].as_mut().expect("it runs").stream;
            // Whether a user stops the critic does not say: that is as drawn first.
            rounds[0][at]?;
            let mut place = stream.random::<f64>() * weights.iter().sum::<f64>();
            let found = weights.iter().position(|weight| {
                place -= weight;
                place < 0.0
            });
            rounds[found.unwrap_or(0)][at]
        };
        weights.into_iter().enumerate().map(pick).collect()
    }

    /// An event drawn for each ready user, none for one who stops.
    fn candidates(
        &self,
        running: &mut [Option<Slot<'_>>],
        known: &Matrix,
        ready: &[(usize, usize)],
    ) -> Vec<Option<Coded>> {
        let stops = self.coding.gaps();
        let mut logits = self.net.gap_logits(known);
        let mut gaps = Vec::with_capacity(ready.len());
        for ((_, place), logits) in ready.iter().zip(logits.data.chunks_mut(stops + 1)) {
            let slot = running[*place].as_mut().expect("it runs");
            // A user has an event.
            let first = slot.events() == 0;
            let n = if first { stops } else { stops + 1 };
            let class = draw_by_logits(&mut logits[..n], &mut slot.stream);
            gaps.push(if first { None } else { Some(class) });
        }
        let goes_on: Vec<usize> = (0..ready.len())
            .filter(|at| gaps[*at] != Some(stops))
            .collect();
        let mut rows = Matrix::zeros(goes_on.len(), known.cols);
        for (row, &at) in goes_on.iter().enumerate() {
            rows.row_mut(row).copy_from_slice(known.row(at));
        }
        let told = goes_on.iter().map(|at| gaps[*at].map(index));
        let mut scores = self.net.item_scores(&rows, told);
        let mut items = Vec::with_capacity(goes_on.len());
        for (&at, scores) in goes_on
            .iter()
            .zip(scores.data.chunks_mut(self.net.sizes().items))
        {
            let slot = running[ready[at].1].as_mut().expect("it runs");
            for score in &mut *scores {
                *score /= self.temperature;
            }
            if !self.coding.repeats {
                for event in slot.given.iter().chain(&slot.drawn.events) {
                    scores[event.item as usize] = f32::NEG_INFINITY;
                }
            }
            items.push(index(draw_by_logits(scores, &mut slot.stream)));
        }
        let reactions = (self.coding.reactions() > 1).then(|| {
            let lean = |(&at, &item): (&usize, &u32)| {
                let slot = running[ready[at].1].as_ref().expect("it runs");
                slot.taste.as_ref().map_or(0.0, |taste| taste.leaning(item))
            };
            let leanings: Vec<f32> = goes_on.iter().zip(&items).map(lean).collect();
            self.net.reactions(&rows, &items, &leanings)
        });
        let mut next = vec![None; ready.len()];
        for (row, &at) in goes_on.iter().enumerate() {
            let stream = &mut running[ready[at].1].as_mut().expect("it runs").stream;
            let reaction = reactions
                .as_ref()
                .map_or(0, |chances| draw_by_weights(&chances[row], stream));
            next[at] = Some(Coded {
                item: items[row],
                reaction: index(reaction),
                gap: index(gaps[at].unwrap_or(stops)),
            });
        }
        next
    }
}
