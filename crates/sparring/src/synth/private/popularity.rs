//! How popular items are, from noisy sums: empirical Bayes.
//!
//! ```text
//! s_i = m_i + noise,  m_i drawn from a few hundred values with weights w
//! w_k <- mean_i P(k | s_i),   m_i ~ sum_k P(k | s_i) value_k
//! ```
//!
//! The weights are the likeliest ones (Kiefer and Wolfowitz 1956; Laird 1978), found by repeating the
//! first line: most items of a catalogue are rare, which the noise of a single one does not show.

/// Values between the least and the largest, evenly spread over logarithms.
const VALUES: usize = 120;
/// Turns of the weights.
const TURNS: usize = 60;

/// The posterior means of sums seen through normal noise of the given deviation.
pub(super) fn posterior(sums: &[f64], noise: f64) -> Vec<f64> {
    let largest = sums.iter().copied().fold(4.0 * noise, f64::max) + noise;
    let least = (noise / 20.0).max(largest * 1e-6);
    let ratio = (largest / least).powf(1.0 / (VALUES - 1) as f64);
    let values: Vec<f64> = (0..VALUES)
        .scan(least, |value, _| {
            let now = *value;
            *value *= ratio;
            Some(now)
        })
        .collect();
    // Likelihoods of each item, the largest of them 1.
    let likelihoods: Vec<Vec<f64>> = sums
        .iter()
        .map(|sum| {
            let squares: Vec<f64> = values
                .iter()
                .map(|value| ((sum - value) / noise).powi(2) / 2.0)
                .collect();
            let best = squares.iter().copied().fold(f64::INFINITY, f64::min);
            squares.iter().map(|square| (best - square).exp()).collect()
        })
        .collect();
    let mut weights = vec![1.0 / VALUES as f64; VALUES];
    for _ in 0..TURNS {
        let mut next = vec![0.0; VALUES];
        for likelihood in &likelihoods {
            let joint: f64 = likelihood.iter().zip(&weights).map(|(l, w)| l * w).sum();
            for ((next, l), w) in next.iter_mut().zip(likelihood).zip(&weights) {
                *next += l * w / joint;
            }
        }
        let all = sums.len() as f64;
        weights = next.into_iter().map(|sum| sum / all).collect();
    }
    likelihoods
        .iter()
        .map(|likelihood| {
            let joint = likelihood.iter().zip(&weights).map(|(l, w)| l * w);
            let (mut sum, mut mean) = (0.0, 0.0);
            for (joint, value) in joint.zip(&values) {
                sum += joint;
                mean += joint * value;
            }
            mean / sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_items_are_pulled_down_and_popular_ones_stay() {
        // 900 items of 1 and 100 of 200, noise of 10 that a fixed pattern stands for.
        let noise = |at: usize| 10.0 * (1.7 * ((at * 7919 % 1000) as f64 / 1000.0 - 0.5) * 2.0);
        let truth = |at: usize| if at.is_multiple_of(10) { 200.0 } else { 1.0 };
        let sums: Vec<f64> = (0..1000).map(|at| truth(at) + noise(at)).collect();
        let found = posterior(&sums, 10.0);
        let error = |of: &[f64]| -> f64 {
            let squares = of.iter().enumerate().map(|(at, x)| (x - truth(at)).powi(2));
            squares.sum()
        };
        assert!(
            error(&found) < 0.2 * error(&sums),
            "{} {}",
            error(&found),
            error(&sums)
        );
        assert!(found.iter().all(|x| *x > 0.0));
    }
}
