//! `dropoutnet`: a perceptron learns an item's place from its place and its facts, and has to do without the place.
//!
//! ```text
//! f(i) = s N([m E_i / s, x_i])          m 0 with probability `hide` in training, and for items that nobody has
//! L    = mean_i |f(i) - E_i|^2 / s^2
//! ```
//!
//! After Volkovs, Yu and Poutanen ("`DropoutNet`: addressing cold start in recommender systems", NeurIPS 2017),
//! equation 2: `sum_u,i (U_u V_i' - f_U(u) f_V(i)')^2`. `E` are the places of items in the space of a
//! recommender's scores (`cold/space.rs`), `x_i` the facts (`cold/content.rs`), `s` the root mean square of
//! the places. Departures: users have a history here, so that only the side of the items is learnt; codes of
//! users have unit variance and are uncorrelated, so that the sum over users is the distance of places.
//! Items that somebody has are ranked by the recommender. Learns from the most popular 8,192 items with facts.

use std::num::NonZeroUsize;

use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use sparring_wide::{Adam, Matrix};

use super::check;
use super::cold::{Base, Content, Placed, PlacingConfig};
use super::contentridge::{Ground, ground};
use crate::data::Dataset;
use crate::gan::Mlp;
use crate::recommend::{Dimension, Fit, FitError, Progress, Run, Tune, Values};

const NAME: &str = "dropoutnet";

/// Settings of the perceptron.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DropoutNetConfig {
    /// Probability that an item's place is hidden from the perceptron, in `[0, 1]`.
    pub hide: f32,
    /// Width of the hidden layers.
    pub hidden: NonZeroUsize,
    /// Passes over the items.
    pub epochs: usize,
    /// Items of a step.
    pub batch_size: NonZeroUsize,
    /// Learning rate.
    pub learning_rate: f32,
    /// The space of places, and what facts count; its `l2` is not used.
    pub placing: PlacingConfig,
    /// The recommender that ranks the items that somebody has.
    pub base: Base,
}

impl Default for DropoutNetConfig {
    fn default() -> Self {
        let number = |n| NonZeroUsize::new(n).expect("not zero");
        Self {
            hide: 0.5,
            hidden: number(128),
            epochs: 30,
            batch_size: number(64),
            learning_rate: 1e-3,
            placing: PlacingConfig::default(),
            base: Base::default(),
        }
    }
}

/// The recommender with places for the others.
#[derive(Debug)]
pub struct DropoutNet(Placed);

/// The perceptron and what it sees.
struct Seen<'a> {
    net: Mlp,
    content: &'a Content,
    /// Columns of places and of facts.
    widths: (usize, usize),
    scale: f32,
}

impl Seen<'_> {
    /// Places by the perceptron over the scale; each with its own place `[B, K]` among what it sees, unless
    /// that is hidden.
    fn forward(&mut self, items: &[usize], places: Option<(&Matrix, &[bool])>) -> &[f32] {
        let (k, facts) = self.widths;
        let mut rows = vec![0.0; items.len() * (k + facts)];
        for (at, (row, &item)) in rows.chunks_mut(k + facts).zip(items).enumerate() {
            if let Some((places, hidden)) = places
                && !hidden[at]
            {
                for (to, from) in row.iter_mut().zip(places.row(item)) {
                    *to = from / self.scale;
                }
            }
            for &(fact, share) in self.content.row(item) {
                row[k + fact as usize] = share;
            }
        }
        self.net.forward(&rows)
    }
}

impl DropoutNetConfig {
    fn check(&self) -> Result<(), FitError> {
        let share = (0.0..=1.0).contains(&self.hide);
        check::setting(share, NAME, "hide", "a share, 0 to 1", self.hide)?;
        check::positive(NAME, "learning_rate", self.learning_rate.into())
    }

    /// Teaches the perceptron the places of `anchors`.
    fn learn(
        &self,
        seen: &mut Seen<'_>,
        (places, anchors): (&Matrix, &[usize]),
        run: &Run<'_>,
    ) -> Result<(), FitError> {
        let seed = run.seed.derive(NAME);
        let adam = Adam {
            learning_rate: self.learning_rate,
            ..Adam::default()
        };
        let mut order = anchors.to_vec();
        for epoch in 1..=self.epochs as u64 {
            if run.cancel.is_requested() {
                return Err(FitError::Cancelled { model: NAME });
            }
            let mut stream = seed.stream_at("epoch", epoch);
            order.shuffle(&mut stream);
            let mut loss = 0.0;
            for batch in order.chunks(self.batch_size.get()) {
                let hidden: Vec<bool> = batch
                    .iter()
                    .map(|_| stream.random::<f32>() < self.hide)
                    .collect();
                let scale = seen.scale;
                let made = seen.forward(batch, Some((places, &hidden)));
                let wanted = batch.iter().flat_map(|&item| places.row(item));
                let apart = made.iter().zip(wanted).map(|(made, e)| made - e / scale);
                let mut slope: Vec<f32> = apart.collect();
                loss += slope.iter().map(|x| f64::from(x * x)).sum::<f64>();
                let by = 2.0 / batch.len() as f32;
                for x in &mut slope {
                    *x *= by;
                }
                seen.net.backward(&slope);
                seen.net.learn();
                seen.net.step(&adam);
            }
            let loss = loss / order.len().max(1) as f64;
            run.observer.point("loss", epoch, loss);
            run.observer.progress(Progress {
                unit: "epoch",
                done: epoch,
                total: self.epochs as u64,
            });
            if !loss.is_finite() {
                return Err(FitError::Diverged {
                    model: NAME,
                    step: epoch,
                    evidence: format!("loss {loss}"),
                });
            }
        }
        Ok(())
    }
}

impl Fit for DropoutNetConfig {
    type Model = DropoutNet;

    fn fit(&self, train: &Dataset, run: &Run<'_>) -> Result<DropoutNet, FitError> {
        self.check()?;
        let settings = (&self.placing, &self.base);
        let Ground {
            base,
            space,
            content,
        } = ground(NAME, settings, (train, run))?;
        let (anchors, cold) = content.parted(&train.item_counts());
        let widths = (space.places.cols, content.width());
        let hidden = self.hidden.get();
        let layers = [widths.0 + widths.1, hidden, hidden, widths.0];
        let mut seen = Seen {
            net: Mlp::new(&layers, run.seed.derive(NAME).derive("network")),
            content: &content,
            widths,
            scale: space.scale(&anchors),
        };
        self.learn(&mut seen, (&space.places, &anchors), run)?;
        let scale = seen.scale;
        let mut places = seen.forward(&cold, None).to_vec();
        for (row, item) in places.chunks_mut(widths.0.max(1)).zip(&cold) {
            // Of what nothing is known nothing is said.
            let by = if content.knows(*item) { scale } else { 0.0 };
            for x in row {
                *x *= by;
            }
        }
        let places = Matrix::from_vec(cold.len(), widths.0, places);
        let placed = Placed::new(&self.base, base, space.codes, (cold, places));
        Ok(DropoutNet(placed))
    }
}

impl Tune for DropoutNetConfig {
    fn space() -> Vec<Dimension> {
        let dimension = |key, values| Dimension { key, values };
        vec![
            dimension("hide", Values::Uniform(0.2, 1.0)),
            dimension("hidden", Values::LogInteger(32, 256)),
            dimension("epochs", Values::LogInteger(5, 100)),
            dimension("learning_rate", Values::LogUniform(3e-4, 3e-3)),
            dimension("placing.content.kinds", Values::LogUniform(0.1, 10.0)),
            dimension("placing.content.words", Values::LogUniform(0.02, 10.0)),
        ]
    }
}

delegate!(DropoutNet(Placed));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::UserIx;
    use crate::models::coldgan::tests::planted;
    use crate::recommend::{Cancel, Query, Recommender};
    use sparring_wide::Seed;

    recommender_contract!(crate::models::dropoutnet::DropoutNetConfig {
        epochs: 2,
        placing: crate::models::cold::PlacingConfig {
            embedding_dim: std::num::NonZeroUsize::new(8).unwrap(),
            ..Default::default()
        },
        ..Default::default()
    });

    fn config() -> DropoutNetConfig {
        DropoutNetConfig {
            placing: PlacingConfig {
                embedding_dim: NonZeroUsize::new(4).unwrap(),
                ..PlacingConfig::default()
            },
            ..DropoutNetConfig::default()
        }
    }

    #[test]
    fn an_item_that_nobody_has_is_for_those_who_like_its_kind() {
        let data = planted();
        let cancel = Cancel::new();
        let model = config().fit(&data, &Run::quiet(Seed(1), &cancel)).unwrap();
        for user in 0..60 {
            let mut scores = [0.0; 24];
            let query = Query::known(&data, UserIx(user));
            model.score_into(&[query], &mut scores).unwrap();
            // The kind of items 22 and 23 is that of even and of odd users.
            let (own, other) = if user % 2 == 0 { (22, 23) } else { (23, 22) };
            assert!(scores[own] > scores[other], "user {user}: {scores:?}");
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let data = planted();
        let cancel = Cancel::new();
        let wrong = DropoutNetConfig {
            hide: 1.5,
            ..config()
        };
        let error = wrong.fit(&data, &Run::quiet(Seed(1), &cancel)).unwrap_err();
        let words = error.to_string();
        assert!(words.contains("hide must be a share, 0 to 1"), "{words}");
    }
}
