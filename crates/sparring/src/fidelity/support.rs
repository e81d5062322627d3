//! Whether synthetic users lie among the real ones, and all of the real ones among them: alpha
//! precision and beta recall (Alaa et al., "How faithful is your synthetic data?", ICML 2022).
//!
//! ```text
//! P(a) = share of synthetic points within the a-quantile of the distances of real points to
//!        their centre
//! R(b) = share of real points whose nearest synthetic point is no farther than their 5th nearest
//!        real one, and lies within the b-quantile of the distances of synthetic points to
//!        their centre
//! score = 1 - 2 * mean |P(a) - a|,  likewise for R;  a = .05, .10 ... 1
//! ```
//! Departures: points are projections on principal directions, their mean the centre, where the
//! paper learns an embedding into a ball.

use rayon::prelude::*;

/// Neighbours that a real point is compared with.
const NEIGHBOURS: usize = 5;
/// Values of alpha and of beta.
const STEPS: u32 = 20;

/// Both scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Support {
    pub(super) precision: f64,
    pub(super) recall: f64,
}

impl Support {
    /// Of real points and others, more than one each.
    pub(super) fn of(real: &[&[f64]], other: &[&[f64]]) -> Self {
        let (real_centre, other_centre) = (mean(real), mean(other));
        let from = |points: &[&[f64]], centre: &[f64]| -> Vec<f64> {
            points.iter().map(|point| distance(point, centre)).collect()
        };
        let radii = sorted(from(real, &real_centre));
        let reach = from(other, &real_centre);
        let other_radii = from(other, &other_centre);
        let nearest: Vec<Option<f64>> = real
            .par_iter()
            .enumerate()
            .map(|(at, point)| {
                let (found, away) = nearest(point, other);
                (away <= own_ball(at, real)).then(|| other_radii[found])
            })
            .collect();
        let other_radii = sorted(other_radii.clone());
        Self {
            precision: score(|share| {
                let within = quantile(&radii, share);
                part(&reach, |&reach| reach <= within)
            }),
            recall: score(|share| {
                let within = quantile(&other_radii, share);
                part(&nearest, |radius| radius.is_some_and(|r| r <= within))
            }),
        }
    }
}

fn score(curve: impl Fn(f64) -> f64) -> f64 {
    let steps = (1..=STEPS).map(|step| f64::from(step) / f64::from(STEPS));
    let off: f64 = steps.map(|share| (curve(share) - share).abs()).sum();
    1.0 - 2.0 * off / f64::from(STEPS)
}

fn part<T>(all: &[T], holds: impl Fn(&T) -> bool) -> f64 {
    all.iter().filter(|&one| holds(one)).count() as f64 / all.len() as f64
}

fn mean(points: &[&[f64]]) -> Vec<f64> {
    let mut sums = vec![0.0; points[0].len()];
    for point in points {
        sums.iter_mut().zip(*point).for_each(|(sum, x)| *sum += x);
    }
    for sum in &mut sums {
        *sum /= points.len() as f64;
    }
    sums
}

pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

fn sorted(mut list: Vec<f64>) -> Vec<f64> {
    list.sort_unstable_by(f64::total_cmp);
    list
}

/// The least number with at least this share of all at or below it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a length"
)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    // A share such as .15 times 20 is not to be a little above 3.
    let at = (share * sorted.len() as f64 - 1e-9).ceil() as usize;
    sorted[at.clamp(1, sorted.len()) - 1]
}

fn nearest(point: &[f64], among: &[&[f64]]) -> (usize, f64) {
    let away = among.iter().map(|other| distance(point, other)).enumerate();
    away.min_by(|a, b| a.1.total_cmp(&b.1)).expect("a point")
}

/// The distance of a real point to its fifth nearest neighbour, or to the last if there are fewer.
fn own_ball(at: usize, real: &[&[f64]]) -> f64 {
    let others = (0..real.len()).filter(|&other| other != at);
    let mut away: Vec<f64> = others
        .map(|other| distance(real[at], real[other]))
        .collect();
    let place = NEIGHBOURS.min(away.len()) - 1;
    *away.select_nth_unstable_by(place, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::checks::close;
    use rand::RngExt;
    use rand_distr::StandardNormal;
    use sparring_wide::Seed;

    fn of(real: &[Vec<f64>], other: &[Vec<f64>]) -> Support {
        let real: Vec<&[f64]> = real.iter().map(Vec::as_slice).collect();
        let other: Vec<&[f64]> = other.iter().map(Vec::as_slice).collect();
        Support::of(&real, &other)
    }

    fn normals(n: usize, scale: f64, seed: u64) -> Vec<Vec<f64>> {
        let mut stream = Seed(seed).stream("points");
        let mut entry = || scale * stream.sample::<f64, _>(StandardNormal);
        (0..n).map(|_| vec![entry(), entry()]).collect()
    }

    #[test]
    fn worked_by_hand() {
        // Real points -2, -1, 1, 2: centre 0, radii 1, 1, 2, 2. Others -1, 3, all reach 1 and 3,
        // centre 1, radii 2 and 2. P = 1/2 from a = .05 on; |P - a| sums to
        // .45 + .4 + ... + 0 + .05 + ... + .5 = 4.5 + .5 = 5.0 over 20 steps.
        let line = |points: &[f64]| points.iter().map(|&x| vec![x]).collect::<Vec<_>>();
        let found = of(&line(&[-2.0, -1.0, 1.0, 2.0]), &line(&[-1.0, 3.0]));
        close(Some(found.precision), 0.5);
        // Balls reach the farthest of three: 4, 3, 3, 4; every nearest other is inside (1, 0, 2,
        // 1). R = 1 throughout: |1 - b| sums to .95 + .9 + ... + 0 = 9.5.
        close(Some(found.recall), 0.05);
    }

    #[test]
    fn fresh_points_are_inside_and_cover_and_odd_ones_do_not() {
        let real = normals(400, 1.0, 1);
        let fresh = of(&real, &normals(400, 1.0, 2));
        assert!(fresh.precision > 0.9 && fresh.recall > 0.85, "{fresh:?}");
        // Far out: not inside. All in one place: they cover next to nothing.
        assert!(of(&real, &normals(400, 3.0, 2)).precision < 0.5);
        assert!(of(&real, &normals(400, 0.05, 2)).recall < 0.3);
    }
}
