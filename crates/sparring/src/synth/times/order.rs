//! The order in which a user meets items.
//!
//! ```text
//! x_i = m_i + s N(0, 1)
//! ```
//!
//! `m_i` is the mean place of an item in the real users' sequences, from 0 to 1, shrunk towards the
//! middle for rare items, and `s` makes the places vary as real ones do. Items come by rising `x`, but
//! not strictly: of the next ones (a quarter of the profile, 32 at most) one is drawn by a lift, how
//! often its tenth of the events really follows the tenth of the last item, over how often it would
//! by chance.

use rand::RngExt;
use rand_distr::StandardNormal;
use sparring_wide::Stream;

use crate::data::{Dataset, ItemIx, tenths};
use crate::recommend::{NamedTensors, WeightsError};

/// Tenths of the events.
const BANDS: usize = 10;
/// Most items among which the next one is drawn.
const NEAR: usize = 32;
/// Users in the middle that an item is given.
const SHRINK: f64 = 5.0;
/// Pairs that a lift is given of 1.
const EVEN: f64 = 10.0;

/// The law of orders.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Order {
    /// Mean place of each item, `[I]`.
    places: Vec<f32>,
    /// Spread of a place.
    spread: f32,
    /// The tenth of each item, `[I]`.
    bands: Vec<u32>,
    /// Lift of a tenth after another, `[10, 10]`.
    lifts: Vec<f32>,
}

impl Order {
    /// Of the sequences of a log.
    pub(super) fn of(real: &Dataset) -> Self {
        let bands = tenths(&real.item_counts());
        let (mut sums, mut counts) = (vec![0.0; real.n_items()], vec![0.0; real.n_items()]);
        let (mut follows, mut by_chance) = ([EVEN; BANDS * BANDS], [EVEN; BANDS * BANDS]);
        for user in real.user_indices() {
            let history = real.history(user);
            let (n, mut of_band) = (history.len() as f64, [0.0; BANDS]);
            for (at, item) in history.iter().enumerate() {
                sums[item.at()] += (at as f64 + 0.5) / n;
                counts[item.at()] += 1.0;
                of_band[bands[item.at()]] += 1.0;
            }
            for pair in history.windows(2) {
                follows[bands[pair[0].at()] * BANDS + bands[pair[1].at()]] += 1.0;
            }
            for (at, chance) in by_chance.iter_mut().enumerate() {
                let (a, b) = (at / BANDS, at % BANDS);
                let others = of_band[b] - f64::from(u8::from(a == b));
                *chance += of_band[a] * others.max(0.0) / n.max(1.0);
            }
        }
        let place = |(sum, count): (&f64, &f64)| (sum + SHRINK / 2.0) / (count + SHRINK);
        let places: Vec<f64> = sums.iter().zip(&counts).map(place).collect();
        // Places are uniform, of variance 1/12, of which the means explain a part.
        let explained: f64 = places
            .iter()
            .zip(&counts)
            .map(|(place, count)| count * (place - 0.5).powi(2))
            .sum::<f64>()
            / counts.iter().sum::<f64>().max(1.0);
        Self {
            places: places.into_iter().map(single).collect(),
            spread: single((1.0 / 12.0 - explained).max(0.0).sqrt()),
            bands: bands
                .into_iter()
                .map(|band| u32::try_from(band).expect("one of ten"))
                .collect(),
            lifts: follows
                .iter()
                .zip(&by_chance)
                .map(|(found, chance)| single(found / chance))
                .collect(),
        }
    }

    /// Any order is as likely as any other.
    pub(super) fn even(n_items: usize) -> Self {
        Self {
            places: vec![0.5; n_items],
            spread: single((1.0_f64 / 12.0).sqrt()),
            bands: vec![0; n_items],
            lifts: vec![1.0; BANDS * BANDS],
        }
    }

    /// The items of a user in an order; the numbers are positions in the profile.
    pub(super) fn draw(&self, profile: &[ItemIx], stream: &mut Stream) -> Vec<u32> {
        let mut waiting: Vec<(f32, u32)> = (0..)
            .zip(profile)
            .map(|(at, item)| {
                let noise: f32 = stream.sample(StandardNormal);
                (self.places[item.at()] + self.spread * noise, at)
            })
            .collect();
        waiting.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let near = profile.len().div_ceil(4).min(NEAR);
        let mut waiting = waiting.into_iter().map(|(_, at)| at);
        let mut next: Vec<u32> = waiting.by_ref().take(near).collect();
        let (mut order, mut last) = (Vec::with_capacity(profile.len()), None);
        while !next.is_empty() {
            let chosen = self.choose(profile, &next, last, stream);
            let at = next.remove(chosen);
            next.extend(waiting.next());
            last = Some(self.bands[profile[at as usize].at()]);
            order.push(at);
        }
        order
    }

    /// Which of the next items follows an item of the band `last`.
    fn choose(
        &self,
        profile: &[ItemIx],
        next: &[u32],
        last: Option<u32>,
        stream: &mut Stream,
    ) -> usize {
        let Some(last) = last.filter(|_| next.len() > 1) else {
            return 0;
        };
        let lifts = &self.lifts[last as usize * BANDS..][..BANDS];
        let lift = |at: &u32| lifts[self.bands[profile[*at as usize].at()] as usize];
        let all: f32 = next.iter().map(lift).sum();
        let mut place = stream.random::<f32>() * all;
        let found = next.iter().position(|at| {
            place -= lift(at);
            place < 0.0
        });
        found.unwrap_or(0)
    }

    pub(super) fn weights(&self) -> NamedTensors {
        NamedTensors::new()
            .with("places", &[self.places.len()], self.places.clone())
            .with("spread", &[1], vec![self.spread])
            .with_indices("bands", &[self.bands.len()], self.bands.clone())
            .with("lifts", &[BANDS, BANDS], self.lifts.clone())
    }

    pub(super) fn from_weights(
        weights: &NamedTensors,
        n_items: usize,
    ) -> Result<Self, WeightsError> {
        let wrong = |name: &str, expected, found: String| WeightsError::Value {
            name: name.to_owned(),
            expected,
            found,
        };
        let places = weights.vector_of("places", n_items)?.to_vec();
        let spread = weights.vector_of("spread", 1)?[0];
        for (name, numbers) in [("places", &places[..]), ("spread", &[spread])] {
            let possible = |number: &f32| (0.0..=1.0).contains(number);
            if let Some(number) = numbers.iter().find(|number| !possible(number)) {
                return Err(wrong(name, "numbers from 0 to 1", number.to_string()));
            }
        }
        let bands = weights.indices("bands")?.to_vec();
        if bands.len() != n_items {
            let found = format!("{} numbers", bands.len());
            return Err(wrong("bands", "a tenth for each item", found));
        }
        if let Some(band) = bands.iter().find(|band| **band as usize >= BANDS) {
            return Err(wrong("bands", "numbers below 10", band.to_string()));
        }
        let lifts = weights.matrix_of("lifts", BANDS, BANDS)?.to_vec();
        let possible = |lift: &f32| (0.0..=1e9).contains(lift);
        if let Some(lift) = lifts.iter().find(|lift| !possible(lift)) {
            return Err(wrong("lifts", "numbers from 0 to 1e9", lift.to_string()));
        }
        Ok(Self {
            places,
            spread,
            bands,
            lifts,
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "kept in single precision")]
fn single(x: f64) -> f32 {
    x as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::contract::log;
    use sparring_wide::Seed;

    #[test]
    fn places_by_hand() {
        // Item 0 is always first of two, item 1 second: places .25 and .75 of 20 users each.
        let rows: Vec<&[u32]> = vec![&[0, 1]; 20];
        let order = Order::of(&log(&rows));
        let expected = [(20.0 * 0.25 + 2.5) / 25.0, (20.0 * 0.75 + 2.5) / 25.0];
        for (found, expected) in order.places.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found}");
        }
        // 1/12 less .2^2.
        assert!((order.spread.powi(2) - (1.0 / 12.0 - 0.04)).abs() < 1e-6);
        // Tenth 5 follows tenth 0 twenty times; by chance it would ten times.
        assert_eq!(order.bands, [0, 5]);
        assert!((order.lifts[5] - 30.0 / 20.0).abs() < 1e-6);
        assert!((order.lifts[50] - 10.0 / 20.0).abs() < 1e-6);
    }

    #[test]
    fn drawn_orders_are_orders_and_early_items_come_early() {
        let rows: Vec<&[u32]> = vec![&[2, 0, 3, 1]; 40];
        let order = Order::of(&log(&rows));
        let profile = [0, 1, 2, 3].map(ItemIx);
        let mut stream = Seed(1).stream("x");
        for _ in 0..100 {
            let mut drawn = order.draw(&profile, &mut stream);
            drawn.sort_unstable();
            assert_eq!(drawn, [0, 1, 2, 3]);
        }
        assert!(order.draw(&[], &mut stream).is_empty());
        let follows = (0..1000).filter(|_| {
            let drawn = order.draw(&profile, &mut stream);
            let at = |item| drawn.iter().position(|&drawn| drawn == item);
            at(2) < at(1)
        });
        let follows = follows.count();
        // Places 1/8 and 7/8, shrunk by 5 of 45: 2/3 apart, each with a spread of .15.
        assert!(follows > 980, "item 2 comes before item 1: {follows}");
    }

    #[test]
    fn tenths_follow_each_other_as_they_do() {
        // Sixteen items, eight common and eight rare; after a common one there is always a rare one.
        let rows: Vec<Vec<u32>> = (0..40)
            .map(|user| {
                let common = |at: u32| (user + at) % 8;
                let rare = |at: u32| 8 + (user * 8 + at) % 64;
                (0..8).flat_map(|at| [common(at), rare(at)]).collect()
            })
            .collect();
        let rows: Vec<&[u32]> = rows.iter().map(Vec::as_slice).collect();
        let order = Order::of(&log(&rows));
        let profile: Vec<ItemIx> = (0..16).map(ItemIx).collect();
        let mut stream = Seed(1).stream("x");
        let mut kept = 0;
        for _ in 0..200 {
            let drawn = order.draw(&profile, &mut stream);
            let changes = drawn
                .windows(2)
                .filter(|pair| (pair[0] < 8) != (pair[1] < 8));
            kept += changes.count();
        }
        // By chance 8 of 15 pairs change sides.
        assert!(kept > 200 * 10, "{kept} of 3,000");
    }

    #[test]
    fn damaged_orders_are_refused() {
        let weights = Order::of(&log(&[&[0, 1], &[1, 2]])).weights();
        assert!(Order::from_weights(&weights, 3).is_ok());
        assert!(Order::from_weights(&weights, 4).is_err());
        for (name, shape, value) in [
            ("places", vec![3], 1.5),
            ("spread", vec![1], f32::NAN),
            ("lifts", vec![BANDS, BANDS], -1.0),
        ] {
            let data = vec![value; shape.iter().product()];
            let damaged = weights.clone().with(name, &shape, data);
            let error = Order::from_weights(&damaged, 3).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
        let damaged = weights.with_indices("bands", &[3], vec![0, 10, 0]);
        assert!(Order::from_weights(&damaged, 3).is_err());
    }
}
