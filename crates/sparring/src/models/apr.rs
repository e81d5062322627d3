//! APR: matrix factorisation for pairwise ranking that withstands perturbed embeddings (He et
//! al., "Adversarial personalized ranking for recommendation", SIGIR 2018).
//!
//! ```text
//! L(T) = -sum ln sigma(s_ui - s_uj),  s_ui = p_u . q_i                         (eq. 4, BPR)
//! min over T, max over |D| <= eps:  L(T) + lambda L(T + D)                     (eq. 8)
//! D = eps g / |g|,  g = dL / dT                                                (eq. 10)
//! ```
//!
//! `i` is an item of user `u` and `j` a uniform one that is not. The adversary is the perturbation
//! `D` of the embeddings of a batch, one row at a time. Training starts with plain BPR
//! (`pretrain_epochs`), as in the paper.
//!
//! Departures: the l2 penalty is that of the rows in a triple, not of whole matrices (the paper's
//! runs use 0); a user who was not in the training data is folded in by ridge regression on the
//! item factors.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};
use sparring_wide::Seed;

use super::check;
use super::factors::Factors;
use super::pairwise::{Perturbation, Seen, Table, add, dot, sigmoid, softplus};
use crate::data::{Dataset, ItemIx, UserIx};
use crate::gan::{AdversarialStep, Bout, BoutConfig, Remedy};
use crate::recommend::{Dimension, Fit, FitError, Monitor, Run, Tune, Values};

/// Settings of APR.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AprConfig {
    /// Width `K` of the embeddings.
    pub embedding_dim: NonZeroUsize,
    /// Epochs of plain BPR before the adversary comes in.
    pub pretrain_epochs: usize,
    /// Epochs against the adversary.
    pub epochs: usize,
    /// Triples in a step.
    pub batch_size: NonZeroUsize,
    /// Learning rate of Adagrad.
    pub learning_rate: f32,
    /// Length `eps` of the perturbation of a row, `>= 0`.
    pub epsilon: f32,
    /// Weight `lambda` of the perturbed loss, `>= 0`; 0 leaves plain BPR.
    pub adversarial_weight: f32,
    /// Weight of the squared norm of the rows in a triple, `>= 0`.
    pub l2: f32,
    /// Ridge of the fold-in of new users, relative to the mean squared norm of a factor, `> 0`.
    pub fold_in_l2: f64,
    /// Whether training that diverges goes on more slowly from its last good weights.
    pub auto: bool,
    /// Epochs between looks at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for AprConfig {
    fn default() -> Self {
        let width = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            embedding_dim: width(64),
            pretrain_epochs: 40,
            epochs: 40,
            batch_size: width(512),
            learning_rate: 0.05,
            epsilon: 0.5,
            adversarial_weight: 1.0,
            l2: 0.0,
            fold_in_l2: 1e-2,
            auto: false,
            check_every: width(5),
            patience: width(4),
        }
    }
}

/// Factors of users and items.
#[derive(Debug, Clone, PartialEq)]
pub struct Apr(Factors);

/// A user, an item of theirs and one that is not.
type Triple = (UserIx, ItemIx, ItemIx);

/// The embeddings in training, in the hands of the loop: the adversary's step finds the
/// perturbation of a batch, the other one descends both losses.
struct Training<'a> {
    config: &'a AprConfig,
    seen: &'a Seen,
    pairs: Vec<(UserIx, ItemIx)>,
    seed: Seed,
    users: Table,
    items: Table,
    batch: Vec<Triple>,
    /// Perturbations of users and items, once the adversary is in.
    moves: Option<[Perturbation; 2]>,
    learning_rate: f32,
    steps: u64,
    adversary: bool,
    kept: Option<[Table; 2]>,
}

impl<'a> Training<'a> {
    fn new(
        config: &'a AprConfig,
        train: &Dataset,
        (seen, pairs): (&'a Seen, Vec<(UserIx, ItemIx)>),
        seed: Seed,
    ) -> Self {
        let (k, mut stream) = (config.embedding_dim.get(), seed.stream("embeddings"));
        Self {
            config,
            seen,
            pairs,
            seed,
            users: Table::uniform(train.n_users(), k, 0.02, &mut stream),
            items: Table::uniform(train.n_items(), k, 0.02, &mut stream),
            batch: Vec::new(),
            moves: None,
            learning_rate: config.learning_rate,
            steps: 0,
            adversary: false,
            kept: None,
        }
    }

    fn model(&self) -> Apr {
        let (users, items) = (self.users.value.clone(), self.items.value.clone());
        let bias = vec![0.0; items.len() / self.items.width];
        let ridge = self.config.fold_in_l2;
        Apr(Factors::new(self.users.width, users, items, bias, ridge))
    }

    /// Finds the perturbation of a batch; returns the mean loss `L(T)`.
    fn attack(&mut self, batch: Vec<Triple>) -> f64 {
        self.batch = batch;
        self.moves = None;
        let plain = self.add_gradient(1.0);
        if self.adversary {
            let epsilon = self.config.epsilon;
            self.moves = Some([
                self.users.perturbation(epsilon),
                self.items.perturbation(epsilon),
            ]);
        }
        plain
    }

    /// Descends; returns the mean loss `L(T + D)`, 0 without adversary.
    fn defend(&mut self) -> f64 {
        let perturbed = if self.moves.is_some() {
            self.add_gradient(self.config.adversarial_weight)
        } else {
            0.0
        };
        self.users.step(self.learning_rate);
        self.items.step(self.learning_rate);
        perturbed
    }

    /// Adds `weight` times the gradient of the loss, which is returned as a mean.
    fn add_gradient(&mut self, weight: f32) -> f64 {
        let mut rows = [const { Vec::new() }; 3];
        let mut loss = 0.0;
        for &(user, i, j) in &self.batch {
            let at = [user.at(), i.at(), j.at()];
            for (which, row) in rows.iter_mut().enumerate() {
                let table = if which == 0 { &self.users } else { &self.items };
                row.clear();
                row.extend_from_slice(table.row(at[which]));
                if let Some(moves) = &self.moves {
                    add(row, moves[which.min(1)].row(at[which]), 1.0);
                }
            }
            let [p, qi, qj] = &rows;
            let margin = dot(p, qi) - dot(p, qj);
            loss += f64::from(softplus(-margin));
            let slope = -weight * sigmoid(-margin);
            // The penalty belongs to the plain loss.
            let l2 = if self.moves.is_none() {
                self.config.l2
            } else {
                0.0
            };
            let user = self.users.gradient(at[0]);
            for (((g, p), qi), qj) in user.iter_mut().zip(p).zip(qi).zip(qj) {
                *g += slope * (qi - qj) + l2 * p;
            }
            for (item, own, sign) in [(at[1], qi, slope), (at[2], qj, -slope)] {
                let gradient = self.items.gradient(item);
                add(gradient, p, sign);
                add(gradient, own, l2);
            }
        }
        loss / self.batch.len().max(1) as f64
    }
}

impl AprConfig {
    fn all_epochs(&self) -> usize {
        self.pretrain_epochs + self.epochs
    }

    fn check(&self) -> Result<(), FitError> {
        let rate = self.learning_rate;
        check::positive("apr", "learning_rate", rate.into())?;
        for (key, value) in [
            ("epsilon", self.epsilon),
            ("adversarial_weight", self.adversarial_weight),
            ("l2", self.l2),
        ] {
            check::not_negative("apr", key, value.into())?;
        }
        check::positive("apr", "fold_in_l2", self.fold_in_l2)
    }
}

impl AdversarialStep for Training<'_> {
    fn discriminator_step(&mut self, rows: &[u32]) -> Result<f64, FitError> {
        self.steps += 1;
        let mut stream = self.seed.stream_at("negatives", self.steps);
        let triple = |&row: &u32| {
            let (user, i) = self.pairs[row as usize];
            let j = self.seen.negative(user, &mut stream)?;
            Some((user, i, j))
        };
        let batch = rows.iter().filter_map(triple).collect();
        Ok(self.attack(batch))
    }

    fn generator_step(&mut self, _rows: &[u32]) -> Result<f64, FitError> {
        Ok(self.defend())
    }

    /// The adversary comes in when plain BPR is done.
    fn anneal(&mut self, share: f32) {
        let (before, all) = (self.config.pretrain_epochs, self.config.all_epochs());
        let done = (share * all as f32).round();
        self.adversary = self.config.adversarial_weight > 0.0 && done >= before as f32;
    }

    fn rate(&mut self, monitor: &dyn Monitor) -> Option<f64> {
        Some(monitor.score(&self.model()))
    }

    fn snapshot(&mut self) {
        self.kept = Some([self.users.clone(), self.items.clone()]);
    }

    fn restore(&mut self) {
        if let Some(kept) = self.kept.clone() {
            [self.users, self.items] = kept;
        }
    }

    fn apply(&mut self, remedy: Remedy) -> bool {
        let slower = remedy == Remedy::SlowBoth;
        if slower {
            self.learning_rate /= 2.0;
        }
        slower
    }
}

impl Fit for AprConfig {
    type Model = Apr;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Apr, FitError> {
        self.check()?;
        let seen = Seen::new(train);
        let pairs = seen.pairs();
        check::some_interaction("apr", pairs.len())?;
        let run = run.with_seed(run.seed.derive("apr"));
        let config = BoutConfig {
            epochs: self.all_epochs(),
            batch_size: self.batch_size.get(),
            look_every: self.check_every.get(),
            patience: self.patience.get(),
            auto: self.auto,
            ..BoutConfig::default()
        };
        let bout = Bout {
            config: &config,
            model: "apr",
            rows: pairs.len(),
        };
        let mut training = Training::new(self, train, (&seen, pairs), run.seed);
        bout.run(&mut training, &run)?;
        Ok(training.model())
    }
}

impl Tune for AprConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("embedding_dim", Values::LogInteger(16, 128)),
            dimension("learning_rate", Values::LogUniform(0.01, 0.2)),
            dimension("epsilon", Values::LogUniform(0.05, 2.0)),
            dimension("adversarial_weight", Values::LogUniform(0.01, 10.0)),
            dimension("l2", Values::LogUniform(1e-5, 1e-1)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

delegate!(Apr(Factors));

#[cfg(test)]
mod tests {
    use super::*;

    fn tiny() -> AprConfig {
        let width = |n| NonZeroUsize::new(n).unwrap();
        AprConfig {
            embedding_dim: width(8),
            pretrain_epochs: 2,
            epochs: 2,
            ..AprConfig::default()
        }
    }

    recommender_contract!(super::tiny());

    #[test]
    fn learns_a_planted_taste() {
        let width = |n| NonZeroUsize::new(n).unwrap();
        let config = AprConfig {
            embedding_dim: width(16),
            pretrain_epochs: 30,
            epochs: 20,
            batch_size: width(128),
            l2: 0.01,
            ..AprConfig::default()
        };
        let uplift = crate::models::contract::uplift(&config);
        assert!(uplift > 1.4, "{uplift}");
    }

    #[test]
    fn the_adversary_raises_the_loss_as_far_as_its_reach_allows() {
        let data = crate::models::contract::planted();
        let config = AprConfig {
            epsilon: 0.01,
            ..tiny()
        };
        let seen = Seen::new(&data);
        let mut training = Training::new(&config, &data, (&seen, Vec::new()), Seed(1));
        let mut stream = Seed(1).stream("test");
        training.users = Table::uniform(data.n_users(), 8, 0.5, &mut stream);
        training.items = Table::uniform(data.n_items(), 8, 0.5, &mut stream);
        training.adversary = true;
        let triple = vec![(UserIx(0), ItemIx(1), ItemIx(2))];
        let (p, qi, qj) = (
            training.users.row(0).to_vec(),
            training.items.row(1).to_vec(),
            training.items.row(2).to_vec(),
        );
        let margin = dot(&p, &qi) - dot(&p, &qj);
        // The three rows move by eps along their gradients, so that to first order the margin
        // falls by eps (|q_i - q_j| + |p| + |p|).
        let norm = |x: &[f32]| dot(x, x).sqrt();
        let apart: Vec<f32> = qi.iter().zip(&qj).map(|(a, b)| a - b).collect();
        let fallen = margin - config.epsilon * (norm(&apart) + 2.0 * norm(&p));
        let (plain, perturbed) = (training.attack(triple), training.defend());
        assert!((plain - f64::from(softplus(-margin))).abs() < 1e-6);
        assert!(
            (perturbed - f64::from(softplus(-fallen))).abs() < 1e-3,
            "{perturbed} {fallen}"
        );
        assert!(perturbed > plain);
    }
}
