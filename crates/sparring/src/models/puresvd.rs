//! PureSVD: the leading right singular vectors of the interactions (Cremonesi, Koren and Turrin,
//! "Performance of recommender algorithms on top-N recommendation tasks", RecSys 2010).
//!
//! ```text
//! X ~ U S V',  score(u, i) = x_u V V_i'                                        (eq. 9)
//! ```
//!
//! A user is projected by the history alone, seen in training or not. Departure: the vectors come
//! from randomised subspace iteration, see `subspace.rs`.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::check;
use super::item_item::{ItemItem, LowRank};
use super::memory::Room;
use super::profiles::Profiles;
use super::subspace::{Search, leading, memory_of};
use super::tall::{Scaled, Tall};
use crate::data::Dataset;
use crate::recommend::{Dimension, Fit, FitError, Run, Tune, Values};

/// Settings of PureSVD.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PureSvdConfig {
    /// Number `K` of singular vectors; fewer where the log has a lower rank.
    pub embedding_dim: NonZeroUsize,
    /// Rounds of subspace iteration.
    pub iterations: NonZeroUsize,
}

impl Default for PureSvdConfig {
    fn default() -> Self {
        Self {
            embedding_dim: NonZeroUsize::new(50).expect("not zero"),
            iterations: NonZeroUsize::new(6).expect("not zero"),
        }
    }
}

/// The singular vectors of the items.
#[derive(Debug, Clone, PartialEq)]
pub struct PureSvd(ItemItem);

impl Fit for PureSvdConfig {
    type Model = PureSvd;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<PureSvd, FitError> {
        let profiles = Profiles::of(train).without_empty_rows();
        check::some_interaction("puresvd", profiles.len())?;
        let (users, items) = (profiles.n_rows(), profiles.n_columns());
        let wanted = self.embedding_dim.get();
        let size = (users as u64, items as u64, profiles.len() as u64);
        Room::of(run).enough("puresvd", memory_of(size, wanted as u64))?;
        let matrix = Scaled {
            profiles: &profiles,
            rows: &vec![1.0; users],
            columns: &vec![1.0; items],
        };
        let search = Search {
            model: "puresvd",
            wanted,
            iterations: self.iterations.get(),
        };
        let Tall { width, values } = leading(matrix, search, run)?.vectors;
        let low = LowRank::new(width, values, vec![1.0; items], vec![0.0; items]);
        Ok(PureSvd(ItemItem::LowRank(low)))
    }
}

impl Tune for PureSvdConfig {
    fn space() -> Vec<Dimension> {
        vec![Dimension {
            key: "embedding_dim",
            values: Values::LogInteger(5, 300),
        }]
    }
}

delegate!(PureSvd(ItemItem));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::ItemIx;
    use crate::models::profiles::tests::log;
    use crate::recommend::{Query, Recommender};
    use sparring_wide::Seed;

    fn tiny(embedding_dim: usize) -> PureSvdConfig {
        PureSvdConfig {
            embedding_dim: NonZeroUsize::new(embedding_dim).unwrap(),
            ..PureSvdConfig::default()
        }
    }

    recommender_contract!(super::tiny(6));

    fn fit(config: &PureSvdConfig, data: &Dataset) -> PureSvd {
        let cancel = crate::recommend::Cancel::new();
        config.fit(data, &Run::quiet(Seed(1), &cancel)).unwrap()
    }

    #[test]
    fn by_hand() {
        // Two users have {0, 1} and one has {2}: the leading right vector is (1 1 0) / sqrt 2, so
        // that a history {0} scores (.5, .5, 0).
        let data = log(3, 3, [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2)]);
        let model = fit(&tiny(1), &data);
        let mut scores = [f32::NAN; 3];
        model
            .score_into(&[Query::new_user(&[ItemIx(0)])], &mut scores)
            .unwrap();
        for (found, expected) in scores.into_iter().zip([0.5, 0.5, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        // All vectors there are: the projection returns a row of the log as it is.
        let model = fit(&tiny(9), &data);
        model
            .score_into(&[Query::new_user(&[ItemIx(1), ItemIx(0)])], &mut scores)
            .unwrap();
        for (found, expected) in scores.into_iter().zip([1.0, 1.0, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&tiny(6));
        assert!(uplift > 1.5, "{uplift}");
    }
}
