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
//! Departure: `D = diag(w)` weights users by the length of their history, relative to the mean one
//! so that `l2` keeps its scale: `w_u = (|x_u| / mean |x|)^-a`. The paper's case is `a = 0`. Where the exact
//! form has no room, or `rank` asks for it, a form of low rank comes near it; see `ridge.rs`.

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
    /// Leading directions to see the log through; 0 for the exact form, or as many as there is room for.
    pub rank: usize,
}

impl Default for EdlaeConfig {
    fn default() -> Self {
        Self {
            l2: 300.0,
            dropout: 0.33,
            activity_exponent: 0.5,
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
        check::not_negative("edlae", "activity_exponent", self.activity_exponent)?;
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
        let penalties: Vec<f64> = diagonal.iter().map(|d| odds * d + self.l2).collect();
        let ridge = Ridge {
            model: "edlae",
            profiles: &profiles,
            weights: &weights,
            penalties: &penalties,
        };
        regression(&ridge, self.rank, run).map(Edlae)
    }
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
    use crate::models::contract::{fit_on, scores};
    use crate::models::ease::EaseConfig;
    use crate::recommend::Query;
    use sparring_wide::Seed;

    fn tiny() -> EdlaeConfig {
        EdlaeConfig {
            l2: 30.0,
            dropout: 0.4,
            activity_exponent: 0.5,
            rank: 0,
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
            rank: 0,
        };
        let (edlae, ease) = (
            fit_on(&config, 2),
            fit_on(&EaseConfig { l2: 30.0, rank: 0 }, 2),
        );
        let query = [Query::new_user(&[crate::data::ItemIx(3)])];
        assert_eq!(scores(&edlae, &query), scores(&ease, &query));
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
