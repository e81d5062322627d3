//! EDLAE: a linear autoencoder trained with dropout that cannot copy (Steck, "Autoencoders that
//! don't overfit towards the identity", NeurIPS 2020).
//!
//! ```text
//! min over B, diag(B) = 0:  sum_u w_u |x_u - x_u B|^2 + |L^1/2 B|^2
//! L = p / (1 - p) diag(X' D X) + l2                                            (eq. 3)
//! P = (X' D X + L)^-1,  B_jk = -P_jk / P_kk  for j != k                        (eq. 8, full rank)
//! ```
//!
//! `p` is the dropout probability: training on infinitely many corrupted copies of `X` is the ridge
//! penalty `L`.
//!
//! Departures: `D = diag(w)` weights users by the length of their history, relative to the mean one
//! so that `l2` keeps its scale: `w_u = (|x_u| / mean |x|)^-a`. Two exponents let popular items weigh
//! less, as inputs and as what is recommended (after Park et al., "Why is Normalization Necessary
//! for Linear Recommenders?", SIGIR 2025): with `d` the diagonal of `X' D X` and `n_k` the users of item
//! `k`,
//!
//! ```text
//! L = p / (1 - p) d + l2 ((d + 1) / (mean d + 1))^b,  B_jk = -P_jk / P_kk (n_k + 1)^-g
//! ```
//!
//! The paper's case is `a = b = g = 0`. Where the exact form has no room, or `rank` asks for it, a
//! form of low rank comes near it; see `ridge.rs`.

use serde::{Deserialize, Serialize};

use super::check;
use super::item_item::ItemItem;
use super::profiles::Profiles;
use super::ridge::{Ridge, regression};
use crate::data::Dataset;
use crate::recommend::{Dimension, Fit, FitError, Run, Tune, Values};

/// Settings of EDLAE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EdlaeConfig {
    /// Weight of the squared norm of `B` beside that of dropout, `> 0`.
    pub l2: f64,
    /// Probability `p` of dropping an item from the input, `0 <= p < 1`.
    pub dropout: f64,
    /// Exponent `a` of the user weights, `>= 0`; 0 counts every user alike.
    pub activity_exponent: f64,
    /// Exponent `b` of an item's popularity in its penalty, `>= 0`; 0 penalises all items alike.
    pub penalty_exponent: f64,
    /// Exponent `g` by which an item's popularity lowers its scores, `>= 0`; 0 leaves them.
    pub popularity_exponent: f64,
    /// Leading directions to see the log through; 0 for the exact form, or as many as there is room for.
    pub rank: usize,
}

impl Default for EdlaeConfig {
    fn default() -> Self {
        Self {
            l2: 300.0,
            dropout: 0.33,
            activity_exponent: 0.5,
            penalty_exponent: 0.0,
            popularity_exponent: 0.0,
            rank: 0,
        }
    }
}

/// The weights of items for items.
#[derive(Debug, Clone, PartialEq)]
pub struct Edlae(ItemItem);

impl Fit for EdlaeConfig {
    type Model = Edlae;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Edlae, FitError> {
        check::positive("edlae", "l2", self.l2)?;
        for (key, exponent) in self.exponents() {
            check::not_negative("edlae", key, exponent)?;
        }
        check::setting(
            (0.0..1.0).contains(&self.dropout),
            "edlae",
            "dropout",
            "from 0 to below 1",
            self.dropout,
        )?;
        let profiles = Profiles::of(train).without_empty_rows();
        check::some_interaction("edlae", profiles.len())?;
        let mean_length = profiles.len() as f64 / profiles.n_rows() as f64;
        let weights: Vec<f64> = profiles
            .rows()
            .map(|row| (row.len() as f64 / mean_length).powf(-self.activity_exponent))
            .collect();
        let mut diagonal = vec![0.0; profiles.n_columns()];
        for (row, weight) in profiles.rows().zip(&weights) {
            for &item in row {
                diagonal[item as usize] += weight;
            }
        }
        let odds = self.dropout / (1.0 - self.dropout);
        let mean = diagonal.iter().sum::<f64>() / diagonal.len() as f64;
        let l2 = |d: f64| self.l2 * ((d + 1.0) / (mean + 1.0)).powf(self.penalty_exponent);
        let penalties: Vec<f64> = diagonal.iter().map(|&d| odds * d + l2(d)).collect();
        let ridge = Ridge {
            model: "edlae",
            profiles: &profiles,
            weights: &weights,
            penalties: &penalties,
        };
        let mut weights = regression(&ridge, self.rank, run)?;
        if self.popularity_exponent > 0.0 {
            weights.scale_columns(&damping(&profiles, self.popularity_exponent));
        }
        Ok(Edlae(weights))
    }
}

impl EdlaeConfig {
    fn exponents(&self) -> [(&'static str, f64); 3] {
        [
            ("activity_exponent", self.activity_exponent),
            ("penalty_exponent", self.penalty_exponent),
            ("popularity_exponent", self.popularity_exponent),
        ]
    }
}

/// `(n_k + 1)^-g` of each item.
fn damping(profiles: &Profiles, exponent: f64) -> Vec<f32> {
    let mut users = vec![0_u32; profiles.n_columns()];
    for &item in profiles.rows().flatten() {
        users[item as usize] += 1;
    }
    let users = users.into_iter().map(|n| f64::from(n) + 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are single precision"
    )]
    users.map(|n| n.powf(-exponent) as f32).collect()
}

impl Tune for EdlaeConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("l2", Values::LogUniform(1.0, 2000.0)),
            dimension("dropout", Values::Uniform(0.0, 0.8)),
            dimension("activity_exponent", Values::Uniform(0.0, 1.0)),
        ]
    }
}

delegate!(Edlae(ItemItem));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::models::contract::{fit_on, scores};
    use crate::models::ease::EaseConfig;
    use crate::models::profiles::tests::log;
    use crate::recommend::Query;
    use sparring_wide::Seed;

    fn tiny() -> EdlaeConfig {
        EdlaeConfig {
            l2: 30.0,
            dropout: 0.4,
            activity_exponent: 0.5,
            penalty_exponent: 0.0,
            ..EdlaeConfig::default()
        }
    }

    recommender_contract!(super::tiny());

    #[test]
    fn learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&tiny());
        assert!(uplift > 1.5, "{uplift}");
    }

    #[test]
    fn without_dropout_and_weights_it_is_ease() {
        let config = EdlaeConfig {
            l2: 30.0,
            dropout: 0.0,
            activity_exponent: 0.0,
            ..EdlaeConfig::default()
        };
        let (edlae, ease) = (
            fit_on(&config, 2),
            fit_on(&EaseConfig { l2: 30.0, rank: 0 }, 2),
        );
        let query = [Query::new_user(&[ItemIx(3)])];
        assert_eq!(scores(&edlae, &query), scores(&ease, &query));
    }

    #[test]
    fn popularity_lowers_scores_by_its_power() {
        let damped = |rank| EdlaeConfig {
            popularity_exponent: 0.5,
            rank,
            ..tiny()
        };
        let profiles = Profiles::of(&crate::models::contract::planted());
        let query = [Query::new_user(&[ItemIx(3), ItemIx(8)])];
        for rank in [0, 16] {
            let plain = scores(&fit_on(&EdlaeConfig { rank, ..tiny() }, 2), &query);
            let found = scores(&fit_on(&damped(rank), 2), &query);
            for (item, (found, plain)) in found.iter().zip(&plain).enumerate() {
                let item = u32::try_from(item).unwrap();
                let users = profiles.rows().filter(|r| r.contains(&item)).count();
                let expected = plain / (users as f32 + 1.0).sqrt();
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{item}: {found} {expected}"
                );
            }
            assert!(
                plain.iter().any(|s| s.abs() > 1e-3),
                "there is something to lower"
            );
        }
    }

    #[test]
    fn the_penalty_grows_with_popularity() {
        // Item 0 has 3 users, 1 and 2 have 1 each; d = 3, 1, 1, mean 5/3, penalties with b = 1 and
        // l2 = 8/3: 4, 2, 2. G + L = [[7,1,1],[1,3,0],[1,0,3]]; of its inverse, times 57, the first
        // row is 9, -3, -3 and the entry of item 1 with itself 20.
        let log = log(3, 3, [(0, 0), (1, 0), (2, 0), (0, 1), (1, 2)]);
        let config = EdlaeConfig {
            l2: 8.0 / 3.0,
            dropout: 0.0,
            activity_exponent: 0.0,
            penalty_exponent: 1.0,
            popularity_exponent: 0.0,
            rank: 0,
        };
        let cancel = crate::recommend::Cancel::new();
        let model = config.fit(&log, &Run::quiet(Seed(1), &cancel)).unwrap();
        let found = scores(&model, &[Query::new_user(&[ItemIx(0)])]);
        for (found, expected) in found.iter().zip([0.0, 3.0 / 20.0, 3.0 / 20.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn settings_are_checked() {
        let cancel = crate::recommend::Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let data = crate::models::contract::planted();
        for dropout in [-0.1, 1.0, f64::NAN] {
            let config = EdlaeConfig { dropout, ..tiny() };
            let error = config.fit(&data, &run).unwrap_err();
            assert!(
                matches!(error, FitError::Setting { key: "dropout", .. }),
                "{error}"
            );
        }
    }
}
