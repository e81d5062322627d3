//! Users as points: the figures of a profile by which real and other users may be told apart.

use crate::models::{Directions, Profiles};
use crate::recommend::{FitError, Run};

use super::logs::Crowd;
use crate::data::{by_popularity, head};

/// Number of directions.
const DIRECTIONS: usize = 32;
/// Items whose pairs are looked at.
const PAIRED: usize = 500;

/// What profiles are measured with, made from users who are not measured.
///
/// Directions fit the users they are made from better than any others, so that a user would be
/// known by having served to make them.
pub(super) struct Yardstick {
    /// `ln(1 + count)` by item.
    popularity: Vec<f64>,
    /// Whether an item is among the most popular fifth, and among the less popular half.
    bands: Vec<(bool, bool)>,
    directions: Directions,
    /// The place of each item among the paired ones.
    place: Vec<Option<usize>>,
    /// `n_ab / sqrt(n_a n_b)` by places.
    cosines: Vec<f64>,
}

/// A user as a point.
#[derive(Debug)]
pub(super) struct Point {
    /// The profile over the root of its length, on the directions.
    pub(super) projection: Vec<f64>,
    /// All figures: log length; mean and deviation of the log popularity of the items; shares of
    /// head and tail; norm of what the directions leave; mean cosine of pairs; the projection.
    pub(super) figures: Vec<f64>,
}

impl Yardstick {
    /// Made from these users.
    pub(super) fn of(crowd: &Crowd, run: &Run<'_>) -> Result<Self, FitError> {
        let counts = crowd.counts();
        let order = by_popularity(&counts);
        let mut bands = vec![(false, false); counts.len()];
        for (rank, &item) in order.iter().enumerate() {
            bands[item] = (rank < head(&counts), rank >= counts.len() / 2);
        }
        let paired = &order[..PAIRED.min(order.len())];
        let mut place = vec![None; counts.len()];
        for (at, &item) in paired.iter().enumerate() {
            place[item] = Some(at);
        }
        let logarithm = |&count: &u32| f64::from(count).ln_1p();
        Ok(Self {
            popularity: counts.iter().map(logarithm).collect(),
            bands,
            directions: Directions::of(&crowd.profiles, DIRECTIONS, run)?,
            cosines: cosines(&crowd.profiles, &place, paired.len()),
            place,
        })
    }

    /// The users as points.
    pub(super) fn points(&self, crowd: &Crowd) -> Vec<Point> {
        crowd.profiles.rows().map(|row| self.point(row)).collect()
    }

    fn point(&self, row: &[u32]) -> Point {
        let n = row.len() as f64;
        let items = || row.iter().map(|&item| item as usize);
        let mean = items().map(|item| self.popularity[item]).sum::<f64>() / n;
        let square = |item: usize| (self.popularity[item] - mean).powi(2);
        let deviation = (items().map(square).sum::<f64>() / n).sqrt();
        let share = |in_band: fn(&(bool, bool)) -> bool| {
            items().filter(|&item| in_band(&self.bands[item])).count() as f64 / n
        };
        let projection = self.directions.project(row);
        // The profile over the root of its length has the norm 1.
        let inside: f64 = projection.iter().map(|entry| entry * entry).sum();
        let mut figures = vec![
            n.ln(),
            mean,
            deviation,
            share(|band| band.0),
            share(|band| band.1),
            (1.0 - inside).max(0.0).sqrt(),
            self.mean_cosine(row),
        ];
        figures.extend(&projection);
        Point {
            projection,
            figures,
        }
    }

    /// Over the pairs of paired items of a profile; 0 where there is none.
    fn mean_cosine(&self, row: &[u32]) -> f64 {
        let places: Vec<usize> = row
            .iter()
            .filter_map(|&item| self.place[item as usize])
            .collect();
        let width = self.cosines.len().isqrt();
        let (mut sum, mut pairs) = (0.0, 0);
        for (at, &a) in places.iter().enumerate() {
            for &b in &places[..at] {
                sum += self.cosines[a * width + b];
                pairs += 1;
            }
        }
        sum / f64::from(pairs.max(1))
    }
}

/// The cosines of the columns of the paired items, `[n, n]`.
fn cosines(rows: &Profiles, place: &[Option<usize>], n: usize) -> Vec<f64> {
    let mut both = vec![0_u32; n * n];
    for row in rows.rows() {
        let places: Vec<usize> = row
            .iter()
            .filter_map(|&item| place[item as usize])
            .collect();
        for &a in &places {
            for &b in &places {
                both[a * n + b] += 1;
            }
        }
    }
    let own: Vec<f64> = (0..n).map(|at| f64::from(both[at * n + at])).collect();
    let cosine = |(at, &both): (usize, &u32)| {
        let scale = (own[at / n] * own[at % n]).sqrt();
        if scale > 0.0 {
            f64::from(both) / scale
        } else {
            0.0
        }
    };
    both.iter().enumerate().map(cosine).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;
    use crate::fidelity::logs::tests::crowd;
    use crate::recommend::Cancel;
    use sparring_wide::Seed;

    #[test]
    fn the_figures_of_a_profile_by_hand() {
        // Counts 3, 2, 1, 0: item 0 is the head, items 2 and 3 the tail.
        let made_from = crowd(&[&[0, 1], &[0, 1], &[0, 2]], 4);
        let cancel = Cancel::new();
        let yardstick = Yardstick::of(&made_from, &Run::quiet(Seed(1), &cancel)).unwrap();
        let points = yardstick.points(&crowd(&[&[0, 2], &[0, 1, 3], &[3]], 4));
        let figures = |user: usize| &points[user].figures;
        let (three, one) = (4.0_f64.ln(), 2.0_f64.ln());
        let expected = [
            2.0_f64.ln(),
            f64::midpoint(three, one),
            (three - one) / 2.0,
            0.5,
            0.5,
            0.0,
            // Both in 1 of 3 and 1: 1 / sqrt 3.
            3.0_f64.sqrt().recip(),
        ];
        for (at, expected) in expected.into_iter().enumerate() {
            // The residual is the root of a rounding error of single precision.
            let near = if at == 5 { 1e-3 } else { 1e-9 };
            assert!((figures(0)[at] - expected).abs() < near, "{at}");
        }
        // Pairs 01, 03, 13: 2 / sqrt 6 and nothing.
        close(Some(figures(1)[6]), 2.0 / 6.0_f64.sqrt() / 3.0);
        // Item 3 is outside of all directions; a single item has no pair.
        close(Some(figures(2)[5]), 1.0);
        close(Some(figures(2)[6]), 0.0);
        assert_eq!(figures(2).len(), 7 + points[2].projection.len());
    }
}
