//! Random: a list drawn by lot for every user, the floor of every metric.
//!
//! ```text
//! score(u, i) uniform from 0 to 1, the same whenever it is asked for
//! ```

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use crate::data::Dataset;
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Query, Recommender, Run, ScoreError, Tune, Weights,
    WeightsError,
};

/// Random has no settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomConfig {}

/// The seed of the lots.
#[derive(Debug, Clone, PartialEq)]
pub struct Random {
    n_items: usize,
    seed: Seed,
}

impl Fit for RandomConfig {
    type Model = Random;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Random, FitError> {
        Ok(Random {
            n_items: train.n_items(),
            seed: run.seed.derive("random"),
        })
    }
}

impl Tune for RandomConfig {
    fn space() -> Vec<Dimension> {
        Vec::new()
    }
}

impl Recommender for Random {
    fn n_items(&self) -> usize {
        self.n_items
    }

    /// A user of the training data draws by index, another by the history.
    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        assert_eq!(scores.len(), queries.len() * self.n_items, "scores [Q, I]");
        for (query, scores) in queries.iter().zip(scores.chunks_mut(self.n_items.max(1))) {
            let seed = query.user.map_or_else(
                || {
                    let seed = self.seed.derive("new users");
                    let items = query.history.iter();
                    items.fold(seed, |seed, item| seed.at(u64::from(item.0)))
                },
                |user| self.seed.at(u64::from(user.0)),
            );
            let mut stream = seed.stream("scores");
            scores.fill_with(|| stream.random());
        }
        Ok(())
    }
}

impl Weights for Random {
    fn weights(&self) -> NamedTensors {
        let n_items = u32::try_from(self.n_items).expect("fewer than 2^32 items");
        let halves = [self.seed.0 >> 32, self.seed.0 & u64::from(u32::MAX)];
        let halves = halves.map(|half| u32::try_from(half).expect("32 bits"));
        NamedTensors::new()
            .with_indices("n_items", &[1], vec![n_items])
            .with_indices("seed", &[2], halves.to_vec())
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let shape = |name: &str, length: usize, found: &[u32]| WeightsError::Shape {
            name: name.to_owned(),
            expected: format!("[{length}]"),
            found: vec![found.len()],
        };
        let (n_items, seed) = (weights.indices("n_items")?, weights.indices("seed")?);
        let &[n_items] = n_items else {
            return Err(shape("n_items", 1, n_items));
        };
        let &[high, low] = seed else {
            return Err(shape("seed", 2, seed));
        };
        Ok(Self {
            n_items: n_items as usize,
            seed: Seed(u64::from(high) << 32 | u64::from(low)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ItemIx, UserIx};
    use crate::models::contract::{fit_on, scores};

    recommender_contract!(crate::models::random::RandomConfig::default());

    #[test]
    fn users_draw_apart_and_seeds_matter() {
        let model = fit_on(&RandomConfig::default(), 1);
        let known = |user| Query {
            user: Some(UserIx(user)),
            history: &[],
        };
        let history = [ItemIx(1)];
        let queries = [
            known(0),
            known(1),
            Query::new_user(&history),
            Query::new_user(&[]),
        ];
        let all = scores(&model, &queries);
        let rows: Vec<&[f32]> = all.chunks(model.n_items()).collect();
        for (at, row) in rows.iter().enumerate() {
            assert!(rows[at + 1..].iter().all(|other| other != row));
            // 60 uniform numbers: the mean is .5 within 4 standard errors of .037.
            let mean = row.iter().sum::<f32>() / row.len() as f32;
            assert!((mean - 0.5).abs() < 0.15, "{mean}");
        }
        let other = Random {
            seed: Seed(1),
            ..model.clone()
        };
        assert_ne!(scores(&model, &queries), scores(&other, &queries));
    }

    #[test]
    fn it_is_no_better_than_popularity() {
        let uplift = crate::models::contract::uplift(&RandomConfig::default());
        assert!(uplift < 0.7, "{uplift}");
    }
}
