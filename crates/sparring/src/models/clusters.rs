//! k-means: points in as many clusters as asked for (Lloyd, "Least squares quantization in PCM",
//! 1982), begun far from each other (Arthur and Vassilvitskii, "k-means++", SODA 2007).

use rand::RngExt;
use rayon::prelude::*;
use sparring_wide::Seed;

/// The most rounds.
const ROUNDS: usize = 50;

/// Clusters of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// Where each cluster is: at least one, fewer than asked for where there are fewer places.
    pub centres: Vec<Vec<f64>>,
    /// The cluster of each point.
    pub nearest: Vec<usize>,
}

impl Clusters {
    /// Of points of one width; `count` is the most clusters.
    ///
    /// # Panics
    /// If there is no point.
    pub fn of(points: &[&[f64]], count: usize, seed: Seed) -> Self {
        let mut centres = start(points, count, seed);
        let mut nearest = Vec::new();
        for _ in 0..ROUNDS {
            let next: Vec<usize> = points.par_iter().map(|p| closest(p, &centres).0).collect();
            if next == nearest {
                break;
            }
            nearest = next;
            centre(points, &nearest, &mut centres);
        }
        Self { centres, nearest }
    }
}

/// The nearest centre and the squared distance to it.
pub(crate) fn closest(point: &[f64], centres: &[Vec<f64>]) -> (usize, f64) {
    let distance = |centre: &Vec<f64>| -> f64 {
        let pairs = point.iter().zip(centre);
        pairs.map(|(x, c)| (x - c).powi(2)).sum()
    };
    let distances = centres.iter().map(distance).enumerate();
    distances
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .expect("there is a centre")
}

/// Centres that are far from each other: each a point, drawn by the squared distance to those before.
fn start(points: &[&[f64]], count: usize, seed: Seed) -> Vec<Vec<f64>> {
    let mut stream = seed.stream("clusters");
    let mut centres = vec![points[stream.random_range(0..points.len())].to_vec()];
    while centres.len() < count {
        let distances: Vec<f64> = points.par_iter().map(|p| closest(p, &centres).1).collect();
        let mut left = stream.random::<f64>() * distances.iter().sum::<f64>();
        let drawn = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        // All points stand on centres: there are no more places than these.
        let Some(drawn) = drawn else { break };
        centres.push(points[drawn].to_vec());
    }
    centres
}

/// Moves the centres to the means of their points; one without points stays.
fn centre(points: &[&[f64]], nearest: &[usize], centres: &mut [Vec<f64>]) {
    for (at, centre) in centres.iter_mut().enumerate() {
        let own = || points.iter().zip(nearest).filter(|(_, n)| **n == at);
        let n = own().count();
        if n == 0 {
            continue;
        }
        centre.fill(0.0);
        for (point, _) in own() {
            for (sum, x) in centre.iter_mut().zip(*point) {
                *sum += x / n as f64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_heaps_are_three_clusters() {
        let values: Vec<[f64; 1]> = (0..60)
            .map(|at| [f64::from(at % 3) * 10.0 + f64::from(at) / 100.0])
            .collect();
        let points: Vec<&[f64]> = values.iter().map(<[f64; 1]>::as_slice).collect();
        let found = Clusters::of(&points, 3, Seed(2)).nearest;
        assert!((3..60).all(|at| found[at] == found[at % 3]));
        assert!(found[0] != found[1] && found[1] != found[2] && found[0] != found[2]);
    }

    #[test]
    fn one_place_is_one_cluster() {
        let found = Clusters::of(&[&[1.0][..]; 5], 3, Seed(2));
        assert_eq!(found.nearest, [0; 5]);
        assert_eq!(found.centres, [[1.0]]);
    }
}
