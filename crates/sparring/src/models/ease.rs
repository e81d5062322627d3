//! EASE: the regression of every item on all the others (Steck, "Embarrassingly shallow
//! autoencoders for sparse data", WWW 2019).
//!
//! ```text
//! min over B, diag(B) = 0:  |X - X B|^2 + l2 |B|^2                             (eqs. 3 and 4)
//! P = (X' X + l2)^-1,  B_jk = -P_jk / P_kk  for j != k                         (eq. 8)
//! score(u, k) = x_u B_k
//! ```
//!
//! Departures: none in the result. With at least twice as many items as users, the same scores come
//! from the users' Gram matrix, see `ridge.rs`.

use serde::{Deserialize, Serialize};

use super::check;
use super::item_item::ItemItem;
use super::memory::Room;
use super::profiles::Profiles;
use super::ridge::{memory_of, regression};
use crate::data::Dataset;
use crate::recommend::{Dimension, Fit, FitError, Run, Tune, Values};

/// Settings of EASE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EaseConfig {
    /// Weight of the squared norm of `B`, `> 0`.
    pub l2: f64,
}

impl Default for EaseConfig {
    fn default() -> Self {
        Self { l2: 500.0 }
    }
}

/// The weights of items for items.
#[derive(Debug, Clone, PartialEq)]
pub struct Ease(ItemItem);

impl Fit for EaseConfig {
    type Model = Ease;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Ease, FitError> {
        check::positive("ease", "l2", self.l2)?;
        let profiles = Profiles::of(train).without_empty_rows();
        check::some_interaction("ease", profiles.len())?;
        Room::of(run).enough("ease", memory_of(&profiles))?;
        let weights = vec![1.0; profiles.n_rows()];
        let penalties = vec![self.l2; profiles.n_columns()];
        regression(&profiles, &weights, &penalties)
            .map(Ease)
            .ok_or(FitError::NotPositiveDefinite {
                model: "ease",
                matrix: "regularised item Gram matrix",
            })
    }
}

impl Tune for EaseConfig {
    fn space() -> Vec<Dimension> {
        vec![Dimension {
            key: "l2",
            values: Values::LogUniform(1.0, 5000.0),
        }]
    }
}

delegate!(Ease(ItemItem));

#[cfg(test)]
mod tests {
    use super::*;
    use sparring_wide::Seed;

    recommender_contract!(crate::models::ease::EaseConfig { l2: 20.0 });

    #[test]
    fn learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&EaseConfig { l2: 50.0 });
        assert!(uplift > 1.5, "{uplift}");
    }

    #[test]
    fn settings_and_data_are_checked() {
        let cancel = crate::recommend::Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let data = crate::models::contract::planted();
        for l2 in [0.0, -1.0, f64::NAN] {
            let error = EaseConfig { l2 }.fit(&data, &run).unwrap_err();
            assert!(
                matches!(error, FitError::Setting { key: "l2", .. }),
                "{error}"
            );
        }
        let empty = data.filter(|_, _| false);
        let error = EaseConfig::default().fit(&empty, &run).unwrap_err();
        assert!(matches!(error, FitError::TooSmall { .. }), "{error}");
    }
}
