//! Ratings and times of real users through noise.
//!
//! What a user adds has norm 1 at most, in parts:
//!
//! | part | entries | norm |
//! | --- | --- | --- |
//! | ratings | shares of the user's events by rating and popularity of the item | 1 at most |
//! | habit | `(1, 2 m, 4 m^2, 4 v / n) / sqrt(3)`, with mean `m` and variance `v` of `n >= 2` ratings | 1 at most |
//! | starts | 1 in the part of the range in which the first event lies | 1 |
//! | hours | shares of the user's events by the hour of the week in which their session began | 1 at most |
//! | gaps | shares of the user's gaps by size, and by what was before: nothing, less than an hour, more | 1 at most |
//!
//! Ratings are places among the declared ones, from -1/2 to 1/2, the nearest one counting; `m^2` is 1/4 at
//! most and `v / n <= 1/4 - m^2`, so that with `x = 4 m^2` the square of a habit is
//! `(1 + x + x^2 + (1 - x)^2) / 3 <= 1`. A user weighs as much as any other, however many events. Popularity is that
//! among users of the fitted synthesizer, which are free. From the sums come laws of the kind that a
//! log without noise gives (`ratings/released.rs`, `times/released.rs`).

use sparring_wide::Seed;

use super::Extras;
use super::histogram::{Noisy, Part, Sums, shares, shares_of_groups};
use crate::data::{Clock, Dataset, UserIx, tenths};
use crate::data::{GAP_CLASSES, gap_class};
use crate::synth::events::Layer;
use crate::synth::ratings::{RatingShares, Ratings};
use crate::synth::times::{TimeShares, Times, WEEK, sessions};
use crate::synth::traits::Synthesizer;

/// Bands of popularity, each of as many events.
const BANDS: usize = 5;
/// Parts of the range of times in which users begin.
const STARTS: usize = 64;
/// What was before a gap: nothing, a short gap, a long one.
const BEFORE: usize = 3;
/// Synthetic users whose items tell which are popular.
const COUNTED: u64 = 4096;

/// Where the parts of the vector stand.
#[derive(Debug, Clone, Copy)]
struct Places {
    ratings: Option<usize>,
    times: Option<usize>,
}

/// The band of popularity of each item among users of a synthesizer.
pub(super) fn bands(model: &dyn Synthesizer, seed: Seed) -> Vec<usize> {
    let mut counts = vec![0_u32; model.n_items()];
    for profile in model.generate(0..COUNTED, seed).iter() {
        for item in profile {
            counts[item.at()] += 1;
        }
    }
    let tenths = tenths(&counts);
    tenths.into_iter().map(|tenth| tenth * BANDS / 10).collect()
}

/// The layer of ratings and times that were declared, from one noisy look at a log.
pub(super) fn released(extras: &Extras, sigma: f64, log: &Dataset, bands: &[usize]) -> Layer {
    let (parts, places) = parts(extras);
    let mut sums = Sums::new(parts, sigma);
    for user in log.user_indices() {
        if let Some(at) = places.ratings {
            add_ratings(&mut sums, at, extras, &events(log, user, bands));
        }
        if let (Some(at), &[first, last]) = (places.times, &extras.times[..]) {
            let interactions = log.interactions();
            let time = |place| interactions.time(user, place);
            let times: Option<Vec<i64>> = (0..log.history(user).len()).map(time).collect();
            let inside = |time: i64| time.clamp(first, last);
            let times = times.unwrap_or_default().into_iter().map(inside);
            add_times(&mut sums, at, extras, &times.collect::<Vec<_>>());
        }
    }
    let found = sums.release();
    let ratings = places.ratings.map(|at| {
        let law = rating_shares(extras.ratings.len(), &found[at], &found[at + 1]);
        Ratings::released(&extras.ratings, &law, bands)
    });
    let times = places.times.map(|at| {
        let (mut rows, _) = shares_of_groups(&found[at + 2], gap_classes(extras));
        for row in &mut rows {
            row.resize(GAP_CLASSES, 0.0);
        }
        let law = TimeShares {
            ends: (extras.times[0], extras.times[1]),
            starts: shares(&found[at].sums),
            week: shares(&found[at + 1].sums),
            gaps: rows.try_into().expect("a row for each state before a gap"),
        };
        Times::released(&law, log.n_items())
    });
    Layer::of(ratings, times)
}

/// The parts of the vector and their weights, whose squares sum to 1.
fn parts(extras: &Extras) -> (Vec<Part>, Places) {
    let (rated, timed) = (!extras.ratings.is_empty(), !extras.times.is_empty());
    let half = if rated && timed { 0.5 } else { 1.0 };
    let part = |cells, square: f64| Part {
        cells,
        square: square * half,
    };
    let mut parts = Vec::new();
    if rated {
        parts.push(part(BANDS * extras.ratings.len(), 0.7));
        parts.push(part(4, 0.3));
    }
    let places = Places {
        ratings: rated.then_some(0),
        times: timed.then_some(parts.len()),
    };
    if timed {
        parts.push(part(STARTS, 0.25));
        parts.push(part(WEEK, 0.35));
        parts.push(part(BEFORE * gap_classes(extras), 0.4));
    }
    (parts, places)
}

/// Classes of gaps that the range of times has room for.
fn gap_classes(extras: &Extras) -> usize {
    gap_class(extras.times[1].abs_diff(extras.times[0])) + 1
}

/// Band and rating of each rated event of a user.
fn events(log: &Dataset, user: UserIx, bands: &[usize]) -> Vec<(usize, f64)> {
    let ratings = log.interactions().ratings(user).unwrap_or_default();
    let items = log.history(user).iter().map(|item| bands[item.at()]);
    items.zip(ratings.iter().map(|&r| f64::from(r))).collect()
}

fn add_ratings(sums: &mut Sums, at: usize, extras: &Extras, events: &[(usize, f64)]) {
    let values = &extras.ratings;
    let (n, width) = (events.len() as f64, values.len());
    let classes: Vec<usize> = events
        .iter()
        .map(|(_, rating)| nearest(values, *rating))
        .collect();
    for ((band, _), class) in events.iter().zip(&classes) {
        sums.add(at, band * width + class, n.recip());
    }
    if events.len() < 2 {
        return;
    }
    let place = |class: &usize| place(*class, width);
    let mean = classes.iter().map(place).sum::<f64>() / n;
    let squares = classes.iter().map(|class| (place(class) - mean).powi(2));
    let variance = squares.sum::<f64>() / (n - 1.0);
    let habit = [1.0, 2.0 * mean, 4.0 * mean * mean, 4.0 * variance / n];
    for (cell, entry) in habit.into_iter().enumerate() {
        sums.add(at + 1, cell, entry / 3.0_f64.sqrt());
    }
}

/// The nearest of rising values.
fn nearest(values: &[f64], rating: f64) -> usize {
    let above = values.partition_point(|value| *value < rating);
    let (low, high) = (above.saturating_sub(1), above.min(values.len() - 1));
    if rating - values[low] <= values[high] - rating {
        low
    } else {
        high
    }
}

/// Where a class stands among all, from -1/2 to 1/2.
fn place(class: usize, width: usize) -> f64 {
    class as f64 / (width - 1) as f64 - 0.5
}

fn add_times(sums: &mut Sums, at: usize, extras: &Extras, times: &[i64]) {
    let Some(&start) = times.first() else { return };
    let ends = (extras.times[0], extras.times[1]);
    let span = i128::from(ends.1) - i128::from(ends.0) + 1;
    let part = (i128::from(start) - i128::from(ends.0)) * STARTS as i128 / span;
    sums.add(at, usize::try_from(part).expect("inside of the range"), 1.0);
    let hour = Clock::of(ends.0, ends.1).hour();
    if let Some(hour) = hour {
        for begun in sessions(times, hour) {
            sums.add(at + 1, begun, (times.len() as f64).recip());
        }
    }
    let mut before = 0;
    for pair in times.windows(2) {
        let gap = pair[1].abs_diff(pair[0]);
        let cell = before * gap_classes(extras) + gap_class(gap);
        sums.add(at + 2, cell, ((times.len() - 1) as f64).recip());
        before = match hour {
            Some(hour) if gap >= hour.unsigned_abs() => 2,
            _ => 1,
        };
    }
}

/// The laws of ratings by band, that of all, and how far the means of users are apart.
fn rating_shares(width: usize, ratings: &Noisy, habit: &Noisy) -> RatingShares {
    let (bands, all) = shares_of_groups(ratings, width);
    let root = 3.0_f64.sqrt();
    let [users, first, second, within] = [0, 1, 2, 3].map(|at| habit.sums[at] * root);
    let between = if users > habit.noise * root {
        // Means vary between users, and with the chance of few ratings.
        let (mean, square, chance) = (
            first / 2.0 / users,
            second / 4.0 / users,
            within / 4.0 / users,
        );
        (square - mean * mean - chance).max(0.0)
    } else {
        0.0
    };
    RatingShares {
        bands,
        all,
        between,
    }
}

#[cfg(test)]
mod tests;
