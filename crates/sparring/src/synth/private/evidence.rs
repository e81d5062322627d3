//! What a release says of one user: the projection on what the user adds to it.
//!
//! ```text
//! y . v,  v = (a u_i, b [class of n], c sqrt(2) w_i w_j for i < j),  |v| <= 1
//! ```
//!
//! with `w` the user's part among the items whose pairs were released. `y` are the sums with noise `sigma` in every entry. Beside what is known of others, `y . v` is
//! normal with deviation `sigma`, around `|v|^2` for a user who was there and around 0 for another.
//! No other statistic tells more of one user (Neyman and Pearson); only audits ask for it.

use super::PrivateConfig;
use super::sketch::{Released, class};

impl PrivateConfig {
    /// The projection of released sums on what a user with these items adds; `row` is sorted.
    pub(crate) fn evidence(&self, released: &Released, row: &[u32]) -> f64 {
        let (weights, n) = (self.shares(), row.len() as f64);
        let items: f64 = row.iter().map(|&i| released.items[i as usize]).sum();
        let lengths = released.lengths[class(row.len())];
        let place = |item: &u32| released.head.binary_search(item).ok();
        let part: Vec<usize> = row.iter().filter_map(place).collect();
        let mut pairs = 0.0;
        for (at, &i) in part.iter().enumerate() {
            let start = released.start(i);
            for &j in &part[at + 1..] {
                pairs += f64::from(released.pairs[start + j - i - 1]);
            }
        }
        weights.items.powi(2) / n.sqrt() * items
            + weights.lengths.powi(2) * lengths
            + weights.pairs.powi(2) * 2.0 / part.len().max(1) as f64 * pairs
    }
}

#[cfg(test)]
mod tests {
    use super::super::sketch::Sums;
    use super::*;
    use crate::models::{Profiles as Rows, log};

    #[test]
    fn a_user_alone_shows_the_whole_of_what_was_added() {
        let config = PrivateConfig {
            epsilon: 1.0,
            ..PrivateConfig::default()
        };
        let of = |users: &[&[u32]], row: &[u32]| {
            let pairs = users.iter().zip(0..);
            let pairs = pairs.flat_map(|(row, user)| row.iter().map(move |&item| (user, item)));
            let rows = Rows::of(&log(users.len(), 9, pairs));
            let all: Vec<u32> = (0..9).collect();
            let sums = Sums::of(&rows, config.shares(), 1.0).unreleased(&all);
            config.evidence(&sums, row)
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
