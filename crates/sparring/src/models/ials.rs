//! iALS: matrix factorisation for implicit feedback by alternating least squares (Hu, Koren and
//! Volinsky, ICDM 2008), with the settings of "Revisiting the performance of iALS on item
//! recommendation benchmarks" (Rendle, Krichene, Zhang and Koren, RecSys 2022).
//!
//! ```text
//! L = sum_(u,i) in S (w_u . h_i - 1)^2 + a0 sum_u sum_i (w_u . h_i)^2          (eqs. 1 to 3)
//!     + l2 (sum_u (|I_u| + a0 I)^v |w_u|^2 + sum_i (|U_i| + a0 U)^v |h_i|^2)   (eq. 4)
//! w_u = (sum_(i in I_u) h_i h_i' + a0 H' H + l2_u)^-1 sum_(i in I_u) h_i       (eq. 5)
//! ```
//!
//! `S` are the interactions, `I_u` the items of a user, `U_i` the users of an item, `a0` the weight
//! of all pairs. Factors start at normal numbers with a standard deviation of `0.1 / sqrt(K)`.
//!
//! Departures: none in the equations. In training they are solved by `cg_steps` steps of conjugate
//! gradients from the last solution, or exactly if that is 0; for a user who is scored, exactly.
//! User factors are not kept: at the end of a pass over the items the best factor of any user, seen
//! in training or not, is the solution of eq. 5.

mod conjugate;
mod least_squares;

use std::num::NonZeroUsize;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::conjugate::Memory;
use self::least_squares::{Common, Rows, Scratch};
use super::check;
use super::contributions::{dot, each_once, scored};
use super::keeper::Keeper;
use super::profiles::{Profiles, distinct};
use crate::data::{Dataset, ItemIx};
use crate::recommend::{
    Dimension, Factored, Fit, FitError, NamedTensors, Progress, Query, Recommender, Run,
    ScoreError, Tune, Values, Weights, WeightsError,
};

/// Users solved one after the other by a thread.
const BLOCK: usize = 16;
/// Queries scored together.
const QUERIES: usize = 64;

/// Settings of iALS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IalsConfig {
    /// Width `K` of the factors.
    pub embedding_dim: NonZeroUsize,
    /// Passes over users and items.
    pub epochs: NonZeroUsize,
    /// Weight `a0` of all pairs beside that of an interaction, `> 0`.
    pub unobserved_weight: f32,
    /// Weight of the squared norms, `> 0`.
    pub l2: f32,
    /// Exponent `v` of the frequency in the regularisation, from 0 to 1.
    pub frequency_exponent: f32,
    /// Steps of conjugate gradients for each row; 0 solves exactly.
    pub cg_steps: usize,
    /// Standard deviation of the first factors times `sqrt(K)`, `> 0`.
    pub init_scale: f32,
    /// Epochs between looks at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for IalsConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            embedding_dim: width(64),
            epochs: width(16),
            unobserved_weight: 0.3,
            l2: 0.01,
            frequency_exponent: 1.0,
            cg_steps: 3,
            init_scale: 0.1,
            check_every: width(2),
            patience: width(3),
        }
    }
}

/// The item factors and all that solves for a user.
#[derive(Debug, Clone, PartialEq)]
pub struct Ials {
    embedding_dim: usize,
    items: Rows,
    common: Common,
    penalty: Penalty,
}

/// The settings that a solve for a user needs.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Penalty {
    unobserved_weight: f32,
    l2: f32,
    frequency_exponent: f32,
}

impl Penalty {
    /// `l2 (frequency + a0 others)^v`
    fn at(self, frequency: usize, others: usize) -> f32 {
        let mass = frequency as f32 + self.unobserved_weight * others as f32;
        self.l2 * mass.powf(self.frequency_exponent)
    }
}

/// One step of the alternation: the factors of all rows of `profiles`, given those of its columns.
fn solve_all(
    profiles: &Profiles,
    given: &Rows,
    (penalty, steps): (Penalty, usize),
    out: &mut Rows,
) {
    let (d, others) = (given.width, profiles.n_columns());
    let common = Common::new(given, penalty.unobserved_weight);
    out.values
        .par_chunks_mut(BLOCK * d)
        .enumerate()
        .for_each_init(
            || (Scratch::new(d), Memory::default()),
            |(scratch, memory), (block, out)| {
                for (at, out) in out.chunks_mut(d).enumerate() {
                    let row = profiles.row(block * BLOCK + at);
                    let l2 = penalty.at(row.len(), others);
                    if steps == 0 {
                        common.solve(given, row, l2, scratch, out);
                    } else {
                        common.improve(given, row, (l2, steps), memory, out);
                    }
                }
            },
        );
}

/// The alternation, one epoch at a time.
#[derive(Debug)]
struct Alternation {
    config: IalsConfig,
    by_user: Profiles,
    by_item: Profiles,
    users: Rows,
    items: Rows,
}

impl Alternation {
    /// Factors before the first epoch.
    fn new(config: &IalsConfig, train: &Dataset, run: &Run<'_>) -> Result<Self, FitError> {
        config.check()?;
        let by_user = Profiles::of(train);
        check::some_interaction("ials", by_user.len())?;
        let k = config.embedding_dim.get();
        let mut stream = run.seed.derive("ials").stream("items");
        let scale = config.init_scale / (k as f32).sqrt();
        let items: Vec<f32> = (0..train.n_items() * k)
            .map(|_| scale * stream.sample::<f32, _>(StandardNormal))
            .collect();
        Ok(Self {
            users: Rows::padded(&vec![0.0; train.n_users() * k], k),
            items: Rows::padded(&items, k),
            by_item: by_user.transpose(),
            by_user,
            config: config.clone(),
        })
    }

    /// Solves for all users, then for all items.
    fn epoch(&mut self) {
        let penalty = (self.config.penalty(), self.config.cg_steps);
        solve_all(&self.by_user, &self.items, penalty, &mut self.users);
        solve_all(&self.by_item, &self.users, penalty, &mut self.items);
    }

    /// The model as it is.
    fn model(&self) -> Ials {
        let items = self.items.clone();
        Ials::new(
            items,
            self.config.embedding_dim.get(),
            self.config.penalty(),
        )
    }
}

impl IalsConfig {
    fn penalty(&self) -> Penalty {
        Penalty {
            unobserved_weight: self.unobserved_weight,
            l2: self.l2,
            frequency_exponent: self.frequency_exponent,
        }
    }

    fn check(&self) -> Result<(), FitError> {
        for (key, value) in [
            ("unobserved_weight", self.unobserved_weight),
            ("l2", self.l2),
            ("init_scale", self.init_scale),
        ] {
            check::positive("ials", key, value.into())?;
        }
        check::setting(
            (0.0..=1.0).contains(&self.frequency_exponent),
            "ials",
            "frequency_exponent",
            "from 0 to 1",
            self.frequency_exponent,
        )
    }
}

impl Fit for IalsConfig {
    type Model = Ials;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Ials, FitError> {
        let mut trainer = Alternation::new(self, train, run)?;
        let mut keeper = Keeper::new(run, self.check_every.get(), self.patience.get());
        let total = self.epochs.get();
        for epoch in 1..=total {
            trainer.epoch();
            let step = epoch as u64;
            if !trainer.items.values.iter().all(|value| value.is_finite()) {
                return Err(FitError::Diverged {
                    model: "ials",
                    step,
                    evidence: "factors that are not finite".to_owned(),
                });
            }
            run.observer.progress(Progress {
                unit: "epoch",
                done: step,
                total: total as u64,
            });
            if keeper.look(epoch, || trainer.model()) {
                break;
            }
        }
        Ok(keeper.best().unwrap_or_else(|| trainer.model()))
    }
}

impl Tune for IalsConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("embedding_dim", Values::LogInteger(16, 256)),
            dimension("unobserved_weight", Values::LogUniform(0.003, 1.0)),
            dimension("l2", Values::LogUniform(0.0003, 0.1)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

impl Ials {
    fn new(items: Rows, embedding_dim: usize, penalty: Penalty) -> Self {
        Self {
            embedding_dim,
            common: Common::new(&items, penalty.unobserved_weight),
            items,
            penalty,
        }
    }
}

impl Recommender for Ials {
    fn n_items(&self) -> usize {
        self.items.values.len() / self.items.width
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let (n, d) = (self.n_items(), self.items.width);
        assert_eq!(scores.len(), queries.len() * n, "scores [Q, I]");
        let items = MatRef::from_row_major_slice(&self.items.values, n, d).transpose();
        queries
            .par_chunks(QUERIES)
            .zip(scores.par_chunks_mut(QUERIES * n))
            .try_for_each(|(queries, scores)| {
                let (mut users, mut scratch) = (vec![0.0; queries.len() * d], Scratch::new(d));
                for (query, out) in queries.iter().zip(users.chunks_mut(d)) {
                    self.solve(query, &mut scratch, out)?;
                }
                let users = MatRef::from_row_major_slice(&users, queries.len(), d);
                let scores = MatMut::from_row_major_slice_mut(scores, queries.len(), n);
                matmul(scores, Accum::Replace, users, items, 1.0, Par::Seq);
                Ok(())
            })
    }

    fn factored(&self) -> Option<&dyn Factored> {
        Some(self)
    }

    /// `h_i' A_u^-1 h_j` for each item `j` of the history, where `A_u` is the matrix of eq. 5; they
    /// sum to the score of `i`.
    fn explain(&self, query: &Query<'_>, item: ItemIx) -> Result<Option<Vec<f32>>, ScoreError> {
        let n = self.n_items();
        let mut carries = self.items.row(scored(item, n)?).to_vec();
        let row = distinct(query.history, n)?;
        let (l2, mut scratch) = (self.penalty.at(row.len(), n), Scratch::new(carries.len()));
        self.common
            .solve_for(&self.items, &row, l2, &mut scratch, &mut carries);
        let of = |from| dot(&carries, self.items.row(from));
        each_once(query.history, n, of).map(Some)
    }
}

impl Ials {
    /// The factor of a user.
    fn solve(
        &self,
        query: &Query<'_>,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) -> Result<(), ScoreError> {
        let n = self.n_items();
        let row = distinct(query.history, n)?;
        let l2 = self.penalty.at(row.len(), n);
        self.common.solve(&self.items, &row, l2, scratch, out);
        Ok(())
    }
}

impl Factored for Ials {
    fn width(&self) -> usize {
        self.items.width
    }

    fn vectors(&self) -> &[f32] {
        &self.items.values
    }

    fn vector_of(&self, query: &Query<'_>, vector: &mut [f32]) -> Result<(), ScoreError> {
        self.solve(query, &mut Scratch::new(vector.len()), vector)
    }
}

impl Weights for Ials {
    fn weights(&self) -> NamedTensors {
        let k = self.embedding_dim;
        let settings = vec![
            self.penalty.unobserved_weight,
            self.penalty.l2,
            self.penalty.frequency_exponent,
        ];
        NamedTensors::new()
            .with("items", &[self.n_items(), k], self.items.cut(k))
            .with("penalty", &[3], settings)
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (_, k, items) = weights.matrix("items")?;
        let settings = weights.vector_of("penalty", 3)?;
        if k == 0 {
            return Err(WeightsError::Value {
                name: "items".to_owned(),
                expected: "one factor or more",
                found: "none".to_owned(),
            });
        }
        let penalty = Penalty {
            unobserved_weight: settings[0],
            l2: settings[1],
            frequency_exponent: settings[2],
        };
        Ok(Self::new(Rows::padded(items, k), k, penalty))
    }
}

#[cfg(test)]
#[path = "ials/tests.rs"]
mod tests;
