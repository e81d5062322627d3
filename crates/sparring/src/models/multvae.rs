//! MultVAE: a variational autoencoder with a multinomial likelihood (Liang, Krishnan, Hoffman and
//! Jebara, "Variational autoencoders for collaborative filtering", WWW 2018).
//!
//! ```text
//! (mu, ln s^2) = f(dropout(x / |x|)),  z = mu + s e,  e ~ N(0, 1)
//! max  sum_i x_i ln softmax(g(z))_i - beta KL(N(mu, s^2) | N(0, 1))            (section 2.2.2)
//! ```
//!
//! `f` and `g` have a hidden layer with `tanh` each; `beta` grows linearly from 0. A user is scored
//! by the logits at `z = mu` of the history alone, seen in training or not.
//!
//! Departures: `beta` grows by epochs instead of steps; biases start at zero.

mod network;

use std::num::NonZeroUsize;

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::{Adam, Dense, Matrix, SparseLinear, SparseRows};

use self::network::{Network, Training};
use super::check;
use super::keeper::Keeper;
use super::profiles::{Profiles, distinct};
use crate::data::Dataset;
use crate::recommend::{
    Dimension, Fit, FitError, NamedTensors, Progress, Query, Recommender, Run, ScoreError, Tune,
    Values, Weights, WeightsError,
};

/// Settings of MultVAE.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MultvaeConfig {
    /// Width of the hidden layers of the encoder and the decoder.
    pub hidden: NonZeroUsize,
    /// Width `K` of the code.
    pub latent: NonZeroUsize,
    /// Share of a history that the encoder does not see in a step, `>= 0` and below 1.
    pub dropout: f32,
    /// Largest weight of the divergence, `>= 0`.
    pub beta: f32,
    /// Epochs after which the weight of the divergence is `beta`; 0 means from the start.
    pub anneal_epochs: usize,
    /// Learning rate.
    pub learning_rate: f32,
    /// Epochs.
    pub epochs: NonZeroUsize,
    /// Users in a step.
    pub batch_size: NonZeroUsize,
    /// Decay of the weights but not of the biases, `>= 0`.
    pub l2: f32,
    /// Epochs between looks at the validation metric, where there is one.
    pub check_every: NonZeroUsize,
    /// Looks without a better one after which training stops.
    pub patience: NonZeroUsize,
}

impl Default for MultvaeConfig {
    fn default() -> Self {
        let count = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            hidden: count(600),
            latent: count(200),
            dropout: 0.5,
            beta: 0.2,
            anneal_epochs: 100,
            learning_rate: 1e-3,
            epochs: count(200),
            batch_size: count(500),
            l2: 0.0,
            check_every: count(5),
            patience: count(8),
        }
    }
}

/// The autoencoder of histories.
#[derive(Debug, Clone, PartialEq)]
pub struct Multvae(Network);

impl MultvaeConfig {
    fn check(&self) -> Result<(), FitError> {
        let model = "multvae";
        check::setting(
            (0.0..1.0).contains(&self.dropout),
            model,
            "dropout",
            "0 or more and below 1",
            self.dropout,
        )?;
        check::not_negative(model, "beta", self.beta.into())?;
        check::positive(model, "learning_rate", self.learning_rate.into())?;
        check::not_negative(model, "l2", self.l2.into())
    }

    /// The weight of the divergence in an epoch, from 1.
    fn weight(&self, epoch: usize) -> f32 {
        if epoch > self.anneal_epochs {
            return self.beta;
        }
        self.beta * (epoch - 1) as f32 / self.anneal_epochs as f32
    }

    /// Trains for an epoch; returns the means over its users of `-ln p(x | z)` and of the
    /// divergence.
    fn epoch(
        &self,
        training: &mut Training,
        (users, order): (&Profiles, &mut [usize]),
        epoch: usize,
        run: &Run<'_>,
    ) -> [f64; 2] {
        let seed = run.seed.derive("multvae").derive("epoch").at(epoch as u64);
        order.shuffle(&mut seed.stream("order"));
        let adam = Adam {
            learning_rate: self.learning_rate,
            weight_decay: self.l2,
            ..Adam::default()
        };
        let (mut sums, mut seen) = ([0.0; 2], 0);
        let [mut counts, mut input] = [(); 2].map(|()| SparseRows::new());
        for (step, batch) in order.chunks(self.batch_size.get()).enumerate() {
            if run.cancel.is_requested() {
                break;
            }
            counts.clear();
            for &user in batch {
                counts.push_row(users.row(user).iter().copied());
            }
            input.clone_from(&counts);
            input.l2_normalise();
            input.dropout(self.dropout, seed, step as u64);
            let noise = seed.derive("step").at(step as u64);
            let bound = training.differentiate(&input, &counts, self.weight(epoch), noise);
            training.descend(&adam);
            sums[0] += bound.reconstruction * batch.len() as f64;
            sums[1] += bound.divergence * batch.len() as f64;
            seen += batch.len();
        }
        sums.map(|sum| sum / seen.max(1) as f64)
    }
}

impl Fit for MultvaeConfig {
    type Model = Multvae;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<Multvae, FitError> {
        self.check()?;
        let users = Profiles::of(train).without_empty_rows();
        check::some_interaction("multvae", users.len())?;
        let seed = run.seed.derive("multvae").derive("weights");
        let (hidden, latent) = (self.hidden.get(), self.latent.get());
        let network = Network::new(train.n_items(), hidden, latent, seed);
        let mut training = Training::new(network);
        let mut order: Vec<usize> = (0..users.n_rows()).collect();
        let mut keeper = Keeper::new(run, self.check_every.get(), self.patience.get());
        for epoch in 1..=self.epochs.get() {
            let found = self.epoch(&mut training, (&users, &mut order), epoch, run);
            let (done, total) = (epoch as u64, self.epochs.get() as u64);
            run.observer.point("reconstruction", done, found[0]);
            run.observer.point("divergence", done, found[1]);
            run.observer.progress(Progress {
                unit: "epoch",
                done,
                total,
            });
            if found.iter().any(|value| !value.is_finite()) {
                return Err(FitError::Diverged {
                    model: "multvae",
                    step: done,
                    evidence: format!("reconstruction and divergence {found:?}"),
                });
            }
            if keeper.look(epoch, || Multvae(training.network.clone())) {
                break;
            }
        }
        Ok(keeper.best().unwrap_or(Multvae(training.network)))
    }
}

impl Tune for MultvaeConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("hidden", Values::LogInteger(200, 800)),
            dimension("latent", Values::LogInteger(50, 300)),
            dimension("dropout", Values::Uniform(0.2, 0.8)),
            dimension("beta", Values::Uniform(0.0, 1.0)),
            dimension("learning_rate", Values::LogUniform(3e-4, 3e-3)),
            dimension("l2", Values::LogUniform(1e-7, 1e-3)),
        ]
    }

    fn resource() -> Option<&'static str> {
        Some("epochs")
    }
}

impl Recommender for Multvae {
    fn n_items(&self) -> usize {
        self.0.n_items()
    }

    fn score_into(&self, queries: &[Query<'_>], scores: &mut [f32]) -> Result<(), ScoreError> {
        let mut input = SparseRows::new();
        for query in queries {
            input.push_row(distinct(query.history, self.n_items())?);
        }
        input.l2_normalise();
        scores.copy_from_slice(&self.0.logits(&input).data);
        Ok(())
    }
}

impl Weights for Multvae {
    fn weights(&self) -> NamedTensors {
        let Network {
            encoder,
            head,
            decoder,
            output,
        } = &self.0;
        let layers = [
            ("encoder", &encoder.weight, &encoder.bias),
            ("head", &head.weight, &head.bias),
            ("decoder", &decoder.weight, &decoder.bias),
            ("output", &output.weight, &output.bias),
        ];
        let mut tensors = NamedTensors::new();
        for (name, weight, bias) in layers {
            let shape = [weight.rows, weight.cols];
            tensors = tensors
                .with(&format!("{name}.weight"), &shape, weight.data.clone())
                .with(&format!("{name}.bias"), &[bias.len()], bias.clone());
        }
        tensors
    }

    fn from_weights(weights: &NamedTensors) -> Result<Self, WeightsError> {
        let (n, h, _) = weights.matrix("encoder.weight")?;
        let (k, _, _) = weights.matrix("decoder.weight")?;
        let layer = |name: &str, rows, cols| {
            let weight = weights.matrix_of(&format!("{name}.weight"), rows, cols)?;
            let bias = weights.vector_of(&format!("{name}.bias"), cols)?;
            let weight = Matrix::from_vec(rows, cols, weight.to_vec());
            let bias = bias.to_vec();
            Ok::<_, WeightsError>(Dense { weight, bias })
        };
        let Dense { weight, bias } = layer("encoder", n, h)?;
        Ok(Self(Network {
            encoder: SparseLinear { weight, bias },
            head: layer("head", h, 2 * k)?,
            decoder: layer("decoder", k, h)?,
            output: layer("output", h, n)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(epochs: usize) -> MultvaeConfig {
        let count = |n| NonZeroUsize::new(n).unwrap();
        MultvaeConfig {
            hidden: count(48),
            latent: count(16),
            anneal_epochs: epochs / 2,
            learning_rate: 3e-3,
            epochs: count(epochs),
            batch_size: count(50),
            ..MultvaeConfig::default()
        }
    }

    recommender_contract!(super::config(3));

    #[test]
    fn learns_a_planted_taste() {
        let uplift = crate::models::contract::uplift(&config(60));
        assert!(uplift > 1.2, "{uplift}");
    }

    #[test]
    fn the_divergence_gains_weight() {
        let config = MultvaeConfig {
            beta: 0.5,
            anneal_epochs: 4,
            ..MultvaeConfig::default()
        };
        let found = [1, 2, 5, 9].map(|epoch| config.weight(epoch).to_bits());
        assert_eq!(found, [0.0_f32, 0.125, 0.5, 0.5].map(f32::to_bits));
    }

    #[test]
    fn settings_out_of_range_are_errors() {
        let wrong = MultvaeConfig {
            dropout: 1.0,
            ..config(1)
        };
        assert!(wrong.check().is_err());
    }
}
