//! EASE: the regression of every item on all the others (Steck, "Embarrassingly shallow
//! autoencoders for sparse data", WWW 2019).
//!
//! ```text
//! min over B, diag(B) = 0:  |X - X B|^2 + l2 |B|^2                             (eqs. 3 and 4)
//! P = (X' X + l2)^-1,  B_jk = -P_jk / P_kk  for j != k                         (eq. 8)
//! score(u, k) = x_u B_k
//! ```
//!
//! Departures: none in the result of the exact form. With at least twice as many items as users, the
//! same scores come from the users' Gram matrix; where no exact form has room, or `rank` asks for it,
//! a form of low rank comes near them; see `ridge.rs`.

use serde::{Deserialize, Serialize};

use super::check;
use super::item_item::ItemItem;
use super::profiles::Profiles;
use super::ridge::{Ridge, regression};
use crate::data::Dataset;
use crate::recommend::{Dimension, Fit, FitError, Run, Tune, Values};

/// Settings of EASE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EaseConfig {
    /// Weight of the squared norm of `B`, `> 0`.
    pub l2: f64,
    /// Leading directions to see the log through; 0 for the exact form, or as many as there is room for.
    pub rank: usize,
}

impl Default for EaseConfig {
    fn default() -> Self {
        Self { l2: 500.0, rank: 0 }
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
        let weights = vec![1.0; profiles.n_rows()];
        let penalties = vec![self.l2; profiles.n_columns()];
        let ridge = Ridge {
            model: "ease",
            profiles: &profiles,
            weights: &weights,
            penalties: &penalties,
        };
        regression(&ridge, self.rank, run).map(Ease)
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
    use crate::data::PlantedConfig;
    use crate::recommend::{Cancel, Recorder, Weights};
    use sparring_wide::Seed;

    recommender_contract!(crate::models::ease::EaseConfig { l2: 20.0, rank: 0 });

    #[test]
    fn learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&EaseConfig { l2: 50.0, rank: 0 });
        assert!(uplift > 1.5, "{uplift}");
    }

    mod at_a_rank {
        recommender_contract!(crate::models::ease::EaseConfig { l2: 20.0, rank: 8 });
    }

    #[test]
    fn a_low_rank_learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&EaseConfig { l2: 50.0, rank: 16 });
        assert!(uplift > 1.5, "{uplift}");
    }

    #[test]
    fn without_room_it_gives_way_and_says_so() {
        let data = PlantedConfig::default().generate(Seed(2)).data;
        let (cancel, recorder) = (Cancel::new(), Recorder::new());
        let fit = |memory: u64| {
            let run = Run {
                memory: Some(memory),
                observer: &recorder,
                ..Run::quiet(Seed(1), &cancel)
            };
            EaseConfig::default().fit(&data, &run)
        };
        // 400 items: 20 bytes for each pair of them.
        let exact = fit(3_200_000).unwrap();
        assert!(exact.weights().0.contains_key("weights") && recorder.notes().is_empty());
        let low = fit(2 << 20).unwrap();
        assert_eq!(low.weights().matrix("factors").unwrap().1, 64);
        assert_eq!(
            recorder.notes(),
            [
                "ease: the exact form needs 3.1 MiB of 2.0 MiB, so the 64 leading directions are used instead"
            ]
        );
        let error = fit(1 << 20).unwrap_err();
        assert!(matches!(error, FitError::Memory { .. }), "{error}");
    }

    #[test]
    fn settings_and_data_are_checked() {
        let cancel = crate::recommend::Cancel::new();
        let run = Run::quiet(Seed(1), &cancel);
        let data = crate::models::contract::planted();
        for l2 in [0.0, -1.0, f64::NAN] {
            let error = EaseConfig { l2, rank: 0 }.fit(&data, &run).unwrap_err();
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
