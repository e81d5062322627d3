//! What a release says of one user: the projection on what the user adds to it.
//!
//! ```text
//! y . v,  v = (a u_i, b [class of n], c sqrt(2) u_i u_j for i < j),  |v| = 1
//! ```
//!
//! `y` are the sums with noise `sigma` in every entry. Beside what is known of others, `y . v` is
//! normal with deviation `sigma`, around `|v|^2` for a user who was there and around 0 for another.
//! No other statistic tells more of one user (Neyman and Pearson); only audits ask for it.

use super::PrivateConfig;
use super::sketch::{Released, class};

impl PrivateConfig {
    /// The projection of released sums on what a user with these items adds; `row` is sorted.
    pub(crate) fn evidence(&self, released: &Released, row: &[u32]) -> f64 {
        let (weights, n) = (self.weights(), row.len() as f64);
        let items: f64 = row.iter().map(|&i| released.items[i as usize]).sum();
        let lengths = released.lengths[class(row.len())];
        let mut pairs = 0.0;
        for (at, &i) in row.iter().enumerate() {
            let (i, start) = (i as usize, released.start(i as usize));
            for &j in &row[at + 1..] {
                pairs += f64::from(released.pairs[start + j as usize - i - 1]);
            }
        }
        weights.items.powi(2) / n.sqrt() * items
            + weights.lengths.powi(2) * lengths
            + weights.pairs.powi(2) * 2.0 / n * pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::log;

    #[test]
    fn a_user_alone_shows_the_whole_of_what_was_added() {
        let config = PrivateConfig {
            epsilon: 1.0,
            ..PrivateConfig::default()
        };
        let of = |users: &[&[u32]], row: &[u32]| {
            let pairs = users.iter().zip(0..);
            let pairs = pairs.flat_map(|(row, user)| row.iter().map(move |&item| (user, item)));
            config.evidence(&config.unreleased(&log(users.len(), 9, pairs)), row)
        };
        let row: &[u32] = &[0, 3, 4, 8];
        // a^2 + b^2 + c^2 (n - 1) / n with a = .45, b = .1, c^2 = 1 - .2125 = .7875.
        let whole = 0.2025 + 0.01 + 0.7875 * 3.0 / 4.0;
        assert!((of(&[row], row) - whole).abs() < 1e-5);
        // {0, 3} shares 2 items: a^2 2 / sqrt(4 * 2) and c^2 2 * 1 / (4 * 2); another class.
        let part = 0.2025 / 2.0_f64.sqrt() + 0.7875 / 4.0;
        assert!((of(&[&[0, 3]], row) - part).abs() < 1e-5);
        // As many others, of the same class: b^2 alone.
        assert!((of(&[&[1, 2, 5, 6]], row) - 0.01).abs() < 1e-6);
    }
}
