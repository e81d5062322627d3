//! Clusters of users among the leading directions, where EM starts (Lloyd, "Least squares
//! quantization in PCM", 1982; Arthur and Vassilvitskii, "k-means++", SODA 2007).

use rand::RngExt;
use rayon::prelude::*;
use sparring_wide::Seed;

use super::latent::Seen;

const ROUNDS: usize = 20;

/// The cluster of each user; the score of the length, the last column, does not count.
pub(super) fn kmeans(seen: &Seen, count: usize, seed: Seed) -> Vec<usize> {
    let rows: Vec<&[f32]> = seen
        .rows
        .rows_iter()
        .map(|row| &row[..row.len() - 1])
        .collect();
    let mut centres = start(&rows, count, seed);
    let mut nearest = Vec::new();
    for _ in 0..ROUNDS {
        let next: Vec<usize> = rows
            .par_iter()
            .map(|row| closest(row, &centres).0)
            .collect();
        if next == nearest {
            break;
        }
        nearest = next;
        for (at, centre) in centres.iter_mut().enumerate() {
            let own = || rows.iter().zip(&nearest).filter(|(_, n)| **n == at);
            let n = own().count();
            if n == 0 {
                continue;
            }
            centre.fill(0.0);
            for (row, _) in own() {
                for (sum, &x) in centre.iter_mut().zip(*row) {
                    *sum += f64::from(x) / n as f64;
                }
            }
        }
    }
    nearest
}

/// Centres that are far from each other: each a user, drawn by the squared distance to those before.
fn start(rows: &[&[f32]], count: usize, seed: Seed) -> Vec<Vec<f64>> {
    let mut stream = seed.stream("clusters");
    let place = |at: usize| rows[at].iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let mut centres = vec![place(stream.random_range(0..rows.len()))];
    while centres.len() < count {
        let distances: Vec<f64> = rows
            .par_iter()
            .map(|row| closest(row, &centres).1)
            .collect();
        let mut left = stream.random::<f64>() * distances.iter().sum::<f64>();
        let drawn = distances.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        // All users stand on centres: there are no more places than these.
        let Some(drawn) = drawn else { break };
        centres.push(place(drawn));
    }
    centres
}

/// The nearest centre and the squared distance to it.
fn closest(row: &[f32], centres: &[Vec<f64>]) -> (usize, f64) {
    let distance = |centre: &Vec<f64>| -> f64 {
        let pairs = row.iter().zip(centre);
        pairs.map(|(&x, c)| (f64::from(x) - c).powi(2)).sum()
    };
    let distances = centres.iter().map(distance).enumerate();
    distances
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .expect("there is a centre")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Matrix;

    #[test]
    fn three_heaps_are_three_clusters() {
        // Heaps at 0, 10 and 20; the last column would say otherwise.
        let values = (0..60).flat_map(|at| [(at % 3 * 10) as f32 + at as f32 / 100.0, at as f32]);
        let seen = Seen {
            rows: Matrix::from_vec(60, 2, values.collect()),
        };
        let clusters = kmeans(&seen, 3, Seed(2));
        assert!((3..60).all(|at| clusters[at] == clusters[at % 3]));
        assert!(
            clusters[0] != clusters[1] && clusters[1] != clusters[2] && clusters[0] != clusters[2]
        );
        let same = Seen {
            rows: Matrix::from_vec(5, 2, vec![1.0; 10]),
        };
        assert_eq!(
            kmeans(&same, 3, Seed(2)),
            [0; 5],
            "one place is one cluster"
        );
    }
}
